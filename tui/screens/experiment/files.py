"""Files that the form asks for, and why one cannot be taken."""

from __future__ import annotations

from pathlib import Path

from core.errors import UserError
from core.experiment import resolve
from core.system.files import is_dir
from core.system.folders import user_path


def path_of(text: str) -> Path | None:
    """What is written in a field for a path; None where nothing is, or a home folder that is not there."""
    try:
        return user_path(text.strip()).absolute() if text.strip() else None
    except UserError:
        return None


def why_no_file(text: str) -> str:
    path = user_path(text.strip()) if text.strip() else None
    if path is None:
        return "a file name, such as my-experiment.toml"
    if path.suffix != ".toml":
        return "the name must end in .toml"
    if is_dir(path):
        return "this is a folder"
    return "" if is_dir(path.parent) else f"there is no folder {path.parent}"


def why_no_experiment(text: str) -> str:
    if not text.strip():
        return "a file name, or a preset such as iris-net"
    try:
        tables, _path = resolve.tables_of(text.strip())
        if not tables.get("use"):  # its components are not loaded while somebody types
            resolve.load(text.strip())
    except UserError as error:
        return str(error)
    return ""
