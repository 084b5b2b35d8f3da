"""A number in large digits, three lines high."""

from __future__ import annotations

from rich.text import Text

_DIGITS = {
    "0": ("█▀█", "█ █", "▀▀▀"),
    "1": ("▀█ ", " █ ", "▀▀▀"),
    "2": ("▀▀█", "█▀▀", "▀▀▀"),
    "3": ("▀▀█", " ▀█", "▀▀▀"),
    "4": ("█ █", "▀▀█", "  ▀"),
    "5": ("█▀▀", "▀▀█", "▀▀▀"),
    "6": ("█▀▀", "█▀█", "▀▀▀"),
    "7": ("▀▀█", "  █", "  ▀"),
    "8": ("█▀█", "█▀█", "▀▀▀"),
    "9": ("█▀█", "▀▀█", "▀▀▀"),
    ".": (" ", " ", "▀"),
    "-": ("   ", "▀▀▀", "   "),
    ",": (" ", " ", "█"),
    " ": (" ", " ", " "),
}
HEIGHT = 3


def large(number: str, width: int, *, ascii: bool = False) -> list[Text]:
    """`number` and what follows it after a blank, as `96.7 %`: that stays small. One bold line where it does not fit,
    or has a character that is no digit."""
    digits, _blank, unit = number.partition(" ")
    known = all(char in _DIGITS for char in digits)
    rows = [" ".join(_DIGITS[char][row] for char in digits) for row in range(HEIGHT)] if known else []
    if ascii or not rows or len(rows[0]) + 1 + len(unit) > width:
        return [Text(number, "bold", no_wrap=True)]
    rows[-1] += f" {unit}".rstrip()
    return [Text(row, "bold", no_wrap=True) for row in rows]
