"""Suspending: Ctrl+Z gives the terminal back and stops the program, as it does with any other; training stands still
until `fg`."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any


def prepare(driver: Any, words: Callable[[], str]) -> None:
    """From now on SIGTSTP, from Ctrl+Z or from outside, first gives the terminal back and says `words` on it.

    And SIGCONT goes on only after one: Textual takes each for the end of a suspension, and starts to read the keyboard
    once more: then two threads share the keys."""
    if not hasattr(driver, "_sigcont_application"):  # no terminal
        return

    def suspended(_number: int, _frame: FrameType | None) -> None:
        if not driver._must_signal_resume:
            driver.write("\x1b[H\x1b[2J")  # for GNU screen, which has no second screen to leave
            driver.suspend_application_mode()
            driver._must_signal_resume = True
            print(words(), file=sys.__stderr__, flush=True)
        os.kill(os.getpid(), signal.SIGSTOP)

    def resumed(number: int, frame: FrameType | None) -> None:
        if driver._must_signal_resume:
            driver._sigcont_application(number, frame)

    signal.signal(signal.SIGTSTP, suspended)
    signal.signal(signal.SIGCONT, resumed)


def why_not() -> str:
    """Why nobody could let the program go on; an empty string where a shell would."""
    import psutil

    try:
        leader = os.getpgrp()
        parent = psutil.Process(leader).ppid()
        shell = parent and os.getsid(parent) == os.getsid(0) and os.getpgid(parent) != leader
    except (psutil.Error, OSError):  # the leader of its group has gone
        shell = False
    return "" if shell else "no shell has started nntui here, so none could let it go on"


def suspend() -> None:
    """The whole group, as the terminal would: what has started nntui, such as make, and what it has started."""
    os.killpg(os.getpgrp(), signal.SIGTSTP)
