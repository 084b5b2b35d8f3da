"""FindLine: a line in which a part of a name is typed; it is there while it is wanted."""

from __future__ import annotations

from dataclasses import dataclass

from textual.message import Message

from tui.keys import common
from tui.keys.action import bindings
from tui.widgets.text_field import TextField


class FindLine(TextField):
    """What is typed takes effect at once; Enter and down leave it, Escape empties it first."""

    ACTIONS = common.FIND
    BINDINGS = bindings(common.FIND)

    DEFAULT_CSS = """
    FindLine { display: none; }
    """

    @dataclass
    class Done(Message):
        """Back to what was found."""

        entered: bool = False
        """By Enter."""

    def open(self) -> None:
        self.display = True
        self.focus()

    def action_done(self, entered: bool = False) -> None:
        self.post_message(self.Done(entered))

    def action_clear(self) -> None:
        self.value = ""
        self.post_message(self.Done())
