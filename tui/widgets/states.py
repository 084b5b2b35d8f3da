"""The states of runs and trials: a symbol and a colour each."""

from __future__ import annotations

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
