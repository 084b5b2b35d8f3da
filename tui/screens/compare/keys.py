"""The keys of the compare screen."""

from __future__ import annotations

from tui.keys.action import Action
from tui.keys.common import BACK, DOWN, LEFT, RIGHT, ROWS, SWITCH, TAKE, UP, VIEW
from tui.keys.plots import AXES, CURSOR, WINDOW

COMPARE = (
    Action("e", "export", "CSV", "one row for each run, into a file of your choice", shown=True, deed="Export CSV"),
    Action("ctrl+y", "command", "Command", "show and copy the nntui compare line that does the same", display="^y"),
    Action("escape", "back", "Back", "to the list; training goes on", shown=True, display="Esc", rank=8, deed=BACK),
)

PANES = (
    Action("tab", "app.focus_next", "Next pane", "curves, runs, settings", display="Tab"),
    Action("shift+tab", "app.focus_previous", "Pane before", "the other way round", display="⇧Tab"),
    Action("v,f2", "next_view", "View", "which panes: curves, runs, settings", shown=True, display="v F2", deed=VIEW),
    Action("M", "metric", "Metric", "of the curves: each that was measured, and the loss of the batches", shown=True),
    Action("S", "fold", "Seeds", "runs that differ in their seed alone as one: mean ± sd; and back", shown=True),
    Action("space", "hide", "Hide", "the curve of this run, or show it again", display="Space", deed=SWITCH),
    *WINDOW,
    *CURSOR,
    *AXES,
    Action("escape", "clear", "Clear", "the cursor", shown=True, display="Esc", rank=8, deed=BACK),
)

OPEN = Action(
    "enter",
    "open",
    "Open",
    "this run: its curves, numbers and log",
    shown=True,
    display="Enter",
    rank=5,
    deed=TAKE,
)

CHART = (
    Action(
        "enter", "open", "Open", "this run: its curves, numbers and log", shown=True, display="Enter", rank=5, deed=TAKE
    ),
    Action("up,k", "move(-1)", "Run before", "in the table", display="↑ k", deed=UP),
    Action("down,j", "move(1)", "Run after", "in the table", display="↓ j", deed=DOWN),
    *ROWS[2:],
)

RUNS = (
    Action(
        "enter", "open", "Open", "this run: its curves, numbers and log", shown=True, display="Enter", rank=5, deed=TAKE
    ),
    *ROWS,
    Action("left", "sideways(-1)", "Columns left", "columns that do not fit", display="←", deed=LEFT),
    Action("right", "sideways(1)", "Columns right", "columns that do not fit", display="→", deed=RIGHT),
)

SETTINGS = (
    *ROWS,
    Action("left", "sideways(-1)", "Columns left", "runs that do not fit", display="←", deed=LEFT),
    Action("right", "sideways(1)", "Columns right", "runs that do not fit", display="→", deed=RIGHT),
)
