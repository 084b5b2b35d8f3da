"""What a value of a filter means beside a column of some kind: a number, a share, a time, a moment, a list, a text."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Literal, TypeAlias

Kind: TypeAlias = Literal["number", "share", "duration", "moment", "text", "list", "set", "any"]
"""`share`: a fraction, which people call per cent. `duration`: seconds. `moment`: seconds since 1970. `any`: not one
kind only, or not known."""
NUMBERS: tuple[Kind, ...] = ("number", "share", "duration", "moment")

UNITS = {"ms": "0.001", "s": "1", "sec": "1", "m": "60", "min": "60", "h": "3600", "d": "86400", "w": "604800"}
_DURATION = re.compile(r"((\d+(\.\d*)?|\.\d+)\s*(ms|sec|s|min|m|h|d|w)\s*)+", re.IGNORECASE | re.ASCII)
_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)\s*(ms|sec|s|min|m|h|d|w)", re.IGNORECASE | re.ASCII)
_CLOCK = re.compile(r"(\d+):([0-5]\d)(?::([0-5]\d))?", re.ASCII)
_NUMBER = re.compile(r"[-+]?((\d+\.?\d*|\.\d+)(e[-+]?\d{1,4})?|inf(inity)?|nan)", re.IGNORECASE | re.ASCII)
_DAY = re.compile(r"(\d{4})(?:-(\d\d?)(?:-(\d\d?))?)?", re.ASCII)


@dataclass(frozen=True)
class Span:
    """From `low` up to, but not with, `high`; an instant where they are equal."""

    low: float
    high: float


def number(text: str) -> float | int | None:
    """`0.9`, `1e-3`, `90%`; None where it is none. Whole numbers stay exact."""
    text = text.strip().replace("_", "") if len(text) < 1000 else ""
    if text.endswith("%"):
        try:
            return float(Decimal(text[:-1].strip()) / 100) if _NUMBER.fullmatch(text[:-1].strip()) else None
        except (InvalidOperation, OverflowError):
            return None
    if not _NUMBER.fullmatch(text):
        return None
    return int(text) if re.fullmatch(r"[-+]?\d+", text, re.ASCII) else float(text)


def duration(text: str) -> float | int | None:
    """Seconds of `90`, `30s`, `10m`, `1h30m`, `2d`, `3:05` (minutes), `1:00:00`."""
    text = text.strip()
    if found := _CLOCK.fullmatch(text):
        first, second, third = found.groups()
        return int(first) * 60 + int(second) if third is None else int(first) * 3600 + int(second) * 60 + int(third)
    if len(text) < 100 and _DURATION.fullmatch(text):
        return float(sum(Decimal(n) * Decimal(UNITS[unit.lower()]) for n, unit in _PART.findall(text)))
    return None if text.endswith("%") else number(text)


def moment(text: str, now: datetime) -> Span | None:
    """`2026-11-01` and `today` are that whole day, `2026-11` a month; `2026-11-01T10:30` and `3d`, three days ago, an
    instant. Days are those of `now`'s time zone."""
    text = text.strip().lower()
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    try:
        if text in ("today", "yesterday"):
            begin = today if text == "today" else _midnight(today - timedelta(days=1), now)
            return Span(begin.timestamp(), _midnight(begin + timedelta(days=1), now).timestamp())
        if text == "now":
            return _instant(now)
        if _DURATION.fullmatch(text) and (ago := duration(text)) is not None:
            return _instant(now - timedelta(seconds=float(ago)))
        if found := _DAY.fullmatch(text):
            return _calendar(now, *(None if part is None else int(part) for part in found.groups()))
        given = datetime.fromisoformat(text.upper())
        return _instant(given if given.tzinfo else _local(given, now))
    except (ValueError, OverflowError, OSError):
        return None


def _calendar(now: datetime, year: int | None, month: int | None, day: int | None) -> Span:
    assert year is not None
    begin = datetime(year, month or 1, day or 1)
    if day is not None:
        end = begin + timedelta(days=1)
    elif month is not None:
        end = datetime(year + month // 12, month % 12 + 1, 1)
    else:
        end = datetime(year + 1, 1, 1)
    return Span(_local(begin, now).timestamp(), _local(end, now).timestamp())


def _local(moment: datetime, now: datetime) -> datetime:
    """A time of the clock in the time zone of `now`; where that only has an offset, which summer time changes, in that
    of this machine."""
    return moment.astimezone() if now.tzinfo is None or _is_of_here(now) else moment.replace(tzinfo=now.tzinfo)


def _is_of_here(now: datetime) -> bool:
    return now.utcoffset() == now.astimezone().utcoffset()


def _midnight(moment: datetime, now: datetime) -> datetime:
    return _local(moment.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None), now)


def _instant(at: datetime) -> Span:
    return Span(at.timestamp(), at.timestamp())


def items(text: str) -> tuple[Any, ...]:
    """The items of `[256, 128]`, `256,128`, `[[8], [16, 16]]`, as `canonical` has those of a list."""
    text = text.strip()
    if text.startswith("["):
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            text = text[1:].removesuffix("]")
        else:
            return canonical(found)  # type: ignore[no-any-return]  # a text with a bracket is a list
    return tuple(canonical(_item(part)) for part in text.split(",") if part.strip()) if text else ()


def _item(text: str) -> Any:
    text = text.strip().strip('"')
    found = number(text)
    return text if found is None else found


def canonical(value: Any) -> Any:
    """Equal for values that a filter takes for the same: texts in any case, lists as tuples."""
    if isinstance(value, list | tuple):
        return tuple(map(canonical, value))
    if isinstance(value, bool) or value is None:
        return str(value).lower()
    return value.casefold() if isinstance(value, str) else value


def text_of(value: Any) -> str:
    """A value as text, by which it is searched and shown among others: `256,128`, `0.001`, `true`."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or value is None:
        return str(value).lower()
    if isinstance(value, float):
        short = f"{value:g}"
        return short if math.isfinite(value) and float(short) == value else repr(value)
    if isinstance(value, frozenset):
        return " ".join(sorted(map(text_of, value)))
    if isinstance(value, list | tuple):
        return ",".join(f"[{text_of(item)}]" if isinstance(item, list | tuple) else text_of(item) for item in value)
    return str(value)
