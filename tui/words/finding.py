"""Finding: whether what is typed to find a row is written in it."""

from __future__ import annotations

import unicodedata


def folded(text: str) -> str:
    """As it is compared: however its letters were composed, large or small."""
    return unicodedata.normalize("NFC", text).casefold()


def fits(wanted: str, written: str) -> bool:
    """Whether each word of `wanted` is a part of what is `written`."""
    there = folded(written)
    return all(word in there for word in folded(wanted).split())
