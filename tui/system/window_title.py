"""The title of the terminal's window or tab, which is seen where the terminal itself is not."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from core.system.text import clean
from tui.system.terminal import encoding

LONGEST = 80
WITHOUT = ("linux", "dumb", "vt100", "vt220")
"""Terminals that have no title, and may print what would set it."""


class WindowTitle:
    """Writes to the terminal where the title differs from the last one."""

    def __init__(self, write: Callable[[str], object]) -> None:
        self._write = write
        self._shown: str | None = None

    def show(self, title: str) -> None:
        text = " ".join(clean(title).split())[:LONGEST]
        text = text.encode(encoding(), "replace").decode(encoding())
        if text != self._shown and has_titles():
            self._shown = text
            self._write(f"\x1b]2;{text}\x07")


def has_titles() -> bool:
    return os.environ.get("TERM", "") not in WITHOUT


def keep() -> None:
    """Have the terminal remember the title that it has."""
    _tell("\x1b[22;2t")


def give_back() -> None:
    """The title that it had; an empty one where the terminal does not remember."""
    _tell("\x1b]2;\x07\x1b[23;2t")


def _tell(codes: str) -> None:
    stream = sys.__stderr__
    if stream is not None and stream.isatty() and has_titles():
        stream.write(codes)
        stream.flush()
