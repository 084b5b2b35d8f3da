"""The keys that steer training, on every screen from which it can be steered."""

from __future__ import annotations

from tui.keys.action import Action
from tui.keys.common import SAVE, SWITCH

PAUSE = (
    Action(
        "space", "pause", "Pause", "let training wait in this process", shown=True, display="Space", rank=5, deed=SWITCH
    ),
    Action("space", "unpause", "Unpause", "let it go on", shown=True, display="Space", rank=5, deed=SWITCH),
)
STOP = Action("s", "stop", "Stop", "end the session with a checkpoint", shown=True, rank=4)
RESUME = Action("r", "resume", "Resume", "a new session, exactly where the last one was stopped", shown=True, rank=5)
CHECKPOINT = Action("ctrl+s", "checkpoint", "Checkpoint", "save one now", display="^s", deed=SAVE, was="c")
WATCH = Action("w", "watch", "Watch training", "the run that is training", shown=True)
"""From a run that is over, while another one trains."""
