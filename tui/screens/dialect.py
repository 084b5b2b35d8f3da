"""How a text file of a table is to be read: encoding, separator, decimal mark, chosen from a list."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from textual.screen import Screen

from core.tables.choices import AS_TOLD, Choices
from core.tables.dialect import why_no_encoding
from tui.screens.choose import Choose
from tui.screens.dialogs import Prompt

WAYS: dict[str, tuple[str, dict[str, str]]] = {
    "as found": ("as the file itself has it", dict.fromkeys(AS_TOLD, "auto")),
    "commas": ("between two cells", {"separator": ","}),
    "semicolons": ("between two cells", {"separator": ";"}),
    "tabs": ("between two cells", {"separator": "tab"}),
    "bars": ("between two cells: |", {"separator": "|"}),
    "blanks": ("between two cells, any number of them", {"separator": "space"}),
    "decimal point": ("as in 3.14", {"decimal": "."}),
    "decimal comma": ("as in 3,14", {"decimal": ","}),
    "no header": ("the first row is a row: column 1, column 2, …", {"header": "no"}),
    "a header": ("the first row names the columns", {"header": "yes"}),
    "utf-8": ("encoding of most files", {"encoding": "utf-8"}),
    "utf-16": ("encoding, of Excel's Unicode text", {"encoding": "utf-16"}),
    "cp949": ("encoding, Korean; EUC-KR too", {"encoding": "cp949"}),
    "cp1252": ("encoding, western", {"encoding": "cp1252"}),
    "other": ("encoding, by its name", {}),
}


def ask_dialect(screen: Screen[Any], choices: Choices, done: Callable[[Choices], None]) -> None:
    """Ask on top of `screen`; `done` gets the choices with the answer in them."""
    in_use = [
        name
        for name, (_what, keys) in WAYS.items()
        if keys and all(getattr(choices, key) == value for key, value in keys.items())
    ]

    def chosen(name: str | None) -> None:
        if name == "other":
            screen.app.push_screen(Prompt("Which encoding?", "", _why_no_encoding), encoding)
        elif name is not None:
            done(replace(choices, **WAYS[name][1]))  # type: ignore[arg-type]

    def encoding(name: str | None) -> None:
        if name is not None:
            done(replace(choices, encoding=codecs.lookup(name.strip()).name))

    listed = [(name, what + (", as you said" if name in in_use else ""), "") for name, (what, _keys) in WAYS.items()]
    screen.app.push_screen(Choose("Read the file with which …?", listed, in_use[0] if in_use else ""), chosen)


def _why_no_encoding(text: str) -> str:
    return why_no_encoding(text.strip()) if text.strip() else "such as shift_jis, gb18030, koi8-r, latin-1"
