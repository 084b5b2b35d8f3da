"""The states of runs and trials: a symbol and a colour each."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    pass


SYMBOLS = {
    "loading": "…",
    "reading": "…",
    "starting": "…",
    "training": "▶",
    "evaluating": "▶",
    "paused": "‖",
    "stopped": "■",
    "completed": "✓",
    "failed": "✗",
    "interrupted": "✗",
}
COLORS = {"training": "green", "evaluating": "green", "completed": "green", "paused": "yellow", "failed": "red"}
