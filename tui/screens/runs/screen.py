"""The runs screen: all runs of the models folder in one table; what its keys do with the marked ones."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.message import Message
from textual.widgets import Input, Static

from core.runs import catalogue
from core.runs.entry import Entry
from core.runs.folder import RunDir
from core.runs.labels import Labels
from core.runs.summary import Summary
from tui.dialogs.dialogs import Note
from tui.keys.action import bindings
from tui.live.background import in_background
from tui.live.trainer import Trainer
from tui.screens.runs import keys, words
from tui.screens.runs.deeds import Deeds
from tui.screens.runs.filter_line import FilterLine
from tui.screens.runs.listing import BROKEN
from tui.screens.runs.table import RunTable
from tui.widgets.footer import Keys
from tui.widgets.row_table import TrialTable
from tui.widgets.too_small import TooSmall

EVERY = 2.0
"""Seconds between two looks at the folder; more where a look takes long."""
SHARE = 10
"""How many times as long as a look took is waited for the next one, at least."""
MOST = 20
"""Runs that are compared at once."""


class RunsScreen(Deeds):
    """Finds, labels, deletes; what needs another screen the app does."""

    CSS_PATH = "screen.tcss"
    ACTIONS = keys.RUNS
    BINDINGS = bindings(keys.RUNS)
    HORIZONTAL_BREAKPOINTS = TooSmall.HORIZONTAL
    VERTICAL_BREAKPOINTS = TooSmall.VERTICAL

    @dataclass
    class Open(Message):
        """Show this run."""

        run_id: str

    @dataclass
    class Resume(Message):
        """Go on with this run."""

        run_id: str

    @dataclass
    class Change(Message):
        """Open the form for these settings."""

        tables: dict[str, Any]

    @dataclass
    class Compare(Message):
        """Show these runs side by side."""

        run_ids: list[str]

    def __init__(self, trainer: Trainer, known: Sequence[tuple[Summary, Labels]] = ()) -> None:
        """`known`: runs that are shown until the folder has been read."""
        super().__init__(trainer.root)
        entries = [Entry(trainer.root / run.run_id, run, given) for run, given in known]
        self.listing.take(catalogue.Listing(tuple(entries)))
        self._known: catalogue.Listing | None = None
        self._problem = ""
        self._reading = False
        self._next = 0.0
        self._told: object = None

    @property
    def TYPING(self) -> bool:
        """Whether a letter is a letter."""
        return isinstance(self.focused, Input)

    @property
    def is_read(self) -> bool:
        """Whether the folder has been read."""
        return self._known is not None

    def compose(self) -> ComposeResult:
        yield Static(id="title", markup=False)
        yield FilterLine(self.listing.look_for, self.listing.completions)
        yield RunTable(id="runs")
        yield Static(id="detail", markup=False)
        yield Keys()
        yield TooSmall()

    def on_mount(self) -> None:
        self.table.focus()
        self.show_all()
        self.read()
        self.set_interval(0.5, self._look_again)

    def on_screen_resume(self) -> None:
        if self.is_read:
            self.read()

    @property
    def table(self) -> RunTable:
        return self.query_one(RunTable)

    # Reading the folder.

    def read(self) -> None:
        if self._reading:
            return
        self._reading, known, began = True, self._known, time.monotonic()

        def over() -> None:
            self._reading = False
            self._next = time.monotonic() + max(EVERY, SHARE * (time.monotonic() - began))

        def done(found: catalogue.Listing) -> None:
            over()
            first, self._known = self._known is None, found
            if self.listing.take(found) or first or self._problem:
                self._problem = ""
                self.show_all()

        def failed(reason: str) -> None:
            over()
            self._problem = reason
            self.show_all()

        in_background(self, lambda: catalogue.read(self.root, known), done, failed)

    def _look_again(self) -> None:
        if self.app.screen is self and time.monotonic() >= self._next:
            self.read()

    # Painting.

    def show_all(self) -> None:
        empty = self._problem or ("" if self.is_read else "reading …")
        self.table.show_runs(self.listing, empty)
        self._say()
        self.refresh_bindings()

    def _say(self) -> None:
        entry = self.table.entry
        filtered = self.listing.filter
        told = (self.listing.title(), filtered, self._problem, self.is_read, self.size.width, entry)
        if told == self._told:
            return
        self._told = told
        title = Text("nntui  ", "bold").append("runs  ", "bold").append(self.listing.title(), "not bold")
        if not (self.is_read or self._problem):
            title.append("  reading …", "dim")
        if filtered:
            title.append(f"  / {filtered}", "not bold")
        if self._problem:
            title.append(f"  ✗ {self._problem}", "bold")
        self.query_one("#title", Static).update(title, layout=False)
        about = Text() if entry is None else words.detail(entry, max(20, self.size.width - 2))
        self.query_one("#detail", Static).update(about, layout=False)

    def on_resize(self) -> None:
        self.call_after_refresh(self._say)

    @on(TrialTable.Moved)
    def _moved(self) -> None:
        self._say()
        self.refresh_bindings()

    @on(TrialTable.Headed)
    def _headed(self, message: TrialTable.Headed) -> None:
        self.listing.sort(message.key)
        self.show_all()

    @on(FilterLine.Changed)
    def _filtered(self) -> None:
        self.table.show_runs(self.listing)
        self._say()

    @on(FilterLine.Left)
    def _left_filter(self) -> None:
        self.table.focus()
        self.refresh_bindings()

    def on_descendant_focus(self) -> None:
        self.refresh_bindings()

    # Keys.

    @property
    def meant(self) -> list[Entry]:
        return self.listing.meant(self.table.entry)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if self.TYPING:
            return action not in {each.action for each in keys.RUNS}
        entry = self.table.entry
        match action:
            case "compare":
                return len([each for each in self.meant if each.summary.status != BROKEN]) >= 2
            case "resume":
                return bool(self.resumable)
            case "change":
                return entry is not None and entry.summary.status != BROKEN
            case "label" | "delete" | "mark" | "mark_all" | "export":
                return entry is not None
            case "undo":
                return bool(self.deleted)
            case "filter" | "columns" | "command" | "sort" | "invert":
                return bool(self.listing.entries)
            case _:
                return True

    @on(TrialTable.Opened)
    def _opened(self) -> None:
        entry = self.table.entry
        if entry is None:
            return
        if entry.summary.status == BROKEN:
            self.app.push_screen(Note(entry.run_id, entry.summary.reason))
        else:
            self.post_message(self.Open(entry.run_id))

    def action_mark(self) -> None:
        """And to the next row, as when several are marked one after the other."""
        if (entry := self.table.entry) is not None:
            self.listing.mark(entry.run_id)
            self.table.action_move(1)
            self.show_all()

    def action_mark_all(self) -> None:
        self.listing.mark_all()
        self.show_all()

    def action_sort(self, by: int) -> None:
        self.listing.sort_next(by)
        self.show_all()

    def action_invert(self) -> None:
        self.listing.invert()
        self.show_all()

    def action_filter(self) -> None:
        self.query_one(FilterLine).open()

    def action_back(self) -> None:
        """One thing after the other."""
        if self.listing.marked:
            self.listing.marked.clear()
        elif self.listing.filter:
            self.query_one(FilterLine).clear()
        else:
            self.app.pop_screen()
            return
        self.show_all()

    def action_compare(self) -> None:
        runs = [each.run_id for each in self.meant if each.summary.status != BROKEN]
        if len(runs) > MOST:
            self.notify(f"{len(runs)} are marked; at most {MOST} are compared at once", severity="warning")
        else:
            self.post_message(self.Compare(runs))

    def action_resume(self) -> None:
        """The first one begins where nothing trains, the others wait for their turn."""
        for entry in self.resumable:
            self.post_message(self.Resume(entry.run_id))

    def action_change(self) -> None:
        from core.experiment.open import tables_of

        if (entry := self.table.entry) is None:
            return
        config = str(RunDir(entry.path).config)

        def read(tables: dict[str, Any]) -> None:
            self.post_message(self.Change(tables))

        in_background(self, lambda: tables_of(config), read)
