"""What a text looks like, or the name of a column, or of a file."""

from __future__ import annotations

import re

TEXT, BINARY = (".csv", ".tsv"), (".parquet", ".pq")
"""Endings of tables."""
PACKED = (".gz", ".bz2", ".xz")
"""Endings behind those of text."""

_MONTH = r"(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_CLOCK = r"\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?\s*([ap]\.?m\.?)?"
_DAY = "|".join(
    (
        r"\d{4}[-/.]\s?\d{1,2}[-/.]\s?\d{1,2}\.?",
        r"\d{1,2}[-/.]\s?\d{1,2}[-/.]\s?(\d{4}|\d{2})",
        r"\d{4}년\s*\d{1,2}월(\s*\d{1,2}일)?",
        r"\d{1,2}월\s*\d{1,2}일",
        rf"\d{{1,2}}[\s./-]*{_MONTH}[\s.,/-]*(\d{{4}}|\d{{2}})",
        rf"{_MONTH}[\s./-]*\d{{1,2}},?\s*\d{{4}}",
    )
)
_DATE = re.compile(rf"\s*(({_DAY})([ T].*)?|{_CLOCK})\s*", re.IGNORECASE)
_NUMBER = re.compile(r"\s*[-+]?(\d+([.,]\d*)?|[.,]\d+)([eE][-+]?\d+)?\s*")
_GROUPED = re.compile(r"\s*[-+]?\d{1,3}(([,' ]\d{3})+(\.\d+)?|([. ]\d{3})+(,\d+)?)\s*")
_AMOUNT = re.compile(r"\s*([$€£¥₩]?)\s*([-+]?\d[\d.,]*|[-+]?[.,]\d+)\s*(%|‰|[$€£¥₩]|원|엔|円|元)?\s*")
_BY_COMMA = re.compile(r"[-+]?\d{1,3}((,\d{3})+\.\d+|(,\d{3}){2,})")
_BY_POINT = re.compile(r"[-+]?\d{1,3}((\.\d{3})+,\d+|(\.\d{3}){2,})")
_EITHER = re.compile(r"[-+]?\d{1,3}[,.]\d{3}")
_WITH_COMMA = re.compile(r"[-+]?\d*,\d+")
_ID = re.compile(r"(^|[\W_])(?i:id|no|nr|key|uuid|guid|index)$|[a-z](ID|Id)$|번호$|아이디$", re.ASCII)


def is_date(text: str) -> bool:
    """A date, a time of day, or both."""
    return bool(_DATE.fullmatch(text))


def is_number(text: str) -> bool:
    """With either decimal mark."""
    return bool(_NUMBER.fullmatch(text))


def is_grouped(text: str) -> bool:
    """A number with something between its thousands: `1,234.5`, `1.234,5`, `1 234`."""
    return bool(_GROUPED.fullmatch(text))


def sign_of(text: str) -> str:
    """Of percent or money: `%` of `5 %`, `$` of `$3.50`; empty where there is none, or the rest is no number."""
    found = _AMOUNT.fullmatch(text)
    return (found[1] or found[3] or "") if found else ""


def number_of(text: str) -> float | None:
    """What a text that people write for a number stands for: `1,234.5`, `4000,5`, `5 %`, `$403,672`. None where it is
    none, or `1,234` may be either."""
    if is_float(text):
        return float(text)
    found = _AMOUNT.fullmatch(text)
    if found is None:
        return None
    digits, sign = found[2], found[1] or found[3] or ""
    if _EITHER.fullmatch(digits):
        if sign in ("", "%", "‰"):
            return None if "," in digits or sign == "" else float(digits)
        digits = digits.replace(",", "").replace(".", "")  # no coin is a thousandth
    elif _BY_COMMA.fullmatch(digits):
        digits = digits.replace(",", "")
    elif _BY_POINT.fullmatch(digits):
        digits = digits.replace(".", "").replace(",", ".")
    elif _WITH_COMMA.fullmatch(digits):
        digits = digits.replace(",", ".")
    return float(digits) if is_float(digits) else None


def is_float(text: str) -> bool:
    """What a program takes for a number."""
    try:
        float(text)
    except ValueError:
        return False
    return "_" not in text


def names_an_id(name: str) -> bool:
    """`id`, `user_id`, `userId`, `회원번호`."""
    return bool(_ID.search(name))


def is_day(number: float) -> bool:
    """Of a whole number whether it may be a day of these times: `20240131`."""
    if not 1e7 < number < 1e8:
        return False
    year, month, day = int(number) // 10_000, int(number) // 100 % 100, int(number) % 100
    return 1900 <= year <= 2100 and 1 <= month <= 12 and 1 <= day <= 31


def is_table(name: str) -> bool:
    """Of a file, by its ending; text may be packed."""
    low = name.lower()
    inner = next((low.removesuffix(ending) for ending in PACKED if low.endswith(ending)), low)
    return low.endswith(BINARY) or inner.endswith(TEXT)
