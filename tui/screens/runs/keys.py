"""The keys of the runs screen."""

from __future__ import annotations

from tui.keys import common
from tui.keys.action import Action
from tui.keys.common import BACK, DOWN, LEFT, RIGHT, ROWS, SWITCH, TAKE, UP, VIEW

RUNS = (
    Action("B", "compare", "Compare", "the marked runs side by side", shown=True, rank=4),
    Action("m", "mark", "Mark", "this run, for the keys that work on several; or no longer", shown=True, rank=4),
    Action("space", "mark", "Mark", "the same", display="Space", deed=SWITCH),
    Action("A", "mark_all", "Mark all", "that are listed, or none", deed="All out"),
    Action("greater_than_sign", "sort(1)", "Sort", "by the next column", display=">"),
    Action("less_than_sign", "sort(-1)", "Sort before", "by the column before", display="<"),
    Action("i", "invert", "Invert", "the order of the rows, the other way round"),
    Action(
        "r",
        "resume",
        "Resume",
        "go on with a run that was stopped, failed or was interrupted; of several one after the other",
        shown=True,
    ),
    Action("c", "change", "Change", "a new experiment with the settings of this run", shown=True, rank=0),
    Action("slash", "filter", "Filter", "test_accuracy>0.9 and tag:paper", shown=True, display="/", deed="Find"),
    Action(
        "ctrl+l",
        "label",
        "Label",
        "name, tags and note of a run; tags of the marked ones",
        shown=True,
        display="^l",
        rank=2,
    ),
    Action(
        "delete,ctrl+d",
        "delete",
        "Delete",
        "the marked runs, after a question; into the trash",
        shown=True,
        display="Del ^d",
        rank=2,
    ),
    Action("f4", "undo", "Undo", "bring back what was deleted last", shown=True, display="F4", rank=3),
    Action("f8", "trash", "Trash", "the deleted runs: bring one back, or remove all for good", display="F8"),
    Action("f3", "columns", "Columns", "which there are; any metric or key may be one", display="F3", deed="More"),
    Action(
        "e", "export", "CSV", "the marked runs, else all that are listed, into a file of your choice", deed="Export CSV"
    ),
    Action("ctrl+y", "command", "Command", "show and copy the nntui runs line that lists the same", display="^y"),
    Action("v,f2", "back", "View", "back to the experiments", display="v F2", deed=VIEW),
    Action(
        "escape",
        "back",
        "Back",
        "no marks, then no filter, then to the experiments",
        shown=True,
        display="Esc",
        rank=8,
        deed=BACK,
    ),
)
TABLE = (
    Action("enter", "open", "Open", "the run under the cursor", shown=True, display="Enter", rank=6, deed=TAKE),
    *ROWS,
    Action("left", "sideways(-1)", "Columns left", "columns that do not fit", display="←", deed=LEFT),
    Action("right", "sideways(1)", "Columns right", "columns that do not fit", display="→", deed=RIGHT),
)
FILTER = (
    Action("enter", "done", "Done", "to what was found", shown=True, display="Enter", rank=8, deed=TAKE),
    Action("tab", "complete", "Complete", "take the highlighted one", shown=True, display="Tab", rank=7, typing=True),
    Action(
        "down", "choose(1)", "Down", "the next of what may follow; where there is none, to what was found", deed=DOWN
    ),
    Action("up", "choose(-1)", "Up", "the one before", deed=UP),
    Action("escape", "clear", "All", "show all again", shown=True, display="Esc", rank=8, deed=BACK),
    common.TYPED_HELP,
    common.TYPED_QUIT,
)
LABELS = (
    *common.PROMPT_SCREEN,
    Action("tab", "app.focus_next", "Next field", "name, tags, note", shown=True, display="Tab", deed="Next pane"),
    Action(
        "shift+tab", "app.focus_previous", "Field before", "the other way round", display="⇧Tab", deed="Pane before"
    ),
)
