"""The keys that steer training, on every screen from which it can be steered."""

from __future__ import annotations

from tui.keys.action import Action

PAUSE = (
    Action("space", "pause", "Pause", "let training wait in this process", shown=True, display="Space"),
    Action("space", "unpause", "Unpause", "let a paused run go on", shown=True, display="Space"),
)
STOP = Action("s", "stop", "Stop", "end the session with a checkpoint", shown=True)
RESUME = Action("r", "resume", "Resume", "a new session, exactly where the last one was stopped", shown=True)
CHECKPOINT = Action("c", "checkpoint", "Checkpoint", "save a checkpoint now")
