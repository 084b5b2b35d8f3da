"""The keys of the start screen."""

from __future__ import annotations

from tui.keys.action import Action

EXPERIMENTS = (
    Action("enter", "select", "Train", "train the highlighted experiment as it is", shown=True, display="Enter"),
    Action("c", "screen.change", "Change", "change its settings first", shown=True),
)
RUNS = (
    Action("enter", "select", "Open", "open the highlighted run", shown=True, display="Enter"),
    Action("c", "screen.change", "Change", "a new experiment with the settings of this run", shown=True),
)
START = (
    Action("n", "new", "New", "a new experiment, from any dataset", shown=True),
    Action("o", "open_table", "Own table", "a CSV, TSV or Parquet file: look at its columns, then train"),
    Action("r", "resume", "Resume", "go on with a run that was stopped, failed or was interrupted", shown=True),
    Action("w", "watch", "Watch training", "the run that is training", shown=True),
    Action("tab", "app.focus_next", "Next pane", "experiments, runs, description", shown=True, display="Tab"),
    Action("shift+tab", "app.focus_previous", "Pane before", "the other way round", display="⇧Tab"),
)
