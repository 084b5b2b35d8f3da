"""In which encoding a text is written that does not say so. What each encoding makes of its letters is weighed: by how
often a language has them, by capitals inside words, by letters of two scripts in one word. Found in bits: what costs
fewest is it. Needs no library: those that there are want paragraphs, and tables have words."""

from __future__ import annotations

import math
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from typing import NamedTuple

from core.tables.letters import BITS

WESTERN = ("de", "fr", "es", "pt", "it", "nl", "sv", "nb", "da", "fi", "is", "ca")
CENTRAL = ("pl", "cs", "sk", "hu", "ro", "sl", "hr", "de")
CYRILLIC = ("ru", "uk", "bg", "mk")
LANGUAGES: dict[str, tuple[tuple[str, ...], float]] = {
    "cp1252": (WESTERN, 0.0),
    "cp1250": (CENTRAL, 1.0),
    "cp1254": (("tr", *WESTERN), 2.0),
    "cp1257": (("lt", "lv", "sv", "de", "pl"), 2.0),
    "cp1258": (("vi",), 6.0),
    "cp1251": (CYRILLIC, 0.0),
    "koi8-r": (("ru", "bg"), 1.0),
    "koi8-u": (("uk", "ru"), 1.5),
    "cp866": (CYRILLIC, 4.0),
    "iso8859-5": (CYRILLIC, 4.0),
    "mac-cyrillic": (CYRILLIC, 6.0),
    "cp1253": (("el",), 0.0),
    "iso8859-7": (("el",), 1.0),
    "cp1255": (("he",), 0.0),
    "cp1256": (("ar", "fa"), 0.0),
    "iso8859-2": (CENTRAL, 3.0),
    "iso8859-6": (("ar",), 4.0),
    "mac-roman": (WESTERN, 8.0),
    "cp850": (WESTERN, 8.0),
    "cp852": (CENTRAL, 8.0),
    "cp949": (("ko",), 0.0),
    "cp932": (("ja",), 0.0),
    "euc_jp": (("ja",), 1.0),
    "gb18030": (("zh",), 0.0),
    "big5": (("zh-tw",), 0.0),
    "big5hkscs": (("zh-tw",), 4.0),
}
"""The languages that each is used for, and bits that it costs to be rare. Of two that read the same it is the first."""

UNKNOWN, OTHER_SCRIPT, NO_LETTER, CONTROL = 14.0, 17.0, 16.0, 30.0
"""Bits of a letter that its language does not have; of one that is of another script; of a character that stands in no
table; of one that nobody means."""
ASCII, ACCENTED = 4.5, 5.0
SECOND_LEVEL = 18.0
"""Of a Chinese character, or of a syllable of Hangul, beyond those that the standard has in its first level."""
FIRST_LEVEL = {"cp949": (0xB0, 0xC8), "cp932": (0x88, 0x98), "euc_jp": (0xB0, 0xCF), "gb18030": (0xB0, 0xD7)}
FIRST_LEVEL |= {"big5": (0xA4, 0xC6), "big5hkscs": (0xA4, 0xC6)}
"""Leading bytes of the characters that are in common use."""
SYMBOLS = {
    7: "°’–",
    8: "²€£µ№“”",
    9: "§³½×±—„«»…·\u00a0´",
    10: "¼¾‘®©™º†‰•¿¡ª÷Ø¥、。「」・（）：，！？％",
}
INSIDE, BEHIND, MIXED, CAPITAL, ACCENTS = 7.0, 5.0, 9.0, 7.0, 3.0
"""Bits more for a symbol between letters; for one behind a letter; for letters of two scripts side by side; for a
capital behind a small letter; for two letters with accents side by side."""
USUAL = "’”“°²³™®ºª…»·。、・」）：，！？％"
"""Symbols that may stand behind a letter."""
MOST = 1000
"""Different texts that are looked at."""


class Guess(NamedTuple):
    encoding: str
    bits: float


def guesses(texts: Iterable[bytes]) -> list[Guess]:
    """Encodings in which these `texts`, each with bytes that are no ASCII, may be written, the best first."""
    different = list(dict.fromkeys(texts))[:MOST]
    found = []
    for encoding, (languages, rare) in LANGUAGES.items():
        try:
            decoded = [text.decode(encoding) for text in different]
        except UnicodeDecodeError:
            continue
        counts = Counter("".join(decoded))
        bits = min(_letters(counts, encoding, language) for language in languages)
        found.append(Guess(encoding, bits + rare + sum(map(_shape, decoded))))
    return sorted(found, key=lambda guess: guess.bits)  # stable


def _letters(counts: Counter[str], encoding: str, language: str) -> float:
    return sum(n * _cost(char, encoding, language) for char, n in counts.items())


@cache
def _cost(char: str, encoding: str, language: str) -> float:
    if char.isascii():
        return ASCII if char.isprintable() else CONTROL
    known = _bits(language)
    low = char.lower() if len(char.lower()) == 1 else char
    if char in known or low in known:
        return known.get(char, known.get(low, 0.0))
    if char in _symbols():
        return _symbols()[char]
    kind = unicodedata.category(char)
    if kind[0] == "C" or kind == "Mn":
        return 9.0 if language == "vi" and kind == "Mn" else CONTROL
    if kind[0] != "L":
        return NO_LETTER
    if encoding in FIRST_LEVEL:
        first, last = FIRST_LEVEL[encoding]
        raw = char.encode(encoding)
        if len(raw) == 2 and first <= raw[0] <= last and (encoding != "cp949" or raw[1] >= 0xA1):
            return UNKNOWN
        return SECOND_LEVEL if len(raw) < 4 else 2 * SECOND_LEVEL
    return UNKNOWN if _script(char) == _script(min(known)) else OTHER_SCRIPT


@cache
def _bits(language: str) -> dict[str, float]:
    """Of Latin letters with accents, those that one of them costs: how many there are of them tells little."""
    found = {char: float(bits) for bits, letters in _groups(BITS[language]) for char in letters}
    if _script(min(found)) != "LATIN":
        return found
    all_of_them = sum(2**-bits for bits in found.values())
    return {char: bits + math.log2(all_of_them) + ACCENTED for char, bits in found.items()}


def _groups(written: str) -> Iterator[tuple[str, str]]:
    for group in written.split():
        letters = group.lstrip("0123456789")
        yield group[: -len(letters)], letters


@cache
def _symbols() -> dict[str, float]:
    return {char: float(bits) for bits, chars in SYMBOLS.items() for char in chars}


@cache
def _script(char: str) -> str:
    return unicodedata.name(char, "").partition(" ")[0]


def _shape(text: str) -> float:
    """What a text costs for how its letters stand side by side."""
    bits = 0.0
    for before, char, after in zip(" " + text, text, text[1:] + " ", strict=False):
        if char.isascii() and before.isascii():
            continue
        if char.isalpha() and before.isalpha():
            bits += _pair(before, char, after)
        elif not char.isascii() and not char.isalpha() and before.isalpha() and char not in USUAL:
            bits += INSIDE if after.isalpha() else BEHIND
    return bits


def _pair(before: str, char: str, after: str) -> float:
    same = _script(char) == _script(before)
    bits = CAPITAL if char.isupper() and before.islower() else 0.0
    if char.isupper() and before.isupper() and after.islower():
        bits += CAPITAL
    if same:
        return bits + (ACCENTS if _script(char) == "LATIN" and not char.isascii() and not before.isascii() else 0.0)
    if _is_spelt(char) and _is_spelt(before):
        return bits + MIXED
    return bits + (BEHIND if "LATIN" in (_script(char), _script(before)) else 0.0)


def _is_spelt(char: str) -> bool:
    """A letter of an alphabet: of those words have one only."""
    return ord(char) < 0x1100
