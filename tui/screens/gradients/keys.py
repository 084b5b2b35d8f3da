"""The keys of the gradient screens."""

from __future__ import annotations

from tui.keys.action import Action
from tui.keys.steering import CHECKPOINT, PAUSE, RESUME, STOP

GRADIENTS = (
    Action("plus,equals_sign,right", "scale(1)", "Larger h", "a step ten times as large", shown=True, display="+"),
    Action("minus,underscore,left", "scale(-1)", "Smaller h", "a tenth of the step", shown=True, display="-"),
    Action("n", "others", "Other weights", "draw as many others at random", shown=True),
    Action("up,k", "scroll(-1)", "Up", "a line", display="↑"),
    Action("down,j", "scroll(1)", "Down", "a line", display="↓"),
    Action("escape", "dismiss", "Close", "back to the screen below", shown=True, display="Esc"),
)

GRADIENT_SCREEN = (
    *PAUSE,
    STOP,
    RESUME,
    CHECKPOINT,
    Action("escape", "back", "Back", "to the curves of the run; training goes on", shown=True, display="Esc"),
)

GRADIENT_PANES = (
    Action("v", "next_view(1)", "View", "which panes: unit, weight, step size, curves, log", shown=True),
    Action("V", "next_view(-1)", "View before", "the other way round", display="V"),
    Action("f", "hold", "Hold", "stay at this batch while training goes on; again: follow the newest", shown=True),
    Action("plus,equals_sign", "turn(1)", "h up", "half a decade, for what is shown here", shown=True, display="+"),
    Action("minus,underscore", "turn(-1)", "h down", "half a decade, for what is shown here", display="-"),
    Action("0", "own_step", "Run's h", "the step that the run was given"),
    Action("u", "next_unit(1)", "Unit", "the next hidden unit", shown=True),
    Action("U", "next_unit(-1)", "Unit before", "the hidden unit before", display="U"),
    Action("w", "next_array", "Array", "of weights: W1, b1, W2, b2", shown=True),
    Action("m", "largest", "Largest", "the weight with the largest gradient of those in view"),
    Action("z", "zoom(-1)", "Zoom in", "closer to the weight, down to four steps h on each side"),
    Action("Z", "zoom(1)", "Zoom out", "farther from the weight, up to ten on each side", display="Z"),
    Action("left", "move(-1, 0)", "Left", "to the weight before", display="←"),
    Action("right", "move(1, 0)", "Right", "to the next weight", display="→"),
    Action("up", "move(0, -1)", "Up", "to the weight above", display="↑"),
    Action("down", "move(0, 1)", "Down", "to the weight below", display="↓"),
    Action("shift+left", "move(-5, 0)", "Far left", "five weights", display="⇧←"),
    Action("shift+right", "move(5, 0)", "Far right", "five weights", display="⇧→"),
    Action("shift+up", "move(0, -5)", "Far up", "five weights", display="⇧↑"),
    Action("shift+down", "move(0, 5)", "Far down", "five weights", display="⇧↓"),
)
