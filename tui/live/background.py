"""Slow things behind the screen, on daemon threads: unlike Textual's own workers they never hold the program open."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from textual.widget import Widget

from core.errors import UserError

T = TypeVar("T")
NAME = "behind a screen"
"""Of each of these threads."""


def in_background(
    widget: Widget, work: Callable[[], T], done: Callable[[T], None], failed: Callable[[str], None] | None = None
) -> None:
    """Run `work` on a thread, then `done` with its result in the screen's loop, if `widget` is still there.

    What `work` raises goes to `failed` as text; without it a notification shows it.
    """

    def body() -> None:
        try:
            result = work()
        except UserError as error:
            tell(str(error))
        except Exception as error:  # a defect, but the screen must not wait for ever
            tell(f"{type(error).__name__}: {error}")
        else:
            if widget.is_attached:
                widget.call_later(done, result)

    def tell(reason: str) -> None:
        if widget.is_attached:
            widget.call_later(failed or (lambda text: widget.notify(text, severity="error", markup=False)), reason)

    thread = threading.Thread(target=body, name=NAME, daemon=True)
    thread.start()
