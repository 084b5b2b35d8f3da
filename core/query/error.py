"""FilterError: what is wrong with a filter, and where in it."""

from __future__ import annotations

from collections.abc import Iterable

from core.errors import UserError
from core.query.tree import Place


class FilterError(UserError):
    """`start` and `length` say where in `text` it is, from 0; the message quotes that place."""

    def __init__(self, text: str, at: Place, what: str) -> None:
        self.text, self.start, self.length, self.what = text, at.start, at.length, what
        place = text[at.start : at.start + at.length].strip()
        shown = place if len(place) <= 60 else f"{place[:59]}…"
        where = f"filter, character {at.start + 1}, at {shown!r}" if shown else f"filter, character {at.start + 1}"
        super().__init__(f"{where}: {what}")


def nearest(name: str, known: Iterable[str], n: int = 3) -> list[str]:
    """Those of `known` that `name` may have been meant to be, the likeliest first."""
    import difflib  # for whoever was mistaken alone

    names = list(known)
    folded = name.lower()
    close = difflib.get_close_matches(folded, names, n=n, cutoff=0.6)
    ends = [each for each in names if folded and each.lower().rpartition(".")[2] == folded]
    within = [each for each in names if len(folded) > 2 and folded in each.lower()]
    return list(dict.fromkeys([*ends, *close, *within]))[:n]


def unknown_column(name: str, known: Iterable[str]) -> str:
    """That no row has it, with the nearest ones."""
    found = nearest(name, known)
    hint = f"; did you mean {' or '.join(found)}?" if found else ""
    return f"no run has a column {name!r}{hint}"
