"""The keys of the table screen and the file chooser."""

from __future__ import annotations

from tui.keys.action import Action
from tui.keys.common import ROWS

PATH_LINE = (
    Action(
        "enter",
        "submit",
        "Open",
        "the highlighted file or folder, or the path that is typed",
        shown=True,
        display="Enter",
    ),
    Action(
        "backspace",
        "delete_or_parent",
        "Parent",
        "to the folder above, where nothing is typed",
        shown=True,
        display="⌫",
    ),
    Action("left", "left_or_parent", "Parent", "the same", display="←"),
    Action("right", "right_or_into", "Into", "into the highlighted folder, where nothing is typed", display="→"),
)
FILES = (
    # Letters are typed here: into the line that finds a name, or is a path.
    Action("tab", "complete", "Complete", "take the highlighted name into the line", shown=True, display="Tab"),
    Action("f2", "everything", "All files", "other and hidden files, too; and back", shown=True, display="F2"),
    Action("up", "move(-1)", "Up", "a row", display="↑"),
    Action("down", "move(1)", "Down", "a row", display="↓"),
    Action("pageup", "page(-1)", "Page up", "as many rows as are in view", display="PgUp"),
    Action("pagedown", "page(1)", "Page down", "as many rows as are in view", display="PgDn"),
    Action("ctrl+home", "end(False)", "First row", "to the first row", display="^Home"),
    Action("ctrl+end", "end(True)", "Last row", "to the last row", display="^End"),
    Action("escape", "back", "Back", "choose no file", shown=True, display="Esc"),
    Action("f1", "app.help", "Help", "the keys that work here", shown=True, display="F1"),
    Action("ctrl+q", "app.quit", "Quit", "leave, after a question while something trains", display="^q"),
)

OWN_TABLE = (
    Action(
        "enter",
        "go_on",
        "Go on",
        "to the experiment; to the first problem, if there is one",
        shown=True,
        display="Enter",
    ),
    Action("ctrl+r", "go_on", "Go on", "the same", display="^r", priority=True),
    Action("t", "target", "Target", "predict the column under the cursor"),
    Action("space", "leave_out", "In/out", "do not learn from this column; or do, again", shown=True, display="Space"),
    Action(
        "c",
        "categories",
        "Category",
        "take the values of this column for categories, though numbers; and back",
    ),
    Action("m", "missing", "Missing", "rows that lack a value: refuse, drop or fill them, or take that as a category"),
    Action("M", "missing_here", "Missing", "the same for the column under the cursor alone; and as all others again"),
    Action("k", "task", "Task", "classes or values to predict: as the target is, or as you say"),
    Action("d", "dialect", "Read as", "another encoding, separator or decimal mark"),
    Action("n", "problem", "Problem", "to the next column marked ✗"),
    Action("slash", "filter", "Find", "columns by a part of their name", shown=True, display="/"),
    Action("a", "leave_all_out", "All out", "leave out all columns that are listed; or take them in again"),
    Action("v", "first_rows", "Rows", "the first rows, as they were read"),
    Action("r", "read_again", "Read again", "the file, after it was changed"),
    Action("escape", "back", "Back", "a step back; what is chosen here stays", shown=True, display="Esc"),
)
OF_A_TABLE = {
    *("target", "leave_out", "leave_all_out", "categories", "task", "missing", "missing_here"),
    *("filter", "first_rows"),
}
"""Actions that need a table that was read."""

FIND = (
    Action("enter,down", "done", "Done", "to the columns that were found", shown=True, display="Enter"),
    Action("escape", "clear", "All", "show all columns again", shown=True, display="Esc"),
)

COLUMNS = (
    *ROWS,
    Action("left", "sideways(-1)", "Columns left", "what does not fit", display="←"),
    Action("right", "sideways(1)", "Columns right", "what does not fit", display="→"),
)
