"""Small screens on top of others: a question, the help."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Footer, Static


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
