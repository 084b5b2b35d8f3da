"""Form: a column of fields, each edited in place. It is shown fields and tells what was typed; what is right is not its
business."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from rich.cells import set_cell_size
from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Static

from tui.dialogs.jump import Jump
from tui.keys.action import bindings
from tui.screens.experiment import keys
from tui.widgets.path_field import PathField
from tui.widgets.text_field import TextField

LABEL = 18
"""Columns of a label."""


@dataclass(frozen=True)
class Row:
    """One field as it is shown. With `choices` it is chosen, else typed."""

    key: str
    group: str
    label: str
    text: str
    placeholder: str = ""
    choices: tuple[str, ...] = field(default=())
    problem: bool = False
    changed: bool = False
    listed: bool = False
    """Whether Enter in it asks for a list, though it is typed."""
    path: bool = False
    """Whether it is that of a file or a folder."""


class Choice(Widget, can_focus=True):
    """`‹ adam ›`: left and right choose the neighbour, Enter asks for the whole list."""

    ACTIONS = keys.CHOICE
    BINDINGS = bindings(keys.CHOICE)
    DEFAULT_CSS = """
    Choice { height: 1; width: 1fr; }
    Choice:focus { background: $accent 30%; text-style: bold; }
    """

    @dataclass
    class Turned(Message):
        """Another value was chosen."""

        choice: Choice
        text: str

    @dataclass
    class Pick(Message):
        """The list of all choices is wanted."""

        choice: Choice

    def __init__(self, choices: Sequence[str], text: str, placeholder: str) -> None:
        super().__init__()
        self.choices, self.text, self.placeholder = choices, text, placeholder

    def show(self, choices: Sequence[str], text: str, placeholder: str) -> None:
        if (choices, text, placeholder) != (self.choices, self.text, self.placeholder):
            self.choices, self.text, self.placeholder = choices, text, placeholder
            self.refresh()

    def render(self) -> Text:
        return Text(f"‹ {self.text or self.placeholder} ›", no_wrap=True, overflow="ellipsis")

    def action_turn(self, direction: int) -> None:
        now = self.text or self.placeholder
        at = self.choices.index(now) if now in self.choices else -1 if direction > 0 else 0
        self.post_message(self.Turned(self, self.choices[(at + direction) % len(self.choices)]))

    def action_pick(self) -> None:
        self.post_message(self.Pick(self))

    def on_click(self) -> None:
        self.action_pick()


class Line(Horizontal):
    """One row of the form: a mark, the label, the field."""

    DEFAULT_CSS = """
    Line { height: 1; }
    Line .mark { width: 2; color: $text-error; }
    Line .label { width: 18; text-wrap: nowrap; text-overflow: ellipsis; }
    Line.-current .label { text-style: bold reverse; }
    Line Input { width: 1fr; }
    """

    def __init__(self, row: Row) -> None:
        super().__init__()
        self.row = row

    def compose(self) -> ComposeResult:
        yield Static(self._mark(), classes="mark", markup=False)
        yield Static(set_cell_size(self.row.label, LABEL - 1), classes="label", markup=False)
        if self.row.choices:
            yield Choice(self.row.choices, self.row.text, self.row.placeholder)
        else:
            field = PathField if self.row.path else TextField
            yield field(self.row.text, placeholder=self.row.placeholder, compact=True, select_on_focus=False)

    # Not `:focus-within`: Textual does not style the widgets beside the focus anew where it moves on.
    def on_descendant_focus(self) -> None:
        self.add_class("-current")

    def on_descendant_blur(self) -> None:
        self.remove_class("-current")

    def _mark(self) -> str:
        return "✗" if self.row.problem else "*" if self.row.changed else " "

    def show(self, row: Row, *, afresh: bool) -> None:
        """An editor in use keeps what is typed, unless `afresh`: its text is on the way here, and maybe newer."""
        if row == self.row and not afresh:
            return
        marks = (row.problem, row.changed) != (self.row.problem, self.row.changed)
        named = row.label != self.row.label
        self.row = row
        if named:
            self.query_one(".label", Static).update(set_cell_size(row.label, LABEL - 1), layout=False)
        if marks:
            self.query_one(".mark", Static).update(self._mark(), layout=False)
        if row.choices:
            self.query_one(Choice).show(row.choices, row.text, row.placeholder)
            return
        editor = self.query_one(Input)
        if editor.value.strip() != row.text.strip() and (afresh or not editor.has_focus):
            with editor.prevent(Input.Changed):
                editor.value = row.text
        editor.placeholder = row.placeholder


class Form(VerticalScroll, can_focus=False, inherit_bindings=False):
    """`show` it the rows; it keeps those that stay, with their cursor. Up and down are not its own: they would scroll
    and leave the cursor behind."""

    DEFAULT_CSS = """
    Form { height: 1fr; scrollbar-size: 1 1; }
    Form .group { height: 1; margin: 1 0 0 0; text-style: bold; color: $text-accent; }
    Form .group.first { margin: 0; }
    Form .below { height: 1; margin: 1 0 0 2; color: $text-muted; text-wrap: nowrap; text-overflow: ellipsis; }
    """

    @dataclass
    class Changed(Message):
        """Something was typed or chosen in the field `key`."""

        key: str
        text: str

    @dataclass
    class Pick(Message):
        """The list of choices for `key` is wanted."""

        key: str

    @dataclass
    class Entered(Message):
        """The field `key` has the focus now."""

        key: str

    def __init__(self, groups: dict[str, str]) -> None:
        """`groups`: the heading of each group."""
        super().__init__()
        self._groups = groups
        self._lines: dict[str, Line] = {}
        self._headings: dict[str, Static] = {}
        self._below: Static | None = None
        self._said: str | None = None

    def show(self, rows: Sequence[Row], *, afresh: bool = False, below: str = "") -> None:
        """`afresh`: also the field that is being edited, as after a reset. `below`: what there is to say under the
        last one."""
        if self._below is None:
            self._below = Static(classes="below", markup=False)
            self.mount(self._below)
        if below != self._said:
            self._said = below
            self._below.update(below)
            self._below.display = bool(below)
        wanted = {row.key: row for row in rows}
        for key in [key for key in self._lines if key not in wanted]:
            self._lines.pop(key).remove()
        shown = {row.group for row in rows}
        for group in [group for group in self._headings if group not in shown]:
            self._headings.pop(group).remove()
        before: Widget | None = None
        for row in rows:
            if row.group not in self._headings:
                heading = Static(self._groups[row.group], classes="group", markup=False)
                self._headings[row.group] = heading
                self._insert(heading, before)
            if before is None or row.group != group_of(before):
                self._headings[row.group].set_class(before is None, "first")
                before = self._headings[row.group]
            line = self._lines.get(row.key)
            if line is not None and bool(line.row.choices) == bool(row.choices):
                line.show(row, afresh=afresh)
            else:
                if line is not None:
                    line.remove()
                line = self._lines[row.key] = Line(row)
                self._insert(line, before)
            before = line

    def _insert(self, widget: Widget, before: Widget | None) -> None:
        if before is None:
            self.mount(widget, before=0 if self.children else None)
        else:
            self.mount(widget, after=before)

    def on_resize(self) -> None:
        """What is said of a field, below, takes its rows from here: the field with the cursor stays in view."""
        focused = self.screen.focused
        if focused is not None and self in focused.ancestors:
            self.scroll_to_widget(focused, animate=False)

    def focus_key(self, key: str) -> None:
        """Put the cursor into a field."""
        line = self._lines.get(key)
        if line is None:
            return
        if not line.children:  # it has only just come
            self.call_after_refresh(self.focus_key, key)
            return
        line.query_one("Input, Choice").focus()

    def jump(self) -> None:
        """Ask for a section by its letter, and go to its first field."""
        sections: dict[str, str] = {}
        for line in self.query(Line):
            sections.setdefault(self._groups[line.row.group], line.row.key)
        here = [heading for heading, key in sections.items() if key.partition(".")[0] == self.key.partition(".")[0]]

        def chosen(heading: str | None) -> None:
            if heading is not None:
                self.focus_key(sections[heading])

        self.app.push_screen(Jump("To which section?", list(sections), here[0] if here else ""), chosen)

    @property
    def keys(self) -> list[str]:
        """Of the fields that are shown."""
        return list(self._lines)

    @property
    def key(self) -> str:
        """Of the field that has the focus; an empty string where none has."""
        focused = self.screen.focused
        line = next((each for each in focused.ancestors if isinstance(each, Line)), None) if focused else None
        return line.row.key if line else ""

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        if event.input.is_attached:  # else the field is gone already
            self.post_message(self.Changed(_line_of(event.input).row.key, event.value))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        row = _line_of(event.input).row
        if row.listed:
            self.post_message(self.Pick(row.key))
        else:
            self.screen.focus_next()

    @on(Choice.Turned)
    def _turned(self, event: Choice.Turned) -> None:
        event.stop()
        self.post_message(self.Changed(_line_of(event.choice).row.key, event.text))

    @on(Choice.Pick)
    def _pick(self, event: Choice.Pick) -> None:
        event.stop()
        self.post_message(self.Pick(_line_of(event.choice).row.key))

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        if isinstance(event.widget, Input):
            event.widget.cursor_position = len(event.widget.value)
        self.post_message(self.Entered(_line_of(event.widget).row.key))


def _line_of(widget: Widget) -> Line:
    return next(each for each in widget.ancestors if isinstance(each, Line))


def group_of(widget: Widget) -> str:
    return widget.row.group if isinstance(widget, Line) else ""
