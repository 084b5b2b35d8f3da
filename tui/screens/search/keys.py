"""The keys of the search screen."""

from __future__ import annotations

from tui.keys.action import Action

SEARCH = (
    Action("space", "pause", "Pause", "let the search wait in this process", shown=True, display="Space"),
    Action("space", "unpause", "Unpause", "let a paused search go on", shown=True, display="Space"),
    Action("s", "stop", "Stop", "end the session with a checkpoint", shown=True),
    Action("r", "resume", "Resume", "a new session: trials that are over are kept, the others go on", shown=True),
    Action("c", "checkpoint", "Checkpoint", "save a checkpoint now"),
    Action("e", "export", "CSV", "export one row per trial, into a file of your choice", shown=True),
    Action("escape", "back", "Back", "to the list; the search goes on", shown=True, display="Esc"),
)

TRIALS = (
    Action("tab", "app.focus_next", "Next pane", "table, heatmap, curves", display="Tab"),
    Action("shift+tab", "app.focus_previous", "Pane before", "the other way round", display="⇧Tab"),
    Action("v", "next_view", "View", "which panes: the table, heatmap, curves", shown=True),
    Action("o", "sort(1)", "Sort", "by the next column"),
    Action("O", "sort(-1)", "Sort before", "by the column before", display="O"),
    Action("i", "invert", "Invert", "the order of the rows, the other way round"),
    Action("slash", "filter", "Filter", "rows that fit, as n_layers=2 test_accuracy>=0.9", display="/"),
    Action("b", "best", "Best", "only the rows with the best score, and back"),
    Action("a", "average", "Average", "one row for each cell: mean and deviation of its repeats; and back"),
    Action("x", "mark", "Mark", "draw the curve of this trial too, or no longer"),
    Action("u", "unmark", "Unmark all", "only the curve of the trial under the cursor"),
    Action("m", "metric", "Metric", "of the curves: accuracy or loss, of each split"),
    Action("y", "log_y", "Log y", "logarithmic axis of the curves, and back"),
    Action("X", "heat_axis('x')", "Heatmap x", "another axis of the search, from left to right", display="X"),
    Action("Y", "heat_axis('y')", "Heatmap y", "another axis of the search, from top to bottom", display="Y"),
)

CURVES = (
    Action("enter", "open", "Open", "the trial of the first curve", shown=True, display="Enter"),
    Action("up", "move(-1)", "Trial before", "in the table", display="↑"),
    Action("down", "move(1)", "Trial after", "in the table", display="↓"),
)

HEATMAP = (
    Action("enter", "open", "Open", "the trial of this cell", shown=True, display="Enter"),
    Action("up", "move(0, -1)", "Up", "a cell", display="↑"),
    Action("down", "move(0, 1)", "Down", "a cell", display="↓"),
    Action("left", "move(-1, 0)", "Left", "a cell", display="←"),
    Action("right", "move(1, 0)", "Right", "a cell", display="→"),
)
