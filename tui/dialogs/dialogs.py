"""Small screens on top of others: a question, a value that is asked for, a text to read, the help."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from tui.keys import common
from tui.keys.action import bindings
from tui.widgets.footer import Keys
from tui.widgets.text_field import TextField
from tui.widgets.wrapping import wrapped


class Question(ModalScreen[bool]):
    """Ends with True for yes."""

    CSS_PATH = "dialogs.tcss"
    ACTIONS = common.QUESTION
    BINDINGS = bindings(common.QUESTION)

    def __init__(self, question: str | Callable[[], str], *, leaving: bool = False) -> None:
        """A function is asked again while the question stands: what it is about may change. `leaving`: whether it is
        about the end of the program, which is asked once."""
        super().__init__()
        self._ask = question if callable(question) else lambda: question
        self._asked = self._ask()
        self.leaving = leaving

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(self._asked, markup=False)
        yield Keys()

    def on_mount(self) -> None:
        self.set_interval(0.25, self._ask_again)

    def _ask_again(self) -> None:
        if self._ask() != self._asked:
            self._asked = self._ask()
            self.query_one(".dialog Static", Static).update(self._asked)

    def action_answer(self, yes: bool) -> None:
        self.dismiss(yes)


class Field(TextField):
    """Enter submits it. As a binding of its own, and not of the screen with priority: that would overtake the letters
    that were typed before."""

    ACTIONS = common.PROMPT
    BINDINGS = bindings(common.PROMPT)


class Prompt(ModalScreen[str | None]):
    """Asks for a value and ends with its text, or with None. `why_not` says what is wrong with a text, as it is typed;
    an empty string lets it through."""

    CSS_PATH = "dialogs.tcss"
    TYPING = True
    ACTIONS = common.PROMPT_SCREEN
    BINDINGS = bindings(common.PROMPT_SCREEN)

    def __init__(self, question: str, value: str, why_not: Callable[[str], str]) -> None:
        super().__init__()
        self._question, self._value, self._why_not = question, value, why_not

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(self._question, markup=False)
            yield Field(self._value, select_on_focus=True)
            yield Static(id="why-not", markup=False)
        yield Keys()

    def on_input_changed(self, event: Input.Changed) -> None:
        self.query_one("#why-not", Static).update(self._why_not(event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if not self._why_not(event.value):
            self.dismiss(event.value)


class Page(VerticalScroll):
    """A text that may be longer than the window."""

    ACTIONS = common.SCROLLS
    BINDINGS = bindings(common.SCROLLS)


class Note(ModalScreen[None]):
    """A text to read."""

    CSS_PATH = "dialogs.tcss"
    ACTIONS = common.NOTE
    BINDINGS = bindings(common.NOTE)

    def __init__(self, heading: str, text: str) -> None:
        super().__init__()
        self._heading, self._text = heading, text

    def compose(self) -> ComposeResult:
        with Page(classes="dialog"):
            yield Static(Text(f"{self._heading}\n\n", style="bold").append(self._text, style="not bold"), markup=False)
        yield Keys()


class Help(ModalScreen[None]):
    """The keys that work on the screen below."""

    CSS_PATH = "dialogs.tcss"
    ACTIONS = common.HELP
    BINDINGS = bindings(common.HELP)

    def __init__(self, keys: Sequence[tuple[str, str, str]]) -> None:
        """(key, name, what it does) of each."""
        super().__init__()
        self.keys = keys

    def compose(self) -> ComposeResult:
        with Page(classes="dialog wide"):
            yield Static(id="keys", markup=False)
        yield Keys()

    def on_resize(self) -> None:
        self.call_after_refresh(self._fill)

    def _fill(self) -> None:
        """As wide as there is room for: what does not fit goes on under its own column."""
        page, keys = self.query_one("#keys", Static), self.keys
        width = max(20, self.query_one(Page).size.width - 4)
        room = max((len(key) for key, _name, _help in keys), default=0)
        names = max((len(name) for _key, name, _help in keys), default=0)
        text = Text().append("Keys that work here\n\n", style="bold")
        indent = room + names + 4
        for key, name, help in keys:
            text.append(f"{key:>{room}}  {name:{names}}  ", style="bold")
            for i, line in enumerate(wrapped(Text(help), max(12, width - indent)).split("\n")):
                text.append(" " * indent * bool(i)).append(f"{line.plain}\n", style="not bold")
        about = Text(
            "A paused run waits in this process. A stopped run has a checkpoint and can be resumed at any time, "
            "exactly where it was. Ctrl+Z suspends the whole program, training too."
        )
        page.update(text.append("\n").append_text(wrapped(about, width)))
