"""The keys of the form."""

from __future__ import annotations

from tui.keys.action import Action

CHOICE = (
    Action("left", "turn(-1)", "Choice before", "in a field between ‹ ›", display="←"),
    Action("right,space", "turn(1)", "Next choice", "in a field between ‹ ›", display="→"),
    Action("enter", "pick", "All choices", "in a field between ‹ ›: the list, with what each is", display="Enter"),
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
    Action(
        "f3",
        "all",
        "More",
        "all settings, or again the few that matter first and those that were changed",
        shown=True,
        display="F3",
        priority=True,
    ),
    Action("f4", "undo", "Undo", "take the last change back", display="F4", priority=True),
    Action("f5", "redo", "Redo", "change again what was taken back", display="F5", priority=True),
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
