"""PathLine: where a name or a path is typed; empty, its keys walk through folders."""

from __future__ import annotations

from textual.message import Message

from tui.keys.action import bindings
from tui.screens.own_table import keys
from tui.widgets.path_field import PathField


class PathLine(PathField):
    """Enter submits it."""

    ACTIONS = keys.PATH_LINE
    BINDINGS = bindings(keys.PATH_LINE)

    class Parent(Message):
        """To the folder above."""

    class Into(Message):
        """Into the highlighted folder."""

    def action_delete_or_parent(self) -> None:
        if self.value:
            self.action_delete_left()
        else:
            self.post_message(self.Parent())

    def action_left_or_parent(self) -> None:
        if self.value:
            self.action_cursor_left()
        else:
            self.post_message(self.Parent())

    def action_right_or_into(self) -> None:
        if self.value:
            self.action_cursor_right()
        else:
            self.post_message(self.Into())
