"""The keys of the start screen."""

from __future__ import annotations

from tui.keys import common
from tui.keys.action import Action
from tui.keys.common import BACK, TAKE, VIEW

EXPERIMENTS = (
    Action(
        "enter",
        "open",
        "Train",
        "train the highlighted experiment as it is",
        shown=True,
        display="Enter",
        rank=6,
        deed=TAKE,
    ),
    Action("c", "screen.change", "Change", "change its settings first", shown=True),
    *common.ROWS,
)
RUNS = (
    Action("enter", "open", "Open", "open the highlighted run", shown=True, display="Enter", rank=6, deed=TAKE),
    Action("c", "screen.change", "Change", "a new experiment with the settings of this run", shown=True),
    *common.ROWS,
)
START = (
    Action("ctrl+n", "new", "New", "a new experiment, from any dataset", shown=True, display="^n", was="n"),
    Action("o", "open_table", "Own table", "a CSV, TSV or Parquet file: look at its columns, then train"),
    Action("F", "fetch", "Fetch files", "download the data that the chosen experiment lacks", shown=True),
    Action("r", "resume", "Resume", "go on with a run that was stopped, failed or was interrupted", shown=True),
    Action(
        "v,f2",
        "all_runs",
        "All runs",
        "a table of them: find, sort, label, compare, delete",
        shown=True,
        display="v F2",
        rank=0,
        deed=VIEW,
    ),
    Action("w", "watch", "Watch training", "the run that is training", shown=True),
    Action("slash", "find", "Find", "rows of the list, by any words written in them", shown=True, display="/", rank=0),
    Action(
        "escape",
        "clear",
        "Clear",
        "all rows again where some were found",
        shown=True,
        display="Esc",
        rank=8,
        deed=BACK,
    ),
    Action("tab", "app.focus_next", "Next pane", "experiments, runs, description", shown=True, display="Tab"),
    Action("shift+tab", "app.focus_previous", "Pane before", "the other way round", display="⇧Tab"),
)
