"""Small screens on top of others: a question, the help."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Footer, Input, Static


class Question(ModalScreen[bool]):
    """Ends with True for yes."""

    CSS_PATH = "dialogs.tcss"
    BINDINGS = [
        Binding("enter,y", "answer(True)", "Yes", key_display="Enter"),
        Binding("escape,n", "answer(False)", "No", key_display="Esc"),
    ]

    def __init__(self, question: str) -> None:
        super().__init__()
        self._question = question

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(self._question, markup=False)
        yield Footer()

    def action_answer(self, yes: bool) -> None:
        self.dismiss(yes)


class Field(Input):
    """Enter submits it. As a binding of its own, and not of the screen with priority: that would overtake the letters
    that were typed before."""

    BINDINGS = [Binding("enter", "submit", "OK")]


class Prompt(ModalScreen[str | None]):
    """Asks for a value and ends with its text, or with None. `why_not` says what is wrong with a text, as it is typed;
    an empty string lets it through."""

    CSS_PATH = "dialogs.tcss"
    BINDINGS = [Binding("escape", "dismiss(None)", "Cancel", key_display="Esc")]

    def __init__(self, question: str, value: str, why_not: Callable[[str], str]) -> None:
        super().__init__()
        self._question, self._value, self._why_not = question, value, why_not

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(self._question, markup=False)
            yield Field(self._value, select_on_focus=True)
            yield Static(id="why-not", markup=False)
        yield Footer()

    def on_input_changed(self, event: Input.Changed) -> None:
        self.query_one("#why-not", Static).update(self._why_not(event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if not self._why_not(event.value):
            self.dismiss(event.value)


class Help(ModalScreen[None]):
    """The keys of the screen below, and of the app."""

    CSS_PATH = "dialogs.tcss"
    BINDINGS = [Binding("escape,question_mark,enter", "dismiss", "Close", key_display="Esc")]

    def __init__(self, keys: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self._keys = keys

    def compose(self) -> ComposeResult:
        text = Text("Keys\n\n", style="bold")
        for key, description in self._keys:
            text.append(f"{key:>10}  ", style="bold")
            text.append(f"{description}\n", style="default")
        text.append(
            "\nA paused run waits in this process. A stopped run has a checkpoint and can be resumed at any time, "
            "exactly where it was. Ctrl+Z suspends the whole program, training too.",
            style="dim",
        )
        with VerticalScroll(classes="dialog"):
            yield Static(text, markup=False)
        yield Footer()
