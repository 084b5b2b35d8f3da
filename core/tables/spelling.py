"""Numbers with what people write around them: units, money, k and M, brackets for a minus, a plus behind.

A column is one of numbers where all of its cells agree on that: `1 kg` and `500 g` are not the same kind of number.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from core.tables.numbers import LONGEST, as_usual, is_clear, plain_number

MOST_LETTERS = 16
"""Of a unit."""

_POWERS = {
    3: ("k", "K", "thousand", "Thousand", "천", "тыс", "тыс.", "tsd", "Tsd", "Tsd."),
    4: ("만", "万", "萬"),
    5: ("lakh", "lakhs", "Lakh", "Lakhs", "lac"),
    6: ("M", "mn", "Mn", "mio", "Mio", "Mio.", "million", "Million", "millions", "млн", "млн.", "백만"),
    7: ("crore", "crores", "Crore", "Crores", "Cr", "Cr.", "천만"),
    8: ("억", "億", "亿"),
    9: ("B", "bn", "Bn", "Mrd", "Mrd.", "billion", "Billion", "billions", "млрд", "млрд.", "십억"),
    12: ("tn", "trillion", "Trillion", "조", "兆"),
}
SCALES = {word: power for power, words in _POWERS.items() for word in words}
"""Words behind a number that make it larger, and by which power of ten."""
_OF_MONEY = {"m": 6, "MM": 6, "b": 9, "T": 12}
"""Those that do so behind money only, or where others of the column are in k: 3 m are three metres."""

_CURRENCY = (
    r"[A-Z]{0,3}[$¢£¤¥֏؋৲৳฿₠-₿]|R\$|Rs\.?|kr\.?|zł|Kč|원|엔|円|元|руб\.?|[Ee]uros?|[Dd]ollars?|"
    "USD|EUR|GBP|CHF|JPY|KRW|CNY|RMB|INR|AUD|CAD|NZD|HKD|SGD|SEK|NOK|DKK|PLN|CZK|HUF|RUB|TRY|BRL|MXN|ZAR|THB|IDR|VND|"
    "TWD|ILS|AED|SAR|EGP|PHP|MYR|UAH"
)
_MONEY = re.compile(_CURRENCY)
_WORDS = "|".join(sorted(map(re.escape, SCALES), key=len, reverse=True))
_SCALED = re.compile(rf"(?P<scale>{_WORDS})(?: ?(?P<unit>{_CURRENCY})| (?P<of>[a-z]{{3,12}}))?(?P<plus>\+?)")
_PARTS = re.compile(
    rf"(?P<open>\(?) ?(?P<minus>[-+]?) ?(?P<before>(?:{_CURRENCY})?) ?(?P<inner>\(?)(?P<sign>[-+]?) ?"
    r"(?P<digits>(?:\d[\d.,' ]*\d|\d|[.,]\d+)(?:[eE][-+]?\d+)?[.,]?) ?"
    r"(?P<tail>[^\d()]*[23²³]?(?:[^\d()]*[²³23])?)(?P<close>\)?)"
)
_UNIT = re.compile(
    rf"(?:[^\W\d_]|[°℃℉µΩ℧%‰′″'\"])[^\d<>()=;:+]{{0,{MOST_LETTERS}}}(?<!-)[23²³]?(?:/[^\d<>()=;:+]{{1,8}}[23²³]?)?"
)
_PER = re.compile(r"/ ?[^\W\d_][^\d<>()=;:+]{0,15}[23²³]?")
_FLOAT = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?", re.ASCII | re.IGNORECASE)
_OF_CURRENCY = re.compile(rf"({_CURRENCY})($|[/+])", re.IGNORECASE)
_LAKHS = re.compile(r"\d,\d\d,\d{3}(?!\d)")
_ADDRESS = re.compile(r"(1\d\d|2[0-4]\d|25[0-5]|[1-9]\d?)(\.(1\d\d|2[0-4]\d|25[0-5])){3}", re.ASCII)
"""Of a computer, where a point may as well stand between thousands."""
_OF_NAMES = ("st", "nd", "rd", "th")
_SHORT = "gmlthskvw+"
"""Units of one letter."""
RATIOS = ("%", "‰")
"""Signs that a number does not mean the same without, and that nobody needs to be told of."""
_PLURAL = 4
"""Letters from which on an s at the end of a unit is a plural: years."""


@dataclass(frozen=True, slots=True)
class Spelt:
    """One number, and what stood around it."""

    value: float
    unit: str = ""
    """As it is written: `kg`, `$`, `%`, `$/kg`; `+` of `5+`."""
    scale: str = ""
    """`M` of `19M`."""
    turned: bool = False
    """Whether brackets or a minus behind made it negative."""
    plain: bool = False
    """Whether nothing but the number was there."""


@dataclass(frozen=True)
class Numbers:
    """Texts that are numbers, all under the same mark and in the same unit."""

    values: list[float]
    mark: str
    sign: str = ""
    """The unit."""
    scaled: bool = False
    """Whether k, M or the like stood behind some."""
    odd: dict[str, int] = field(default_factory=dict)
    """What people should be told of: `unit`, `bare`, `scale`, `turned`, `digits`, `groups`, `mark`, `address`; and the
    index of a text that has it."""


def spelt(text: str, mark: str = ".", *, metres: bool = True) -> Spelt | None:
    """What a text stands for under a decimal mark; None where it is no number. `metres`: whether m is a unit where it
    may be a million too."""
    if len(text) > LONGEST:
        return None
    if mark == "." and _FLOAT.fullmatch(text):
        return Spelt(float(text), plain=True)
    value = plain_number(text, mark)
    if value is not None:
        return Spelt(value, plain=True)
    text = as_usual(text, mark)
    found = _PARTS.fullmatch(text) if any(map(str.isdecimal, text)) else None
    if found is None:
        return None
    digits, tail, before = found["digits"], found["tail"].strip(), found["before"]
    bracketed = bool(found["open"] or found["inner"])
    signs = found["minus"] + found["sign"]
    if bracketed != bool(found["close"]) or (found["open"] and found["inner"]) or len(signs) + bracketed > 1:
        return None
    if tail in ("-", "--") and digits.endswith((".", ",")):  # 20,- is a round sum
        digits, tail = digits[:-1], ""
    behind = tail == "-" and not signs and not bracketed
    tail = "" if behind else tail
    parts = _unit(tail, before, metres=metres)
    if parts is None:
        return None
    power, unit, scale = parts
    number = plain_number(digits, mark)
    if number is None:
        return None
    if power:
        number = float(f"{number!r}e{power}") if "e" not in repr(number) else number * 10.0**power
    negative = signs == "-" or bracketed or behind
    return Spelt(-number if negative else number, unit, scale, bracketed or behind)


def _unit(tail: str, before: str, *, metres: bool) -> tuple[int, str, str] | None:
    """Power of ten, unit, and the word for the power, of what stands around the digits."""
    if tail in ("", "+"):
        return 0, before + tail, ""
    if tail in _OF_MONEY and (before or not metres):
        return _OF_MONEY[tail], before, tail
    scaled = _SCALED.fullmatch(tail)
    if scaled is not None and not (before and scaled["unit"]):
        unit = before + (scaled["unit"] or scaled["of"] or "") + scaled["plus"]
        return SCALES[scaled["scale"]], unit, scaled["scale"]
    if _MONEY.fullmatch(tail.partition("/")[0].strip()) and (_PER.fullmatch(tail[tail.find("/") :]) or "/" not in tail):
        return (0, before + tail, "") if before != tail else None
    if (before and _PER.fullmatch(tail)) or (not before and _UNIT.fullmatch(tail)):
        return 0, before + tail, ""
    return None


def canonical(unit: str) -> str:
    """A unit as it is compared: `kg` of `KG.` and of `Kg`; `year` of `years`. Not `mW` of `MW`."""
    unit = unit.strip().rstrip(".").rstrip()
    folded = unit[:1] + unit[1:].casefold() if unit[:1] in ("m", "M") else unit.casefold()
    if len(folded) >= _PLURAL and folded.endswith("s") and folded[-2].isalpha():
        folded = folded[:-1]
    return {"lbs": "lb", "hrs": "hr", "yrs": "yr", "℃": "°c", "℉": "°f"}.get(folded, folded)


def numbers_of(texts: Sequence[str], marks: Iterable[str]) -> Numbers | None:
    """All of `texts`, under the first of `marks` that makes numbers of all of them; None where none does, or where
    they do not agree on a unit."""
    marks = tuple(marks)
    for mark in marks:
        found = _all_of(texts, mark)
        if found is None:
            continue
        if any(each.unit == "m" for each in found) and any(each.scale for each in found):  # 1.5m beside 300k
            found = _all_of(texts, mark, metres=False) or found
        units = {canonical(each.unit): each.unit for each in reversed(found) if each.unit}
        if len(units) > 1 or not all(_fits(each, *units) for each in found):
            return None
        values, scaled = [each.value for each in found], any(each.scale for each in found)
        odd = _odd(texts, found)
        if mark != marks[0] and not any(is_clear(text, mark) for text in texts):
            odd["mark"] = next(i for i, text in enumerate(texts) if spelt(text, marks[0]) is None)
        elif all(map(_ADDRESS.fullmatch, texts)):
            odd["address"] = 0
        return Numbers(values, mark, next(iter(units.values()), ""), scaled, odd)
    return None


def _all_of(texts: Sequence[str], mark: str, *, metres: bool = True) -> list[Spelt] | None:
    found = []
    for text in texts:
        each = spelt(text, mark, metres=metres)
        if each is None:
            return None
        found.append(each)
    return found


def _fits(each: Spelt, unit: str = "") -> bool:
    """Whether a number may stand in a column of this unit, as it is compared: a currency is often missing, and 0 is 0
    in every unit."""
    return canonical(each.unit) == unit or (not each.unit and (each.value == 0 or is_money(unit)))


def has_unit(text: str, mark: str) -> bool:
    """Whether a number has a unit, a sign of percent, or money."""
    found = spelt(text, mark)
    return found is not None and bool(found.unit)


def is_money(unit: str) -> bool:
    """`$`, `EUR`, `$/kg`; not `%`."""
    return bool(_OF_CURRENCY.match(unit))


def fits(each: Spelt, unit: str | None) -> bool:
    """Whether a number that somebody asks with may be one of a column that was trained on in this unit; None: nothing
    is known of that. Without a unit it is one of the column's; money may be meant without its sign there."""
    if not each.unit or unit is None:
        return not each.unit or each.unit in RATIOS or is_money(each.unit)
    return canonical(each.unit) == canonical(unit) or (not unit and is_money(each.unit))


def _odd(texts: Sequence[str], found: Sequence[Spelt]) -> dict[str, int]:
    odd: dict[str, int] = {}
    with_unit = any(each.unit for each in found)
    for i, (text, each) in enumerate(zip(texts, found, strict=True)):
        if with_unit and not each.unit:
            odd.setdefault("bare", i)
        if each.plain and text.isascii() and "," not in text:
            continue
        if each.unit and each.unit not in RATIOS and not _OF_CURRENCY.fullmatch(each.unit):
            odd.setdefault("unit", i)
        if each.scale:
            odd.setdefault("scale", i)
        if each.turned:
            odd.setdefault("turned", i)
        if any(char.isdecimal() and not char.isascii() for char in text):
            odd.setdefault("digits", i)
        if _LAKHS.search(text):
            odd.setdefault("groups", i)
    return odd


def _of_a_mixture(text: str, mark: str) -> Spelt | None:
    """Beside other texts 1a and 1st are rather names than numbers."""
    found = spelt(text, mark)
    if found is None or not found.unit or found.unit in RATIOS or is_money(found.unit):
        return found
    unit = canonical(found.unit)
    return None if unit in _OF_NAMES or (len(unit) == 1 and unit not in _SHORT) else found


@dataclass(frozen=True)
class Mixture:
    """Texts that `numbers_of` does not take."""

    alike: list[bool]
    """Which are numbers under the mark that most are under, in the unit that most have."""
    units: dict[str, int]
    """Rows of each unit, as it is compared; the empty one is that of plain numbers."""
    sign: str = ""
    """The unit that most have, as it is written."""


def mixture_of(texts: Sequence[str], marks: Sequence[str], counts: Sequence[int] | None = None) -> Mixture:
    """`counts`: rows of each text."""
    best: list[Spelt | None] = [None] * len(texts)
    weights = counts or [1] * len(texts)
    most = 0
    for mark in marks:
        found = [_of_a_mixture(text, mark) for text in texts]
        good = sum(weight for each, weight in zip(found, weights, strict=True) if each is not None)
        if good > most:
            best, most = found, good
    units: Counter[str] = Counter()
    written = {canonical(each.unit): each.unit for each in best if each is not None}
    for each, weight in zip(best, weights, strict=True):
        if each is not None:
            units[canonical(each.unit)] += weight
    money = [unit for unit in units if is_money(unit)]
    usual = money[0] if len(units) == 2 and "" in units and money else max(units, key=units.__getitem__, default="")
    alike = [each is not None and _fits(each, usual) for each in best]
    return Mixture(alike, dict(units.most_common()), written.get(usual, ""))
