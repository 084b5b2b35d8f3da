"""Every key of the program, in one table per screen: bindings, footer, help and command palette are made from it."""

from __future__ import annotations

from tui.keys.action import Action

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
MARKS = (
    Action(
        "space", "mark", "Mark", "one of several; Enter then takes all that are marked", shown=True, display="Space"
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
PROMPT = (Action("enter", "submit", "OK", "take what is typed", shown=True, display="Enter"),)

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
