"""FilterLine: where a filter is typed; below it what may come next, or what is wrong and where."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rich.cells import cell_len
from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input, Static

from core.query.complete import Completions
from core.query.error import FilterError
from tui.keys.action import bindings
from tui.screens.runs import keys
from tui.widgets.text_field import TextField
from tui.widgets.wrapping import say, wrapped

NOTHING = Completions(0, 0)
MOST_LINES = 4
"""Of what is wrong."""


class Line(TextField):
    """Its keys are those of the filter."""

    ACTIONS = keys.FILTER
    BINDINGS = bindings(keys.FILTER)

    class Done(Message):
        """Back to the list."""

    @dataclass
    class Choose(Message):
        by: int

    class Complete(Message):
        """Take the highlighted completion."""

    def action_done(self) -> None:
        self.post_message(self.Done())

    def action_choose(self, by: int) -> None:
        self.post_message(self.Choose(by))

    def action_complete(self) -> None:
        self.post_message(self.Complete())

    def action_clear(self) -> None:
        self.value = ""
        self.post_message(self.Done())


class FilterLine(Vertical):
    """`look_for` lists what fits, and says what is wrong with a text; `completions` of a text and a cursor in it."""

    DEFAULT_CSS = """
    FilterLine { height: auto; padding: 0 1; display: none; }
    FilterLine Line { width: 1fr; }
    FilterLine #below { height: 1; text-wrap: nowrap; text-overflow: ellipsis; }
    """

    class Changed(Message):
        """Others are listed now."""

    class Left(Message):
        """Back to the list."""

    def __init__(
        self, look_for: Callable[..., FilterError | None], completions: Callable[[str, int], Completions]
    ) -> None:
        super().__init__()
        self._look_for, self._completions = look_for, completions
        self._found = NOTHING
        self._at = 0
        self._wrong: FilterError | None = None
        """What is wrong with the text, where it is no filter: then the list is as it was."""

    def compose(self) -> ComposeResult:
        yield Line(placeholder="test_accuracy>0.9 and tag:paper and not failed", compact=True, select_on_focus=False)
        yield Static(id="below", markup=False)

    @property
    def _line(self) -> Line:
        return self.query_one(Line)

    def open(self) -> None:
        self.display = True
        self._line.focus()
        self._tell()

    def clear(self) -> None:
        self._line.value = ""

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        self._wrong = self._look_for(event.value, typing=True)
        self.post_message(self.Changed())
        self._tell()

    @on(Line.Done)
    def _done(self) -> None:
        if self._wrong is not None and self._line.value:
            self._tell()
            return
        self._wrong = self._look_for(self._line.value)
        self.post_message(self.Changed())
        self.display = False  # the list's title says what was typed
        self.post_message(self.Left())

    @on(Line.Choose)
    def _choose(self, message: Line.Choose) -> None:
        options = self._found.options
        if not options:
            if message.by > 0:
                self._done()
            return
        self._at = (self._at + message.by) % len(options)
        self._show()

    @on(Line.Complete)
    def _complete(self) -> None:
        line, found = self._line, self._found
        if not found.options:
            return
        option = found.options[self._at]
        line.value = line.value[: found.start] + option + line.value[found.end :]
        line.cursor_position = found.start + len(option)

    def on_key(self) -> None:
        self.call_after_refresh(self._tell)  # the cursor may be elsewhere now

    def _tell(self) -> None:
        line = self._line
        found = self._completions(line.value, line.cursor_position)
        if found != self._found:
            self._found, self._at = found, 0
        self._show()

    def _show(self) -> None:
        say(self.query_one("#below", Static), self._below(max(10, self.size.width - 2)), most=MOST_LINES)

    def _below(self, width: int) -> Text:
        """What is wrong, once nothing more could make it right; else what may follow."""
        line, wrong, options = self._line, self._wrong, self._found.options
        if wrong is not None and (not options or wrong.start + wrong.length < self._found.start):
            return wrapped(Text(f"✗ {wrong}", "bold"), width, indent=2)
        text = Text(no_wrap=True)
        for i, option in enumerate(options[self._at :] + options[: self._at]):
            if text.cell_len + cell_len(option) + 2 > width and i:
                text.append("…")
                break
            text.append(option, "reverse" if i == 0 else "").append("  ")
        return text if line.has_focus or not options else Text()
