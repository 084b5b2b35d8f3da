"""Text from data on its way to a terminal."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.system.text import clean


@given(st.text())
def test_nothing_is_left_that_steers_a_terminal(text: str) -> None:
    bidirectional = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    for char in clean(text):
        assert unicodedata.category(char) != "Cc"
        assert unicodedata.bidirectional(char) not in bidirectional


@given(st.text(st.characters(exclude_categories=["C"])))
def test_text_for_people_stays_as_it_is(text: str) -> None:
    assert clean(text) == text


@pytest.mark.parametrize(
    ("hostile", "harmless"),
    [
        ("\x1b]52;c;cm0gLXJm\x07", "]52;c;cm0gLXJm"),
        ("a\nb\r\n", "ab"),
        ("\x9b31mred", "31mred"),
        ("\u202egnp.exe", "gnp.exe"),
        ("붓꽃 [/] [TODO]", "붓꽃 [/] [TODO]"),
    ],
)
def test_examples(hostile: str, harmless: str) -> None:
    assert clean(hostile) == harmless
