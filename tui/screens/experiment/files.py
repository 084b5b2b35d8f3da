"""Files of the form: an experiment is saved to one or loaded from one, and why one cannot be taken."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

from textual.screen import Screen

from core.errors import ConfigError, UserError
from core.experiment import named, open, resolve, search
from core.experiment.schema import RunConfig
from core.experiment.search import SearchConfig
from core.runs.folder import slug
from core.system.files import is_dir, is_file, write_atomically
from core.system.folders import user_path
from tui.dialogs.dialogs import Prompt, Question
from tui.live.trainer import Trainer


def save(screen: Screen[Any], config: RunConfig | SearchConfig, saved: Callable[[], None]) -> None:
    """Ask for a name on top of `screen`, and before a file is replaced; `saved`, once it is written."""

    def write(path: Path) -> None:
        try:
            write_atomically(path, lambda file: file.write(config.to_toml().encode()))
        except OSError as error:
            screen.notify(f"cannot write {path}: {error.strerror or error}", severity="error", markup=False)
        else:
            saved()
            screen.notify(f"Saved: nntui run {shlex.quote(str(path))}", markup=False)

    def chosen(text: str | None) -> None:
        if text is None:
            return
        path = user_path(text.strip())
        if is_file(path):
            question = Question(f"{path} is there already.\nReplace it?")
            screen.app.push_screen(question, lambda yes: write(path) if yes else None)
        else:
            write(path)

    screen.app.push_screen(Prompt("Save the experiment as", f"{slug(config.name)}.toml", _why_no_file), chosen)


def load(screen: Screen[Any], trainer: Trainer, lost: str, loaded: Callable[[dict[str, Any]], None]) -> None:
    """Ask for a file on top of `screen`; `loaded` gets its tables. `lost`: what will be forgotten then. Components
    are not loaded while something trains: it may be with those that they take the place of."""

    def chosen(text: str | None) -> None:
        if text is None:
            return
        try:
            needed = resolve.paths_of_use(*resolve.tables_of(text.strip())) if trainer.busy else []
            if new := [path for path in needed if not named.is_loaded(path)]:
                raise ConfigError(f"{trainer.title} is training: load {text.strip()}, which uses {new[0]}, after that")
            tables = open.tables_of(text.strip(), by_hand=True)
            search.resolve(tables)
        except UserError as error:  # its components are loaded only now
            screen.notify(str(error), severity="error", markup=False)
        else:
            loaded(tables)

    question = f"Load a TOML file, or a preset\n{lost}".rstrip()
    screen.app.push_screen(Prompt(question, "", _why_no_experiment), chosen)


def path_of(text: str) -> Path | None:
    """What is written in a field for a path; None where nothing is, or a home folder that is not there."""
    try:
        return user_path(text.strip()).absolute() if text.strip() else None
    except UserError:
        return None


def _why_no_file(text: str) -> str:
    path = user_path(text.strip()) if text.strip() else None
    if path is None:
        return "a file name, such as my-experiment.toml"
    if path.suffix != ".toml":
        return "the name must end in .toml"
    if is_dir(path):
        return "this is a folder"
    return "" if is_dir(path.parent) else f"there is no folder {path.parent}"


def _why_no_experiment(text: str) -> str:
    if not text.strip():
        return "a file name, or a preset such as iris-net"
    try:
        tables, _path = resolve.tables_of(text.strip())
        if not tables.get("use"):  # its components are not loaded while somebody types
            search.resolve(open.tables_of(text.strip()))
    except UserError as error:
        return str(error)
    return ""
