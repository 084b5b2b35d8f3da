"""What the program remembers of its user from one start to the next: the theme."""

from __future__ import annotations

import contextlib
import tomllib
from pathlib import Path

import tomli_w
from platformdirs import user_config_path

from core.system.files import write_atomically


def _file() -> Path:
    return user_config_path("nntui", appauthor=False) / "settings.toml"


def read_theme() -> str:
    """An empty string where none was chosen, or the file cannot be read: then the default is right."""
    try:
        theme = tomllib.loads(_file().read_text(encoding="utf-8")).get("theme", "")
    except (OSError, ValueError):
        return ""
    return theme if isinstance(theme, str) else ""


def write_theme(theme: str) -> None:
    with contextlib.suppress(OSError):  # a home that cannot be written to: it is asked again next time
        _file().parent.mkdir(parents=True, exist_ok=True)
        write_atomically(_file(), lambda file: file.write(tomli_w.dumps({"theme": theme}).encode()), durable=False)
