"""The keys that several screens share. A feature's own lie with the feature; `nntui keys` prints all of them."""

from __future__ import annotations

from tui.keys.action import ALWAYS, Action

BACK, TAKE, QUIT, SWITCH = "Back", "Take", "Quit", "Switch"
"""What Esc, Enter, q and Space mean everywhere."""
UP, DOWN, LEFT, RIGHT = "Up", "Down", "Left", "Right"
PAGE_UP, PAGE_DOWN, FIRST, LAST = "Page up", "Page down", "First", "Last"
VIEW, SAVE, AGAIN = "Other view", "Save", "Again"

HELP_KEY = Action(
    "question_mark,f1", "app.keys", "Help", "the keys that work here", shown=True, display="?", rank=ALWAYS, deed="Help"
)
QUIT_KEY = Action(
    "q", "app.leave", "Quit", "leave, after a question while something trains", shown=True, display="q", rank=7
)
TYPED_HELP = Action("f1", "app.help", "Help", "the keys that work here", shown=True, display="F1", rank=ALWAYS)
TYPED_QUIT = Action(
    "ctrl+q", "app.quit", "Quit", "leave, after a question while something trains", shown=True, display="^q", rank=7
)
"""The same two where letters are typed."""

APP = (
    Action("question_mark", "keys", "Help", "the keys that work here", shown=True, display="?", rank=ALWAYS),
    Action("f1", "help", "Help", "the same, also where letters are typed", display="F1"),
    Action("ctrl+p", "command_palette", "Commands", "find a command by its name", display="^p", priority=True),
    Action("q", "leave", "Quit", "leave, after a question while something trains", shown=True, display="q", rank=7),
    Action("ctrl+q", "quit", "Quit", "leave, also where letters are typed", display="^q", priority=True),
    Action(
        "ctrl+c",
        "copy_or_quit",
        "Quit",
        "copy what is selected with the mouse, else leave",
        display="^c",
        priority=True,
    ),
    Action(
        "ctrl+z",
        "suspend_process",
        "Suspend",
        "back to the shell, training stands still; fg goes on",
        display="^z",
        priority=True,
    ),
    Action("Q", "queue", "Queue", "what waits until this run has ended: order, out of it", display="Q"),
    Action(
        "f9", "settings", "Settings", "theme, mouse, how the end of a long run is told", display="F9", priority=True
    ),
)
DOWNLOAD = (
    Action("enter", "begin", "Download", "fetch the files", shown=True, display="Enter", rank=8, deed=TAKE),
    Action(
        "escape",
        "leave",
        "Cancel",
        "without them; what is under way is stopped",
        shown=True,
        display="Esc",
        rank=8,
        deed=BACK,
    ),
    Action("y", "begin", "Download", "the same", typing=True, deed="Yes"),
    Action("n", "leave", "Cancel", "the same", typing=True, deed="No"),
    HELP_KEY,
    QUIT_KEY,
)

MOVES = (
    Action("up,k", "cursor_up", "Up", "a row", display="↑ k"),
    Action("down,j", "cursor_down", "Down", "a row", display="↓ j"),
    Action("pageup", "page_up", "Page up", "as many rows as are in view", display="PgUp"),
    Action("pagedown", "page_down", "Page down", "as many rows as are in view", display="PgDn"),
    Action("home,g", "first", "First", "to the first row", display="g Home"),
    Action("end,G", "last", "Last", "to the last row", display="G End"),
)
"""Of a list of Textual's."""
SCROLLS = (
    Action("up,k", "scroll_up", "Up", "a line", display="↑ k"),
    Action("down,j", "scroll_down", "Down", "a line", display="↓ j"),
    Action("pageup", "page_up", "Page up", "as many lines as are in view", display="PgUp"),
    Action("pagedown", "page_down", "Page down", "as many lines as are in view", display="PgDn"),
    Action("home,g", "scroll_home", "First", "to the first line", display="g Home"),
    Action("end,G", "scroll_end", "Last", "to the last line", display="G End"),
)
"""Of a text of Textual's that is scrolled."""
ROWS = (
    Action("up,k", "move(-1)", "Up", "a row", display="↑ k"),
    Action("down,j", "move(1)", "Down", "a row", display="↓ j"),
    Action("pageup", "page(-1)", "Page up", "as many rows as are in view", display="PgUp"),
    Action("pagedown", "page(1)", "Page down", "as many rows as are in view", display="PgDn"),
    Action("home,g", "end(False)", "First", "to the first row", display="g Home"),
    Action("end,G", "end(True)", "Last", "to the last row", display="G End"),
)
TABLE = (
    Action(
        "enter",
        "open",
        "Open",
        "this trial: its run, a new experiment, its model",
        shown=True,
        display="Enter",
        rank=5,
        deed=TAKE,
    ),
    *ROWS,
    Action("left", "sideways(-1)", "Columns left", "columns that do not fit", display="←", deed=LEFT),
    Action("right", "sideways(1)", "Columns right", "columns that do not fit", display="→", deed=RIGHT),
)

# Dialogs.

CANCEL = Action("escape", "dismiss(None)", "Cancel", "change nothing", shown=True, display="Esc", rank=8, deed=BACK)
PROMPT_SCREEN = (CANCEL, TYPED_HELP, TYPED_QUIT)
PROMPT = (Action("enter", "submit", "OK", "take what is typed", shown=True, display="Enter", rank=8, deed=TAKE),)
CHOOSE = (
    Action(
        "escape",
        "back",
        "Cancel",
        "all of the list again where it was filtered, else change nothing",
        shown=True,
        display="Esc",
        rank=8,
        deed=BACK,
    ),
    Action("slash", "filter", "Find", "those that have a text in their name or description", shown=True, display="/"),
    HELP_KEY,
    QUIT_KEY,
)
PICKS = (
    Action("enter", "select", "Choose", "the highlighted one", shown=True, display="Enter", rank=8, deed=TAKE),
    *MOVES,
)
FIND = (
    Action("enter", "done(True)", "Done", "to what was found", shown=True, display="Enter", rank=8, deed=TAKE),
    Action("down", "done", "Done", "the same", display="↓", deed=DOWN),
    Action("escape", "clear", "All", "show all again", shown=True, display="Esc", rank=8, deed=BACK),
    TYPED_HELP,
    TYPED_QUIT,
)
MARKS = (
    Action(
        "space",
        "mark",
        "Mark",
        "one of several; Enter then takes all that are marked",
        shown=True,
        display="Space",
        rank=7,
        deed=SWITCH,
    ),
)
QUESTION = (
    Action("enter", "answer(True)", "Yes", "do it", shown=True, display="Enter", rank=8, deed=TAKE),
    Action("escape", "answer(False)", "No", "change nothing", shown=True, display="Esc", rank=8, deed=BACK),
    Action("y", "answer(True)", "Yes", "the same", typing=True),
    Action("n", "answer(False)", "No", "the same", typing=True),
    HELP_KEY,
    QUIT_KEY,
)
CLOSE = Action("escape", "dismiss", "Close", "to the screen below", shown=True, display="Esc", rank=8, deed=BACK)
QUEUE = (
    CLOSE,
    Action("K", "move_by(-1)", "Sooner", "one place to the front", shown=True, display="K"),
    Action("J", "move_by(1)", "Later", "one place towards the end", shown=True, display="J"),
    Action("delete", "drop", "Remove", "out of the queue; it is not begun", shown=True, display="Del", deed="Delete"),
    Action("ctrl+x", "empty", "Empty", "all out of the queue, after a question", shown=True, display="^x"),
    HELP_KEY,
    QUIT_KEY,
)
NOTE = (CLOSE, Action("enter", "dismiss", "Close", "the same", display="Enter", deed=TAKE), HELP_KEY, QUIT_KEY)
HELP = (
    CLOSE,
    Action("enter", "dismiss", "Close", "the same", display="Enter", deed=TAKE),
    Action("question_mark,f1", "dismiss", "Close", "the same", display="?", deed="Help"),
    QUIT_KEY,
)
