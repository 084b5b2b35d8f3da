"""How a text file of a table is to be read: encoding, separator, decimal mark, which lines are no rows, which sheet;
chosen from a list."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from textual.screen import Screen

from core.tables.choices import AS_TOLD, Choices
from core.tables.encoded import why_no_encoding
from tui.dialogs.choose import Choose
from tui.dialogs.dialogs import Prompt

WAYS: dict[str, tuple[str, dict[str, str]]] = {
    "as found": ("all as nntui finds it", dict.fromkeys(AS_TOLD, "auto")),
    "commas": ("between two cells", {"separator": ","}),
    "semicolons": ("between two cells", {"separator": ";"}),
    "tabs": ("between two cells", {"separator": "tab"}),
    "bars": ("between two cells: |", {"separator": "|"}),
    "blanks": ("between two cells, any number", {"separator": "space"}),
    "decimal point": ("as in 3.14", {"decimal": "."}),
    "decimal comma": ("as in 3,14", {"decimal": ","}),
    "no header": ("the first row is a row of values", {"header": "no"}),
    "a header": ("the first row names the columns", {"header": "yes"}),
    "every line": (
        "all lines are rows",
        {"skip": "0", "comment": "no", "footer": "0", "drop_lines": "none"},
    ),
    "lines above": ("how many stand above the names", {}),
    "lines at the end": ("how many are no rows", {}),
    "lines that are none": ("by their numbers", {}),
    "comments": ("how lines begin that are no rows", {}),
    "sheet": ("of a workbook, by name or number", {}),
    "utf-8": ("encoding of most files", {"encoding": "utf-8"}),
    "utf-16": ("encoding, of Excel's Unicode text", {"encoding": "utf-16"}),
    "cp949": ("encoding, Korean; EUC-KR too", {"encoding": "cp949"}),
    "cp932": ("encoding, Japanese; Shift-JIS", {"encoding": "cp932"}),
    "gb18030": ("encoding, Chinese; GBK too", {"encoding": "gb18030"}),
    "big5": ("encoding, Chinese; Taiwan, Hong Kong", {"encoding": "big5"}),
    "cp1251": ("encoding, Cyrillic", {"encoding": "cp1251"}),
    "cp1250": ("encoding, central European", {"encoding": "cp1250"}),
    "cp1252": ("encoding, western", {"encoding": "cp1252"}),
    "latin-1": ("encoding, western; reads any file", {"encoding": "latin-1"}),
    "other": ("encoding, by its name", {}),
}


def _why_no_encoding(text: str) -> str:
    return why_no_encoding(text.strip()) if text.strip() else "such as euc_jp, koi8-r, cp1253, cp1254"


def _why_no_key(key: str, such: str) -> Callable[[str], str]:
    """What the dataset has against a value of its key."""

    def why_not(text: str) -> str:
        from core.datasets.own_table import OWN_TABLE
        from core.experiment.settings import parse

        try:
            parse(OWN_TABLE.schema, key, text.strip(), "")
        except ValueError:
            return such
        return "" if text.strip() else such

    return why_not


ASKED: dict[str, tuple[str, str, Callable[[str], str]]] = {
    "lines above": (
        "skip",
        "How many lines stand above the names?",
        _why_no_key("skip", "a number such as 3, or auto"),
    ),
    "lines at the end": (
        "footer",
        "How many lines at the end are no rows?",
        _why_no_key("footer", "a number such as 2, or auto"),
    ),
    "lines that are none": (
        "drop_lines",
        "Which lines are no rows?",
        _why_no_key("drop_lines", "numbers such as 2,61-63; none: those found are rows; auto"),
    ),
    "comments": (
        "comment",
        "How do lines begin that are no rows?",
        _why_no_key("comment", "such as #; no: none does; auto"),
    ),
    "sheet": ("sheet", "Which sheet?", _why_no_key("sheet", "its name, its number, or auto")),
    "other": ("encoding", "Which encoding?", _why_no_encoding),
}
"""Of what has no list: the key, the question, and why an answer is none."""


def ask_dialect(screen: Screen[Any], choices: Choices, done: Callable[[Choices], None]) -> None:
    """Ask on top of `screen`; `done` gets the choices with the answer in them."""
    in_use = [
        name
        for name, (_what, keys) in WAYS.items()
        if keys and all(getattr(choices, key) == value for key, value in keys.items())
    ]

    def chosen(name: str | None) -> None:
        if name in ASKED:
            key, question, why_not = ASKED[name]
            told = getattr(choices, key)
            before = "" if key == "encoding" or told == "auto" else told

            def answered(text: str | None) -> None:
                if text is not None:
                    value = codecs.lookup(text.strip()).name if key == "encoding" else text.strip()
                    answer: dict[str, Any] = {key: value}
                    done(replace(choices, **answer))

            screen.app.push_screen(Prompt(question, before, why_not), answered)
        elif name is not None:
            done(replace(choices, **WAYS[name][1]))  # type: ignore[arg-type]

    told = {name: getattr(choices, key) for name, (key, _question, _why) in ASKED.items() if key != "encoding"}
    if choices.encoding not in ("auto", *(keys.get("encoding") for _what, keys in WAYS.values())):
        told["other"] = choices.encoding
    listed = []
    for name, (what, _keys) in WAYS.items():
        chosen_here = name in in_use or told.get(name, "auto") != "auto"
        if name == "as found":
            what = "now: nothing is chosen here" if chosen_here else "take back all that is chosen here"
        elif chosen_here:
            what = f"chosen{f': {told[name]}' if name in told else ''} – {what}"
        listed.append((name, what, ""))
    screen.app.push_screen(Choose("Read the file with which …?", listed, in_use[0] if in_use else ""), chosen)
