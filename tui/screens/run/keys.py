"""The keys of the train screen."""

from __future__ import annotations

from tui.keys.action import Action
from tui.keys.common import BACK, VIEW
from tui.keys.plots import AXES, CURSOR, WINDOW
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

PLOTS = (
    *WINDOW,
    *CURSOR,
    Action("p", "plots('peak')", "Peak", "the cursor to the largest batch loss in view"),
    *AXES,
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
