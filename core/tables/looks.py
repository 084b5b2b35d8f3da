"""What a text looks like, or the name of a column, or of a file."""

from __future__ import annotations

import re

TEXT, BINARY = (".csv", ".tsv", ".tab", ".txt", ".data", ".dat"), (".parquet", ".pq")
WORKBOOKS = (".xlsx", ".xlsm")
"""Endings of tables."""
FOREIGN = (".xls", ".xlsb", ".ods", ".zip")
"""Of those that must be exported first."""
PACKED = {".gz": "gzip", ".bz2": "bz2", ".xz": "xz"}
"""Endings behind those of text, and how pandas calls these."""
NO_VALUE = (
    "",
    "nan",
    "NaN",
    "-nan",
    "-NaN",
    "<NA>",
    "#N/A",
    "#N/A N/A",
    "#NA",
    "1.#QNAN",
    "-1.#QNAN",
    "1.#IND",
    "-1.#IND",
    "?",
    *("NAN", "Nan", "#n/a", "#DIV/0!", "#REF!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!", "#DIV/0", r"\N", "(null)"),
    *("<null>", "<NULL>", "(NULL)", "NaT", "#N/V", "#WERT!", "#BEZUG!"),
)
"""Texts that stand for no value, whatever column they are in."""
NOT_SAID = (*("NA", "N/A", "n/a", "NULL", "null"), *("na", "n.a.", "N.A.", "n.a", "N.A", "Null", "n/A", "N/a"))
"""Those that do so among features; classes may be called so, until rows without a value are to go."""
MISSING = (*NO_VALUE, *NOT_SAID, "None")
"""All that do so among features, as pandas takes them and a few more; None among classes is one of them."""
AMONG_NUMBERS = {
    *("-", "--", "---", "\u2013", "\u2014", "\u2212", ".", "..", "...", "*", "none", "nil", "missing"),
    *("unknown", "unk", "not available", "not applicable", "no data", "nodata", "n.d.", "nd", "n.v.", "k.a.", "tbd"),
    *("blank", "(blank)", "empty", "undefined", "없음", "미상", "모름", "欠損", "不明", "н/д", "нет данных"),
}
"""Texts, folded, that stand for no value in a column that else is one of numbers; among other texts they may be one."""
DOUBTFUL = ("-", "--", "---", "\u2013", "\u2014", ".", "..", "...", "missing")
"""Texts, folded, that people are asked about where they are among other texts."""
LONGEST = 64
"""Characters of a text that may be a date."""

_MONTH = r"(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_CLOCK = r"([01]?\d|2[0-4]):[0-5]\d(:[0-5]\d([.,]\d+)?)?( ?[ap]\.?m\.?)?"
_Y, _M, _D = r"(1[5-9]|20|21)\d\d", r"(0?[1-9]|1[0-2])", r"(0?[1-9]|[12]\d|3[01])"
_DAY = "|".join(
    (
        rf"{_Y}[-/.] ?{_M}([-/.] ?{_D}\.?)?",
        rf"{_D}[-/.] ?{_M}[-/.] ?({_Y}|\d\d)",
        rf"{_M}[-/.] ?{_D}[-/.] ?({_Y}|\d\d)",
        rf"{_Y}년 *{_M}월( *{_D}일)?",
        rf"{_M}월 *{_D}일",
        rf"{_D}[ ./-]*{_MONTH}[ .,/-]*({_Y}|\d\d)",
        rf"{_MONTH}[ ./-]*{_D},? *{_Y}",
    )
)
_DATE = re.compile(rf"({_DAY})([ T].*)?|{_CLOCK}", re.IGNORECASE)
_ID = re.compile(r"(^|[\W_])(?i:id|no|nr|key|uuid|guid|index)$|[a-z](ID|Id)$|번호$|아이디$", re.ASCII)


def is_date(text: str) -> bool:
    """A date, a time of day, or both."""
    return len(text) <= LONGEST and bool(_DATE.fullmatch(text))


def is_day(number: float) -> bool:
    """Of a whole number whether it may be a day of these times: `20240131`."""
    if not 1e7 < number < 1e8:
        return False
    year, month, day = int(number) // 10_000, int(number) // 100 % 100, int(number) % 100
    return 1900 <= year <= 2100 and 1 <= month <= 12 and 1 <= day <= 31


def names_an_id(name: str) -> bool:
    """`id`, `user_id`, `userId`, `회원번호`."""
    return bool(_ID.search(name))


def may_be_table(name: str) -> bool:
    """Of a file that somebody names, by its ending: a table, or what must be made one first."""
    return is_table(name) or name.lower().endswith(FOREIGN)


def is_table(name: str) -> bool:
    """Of a file, by its ending; one of text may be packed."""
    low = name.lower()
    inner = next((low.removesuffix(ending) for ending in PACKED if low.endswith(ending)), low)
    return low.endswith((*BINARY, *WORKBOOKS)) or inner.endswith(TEXT)
