"""A shared search as one stream: what this worker trains, with what the others do among its events, so that each
worker's log, table and screen show all trials."""

from __future__ import annotations

import contextlib
import dataclasses
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from core.events.commands import StreamCommand, TrainingFailed, Turns
from core.events.events import Event, TrialEnded, TrialsProgressed, TrialStarted
from core.experiment.axes import Cell
from core.history.trials import Trials
from core.runs.folder import RunDir
from core.search.shared.courier import WAIT, Courier
from core.search.shared.known import Elsewhere
from core.search.shared.storage import StorageLost
from core.search.shared.study import Stored
from core.search.state import SearchState
from core.system.files import is_file

PATIENCE = 60.0
"""Seconds that a worker with nothing to train waits for a storage that does not answer."""

Fitted: TypeAlias = Callable[[int, Cell], dict[str, Any]]
"""The whole config of a trial, given its number and cell; empty where its values do not go together."""


class Merged:
    """Turns the stream of a search into that of all workers. A trial's end is told once the storage has it; where it
    was given to another worker meanwhile it is not told at all."""

    def __init__(
        self, stored: Stored, state: SearchState, run_dir: RunDir, fitted: Fitted, trials: Callable[[], Trials]
    ) -> None:
        """`trials`: those that this worker's log has told of so far."""
        self._stored, self._state, self._run_dir, self._fitted, self._trials = stored, state, run_dir, fitted, trials
        self._courier = Courier(stored)
        self._told: deque[Event] = deque()
        """Events to tell next."""
        self._waiting: dict[int, TrialEnded] = {}
        """Ended here; not stored yet."""

    def turns(self, stream: Turns) -> Turns:
        """`stream` trains. At its end the trials that are not over are given back, and the storage is closed. Raises
        TrainingFailed where it does not answer and nothing is left to train."""
        courier, told = self._courier, self._told
        command: StreamCommand | None = None
        complete: str | None = None
        failed: TrainingFailed | None = None
        courier.start()
        try:
            while True:
                try:
                    event = stream.send(command)
                except StopIteration as end:
                    complete = end.value
                    break
                self._hear(event)
                self._take()
                command = yield (told.popleft() if told else None)
                while told and command is None:
                    command = yield told.popleft()
                if not self._state.groups and courier.silent_for > PATIENCE:
                    failed = TrainingFailed(
                        f"the storage {self._stored.storage.url} has not answered for {courier.silent_for:.0f} "
                        f"seconds: {courier.trouble}; once it does: nntui resume {self._run_dir.run_id}"
                    )
                    break
            if complete is not None:
                since = time.monotonic()
                while not courier.has_looked_since(since) and courier.silent_for <= PATIENCE:
                    yield None
                    time.sleep(WAIT)
            courier.close()
            courier.leave()
            self._take()
            told.extend(self._waiting.values())  # the storage is gone: they are handed in when the run is resumed
            while told:
                yield told.popleft()
            if complete is not None:
                yield from self._unsettled()
            if failed is not None:
                raise failed
            return complete
        finally:
            courier.close()
            courier.leave()
            self._stored.storage.close()

    def _hear(self, event: Event | None) -> None:
        """What was done here."""
        match event:
            case TrialStarted():
                self._told.append(dataclasses.replace(event, worker=self._stored.worker.name))
            case TrialsProgressed():
                self._courier.progress(event)
                self._told.append(event)
            case TrialEnded():
                self._waiting[event.number] = event
                self._courier.end(event)
            case None:
                pass
            case _:
                self._told.append(event)

    def _take(self) -> None:
        """Turn what the courier has brought into events."""
        self._courier.check()
        for number, counts in self._courier.settled():
            event = self._waiting.pop(number)
            if counts:
                self._told.append(event)
        for seen in self._courier.seen():
            for number in seen.lost:
                self._state.forget(number)
            for each in seen.trials:
                self._elsewhere(each)
            for progress in seen.progress:
                self._progressed(progress)

    def _elsewhere(self, each: Elsewhere) -> None:
        if not each.begun:
            config = self._fitted(each.number, each.cell)
            started = TrialStarted(number=each.number, cell=each.cell, config=config, worker=each.worker.name)
            self._told.append(started)
        if each.ended is not None:
            self._told.append(self._end_of(each, each.ended))
            score = each.ended.metrics.get(self._stored.known.config.rank, float("nan"))
            self._state.pruner.saw(each.number, each.ended.epochs, score)

    def _progressed(self, progress: Mapping[str, Any]) -> None:
        event = TrialsProgressed(
            numbers=progress["numbers"],
            epochs=progress["epochs"],
            columns=progress["columns"],
            kept=progress.get("kept", []),  # workers of versions before do not tell it
        )
        self._told.append(event)
        for i, score in enumerate(event.columns.get(self._stored.known.config.rank, [])):
            self._state.pruner.saw(event.numbers[i], event.epochs[i], score)

    def _unsettled(self) -> Turns:
        """How trials ended that the log still has under way, though all are over: what this worker told of them was not
        what counted."""
        with contextlib.suppress(StorageLost):
            for each in self._stored.ends_of([trial.number for trial in self._trials() if not trial.over]):
                if each.ended is not None:
                    yield self._end_of(each, each.ended)
        return None

    def _end_of(self, each: Elsewhere, ended: TrialEnded) -> TrialEnded:
        """How a trial ended, as the storage has it."""
        folder = self._run_dir.trial(each.number)
        own = each.worker.id == self._stored.worker.id and is_file(folder.config)  # its log was cut off before this
        return dataclasses.replace(ended, path=str(folder.path) if own else "")
