"""The line that is shown to ask a network: the command answers it."""

from __future__ import annotations

import shlex

import pytest

from core.data.inputs import Inputs
from core.data.scale import Scale
from core.tables.fields import Field
from tui.words.asking import asking, example


def inputs_of(**changed: object) -> Inputs:
    known = {"task": "regression", "shape": (2,), "classes": (), "reading": "value", **changed}
    return Inputs(**known)  # type: ignore[arg-type]


def test_a_row_is_an_example_within_what_was_trained_on() -> None:
    fields = (
        Field("age", mark=","),
        Field("year"),
        Field("wage, net", mark=","),
        Field("smokes", "yes-no", ("no", "yes")),
        Field("town", "category", ("New York", "서울")),
    )
    names = ("age", "year", "wage, net", "smokes", "town: New York", "town: 서울")
    inputs = inputs_of(
        shape=(6,), features=names, fields=fields, ranges=((0.5, 4.0), (1990.0, 2021.0), (-2500.5, 1.5), None, None)
    )
    assert example(inputs) == ["2,25", "2005", "-1250", "no", "New York"]
    found = asking(inputs, "20260101-run", ["--models-dir", "a b"])
    words = ["nntui", "predict", "20260101-run", "--models-dir", "a b"]
    assert shlex.split(found.line) == [*words, "--", "2,25", "2005", "-1250", "no", "New York"]
    assert shlex.split(found.file) == [*words, "--csv", "FILE"]
    assert "age, year, wage, net, smokes, town" in found.about


@pytest.mark.parametrize(
    ("inputs", "line"),
    [
        (inputs_of(), "nntui predict r 0 0"),
        (inputs_of(feature_scale=Scale([1.234567, -2.0], [1.0, 1.0])), "nntui predict r -- 1.23 -2"),
        (inputs_of(features=("a", "b"), ranges=((0.0, 1.0), (1e-7, 2e-7))), "nntui predict r 0 1.5e-07"),
        (inputs_of(shape=(1, 28, 28)), "nntui predict r VALUE…"),
        (inputs_of(shape=(500,)), "nntui predict r --csv FILE"),
        (inputs_of(features=("a", "b"), ranges=((0.0, 1.0), (float("inf"),) * 2)), "nntui predict r A B"),
    ],
)
def test_what_has_no_ranges_or_too_many_values(inputs: Inputs, line: str) -> None:
    assert asking(inputs, "r").line == line
