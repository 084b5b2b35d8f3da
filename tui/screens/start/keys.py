"""The keys of the start screen."""

from __future__ import annotations

from tui.keys import common
from tui.keys.action import Action

EXPERIMENTS = (
    Action("enter", "open", "Train", "train the chosen experiment as it is", shown=True, display="Enter"),
    Action("c", "screen.change", "Change", "change its settings first", shown=True),
    *common.ROWS,
)
RUNS = (
    Action("enter", "open", "Open", "open the chosen run", shown=True, display="Enter"),
    Action("c", "screen.change", "Change", "a new experiment with the settings of this run", shown=True),
    *common.ROWS,
)
START = (
    Action("n", "new", "New", "a new experiment, from any dataset", shown=True),
    Action("o", "open_table", "Own table", "a CSV, TSV or Parquet file: look at its columns, then train"),
    Action("F", "fetch", "Fetch files", "download the data that the chosen experiment lacks", shown=True),
    Action("r", "resume", "Resume", "go on with a run that was stopped, failed or was interrupted", shown=True),
    Action("w", "watch", "Watch training", "the run that is training", shown=True),
    Action("tab", "app.focus_next", "Next pane", "experiments, runs, description", shown=True, display="Tab"),
    Action("shift+tab", "app.focus_previous", "Pane before", "the other way round", display="⇧Tab"),
)
