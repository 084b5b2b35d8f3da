"""What the program remembers of its user from one start to the next: theme, mouse, which changed keys were told, how
the end of a long run is."""

from __future__ import annotations

import contextlib
import tomllib
from pathlib import Path
from typing import Any

import tomli_w
from platformdirs import user_config_path

from core.system.files import write_atomically
from tui.system.attention import WAYS


def _file() -> Path:
    return user_config_path("nntui", appauthor=False) / "settings.toml"


def _read() -> dict[str, Any]:
    """Empty where nothing was chosen, or the file cannot be read: then the defaults are right."""
    try:
        return tomllib.loads(_file().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def _write(key: str, value: object) -> None:
    """None: it is no longer chosen."""
    settings = {**_read(), key: value}
    if value is None:
        del settings[key]
    with contextlib.suppress(OSError):  # a home that cannot be written to: it is asked again next time
        _file().parent.mkdir(parents=True, exist_ok=True)
        write_atomically(_file(), lambda file: file.write(tomli_w.dumps(settings).encode()), durable=False)


def read_theme() -> str:
    """An empty string where none was chosen."""
    theme = _read().get("theme", "")
    return theme if isinstance(theme, str) else ""


def write_theme(theme: str) -> None:
    _write("theme", theme)


def read_mouse() -> bool | None:
    """None: as the terminal suggests."""
    mouse = _read().get("mouse")
    return mouse if isinstance(mouse, bool) else None


def write_mouse(mouse: bool | None) -> None:
    _write("mouse", mouse)


def read_told() -> set[str]:
    """Which changed keys their user knows of."""
    told = _read().get("told")
    return {each for each in told if isinstance(each, str)} if isinstance(told, list) else set()


def write_told(told: set[str]) -> None:
    _write("told", sorted(told))


def read_notify() -> str:
    """How the end of a long run is told: `off`, `bell` or `desktop`."""
    way = _read().get("notify")
    return way if way in WAYS else "bell"


def write_notify(way: str) -> None:
    _write("notify", way)


def read_on_end() -> str:
    """A command to start then; an empty string: none."""
    command = _read().get("on_end", "")
    return command.strip() if isinstance(command, str) else ""


def write_on_end(command: str) -> None:
    _write("on_end", command.strip() or None)
