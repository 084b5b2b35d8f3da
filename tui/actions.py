"""Every key of the program, in one table per screen: bindings, footer, help and command palette are made from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.binding import Binding, BindingType


@dataclass(frozen=True)
class Action:
    """One thing that a key does. `shown` puts it into the footer; help and palette have all of them."""

    keys: str
    """As Textual names them, separated by commas."""
    action: str
    name: str
    """A word or two, for the footer."""
    help: str
    """What it does, for people."""
    shown: bool = False
    display: str = ""
    """The keys as they are written, where Textual's own way would be unclear."""
    priority: bool = False
    """Before the widget that has the focus: only for keys that nobody types."""

    def binding(self) -> Binding:
        return Binding(
            self.keys, self.action, self.name, show=self.shown, key_display=self.display, priority=self.priority
        )


def bindings(table: Sequence[Action]) -> list[BindingType]:
    """For a BINDINGS of Textual's."""
    return [action.binding() for action in table]


APP = (
    Action("question_mark", "keys", "Help", "the keys that work here", shown=True, display="?"),
    Action("f1", "help", "Help", "the same, also where letters are typed", display="F1"),
    Action("ctrl+p", "command_palette", "Commands", "find a command by its name", display="^p", priority=True),
    Action("q", "leave", "Quit", "leave, after a question while something trains", shown=True, display="q"),
    Action("ctrl+q", "quit", "Quit", "leave, also where letters are typed", display="^q", priority=True),
    Action(
        "ctrl+c",
        "copy_or_quit",
        "Quit",
        "copy what is selected with the mouse, else leave",
        display="^c",
        priority=True,
    ),
)

DIALOG = (Action("escape", "dismiss(None)", "Cancel", "change nothing", shown=True, display="Esc"),)

PICKS = (
    Action(
        "enter",
        "select",
        "Choose",
        "the highlighted one; letters go to the name that begins with them",
        shown=True,
        display="Enter",
    ),
)
QUESTION = (
    Action("enter,y", "answer(True)", "Yes", "do it", shown=True, display="Enter"),
    Action("escape,n", "answer(False)", "No", "change nothing", shown=True, display="Esc"),
)
NOTE = (Action("escape,enter", "dismiss", "Close", "back to the screen below", shown=True, display="Esc"),)
HELP = (
    Action("escape,question_mark,enter", "dismiss", "Close", "back to the screen below", shown=True, display="Esc"),
    Action("up,k", "scroll(-1)", "Up", "a line", shown=True, display="↑"),
    Action("down,j", "scroll(1)", "Down", "a line", shown=True, display="↓"),
    Action("pageup", "scroll(-10)", "Page up", "ten lines", display="PgUp"),
    Action("pagedown,space", "scroll(10)", "Page down", "ten lines", display="PgDn"),
)
GRADIENTS = (
    Action("plus,equals_sign,right", "scale(1)", "Larger h", "a step ten times as large", shown=True, display="+"),
    Action("minus,underscore,left", "scale(-1)", "Smaller h", "a tenth of the step", shown=True, display="-"),
    Action("n", "others", "Other weights", "draw as many others at random", shown=True),
    Action("up,k", "scroll(-1)", "Up", "a line", display="↑"),
    Action("down,j", "scroll(1)", "Down", "a line", display="↓"),
    Action("escape", "dismiss", "Close", "back to the screen below", shown=True, display="Esc"),
)
PROMPT = (Action("enter", "submit", "OK", "take what is typed", shown=True, display="Enter"),)
CHOICE = (
    Action("left", "turn(-1)", "Choice before", "in a field between ‹ ›", display="←"),
    Action("right,space", "turn(1)", "Next choice", "in a field between ‹ ›", display="→"),
    Action("enter", "pick", "All choices", "in a field between ‹ ›: the list, with what each is", display="Enter"),
)

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
FIND = (
    Action("enter,down", "done", "Done", "to the columns that were found", shown=True, display="Enter"),
    Action("escape", "clear", "All", "show all columns again", shown=True, display="Esc"),
)
EXPERIMENT = (
    # Letters are typed here: what they do elsewhere has other keys.
    Action("ctrl+r", "train", "Train", "start training with these settings", shown=True, display="^r", priority=True),
    Action("ctrl+s", "save", "Save", "save as a TOML file", shown=True, display="^s", priority=True),
    Action("ctrl+o", "load", "Load", "load a TOML file, or a preset", shown=True, display="^o", priority=True),
    Action(
        "ctrl+y",
        "command_line",
        "Command",
        "show and copy the nntui run line that does the same",
        shown=True,
        display="^y",
        priority=True,
    ),
    Action(
        "ctrl+t",
        "table",
        "Table",
        "the columns of your own table: target, features, missing values",
        shown=True,
        display="^t",
        priority=True,
    ),
    Action("ctrl+g", "reset", "As preset", "set this field back to what the preset says", display="^g", priority=True),
    Action("down", "app.focus_next", "Next field", "the field below", display="↓"),
    Action("up", "app.focus_previous", "Field before", "the field above", display="↑"),
    Action(
        "f2",
        "next_view",
        "View",
        "beside the form: changes, network, data",
        shown=True,
        display="F2",
        priority=True,
    ),
    Action("pageup", "scroll_view(-1)", "Scroll up", "the text beside the form", display="PgUp", priority=True),
    Action("pagedown", "scroll_view(1)", "Scroll down", "the text beside the form", display="PgDn", priority=True),
    Action(
        "escape", "back", "Back", "to the list, after a question if something was changed", shown=True, display="Esc"
    ),
    Action("f1", "app.help", "Help", "the keys that work here", shown=True, display="F1"),
    Action("ctrl+q", "app.quit", "Quit", "leave, after a question while something trains", shown=True, display="^q"),
)

TRAIN = (
    Action("space", "pause", "Pause", "let training wait in this process", shown=True, display="Space"),
    Action("space", "unpause", "Unpause", "let a paused run go on", shown=True, display="Space"),
    Action("1", "one_epoch", "One epoch", "train to the end of this epoch, then pause"),
    Action("s", "stop", "Stop", "end the session with a checkpoint", shown=True),
    Action("r", "resume", "Resume", "a new session, exactly where the last one was stopped", shown=True),
    Action("c", "checkpoint", "Checkpoint", "save a checkpoint now"),
    Action("l", "learning_rate(True)", "Learning rate", "change it from the next step on", shown=True),
    Action("l", "learning_rate(False)", "Resume at rate", "go on with an ended run, with another learning rate"),
    Action("e", "export('epochs')", "Export CSV", "one row per epoch, into the run's folder", shown=True),
    Action("E", "export('steps')", "Export steps", "one row per step, into the run's folder", display="E"),
    Action("g", "gradients(True)", "Gradients", "four ways to one gradient, and what the step h does", shown=True),
    Action("g", "gradients(False)", "Gradients", "compare autograd with finite differences on a few random weights"),
    Action("escape", "back", "Back", "to the list; training goes on", shown=True, display="Esc"),
)

PLOTS = (
    Action("plus,equals_sign", "zoom(0.5)", "Zoom in", "half as many steps, around the cursor", display="+"),
    Action("minus,underscore", "zoom(2.0)", "Zoom out", "twice as many steps", display="-"),
    Action("0", "whole", "Whole run", "all steps, and follow the newest"),
    Action("comma", "pan(-0.25)", "Pan left", "a quarter of the window to earlier steps", display=","),
    Action("full_stop", "pan(0.25)", "Pan right", "a quarter of the window to later steps", display="."),
    Action("f", "follow", "Follow", "keep the newest step in view, or stay here"),
    Action("left", "cursor(-1)", "Cursor left", "values at the step before", display="←"),
    Action("right", "cursor(1)", "Cursor right", "values at the next step", display="→"),
    Action("shift+left", "cursor(-10)", "Cursor far left", "ten columns", display="⇧←"),
    Action("shift+right", "cursor(10)", "Cursor far right", "ten columns", display="⇧→"),
    Action("p", "peak", "Peak", "the cursor to the largest batch loss in view"),
    Action("backspace", "no_cursor", "No cursor", "put the cursor away", display="⌫"),
    Action("x", "x_unit", "x axis", "epoch, step or time"),
    Action("X", "log_x", "Log x", "logarithmic x axis, and back", display="X"),
    Action("y", "log_y", "Log y", "logarithmic loss axis, and back"),
    Action("m", "smoothing", "Smoothing", "of the loss curve: 0, 0.9, 0.99, 0.999"),
)

PANELS = (
    Action("v", "next_figure", "Figure", "beside the loss: metric, decision regions, pictures, weights", shown=True),
    Action("d", "doctor", "Doctor", "all that it found, and what to do"),
)

LOG = (
    Action("slash", "search", "Search log", "find a text in the log", display="/"),
    Action("n", "found(-1)", "Found before", "the match above"),
    Action("N", "found(1)", "Found after", "the match below", display="N"),
    Action("C", "copy_log", "Copy log", "the whole log to the clipboard", display="C"),
)

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

ROWS = (
    Action("up", "move(-1)", "Up", "a row", display="↑"),
    Action("down", "move(1)", "Down", "a row", display="↓"),
    Action("pageup", "page(-1)", "Page up", "as many rows as are in view", display="PgUp"),
    Action("pagedown", "page(1)", "Page down", "as many rows as are in view", display="PgDn"),
    Action("home", "end(False)", "First row", "to the first row", display="Home"),
    Action("end", "end(True)", "Last row", "to the last row", display="End"),
)
TABLE = (
    Action("enter", "open", "Open", "this trial: its run, a new experiment, its model", shown=True, display="Enter"),
    *ROWS,
    Action("left", "sideways(-1)", "Columns left", "columns that do not fit", display="←"),
    Action("right", "sideways(1)", "Columns right", "columns that do not fit", display="→"),
)

COLUMNS = (
    *ROWS,
    Action("left", "sideways(-1)", "Columns left", "what does not fit", display="←"),
    Action("right", "sideways(1)", "Columns right", "what does not fit", display="→"),
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

GRADIENT_SCREEN = (
    *(each for each in TRAIN if each.action in ("pause", "unpause", "stop", "resume", "checkpoint")),
    Action("escape", "back", "Back", "to the curves of the run; training goes on", shown=True, display="Esc"),
)

GRADIENT_PANES = (
    Action("v", "next_view(1)", "View", "which panes: unit, weight, step size, curves, log", shown=True),
    Action("V", "next_view(-1)", "View before", "the other way round", display="V"),
    Action("f", "hold", "Hold", "stay at this batch while training goes on; again: follow the newest", shown=True),
    Action("plus,equals_sign", "turn(1)", "h up", "half a decade, for what is shown here", shown=True, display="+"),
    Action("minus,underscore", "turn(-1)", "h down", "half a decade, for what is shown here", display="-"),
    Action("0", "own_step", "Run's h", "the step that the run was given"),
    Action("u", "next_unit(1)", "Unit", "the next hidden unit", shown=True),
    Action("U", "next_unit(-1)", "Unit before", "the hidden unit before", display="U"),
    Action("w", "next_array", "Array", "of weights: W1, b1, W2, b2", shown=True),
    Action("m", "largest", "Largest", "the weight with the largest gradient of those in view"),
    Action("z", "zoom(-1)", "Zoom in", "closer to the weight, down to four steps h on each side"),
    Action("Z", "zoom(1)", "Zoom out", "farther from the weight, up to ten on each side", display="Z"),
    Action("left", "move(-1, 0)", "Left", "to the weight before", display="←"),
    Action("right", "move(1, 0)", "Right", "to the next weight", display="→"),
    Action("up", "move(0, -1)", "Up", "to the weight above", display="↑"),
    Action("down", "move(0, 1)", "Down", "to the weight below", display="↓"),
    Action("shift+left", "move(-5, 0)", "Far left", "five weights", display="⇧←"),
    Action("shift+right", "move(5, 0)", "Far right", "five weights", display="⇧→"),
    Action("shift+up", "move(0, -5)", "Far up", "five weights", display="⇧↑"),
    Action("shift+down", "move(0, 5)", "Far down", "five weights", display="⇧↓"),
)
