"""What is done with the marked runs: labels, trash, columns, CSV. Each is a function of the screen; disks are slow, so
all of it happens behind it."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from core.errors import UserError
from core.runs import columns, labels, trash
from core.runs.export import check_target, write_table
from core.runs.folder import RunDir
from core.runs.trash import Deleted, Emptied
from core.system.folders import models_root
from core.system.text import clean
from tui.dialogs.choose import Choose
from tui.dialogs.choose_several import ChooseSeveral
from tui.dialogs.dialogs import Note, Prompt, Question
from tui.live.background import in_background
from tui.screens.runs.base import RunsBase
from tui.screens.runs.label import Change, LabelDialog
from tui.screens.runs.listing import BROKEN, NAMES, USUAL, title_of
from tui.screens.runs.words import runs, some
from tui.words.units import size

EMPTY = "empty it"
"""The choice that removes for good."""


class Deeds(RunsBase):
    """The screen's keys for them."""

    def action_label(self) -> None:
        label(self)

    def action_delete(self) -> None:
        delete(self)

    def action_undo(self) -> None:
        undo(self)

    def action_trash(self) -> None:
        open_trash(self)

    def action_columns(self) -> None:
        choose_columns(self)

    def action_export(self) -> None:
        export(self)

    def action_command(self) -> None:
        command(self)


def label(screen: RunsBase) -> None:
    """Ask for name, tags and note of what is meant, and write them."""
    meant = [entry for entry in screen.meant if entry.summary.status != BROKEN]
    if not meant:
        return

    def change(wanted: Change | None) -> None:
        if wanted is None:
            return

        def work() -> list[str]:
            failed = []
            for entry in meant:
                try:
                    labels.change(
                        entry.run_dir, name=wanted.name, note=wanted.note, add=wanted.add, remove=wanted.remove
                    )
                except (UserError, OSError) as error:
                    failed.append(f"{title_of(entry)}: {error}")
            return failed

        _then_read(screen, work, "")

    screen.app.push_screen(LabelDialog([(entry.run_id, entry.labels) for entry in meant]), change)


def delete(screen: RunsBase) -> None:
    """Into the trash, after a question that says how many and how large."""
    meant = screen.meant
    if not meant:
        return
    names = [title_of(entry) for entry in meant]

    def weighed(total: int) -> None:
        question = (
            f"Delete {runs(len(meant))}, {size(total)}: {some(names)}?\nInto the trash: F4 brings back, F8 shows it."
        )
        screen.app.push_screen(Question(question), sure)

    def sure(yes: bool | None) -> None:
        if not yes:
            return

        def work() -> tuple[list[str], list[str]]:
            gone, failed = [], []
            for entry in meant:
                try:
                    trash.delete(RunDir(screen.root / entry.path.name), screen.root)
                    gone.append(entry.path.name)
                except (UserError, OSError) as error:
                    failed.append(str(error))
            return gone, failed

        def done(found: tuple[list[str], list[str]]) -> None:
            gone, failed = found
            if gone:
                screen.deleted.append(gone)
                screen.listing.marked -= set(gone)
                screen.notify(f"{runs(len(gone))} in the trash: F4 brings back", markup=False)
            _tell(screen, failed)
            screen.read()

        in_background(screen, work, done)

    in_background(screen, lambda: sum(trash.size(entry.path) for entry in meant), weighed)


def undo(screen: RunsBase) -> None:
    """Bring back what was deleted last."""
    if screen.deleted:
        _restore(screen, screen.deleted.pop())


def _restore(screen: RunsBase, names: list[str]) -> None:
    def work() -> list[str]:
        failed = []
        for name in names:
            try:
                trash.restore(screen.root, name)
            except (UserError, OSError) as error:
                failed.append(str(error))
        return failed

    _then_read(screen, work, f"{runs(len(names))} brought back")


def _then_read(screen: RunsBase, work: Callable[[], list[str]], told: str) -> None:
    def done(failed: list[str]) -> None:
        if told and not failed:
            screen.notify(told, markup=False)
        _tell(screen, failed)
        screen.read()

    in_background(screen, work, done)


def _tell(screen: RunsBase, failed: list[str]) -> None:
    for reason in failed[:3]:
        screen.notify(reason, severity="error", markup=False)
    if len(failed) > 3:
        screen.notify(f"and {len(failed) - 3} more", severity="error", markup=False)


def open_trash(screen: RunsBase) -> None:
    """A list of what is in it: Enter brings one back; its first line empties it."""

    def show(found: list[Deleted]) -> None:
        if not found:
            screen.notify("the trash is empty", markup=False)
            return
        total = sum(each.size for each in found)
        choices = [(EMPTY, f"remove all for good: {runs(len(found))}, {size(total)}", "")]
        for each in found:
            when = datetime.fromtimestamp(each.deleted).strftime("%Y-%m-%d %H:%M")
            name = f"{clean(each.labels.name)}, " if each.labels.name else ""
            choices.append((clean(each.run_id), f"{name}deleted {when}, {size(each.size)}", ""))
        ids = {clean(each.run_id): each.run_id for each in found}

        def chosen(name: str | None) -> None:
            if name == EMPTY:
                screen.app.push_screen(
                    Question(f"Remove {runs(len(found))} for good, {size(total)}?\nThey cannot be brought back."), sure
                )
            elif name is not None:
                screen.deleted = [[each for each in some if each != ids[name]] for some in screen.deleted]
                screen.deleted = [some for some in screen.deleted if some]
                _restore(screen, [ids[name]])

        screen.app.push_screen(Choose("The trash: Enter brings a run back", choices, choices[1][0]), chosen)

    def sure(yes: bool | None) -> None:
        if yes:
            in_background(screen, lambda: trash.empty(screen.root), emptied)

    def emptied(found: Emptied) -> None:
        screen.deleted.clear()
        screen.notify(f"{runs(found.runs)} removed, {size(found.size)}", markup=False)
        _tell(screen, list(found.failed))
        screen.read()

    in_background(screen, lambda: trash.listed(screen.root), show)


def choose_columns(screen: RunsBase) -> None:
    listing = screen.listing
    named = [(name, column.summary, "") for name, column in columns.COLUMNS.items() if name != NAMES]
    known = {name for name, _what, _why in named} | {NAMES}
    metrics = set(columns.names(listing.entries, config=False))
    others = [name for name in listing.names if name not in known]
    choices = [*named, *((name, "a metric" if name in metrics else "a key of its settings", "") for name in others)]
    there = {name for name, _what, _why in choices}
    choices += [(name, "no run has it now", "") for name in listing.chosen if name not in there]

    def chosen(names: str | None) -> None:
        if names is not None:
            wanted = names.split(",")
            kept = [name for name in listing.chosen if name in wanted]  # in the order that they had
            listing.chosen = (*kept, *(name for name in wanted if name not in kept)) or USUAL
            screen.show_all()

    screen.app.push_screen(ChooseSeveral("Which columns?", choices, listing.chosen), chosen)


def export(screen: RunsBase) -> None:
    """What is listed, as CSV."""
    names, rows = screen.listing.table()

    def write(text: str | None) -> None:
        if text is None:
            return
        target = Path(text).expanduser()

        def work() -> str:
            n = write_table(target, names, [dict(zip(names, row, strict=True)) for row in rows])
            return f"{runs(n)} written to {target}"

        in_background(screen, work, lambda told: screen.notify(told, markup=False))

    screen.app.push_screen(Prompt(f"Write {runs(len(rows))} to", "runs.csv", _why_no_file), write)


def _why_no_file(text: str) -> str:
    if not text.strip():
        return "a path, such as runs.csv"
    try:
        check_target(Path(text).expanduser())
    except (UserError, RuntimeError, ValueError) as error:  # no such home folder, a null byte
        return str(error)
    return ""


def command(screen: RunsBase) -> None:
    """The same without a screen."""
    elsewhere = screen.root.resolve() != models_root().resolve()
    line = shlex.join(screen.listing.command(["--models-dir", str(screen.root)] if elsewhere else []))
    screen.app.copy_to_clipboard(line)
    screen.app.push_screen(Note("The same without a screen (copied, where the terminal allows it)", clean(line)))
