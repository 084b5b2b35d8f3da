"""What a text, or the name of a column, looks like."""

from __future__ import annotations

import re

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
_AMOUNT = re.compile(r"\s*[$€£¥₩]?\s*([-+]?[\d.,]*\d)\s*(%|‰|[$€£¥₩]|원|엔|円|元)?\s*")
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


def is_amount(text: str) -> bool:
    """A number with a sign of percent or money: `5 %`, `$3.50`, `1,200원`."""
    return bool(_AMOUNT.fullmatch(text))


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
