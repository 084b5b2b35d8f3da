"""Signals: from the first line of the program to its last one they end it with exit code 128 + n, never bare; and while
the screen is open they stop with a checkpoint, give the terminal back, exit.

Python-level handlers do not run while Textual's event loop is blocked on a stalled link. The C-level handler still
writes the signal's number to the wakeup descriptor, and a thread of ours reads it.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from core.sessions.run import Run


class Interrupter:
    """SIGINT, SIGTERM and SIGHUP end the run with a checkpoint; a second one ends the program at once.

    Before there is a run, a signal just ends the program.
    """

    def __init__(self) -> None:
        self.run: Run | None = None
        self.received: signal.Signals | None = None

    def __enter__(self) -> Interrupter:
        self._before = {number: signal.getsignal(number) for number in SIGNALS}
        for number, handler in self._before.items():
            if handler is not signal.SIG_IGN:  # nohup stays in force
                signal.signal(number, self._handle)
        return self

    def __exit__(self, *_exception: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        if self.run is None or self.received is not None:
            raise SystemExit(128 + number)
        self.received = signal.Signals(number)
        self.run.stop(f"stopped by {self.received.name}")


SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
Handler: TypeAlias = Callable[[int, FrameType | None], Any] | signal.Handlers
GRACE = 5.0
"""Seconds that a blocked terminal gets before the program ends without restoring it."""


def take_over() -> None:
    """From now on a signal raises SystemExit(128 + n) in the main thread, until `let_go`; one that is ignored stays so:
    nohup. Within, others may have handlers of their own for a while."""
    if threading.current_thread() is threading.main_thread():
        _handle_by(_leave)


def let_go() -> None:
    """What was to be done is done, and the exit code is known: from now on signals change nothing. Python puts the
    default in place of handlers while it takes itself down, so then they are ignored by the system too."""
    if threading.current_thread() is not threading.main_thread():
        return
    while True:
        try:
            _handle_by(_nothing)
        except SystemExit:  # one came in between
            continue
        break
    atexit.register(_handle_by, signal.SIG_IGN)


def _handle_by(handler: Handler) -> None:
    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handler)


def _leave(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def _nothing(_number: int, _frame: FrameType | None) -> None:
    pass


@contextlib.contextmanager
def signals_exit() -> Iterator[None]:
    """Within, a signal raises SystemExit(128 + n), so that what is half done is cleaned up on the way out."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    try:
        for number, handler in before.items():
            if handler is not signal.SIG_IGN:  # nohup stays in force
                signal.signal(number, _leave)
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class SignalReader:
    """Calls `stop(name)` on its own thread at the first signal, then `leave(code)`; exits after a grace regardless.

    `stop` saves the run and may block; `leave` asks the app to exit and must not block.
    """

    def __init__(self, stop: Callable[[str], object], leave: Callable[[int], object]) -> None:
        self._stop, self._leave = stop, leave

    def __enter__(self) -> SignalReader:
        self._ours, self._theirs = socket.socketpair()
        self._theirs.setblocking(False)
        self._handlers = {number: signal.signal(number, lambda *_: None) for number in SIGNALS}
        self._wakeup = signal.set_wakeup_fd(self._theirs.fileno(), warn_on_full_buffer=False)
        threading.Thread(target=self._read, name="signals", daemon=True).start()
        return self

    def __exit__(self, *_exception: object) -> None:
        signal.set_wakeup_fd(self._wakeup)
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        self._theirs.close()

    def _read(self) -> None:
        while True:
            numbers = [n for n in self._ours.recv(16) or b"" if n in SIGNALS]
            if not numbers:
                if self._theirs.fileno() == -1:  # closed: the app is over
                    return
                continue  # another signal, such as a resized window
            number = signal.Signals(numbers[0])
            self._stop(f"stopped by {number.name}")
            self._leave(128 + number)
            threading.Timer(GRACE, os._exit, [128 + number]).start()
