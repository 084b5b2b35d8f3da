"""LabelDialog: the name, the tags and the note of a run; of several the tags."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from core.errors import UserError
from core.runs import labels
from core.runs.labels import Labels
from core.system.text import clean
from tui.dialogs.dialogs import Field
from tui.keys.action import bindings
from tui.screens.runs import keys
from tui.widgets.footer import Keys


@dataclass(frozen=True)
class Change:
    """What is to be changed: None stays as it is."""

    name: str | None = None
    note: str | None = None
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


class LabelDialog(ModalScreen[Change | None]):
    """Ends with a Change, or None. Enter takes all that is typed."""

    CSS_PATH = "../../dialogs/dialogs.tcss"
    TYPING = True
    ACTIONS = keys.LABELS
    BINDINGS = bindings(keys.LABELS)
    DEFAULT_CSS = """
    LabelDialog { align: center middle; }
    LabelDialog .dialog { width: 80; }
    LabelDialog .dialog Input { width: 100%; margin: 0; background: $panel; }
    LabelDialog .dialog .of { margin: 1 0 0 0; color: $text-muted; }
    LabelDialog .dialog .of.-here { color: $text; text-style: bold reverse; }
    """

    def __init__(self, runs: Sequence[tuple[str, Labels]]) -> None:
        """(title, its labels) of each; at least one."""
        super().__init__()
        self._runs = runs
        tags = [set(each.tags) for _title, each in runs]
        self._shared = [tag for tag in runs[0][1].tags if all(tag in each for each in tags)]

    @property
    def _one(self) -> Labels | None:
        return self._runs[0][1] if len(self._runs) == 1 else None

    def compose(self) -> ComposeResult:
        one = self._one
        with Vertical(classes="dialog"):
            if one is not None:
                yield Static(clean(self._runs[0][0]), markup=False)
                yield Static("name", classes="of", id="of-name")
                yield Field(
                    one.name, id="name", placeholder="as its experiment is called", select_on_focus=False, compact=True
                )
            else:
                some = ", ".join(clean(title) for title, _labels in self._runs[:3])
                yield Static(f"{len(self._runs)} runs: {some}{', …' * (len(self._runs) > 3)}", markup=False)
            yield Static(
                "tags, with spaces between" + (" (those that all have)" * (one is None)), classes="of", id="of-tags"
            )
            yield Field(
                " ".join(self._shared), id="tags", placeholder="paper baseline", select_on_focus=False, compact=True
            )
            if one is not None:
                yield Static("note", classes="of", id="of-note")
                note = one.note.replace("\n", " ⏎ ")
                yield Field(
                    note, id="note", placeholder="what it was for, what came of it", select_on_focus=False, compact=True
                )
            yield Static(id="why-not", markup=False)
        yield Keys()

    def on_mount(self) -> None:
        self.query(Field).first().focus()

    def on_descendant_focus(self) -> None:
        for field in self.query(Field):
            self.query_one(f"#of-{field.id}").set_class(field.has_focus, "-here")

    def _text(self, name: str) -> str | None:
        found = self.query(f"#{name}").results(Field)
        return next((field.value for field in found), None)

    def _change(self) -> Change:
        """Raises UserError."""
        name, note = self._text("name"), self._text("note")
        tags = [labels.checked_tag(tag) for tag in (self._text("tags") or "").replace(",", " ").split()]
        folded = {tag.casefold() for tag in tags}
        return Change(
            name=None if name is None else labels.checked_name(name),
            note=None if note is None else labels.checked_note("\n".join(part.strip() for part in note.split("⏎"))),
            add=tuple(tags),
            remove=tuple(tag for tag in self._shared if tag.casefold() not in folded),
        )

    @on(Input.Changed)
    def _check(self) -> None:
        why_not = ""
        try:
            self._change()
        except UserError as error:
            why_not = str(error)
        self.query_one("#why-not", Static).update(why_not)

    @on(Input.Submitted)
    def _submitted(self) -> None:
        try:
            change = self._change()
        except UserError:
            return
        self.dismiss(change)
