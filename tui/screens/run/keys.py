"""The keys of the train screen."""

from __future__ import annotations

from tui.keys.action import Action
from tui.keys.common import BACK, LEFT, RIGHT, VIEW
from tui.keys.steering import CHECKPOINT, PAUSE, RESUME, STOP, WATCH

TRAIN = (
    *PAUSE,
    Action("1", "one_epoch", "One epoch", "train to the end of this epoch, then pause"),
    STOP,
    RESUME,
    CHECKPOINT,
    WATCH,
    Action("f5", "again", "Again", "train a new run with the same settings", display="F5"),
    Action("c", "change", "Change", "a new experiment with the settings of this run"),
    Action("L", "longer", "Train longer", "go on with a run that is over, to a later epoch", display="L"),
    Action("P", "ask", "Ask it", "show and copy the nntui predict line that answers one row", display="P"),
    Action(
        "l",
        "learning_rate(True)",
        "Learning rate",
        "change it from the next step on",
        shown=True,
        rank=0,
    ),
    Action(
        "l",
        "learning_rate(False)",
        "Resume at rate",
        "go on with an ended run, with another learning rate",
        deed="Learning rate",
    ),
    Action("e", "export('epochs')", "Export CSV", "one row per epoch, into the run's folder", shown=True),
    Action("E", "export('steps')", "Export steps", "one row per step, into the run's folder", display="E"),
    Action(
        "D", "gradients(True)", "Gradients", "four ways to one gradient, and what the step h does", shown=True, was="g"
    ),
    Action(
        "D",
        "gradients(False)",
        "Gradients",
        "compare autograd with finite differences on a few random weights",
        was="g",
    ),
    Action("escape", "back", "Back", "to the list; training goes on", shown=True, display="Esc", rank=8, deed=BACK),
)

# Asked of the view around them: plots never have the focus.
PLOTS = (
    Action("plus,equals_sign", "plots('zoom', 0.5)", "Zoom in", "half as many steps, around the cursor", display="+"),
    Action("minus,underscore", "plots('zoom', 2.0)", "Zoom out", "twice as many steps", display="-"),
    Action("0", "plots('whole')", "Whole run", "all steps, and follow the newest", deed="As at first"),
    Action("comma", "plots('pan', -0.25)", "Pan left", "a quarter of the window to earlier steps", display=","),
    Action("full_stop", "plots('pan', 0.25)", "Pan right", "a quarter of the window to later steps", display="."),
    Action("f", "plots('follow')", "Follow", "keep the newest step in view, or stay here"),
    Action("left", "plots('cursor', -1)", "Cursor left", "values at the step before", display="←", deed=LEFT),
    Action("right", "plots('cursor', 1)", "Cursor right", "values at the next step", display="→", deed=RIGHT),
    Action("shift+left", "plots('cursor', -10)", "Cursor far left", "ten columns", display="⇧←", deed="Far left"),
    Action("shift+right", "plots('cursor', 10)", "Cursor far right", "ten columns", display="⇧→", deed="Far right"),
    Action("p", "plots('peak')", "Peak", "the cursor to the largest batch loss in view"),
    Action("backspace", "plots('no_cursor')", "No cursor", "put the cursor away", display="⌫"),
    Action("x", "plots('x_unit')", "x axis", "epoch, step or time"),
    Action("X", "plots('log_x')", "Log x", "logarithmic x axis, and back", display="X"),
    Action("y", "plots('log_y')", "Log y", "logarithmic loss axis, and back"),
    Action("a", "plots('smoothing')", "Average", "of the loss curve: smoothed by 0, 0.9, 0.99, 0.999", was="m"),
)

PANELS = (
    Action(
        "v,f2",
        "plots('next_figure')",
        "Figure",
        "beside the loss: metric, decision regions, pictures, weights",
        shown=True,
        display="v F2",
        deed=VIEW,
    ),
    Action("d", "doctor", "Doctor", "all that it found, and what to do"),
)

LOG = (
    Action("slash", "search", "Search log", "find a text in the log", display="/", deed="Find"),
    Action("n", "found(1)", "Next match", "in the log, or from the last one to the first"),
    Action("N", "found(-1)", "Match before", "in the log", display="N"),
    Action(
        "escape",
        "clear",
        "Clear",
        "what was searched in the log, then the cursor of the plots",
        shown=True,
        display="Esc",
        rank=8,
        deed=BACK,
    ),
    Action("C", "copy_log", "Copy log", "the whole log to the clipboard", display="C"),
)
