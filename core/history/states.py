"""Where a run may stand, by its log."""

from __future__ import annotations

from typing import Literal, TypeAlias

State: TypeAlias = Literal["starting", "training", "evaluating", "paused", "completed", "stopped", "failed"]
LIVE: tuple[State, ...] = ("starting", "training", "evaluating", "paused")
"""Of a run that is in a session, or was cut off in one."""
