"""The keys of the table screen and the file chooser."""

from __future__ import annotations

from tui.keys.action import Action
from tui.keys.common import (
    AGAIN,
    BACK,
    DOWN,
    FIRST,
    LAST,
    LEFT,
    PAGE_DOWN,
    PAGE_UP,
    RIGHT,
    ROWS,
    SWITCH,
    TAKE,
    TYPED_HELP,
    TYPED_QUIT,
    UP,
    VIEW,
)

PATH_LINE = (
    Action(
        "enter",
        "submit",
        "Open",
        "the highlighted file or folder, or the path that is typed",
        shown=True,
        display="Enter",
        rank=6,
        deed=TAKE,
    ),
    Action(
        "backspace",
        "delete_or_parent",
        "Parent",
        "to the folder above, where nothing is typed",
        shown=True,
        display="⌫",
        typing=True,
    ),
    Action("left", "left_or_parent", "Parent", "the same", display="←", deed=LEFT),
    Action("right", "right_or_into", "Into", "the highlighted folder, where nothing is typed", display="→", deed=RIGHT),
)
FILES = (
    # Letters are typed here: into the line that finds a name, or is a path.
    Action(
        "tab", "complete", "Complete", "take the highlighted name into the line", shown=True, display="Tab", typing=True
    ),
    Action(
        "f2", "everything", "All files", "other and hidden files, too; and back", shown=True, display="F2", deed=VIEW
    ),
    Action("up", "move(-1)", "Up", "a row", display="↑", deed=UP),
    Action("down", "move(1)", "Down", "a row", display="↓", deed=DOWN),
    Action("pageup", "page(-1)", "Page up", "as many rows as are in view", display="PgUp", deed=PAGE_UP),
    Action("pagedown", "page(1)", "Page down", "as many rows as are in view", display="PgDn", deed=PAGE_DOWN),
    Action("ctrl+home", "end(False)", "First row", "to the first row", display="^Home", deed=FIRST),
    Action("ctrl+end", "end(True)", "Last row", "to the last row", display="^End", deed=LAST),
    Action(
        "escape",
        "back",
        "Back",
        "all names again where some are typed, else choose no file",
        shown=True,
        display="Esc",
        rank=8,
        deed=BACK,
    ),
    TYPED_HELP,
    TYPED_QUIT,
)

OWN_TABLE = (
    Action(
        "enter",
        "go_on",
        "Go on",
        "to the experiment; to the first problem, if there is one",
        shown=True,
        display="Enter",
        rank=6,
        deed=TAKE,
    ),
    Action("ctrl+r", "go_on", "Go on", "the same", display="^r", priority=True, deed="Train"),
    Action("t", "target", "Target", "predict the column under the cursor", shown=True),
    Action(
        "space",
        "leave_out",
        "In/out",
        "do not learn from this column; or do, again",
        shown=True,
        display="Space",
        deed=SWITCH,
    ),
    Action("A", "leave_all_out", "All out", "all columns that are listed; or in again", display="A", was="a"),
    Action(
        "number_sign",
        "categories",
        "Category",
        "take the values of this column for categories, though numbers; and back",
        display="#",
        was="c",
    ),
    Action(
        "u",
        "missing",
        "Missing",
        "rows that lack a value: refuse, drop or fill them, or take that as a category",
        shown=True,
        rank=0,
        was="m",
    ),
    Action(
        "U",
        "missing_here",
        "Missing here",
        "the same for the column under the cursor alone; and as all others again",
        display="U",
        was="M",
    ),
    Action("T", "task", "Task", "classes or values to predict: as the target is, or as you say", display="T", was="k"),
    Action("R", "dialect", "Read as", "another encoding, separator or decimal mark", display="R", was="d"),
    Action("n", "match(1)", "Next match", "to the next column that was found by /, else the next one marked ✗"),
    Action("N", "match(-1)", "Match before", "to the column before, of the same ones", display="N"),
    Action("slash", "filter", "Find", "columns by a part of their name", shown=True, display="/"),
    Action("v,f2", "first_rows", "Rows", "the first rows, as they were read", display="v F2", deed=VIEW),
    Action("f5", "read_again", "Read again", "the file, after it was changed", display="F5", deed=AGAIN, was="r"),
    Action(
        "escape",
        "back",
        "Back",
        "all columns again where some were found, else a step back; what is chosen stays",
        shown=True,
        display="Esc",
        rank=8,
        deed=BACK,
    ),
)
OF_A_TABLE = {
    *("target", "leave_out", "leave_all_out", "categories", "task", "missing", "missing_here"),
    *("filter", "first_rows"),
}
"""Actions that need a table that was read."""

COLUMNS = (
    *ROWS,
    Action("left", "sideways(-1)", "Columns left", "what does not fit", display="←", deed=LEFT),
    Action("right", "sideways(1)", "Columns right", "what does not fit", display="→", deed=RIGHT),
)
