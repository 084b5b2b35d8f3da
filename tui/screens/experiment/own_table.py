"""A table of one's own in the form: its file, then its columns, each chosen on a screen of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from textual.screen import Screen

from core.experiment.draft import Draft, take_table
from core.experiment.schema import SECTIONS
from core.tables.choices import Choices
from tui.screens.experiment.files import path_of
from tui.screens.own_table.file_screen import FilesScreen
from tui.screens.own_table.rows import Outcome
from tui.screens.own_table.screen import TableScreen


def keys_of_kind(draft: Draft, kind: str) -> set[str]:
    """Keys of its dataset that are `paths` of files, or name `columns` of a table."""
    component = SECTIONS["dataset"][draft.text("dataset.name")]
    return {f"dataset.{key}" for key in component.facts.get(kind, ())}


def has_columns(draft: Draft) -> bool:
    """Whether its dataset is a file whose columns are chosen."""
    return bool(SECTIONS["dataset"].fact(draft.text("dataset.name"), "table"))


def choose_file(screen: Screen[Any], draft: Draft, key: str, changed: Callable[[], None]) -> None:
    """On top of `screen`, for a key that is a path; of a table then its columns. `changed`, if the draft was."""
    now = path_of(draft.text(key))

    def chosen(path: Path | None) -> None:
        if path is None:
            return
        if has_columns(draft):
            section = draft.section("dataset")
            _choose_columns(
                screen, draft, section if path == now else {"name": section["name"], "path": str(path)}, changed
            )
        else:
            draft.set(key, str(path))
            changed()

    screen.app.push_screen(FilesScreen(now), chosen)


def choose_columns(screen: Screen[Any], draft: Draft, changed: Callable[[], None]) -> None:
    """On top of `screen`; first the file, where there is none."""
    path = path_of(draft.text("dataset.path"))
    if path is None:
        choose_file(screen, draft, "dataset.path", changed)
    else:
        _choose_columns(screen, draft, {**draft.section("dataset"), "path": str(path)}, changed)


def _choose_columns(screen: Screen[Any], draft: Draft, section: dict[str, Any], changed: Callable[[], None]) -> None:
    def chosen(outcome: Outcome | None) -> None:
        if outcome is not None and outcome.section is not None:
            take_table(draft, outcome.section, outcome.task)
            changed()

    screen.app.push_screen(TableScreen(Choices.of(section)), chosen)
