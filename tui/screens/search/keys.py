"""The keys of the search screen."""

from __future__ import annotations

from tui.keys.action import Action
from tui.keys.common import BACK, DOWN, LEFT, RIGHT, ROWS, TAKE, UP, VIEW
from tui.keys.steering import CHECKPOINT, PAUSE, STOP, WATCH

SEARCH = (
    *PAUSE,
    STOP,
    Action("r", "resume", "Resume", "a new session: trials that are over are kept, the others go on", shown=True),
    CHECKPOINT,
    WATCH,
    Action("c", "change", "Change", "this search, with other settings; Enter has those of a trial", shown=True, rank=0),
    Action("f5", "again", "Again", "train a new search with the same settings", shown=True, display="F5", rank=0),
    Action("e", "export", "CSV", "export one row per trial, into a file of your choice", shown=True, deed="Export CSV"),
    Action("escape", "back", "Back", "to the list; the search goes on", shown=True, display="Esc", rank=8, deed=BACK),
)

TRIALS = (
    Action("tab", "app.focus_next", "Next pane", "table, heatmap, curves", display="Tab"),
    Action("shift+tab", "app.focus_previous", "Pane before", "the other way round", display="⇧Tab"),
    Action(
        "v,f2", "next_view", "View", "which panes: the table, heatmap, curves", shown=True, display="v F2", deed=VIEW
    ),
    Action("greater_than_sign", "sort(1)", "Sort", "by the next column", display=">", was="o"),
    Action("less_than_sign", "sort(-1)", "Sort before", "by the column before", display="<", was="O"),
    Action("i", "invert", "Invert", "the order of the rows, the other way round"),
    Action("slash", "filter", "Filter", "rows that fit, as n_layers=2 test_accuracy>=0.9", display="/", deed="Find"),
    Action("b", "best", "Best", "only the rows with the best score, and back"),
    Action("a", "average", "Average", "one row for each cell: mean and deviation of its repeats; and back"),
    Action("m", "mark", "Mark", "draw the curve of this trial too, or no longer", was="x"),
    Action("M", "metric", "Metric", "of the curves: accuracy or loss, of each split", display="M", was="m"),
    Action("y", "log_y", "Log y", "logarithmic axis of the curves, and back"),
    Action("x", "heat_axis('x')", "x axis", "of the heatmap: another axis of the search", was="X"),
    Action("Y", "heat_axis('y')", "y axis", "of the heatmap: another axis of the search", display="Y"),
    Action(
        "escape",
        "clear",
        "Clear",
        "the filter, then the choice of the best, then the marks",
        shown=True,
        display="Esc",
        rank=8,
        deed=BACK,
        was="u",
    ),
)

CURVES = (
    Action("enter", "open", "Open", "the trial of the first curve", shown=True, display="Enter", rank=5, deed=TAKE),
    Action("up,k", "move(-1)", "Trial before", "in the table", display="↑ k", deed=UP),
    Action("down,j", "move(1)", "Trial after", "in the table", display="↓ j", deed=DOWN),
    *ROWS[2:],
)

HEATMAP = (
    Action("enter", "open", "Open", "the trial of this cell", shown=True, display="Enter", rank=5, deed=TAKE),
    Action("up,k", "move(0, -1)", "Up", "a cell", display="↑ k"),
    Action("down,j", "move(0, 1)", "Down", "a cell", display="↓ j"),
    Action("left", "move(-1, 0)", "Left", "a cell", display="←", deed=LEFT),
    Action("right", "move(1, 0)", "Right", "a cell", display="→", deed=RIGHT),
    *ROWS[2:],
)
