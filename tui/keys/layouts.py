"""Layouts: which Latin letter is on the key that has sent another one. The keys of the screens are Latin letters; with
another layout switched on the same key of the keyboard sends ㅂ or й, and means q all the same."""

from __future__ import annotations

LATIN = "qwertyuiop[]asdfghjkl;'zxcvbnm,./"
RUSSIAN = "йцукенгшщзхъфывапролджэячсмитьбю."
KOREAN = {
    **dict(zip("ㅂㅈㄷㄱㅅㅛㅕㅑㅐㅔㅁㄴㅇㄹㅎㅗㅓㅏㅣㅋㅌㅊㅍㅠㅜㅡ", "qwertyuiopasdfghjklzxcvbnm", strict=True)),
    **dict(zip("ㅃㅉㄸㄲㅆㅒㅖ", "QWERTOP", strict=True)),
}
"""Dubeolsik. Shift makes no difference to its other keys, so N is ㅜ, as n is."""
TWO = {
    **{"ㅘ": "ㅗㅏ", "ㅙ": "ㅗㅐ", "ㅚ": "ㅗㅣ", "ㅝ": "ㅜㅓ", "ㅞ": "ㅜㅔ", "ㅟ": "ㅜㅣ", "ㅢ": "ㅡㅣ"},
    **{"ㄳ": "ㄱㅅ", "ㄵ": "ㄴㅈ", "ㄶ": "ㄴㅎ", "ㄺ": "ㄹㄱ", "ㄻ": "ㄹㅁ", "ㄼ": "ㄹㅂ", "ㄽ": "ㄹㅅ", "ㄾ": "ㄹㅌ"},
    **{"ㄿ": "ㄹㅍ", "ㅀ": "ㄹㅎ", "ㅄ": "ㅂㅅ"},
}
"""Letters of two keys."""
LEADING = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
TRAILING = " ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"
CONJOINING = {
    **{chr(0x1100 + i): letter for i, letter in enumerate(LEADING)},
    **{chr(0x1161 + i): letter for i, letter in enumerate(VOWELS)},
    **{chr(0x11A7 + i): letter for i, letter in enumerate(TRAILING) if i},
}
"""Some input methods send these instead."""
FIRST, LAST = "가", "힣"
OTHERS = {
    **dict(zip(RUSSIAN, LATIN, strict=True)),
    **{a: b.upper() for a, b in zip(RUSSIAN.upper(), LATIN, strict=True) if b.isalpha()},
}
del OTHERS["."]


def letters(character: str) -> str:
    """The keys that were pressed for it, in Latin letters: more than one where an input method has made a syllable of
    them. Empty where that is not known."""
    if FIRST <= character <= LAST:
        at = ord(character) - ord(FIRST)
        jamo = LEADING[at // 588] + VOWELS[at % 588 // 28] + TRAILING[at % 28].strip()
    else:
        jamo = CONJOINING.get(character, character)
    found = [KOREAN.get(key, "") for letter in jamo for key in TWO.get(letter, letter)]
    return "".join(found) if all(found) else OTHERS.get(character, "")
