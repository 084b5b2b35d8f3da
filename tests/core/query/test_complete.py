"""What may come next in a filter."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.query.complete import Completions, complete

COLUMNS = ["test_accuracy", "test_loss", "optimizer.lr", "tags"]
VALUES = {"tags": ["paper", "two words", "slow"], "optimizer.lr": ["0.01", "0.1"]}


def at(text: str) -> Completions:
    """`|` is the cursor."""
    cursor = text.index("|")
    return complete(text.replace("|", ""), cursor, COLUMNS, lambda name: VALUES.get(name, []), ["failed", "search"])


@pytest.mark.parametrize(
    ("text", "replaced", "first"),
    [
        ("|", "", ["test_accuracy", "test_loss"]),
        ("tes|", "tes", ["test_accuracy", "test_loss"]),
        ("lr|", "lr", ["optimizer.lr"]),
        ("fa|", "fa", ["failed"]),
        ("tags|", "tags", ["tags=", "tags>"]),
        ("tags:|", "", ["paper", '"two words"', "slow"]),
        ("tags:t|", "t", ['"two words"']),
        ('tags:"two|', '"two', ['"two words"']),
        ("tags = sl|ow or failed", "slow", ["slow"]),
        ("optimizer.lr>|", "", ["0.01", "0.1"]),
        ("failed |", "", ["and", "or"]),
        ("failed and |", "", ["test_accuracy"]),
        ("not |", "", ["test_accuracy"]),
        ("(|", "", ["test_accuracy"]),
        ("a or tes|t_loss", "test_loss", ["test_accuracy", "test_loss"]),
        ("nothing:|", "", []),
    ],
)
def test_it_offers_what_may_stand_there(text: str, replaced: str, first: list[str]) -> None:
    found, plain = at(text), text.replace("|", "")
    assert plain[found.start : found.end] == replaced
    assert list(found.options[: len(first)]) == first


@given(st.text(alphabet='ab():="~<>! []\\tagsor', max_size=20), st.integers(-2, 25))
def test_it_never_fails(text: str, cursor: int) -> None:
    found = complete(text, cursor, COLUMNS, lambda name: VALUES.get(name, []))
    assert 0 <= found.start <= found.end <= len(text)
