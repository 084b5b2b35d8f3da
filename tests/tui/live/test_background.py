"""What still runs behind the screens when they are left."""

from __future__ import annotations

import os
import threading

import pytest
from textual.app import App

from tui.cli import __main__
from tui.live import background


async def test_whoever_leaves_while_something_is_loaded_leaves_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python's own way out would take the libraries from under the thread that loads them."""
    left: list[int] = []
    monkeypatch.setattr(os, "_exit", left.append)
    gate, done = threading.Event(), threading.Event()

    def loads() -> bool:
        return gate.wait(60)

    async with App[None]().run_test() as pilot:
        background.in_background(pilot.app.screen, loads, lambda _result: done.set())
        assert background.at_work()
        __main__._leave_at_once_if_busy(3)
        assert left == [3]
        gate.set()
        for _ in range(1200):
            await pilot.pause(0.05)
            if done.is_set() and not background.at_work():
                break
        __main__._leave_at_once_if_busy(4)
        assert left == [3], "nothing is at work any more"
