"""Choose: one of several named things, each with what it is; those that do not fit say why."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size
from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tui.keys import common
from tui.keys.action import Action, bindings
from tui.widgets.footer import Keys


class Picks(OptionList):
    """The list, with its key in the footer."""

    ACTIONS = common.PICKS
    BINDINGS = bindings(common.PICKS)


class Choose(ModalScreen[str | None]):
    """Ends with a name, or None. `choices`: (name, what it is, why it cannot be chosen). Letters go to the name that
    begins with them."""

    CSS_PATH = "dialogs.tcss"
    TYPING = True
    ACTIONS: tuple[Action, ...] = common.DIALOG
    BINDINGS = bindings(common.DIALOG)

    def __init__(self, question: str, choices: Sequence[tuple[str, str, str]], chosen: str = "") -> None:
        super().__init__()
        self._question, self._choices, self._chosen = question, choices, chosen
        self._typed = ""

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog list"):
            yield Static(self._question, markup=False)
            options = (Option(self._text(choice, self._width), id=choice[0]) for choice in self._choices)
            yield Picks(*options, markup=False)
        yield Keys()

    @property
    def _width(self) -> int:
        """Of the names."""
        return max((cell_len(name) for name, _what, _why in self._choices), default=0)

    def _text(self, choice: tuple[str, str, str], width: int) -> Text:
        return line_of(*choice, width=width)

    def on_mount(self) -> None:
        names = [name for name, _what, _why in self._choices]
        self.query_one(OptionList).highlighted = names.index(self._chosen) if self._chosen in names else 0

    def on_key(self, event: events.Key) -> None:
        if event.character is None or not event.is_printable:
            self._typed = ""
            return
        names = [name for name, _what, _why in self._choices]
        for typed in (self._typed + event.character.lower(), event.character.lower()):  # or another name begins here
            found = next((i for i, name in enumerate(names) if name.lower().startswith(typed)), None)
            if found is not None:
                self._typed = typed
                self.query_one(OptionList).highlighted = found
                break

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option.id)


def line_of(name: str, what: str, why_not: str, *, width: int) -> Text:
    """One of the choices, its name as wide as the widest."""
    text = Text(f"{set_cell_size(name, width)}  ", style="bold", no_wrap=True, overflow="ellipsis")
    if why_not:
        return text.append(f"✗ {why_not}", style="not bold dim")
    return text.append(what, style="not bold")
