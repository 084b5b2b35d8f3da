"""Run: pulls a stream of events, on a thread of its own or here, and lets others steer it.

It knows events and commands and nothing else: not what is trained, not where it is stored, not who looks on. It
numbers and dates every event, hands it to the recorders (the log file first), and puts it on a bounded queue that a
screen may drain. Pauses are no part of its time. Exactly one RunEnded closes a session. `on_crash` sees an exception
that is a defect; `on_end` is called last of all.
"""

from __future__ import annotations

import dataclasses
import threading
from collections import deque
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from typing import TypeVar

from core.errors import WriteError
from core.events.commands import Checkpoint, Command, Pause, Set, Stop, StreamCommand, TrainingFailed, Turns, Unpause
from core.events.events import EpochEnded, Event, RunEnded, RunPaused, RunUnpaused, Status
from core.system.clock import Clock, training

QUEUE_LIMIT = 4096
"""Events a screen may lag behind before it has to read the log instead."""

Recorder = Callable[[Event], None]
E = TypeVar("E", bound=Event)


class Run:
    """One session of a run.

    `seq` and `t` are where the numbering and the clock go on when the session resumes an earlier one. A recorder
    that raises ends the run as failed: an event that cannot be kept must not be trained past.
    """

    def __init__(
        self,
        run_id: str,
        stream: Turns,
        recorders: Sequence[Recorder] = (),
        *,
        seq: int = 0,
        t: float = 0.0,
        on_crash: Callable[[BaseException], None] | None = None,
        on_end: Callable[[], None] | None = None,
        clock: Clock = training,
    ) -> None:
        self.run_id = run_id
        self.ended: RunEnded | None = None
        self._stream = stream
        self._recorders = recorders
        self._on_crash = on_crash
        self._on_end = on_end
        self._seq = seq
        self._t = t
        self._clock = clock
        self._began = 0.0
        self._held: float | None = None
        """When it was paused, if it is: its time stands still then."""
        self._commands: SimpleQueue[Command] = SimpleQueue()  # its put is reentrant: signal handlers may send
        self._stop: Stop | None = None
        self._paused = False
        self._pause_after_epoch = False
        self._thread: threading.Thread | None = None
        self._queue: deque[Event] = deque()
        self._queue_lock = threading.Lock()
        self._overflowed = False

    # What others may do, from any thread or signal handler.

    def start(self) -> None:
        """Execute on a daemon thread: it never holds the program open."""
        self._thread = threading.Thread(target=self.execute, name=f"run {self.run_id}", daemon=True)
        self._thread.start()

    def join(self, timeout: float | None = None) -> bool:
        """Wait for the thread to end; False when it has not within `timeout` seconds."""
        if self._thread is None:
            return True
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def send(self, command: Command) -> None:
        """Ask for something; it happens at the next yield of the stream, within about 50 ms."""
        self._commands.put(command)

    def pause(self, *, after_epoch: bool = False) -> None:
        self.send(Pause(after_epoch))

    def unpause(self) -> None:
        self.send(Unpause())

    def stop(self, reason: str = "stopped by the user") -> None:
        self.send(Stop(reason))

    def checkpoint(self) -> None:
        self.send(Checkpoint())

    def set(self, key: str, value: float) -> None:
        self.send(Set(key, value))

    @property
    def paused(self) -> bool:
        return self._paused

    def drain(self) -> tuple[list[Event], bool]:
        """The events since the last call, and whether the queue overflowed: then some are missing from the list,
        and the log has them all."""
        with self._queue_lock:
            events, overflowed = list(self._queue), self._overflowed
            self._queue.clear()
            self._overflowed = False
        return events, overflowed

    # The session itself.

    def execute(self) -> RunEnded:
        """Pull the stream to its end, in this thread."""
        with self._clock.watched():
            return self._execute()

    def _execute(self) -> RunEnded:
        self._began = self._clock.now() - self._t
        status: Status
        try:
            complete = self._pull()
            if self._stop and complete is None:
                status, reason = "stopped", self._stop.reason
            else:
                status, reason = "completed", complete or ""
        except (TrainingFailed, WriteError) as error:
            status, reason = "failed", str(error)
        except Exception as error:
            if self._on_crash:
                self._on_crash(error)
            status, reason = "failed", f"{type(error).__name__}: {error}"
        finally:
            self._stream.close()
        ended = RunEnded(status=status, reason=reason, run_id=self.run_id)
        try:
            ended = self._record(ended)
        except Exception as error:  # the disk is full: the log lacks its end, but the screen must hear of it
            ended = dataclasses.replace(ended, seq=self._seq, status="failed", reason=reason or str(error))
            self._offer(ended)
        finally:
            if self._on_end:
                self._on_end()
        self.ended = ended
        return ended

    def _pull(self) -> str | None:
        """Why the stream is complete; None where it was stopped before that, or does not tell."""
        command: StreamCommand | None = None
        while True:
            try:
                event = self._stream.send(command)
            except StopIteration as end:
                reason: str | None = end.value
                return reason
            if event is not None:
                self._record(event)
            if self._pause_after_epoch and isinstance(event, EpochEnded):
                self._hold()
            command = self._next_command()
            if isinstance(command, Stop):
                self._stop = command

    def _next_command(self) -> StreamCommand | None:
        """The next thing to send into the stream; while paused, wait for it. After Stop nothing else is sent."""
        while self._stop is None:
            try:
                command = self._commands.get() if self._paused else self._commands.get_nowait()
            except Empty:
                return None
            match command:
                case Pause(after_epoch=True):
                    self._release()
                    self._pause_after_epoch = True
                case Pause():
                    self._hold()
                case Unpause():
                    self._pause_after_epoch = False
                    self._release()
                case Stop():
                    self._go_on()
                    return command
                case Checkpoint() | Set():
                    return command
        return None

    def _hold(self) -> None:
        self._pause_after_epoch = False
        if not self._paused:
            self._paused = True
            self._record(RunPaused())
            self._held = self._clock.now()

    def _release(self) -> None:
        if self._paused:
            self._go_on()
            self._record(RunUnpaused())

    def _go_on(self) -> None:
        self._paused = False
        if self._held is not None:
            self._began += self._clock.now() - self._held
            self._held = None

    def _record(self, event: E) -> E:
        now = self._clock.now() if self._held is None else self._held
        t = round(now - self._began, 6)
        event = dataclasses.replace(event, seq=self._seq, t=t)
        for recorder in self._recorders:
            recorder(event)
            self._seq = event.seq + 1  # taken as soon as the first one, the log, has it
        self._seq = event.seq + 1
        self._offer(event)
        return event

    def _offer(self, event: Event) -> None:
        with self._queue_lock:
            if len(self._queue) >= QUEUE_LIMIT:
                self._queue.clear()
                self._overflowed = True
            self._queue.append(event)
