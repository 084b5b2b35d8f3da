"""ChooseSeveral: one or more of several named things."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from rich.text import Text
from textual import on
from textual.widgets import OptionList

from tui.dialogs.choose import Choose, line_of
from tui.keys import common
from tui.keys.action import Action, bindings


class ChooseSeveral(Choose):
    """Ends with names, with commas between, or None: those that are marked, or the highlighted one where none is."""

    ACTIONS: tuple[Action, ...] = (*common.MARKS, *Choose.ACTIONS)
    BINDINGS = bindings(common.MARKS)
    ALWAYS_WHOLE = True

    def __init__(self, question: str, choices: Sequence[tuple[str, str, str]], marked: Collection[str] = ()) -> None:
        names = [name for name, _what, _why in choices]
        self._marked = {name for name in names if name in marked} if len(marked) > 1 else set()
        chosen = next((name for name in names if name in marked), "")
        super().__init__(question, choices, chosen)

    def _text(self, choice: tuple[str, str, str], width: int) -> Text:
        mark = "✓ " if choice[0] in self._marked else "  "
        return Text(mark, style="bold", no_wrap=True, overflow="ellipsis").append_text(line_of(*choice, width=width))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return super().check_action(action, parameters) and not (self.TYPING and action == "mark")

    def action_mark(self) -> None:
        """The highlighted one, or not any more."""
        picks = self.query_one(OptionList)
        option, at = picks.highlighted_option, picks.highlighted
        if option is None or at is None:
            return
        choice = next(each for each in self._choices if each[0] == option.id)
        self._marked ^= {choice[0]}
        picks.replace_option_prompt_at_index(at, self._text(choice, self._width))

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        event.prevent_default()  # that of one
        marked = [name for name, _what, _why in self._choices if name in self._marked]
        self.dismiss(",".join(marked) or event.option.id)
