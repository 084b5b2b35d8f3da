"""Names of the columns of a table, as they are written and as they are told."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence


def nfc(name: str) -> str:
    """The same name in the same bytes: some systems write 한 as ㅎㅏㄴ."""
    return unicodedata.normalize("NFC", name)


def named(names: Sequence[str]) -> list[str]:
    """Names of columns without blanks around them; a column without a name is called by its place, from 1."""
    names = [nfc(name).strip() for name in names]
    taken = set(names)
    found = []
    for i, name in enumerate(names, start=1):
        place = f"column {i}"
        while not name and place in taken:
            place += "_"
        found.append(name or place)
    return found


def some(names: Sequence[object], limit: int = 8) -> str:
    """A few of them, in quotes."""
    shown = [repr(str(name)) for name in list(names)[: limit + 1]]
    return ", ".join([*shown[:limit], *(["…"] if len(shown) > limit else [])])
