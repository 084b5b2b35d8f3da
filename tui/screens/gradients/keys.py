"""The keys of the gradient screens."""

from __future__ import annotations

from tui.keys.action import Action
from tui.keys.common import AGAIN, BACK, HELP_KEY, LEFT, QUIT_KEY, RIGHT, VIEW
from tui.keys.steering import CHECKPOINT, PAUSE, RESUME, STOP

GRADIENTS = (
    Action("h", "scale(1)", "Larger h", "a step ten times as large", shown=True, was="plus"),
    Action("H", "scale(-1)", "Smaller h", "a tenth of the step", shown=True, display="H", was="minus"),
    Action("right", "scale(1)", "Larger h", "the same", display="→", deed=RIGHT),
    Action("left", "scale(-1)", "Smaller h", "the same", display="←", deed=LEFT),
    Action(
        "f5", "others", "Other weights", "draw as many others at random", shown=True, display="F5", deed=AGAIN, was="n"
    ),
    Action("escape", "dismiss", "Close", "back to the screen below", shown=True, display="Esc", rank=8, deed=BACK),
    HELP_KEY,
    QUIT_KEY,
)

GRADIENT_SCREEN = (
    *PAUSE,
    STOP,
    RESUME,
    CHECKPOINT,
    Action(
        "escape",
        "back",
        "Back",
        "to the curves of the run; training goes on",
        shown=True,
        display="Esc",
        rank=8,
        deed=BACK,
    ),
)

GRADIENT_PANES = (
    Action(
        "v,f2",
        "next_view(1)",
        "View",
        "which panes: unit, weight, step size, curves, log",
        shown=True,
        display="v F2",
        deed=VIEW,
    ),
    Action("V", "next_view(-1)", "View before", "the other way round", display="V"),
    Action(
        "f",
        "hold",
        "Hold",
        "stay at this batch while training goes on; again: follow the newest",
        shown=True,
        deed="Follow",
    ),
    Action("h", "turn(1)", "Larger h", "half a decade, for what is shown here", shown=True, was="plus"),
    Action("H", "turn(-1)", "Smaller h", "half a decade, for what is shown here", display="H", shown=True, was="minus"),
    Action("0", "own_step", "Run's h", "the step that the run was given", deed="As at first"),
    Action("right_square_bracket", "next_unit(1)", "Unit", "the next hidden unit", shown=True, display="]", was="u"),
    Action(
        "left_square_bracket",
        "next_unit(-1)",
        "Unit before",
        "the hidden unit before",
        shown=True,
        display="[",
        was="U",
    ),
    Action("W", "next_array", "Array", "of weights: W1, b1, W2, b2", shown=True, display="W", was="w"),
    Action("p", "largest", "Largest", "the weight with the largest gradient of those in view", deed="Peak", was="m"),
    Action(
        "plus,equals_sign",
        "zoom(-1)",
        "Zoom in",
        "closer to the weight, down to four steps h on each side",
        display="+",
        was="z",
    ),
    Action(
        "minus,underscore",
        "zoom(1)",
        "Zoom out",
        "farther from the weight, up to ten on each side",
        display="-",
        was="Z",
    ),
    Action("left", "move(-1, 0)", "Left", "to the weight before", display="←"),
    Action("right", "move(1, 0)", "Right", "to the next weight", display="→"),
    Action("up,k", "move(0, -1)", "Up", "to the weight above", display="↑ k"),
    Action("down,j", "move(0, 1)", "Down", "to the weight below", display="↓ j"),
    Action("pageup", "move(0, -10)", "Page up", "ten weights", display="PgUp"),
    Action("pagedown", "move(0, 10)", "Page down", "ten weights", display="PgDn"),
    Action("home,g", "end(False)", "First", "to the first weight of those in view", display="g Home"),
    Action("end,G", "end(True)", "Last", "to the last weight of those in view", display="G End"),
    Action("shift+left", "move(-5, 0)", "Far left", "five weights", display="⇧←"),
    Action("shift+right", "move(5, 0)", "Far right", "five weights", display="⇧→"),
    Action("shift+up", "move(0, -5)", "Far up", "five weights", display="⇧↑"),
    Action("shift+down", "move(0, 5)", "Far down", "five weights", display="⇧↓"),
)
