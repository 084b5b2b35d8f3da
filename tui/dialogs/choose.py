"""Choose: one of several named things, each with what it is; those that do not fit say why. Where what they are is too
long for a line, that of the highlighted one stands below, whole."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size
from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from tui.keys import common
from tui.keys.action import Action, bindings
from tui.widgets.find_line import FindLine
from tui.widgets.footer import Keys
from tui.widgets.options import Options

OWN_KEYS = {key for each in (*common.CHOOSE, *common.PICKS, *common.APP) for key in each.keys.split(",")}


class Picks(Options):
    """The list, with its keys."""

    ACTIONS = common.PICKS
    BINDINGS = bindings(common.PICKS)


class Choose(ModalScreen[str | None]):
    """Ends with a name, or None. `choices`: (name, what it is, why it cannot be chosen). A letter that is no key begins
    to filter."""

    CSS_PATH = "dialogs.tcss"
    ACTIONS: tuple[Action, ...] = common.CHOOSE
    BINDINGS = bindings(common.CHOOSE)
    ALWAYS_WHOLE = False
    """Whether it is told below in any case."""

    def __init__(self, question: str, choices: Sequence[tuple[str, str, str]], chosen: str = "") -> None:
        super().__init__()
        self._question, self._choices, self._chosen = question, choices, chosen
        self._found_for = ""
        """What was typed when the list was made."""

    @property
    def TYPING(self) -> bool:
        """Whether a letter is a letter."""
        return isinstance(self.focused, Input)

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog list"):
            yield Static(self._question, markup=False)
            yield Picks(markup=False)
            yield FindLine(placeholder="a part of a name", compact=True, select_on_focus=False)
            yield Static(id="what", markup=False)
        yield Keys()

    @property
    def _width(self) -> int:
        """Of the names."""
        return max((cell_len(name) for name, _what, _why in self._choices), default=0)

    def _text(self, choice: tuple[str, str, str], width: int) -> Text:
        return line_of(*choice, width=width)

    def on_mount(self) -> None:
        self._list(self._chosen)
        self.query_one(Picks).focus()

    def _list(self, at: str | None) -> None:
        """What fits the line; the cursor on `at`, if that is among it."""
        picks, wanted = self.query_one(Picks), self.query_one(FindLine).value.strip().casefold()
        found = [each for each in self._choices if wanted in f"{each[0]}\n{each[1]}".casefold()]
        found.sort(key=lambda each: not each[0].casefold().startswith(wanted))
        picks.clear_options()
        picks.add_options([Option(self._text(each, self._width), id=each[0]) for each in found])
        names = [name for name, _what, _why in found]
        picks.highlighted = names.index(at) if at in names and not wanted else 0 if names else None

    @on(Input.Changed)
    def _find(self, event: Input.Changed) -> None:
        event.stop()
        self._find_now()

    def _find_now(self) -> None:
        line, option = self.query_one(FindLine), self.query_one(Picks).highlighted_option
        if line.value != self._found_for:
            self._found_for = line.value
            self._list(option.id if option else None)

    @on(FindLine.Done)
    def _found(self, message: FindLine.Done) -> None:
        line, picks = self.query_one(FindLine), self.query_one(Picks)
        line.display = bool(line.value)
        picks.focus()
        if message.entered:
            self._find_now()  # what was typed just before may still be on its way
            picks.action_select()

    @on(OptionList.OptionHighlighted)
    def _highlighted(self, event: OptionList.OptionHighlighted) -> None:
        _name, what, why_not = next(each for each in self._choices if each[0] == event.option.id)
        self.query_one("#what", Static).update(f"✗ {why_not}" if why_not else what)

    def on_resize(self) -> None:
        self.call_after_refresh(self._tell_whole)

    def _tell_whole(self) -> None:
        """Below the list, where it does not fit into it."""
        room = self.query_one(Picks).scrollable_content_region.width
        texts = (self._text(each, self._width) for each in self._choices)
        self.query_one("#what").display = self.ALWAYS_WHOLE or any(text.cell_len > room for text in texts)

    def on_key(self, event: events.Key) -> None:
        if self.TYPING or not event.is_printable or not (event.character or "").isalnum() or event.key in OWN_KEYS:
            return
        event.stop()
        self.action_filter()
        self.query_one(FindLine).insert_text_at_cursor(event.character or "")

    def on_descendant_focus(self) -> None:
        self.refresh_bindings()

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option.id)

    # Keys.

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return not self.TYPING or action not in {"back", "filter"}

    def action_filter(self) -> None:
        self.query_one(FindLine).open()

    def action_back(self) -> None:
        line = self.query_one(FindLine)
        if line.value:
            line.action_clear()
        else:
            self.dismiss(None)


def line_of(name: str, what: str, why_not: str, *, width: int) -> Text:
    """One of the choices, its name as wide as the widest."""
    text = Text(f"{set_cell_size(name, width)}  ", style="bold", no_wrap=True, overflow="ellipsis")
    if why_not:
        return text.append(f"✗ {why_not}", style="not bold dim")
    return text.append(what, style="not bold")
