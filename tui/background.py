"""Slow things behind the screen, on daemon threads: unlike Textual's own workers they never hold the program open."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from textual.widget import Widget

T = TypeVar("T")


def in_background(widget: Widget, work: Callable[[], T], done: Callable[[T], None]) -> None:
    """Run `work` on a thread, then `done` with its result in the screen's loop, if `widget` is still there."""

    def body() -> None:
        result = work()
        if widget.is_attached:
            widget.call_later(done, result)

    threading.Thread(target=body, daemon=True).start()
