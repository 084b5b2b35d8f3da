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
COLORS: dict[str, str] = {}
"""Of the theme: what it has for a success, a warning, an error."""


def use(success: str, warning: str, error: str) -> None:
    """These from now on."""
    COLORS.update(training=success, evaluating=success, completed=success, paused=warning, failed=error)


use("green", "yellow", "red")
