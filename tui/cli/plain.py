"""A run without a screen: the same Run as in the app, executed in the main thread, printing the documents' log."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from core.events.codec import encode
from core.events.events import Event, RunEnded, RunResumed, RunStarted
from core.history.doctor import diagnose
from core.history.held_out import Finding
from core.history.history import History
from core.logs.documents import open_log
from core.logs.search import log_of
from core.runs import summary
from core.sessions.run import Recorder
from core.system.text import clean
from tui.cli.bars import Bar
from tui.live.told_end import LONG, End, tell
from tui.system import responsive
from tui.system.signals import Interrupter
from tui.system.streams import Output
from tui.words.config import beside_dummy
from tui.words.units import duration

if TYPE_CHECKING:
    from core.sessions.session import Session


FAILING = 1.0
"""Seconds that the user's own command gets to fail while somebody would hear of it."""


class LogPrinter:
    """The document's log; a resumed run's goes on where it broke off."""

    def __init__(self, output: Output, bar: Bar, history: History) -> None:
        self._output, self._bar, self._history = output, bar, history
        self._log = open_log("plain")
        if history.run is not None:
            self._open(history.run)

    def _open(self, started: RunStarted) -> list[str]:
        self._log = log_of(started, self._history.trials)
        return self._log.lines(started)

    def show(self, event: Event) -> None:
        self._history.apply(event)
        match event:
            case RunStarted():
                for note in event.notes:
                    print(f"nntui: {clean(note)}", file=sys.stderr)
                self._output.write([clean(line) for line in self._open(event)])
            case RunResumed() if self._history.trials is not None:
                self._output.write(
                    [f"Resumed after {self._history.trials.done} of {self._history.trials.total} trials"]
                )
            case RunResumed():
                total, epoch = self._history.total_steps, min(self._history.epoch + 1, self._history.epochs)
                self._output.write([f"Resumed after step {event.step} of {total}, in epoch {epoch}"])
                self._log.lines(event)
            case _:
                self._output.write([clean(line) for line in self._log.lines(event)])
        self._bar.show(self._history)


def train(
    open_session: Callable[[Sequence[Recorder]], Session],
    before: History,
    *,
    json: bool = False,
    quiet: bool = False,
    interrupter: Interrupter | None = None,
    tell_end: bool = True,
) -> tuple[int, Session]:
    """Execute a session here and return the exit code: 0 completed, 1 failed, 128 + n after signal n, which
    `interrupter` has received. `tell_end`: whether the end of a long one is told to who looks elsewhere.

    `before` is what earlier sessions of the run told. UserErrors of `open_session` pass through.
    """
    output = Output()
    bar = Bar() if not (json or quiet) else None
    show: Recorder
    if json:
        show = lambda event: output.write([encode(event)])  # noqa: E731
    else:
        show = LogPrinter(output, bar, before).show if bar else before.apply
    began = time.monotonic()
    with interrupter or Interrupter() as interrupter:

        def recorder(event: Event) -> None:
            if isinstance(event, RunResumed):
                for note in event.notes:
                    print(f"nntui: {clean(note)}", file=sys.stderr)
            show(event)
            if output.closed and interrupter.run is not None and interrupter.received is None:
                interrupter.received = signal.SIGPIPE
                interrupter.run.stop("stopped: nobody reads the output any more")

        try:
            session = open_session([recorder])
            interrupter.run = session.run
            responsive.loaded()
            ended = session.run.execute()
        finally:
            responsive.leaving()
            if bar:
                bar.close()
    if not json:
        findings = diagnose(before) if ended.status != "failed" else []  # its reason is told below
        ours = before.run is None or before.run.config.get("log", "plain") == "plain"
        output.write(_farewell(before, session, quiet=quiet, found=[] if ours else findings))
        for finding in findings if ours else []:
            print(f"nntui: {clean(finding.line)}", file=sys.stderr)
    told = _tell_end(session, ended, time.monotonic() - began) if tell_end else None
    try:
        return _exit_code(output, ended, interrupter), session
    finally:
        if told is not None:
            told.join(FAILING)


def _exit_code(output: Output, ended: RunEnded, interrupter: Interrupter) -> int:
    """With what there is to say of it on stderr."""
    if output.error:
        print(f"nntui: {output.error} (kept as {ended.run_id})", file=sys.stderr)
        return 1
    if ended.status == "failed":
        print(f"nntui: {clean(ended.reason)} (kept as {ended.run_id})", file=sys.stderr)
        return 1
    return 128 + interrupter.received if interrupter.received and ended.status == "stopped" else 0


def _tell_end(session: Session, ended: RunEnded, seconds: float) -> threading.Thread | None:
    """To who looks elsewhere, where it took long."""
    if seconds < LONG:  # the summary need not be read
        return None
    run = summary.cached(session.run_dir)
    end = End(run.name if run else ended.run_id, ended.status, ended.reason, seconds, str(session.run_dir.path), run)

    def write(codes: str) -> None:
        with contextlib.suppress(OSError):
            sys.stderr.write(codes)
            sys.stderr.flush()

    def failed(words: str) -> None:
        print(f"nntui: {clean(words)}", file=sys.stderr)

    return tell(end, write if sys.stderr.isatty() else None, failed)


def _farewell(history: History, session: Session, *, quiet: bool, found: Sequence[Finding]) -> list[str]:
    """`found`: what is only named in it, where a document prescribes all that is printed."""
    run_id = session.run.run_id
    if quiet:
        return [run_id]
    lines = []
    if history.state == "stopped" and history.trials is not None:
        done = f"{history.trials.done} of {history.trials.total} trials"
        lines.append(f"Stopped after {done}; go on with: nntui resume {run_id}")
    elif history.state == "stopped":
        lines.append(f"Stopped after step {history.step} of {history.total_steps}; go on with: nntui resume {run_id}")
    elif history.state == "completed" and history.reason:
        lines.append(f"Ended after epoch {history.epoch} of {history.epochs}: {history.reason}")
    result = beside_dummy(history)
    parts = [f"Run {run_id}", duration(history.t), *([clean(result)] if result else [])]
    if found:
        parts.append(f"{' and '.join(each.kind for each in found)} found by nntui show {run_id}")
    return [*lines, f"{', '.join(parts)}, saved in {clean(str(session.run_dir.path))}"]
