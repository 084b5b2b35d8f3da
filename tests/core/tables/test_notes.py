"""What is said of a table before training: where there is something to say, and only there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.datasets.own_table import planned_table
from core.tables.read import look
from core.tables.wishes import Plan, Wishes


def planned(frame: pd.DataFrame, folder: Path, target: str, **wishes: object) -> Plan:
    frame.to_csv(folder / "t.csv", index=False)
    return planned_table(look(folder / "t.csv"), Wishes(target, **wishes))[1]  # type: ignore[arg-type]


def notes(frame: pd.DataFrame, folder: Path, target: str, **wishes: object) -> list[str]:
    return [note.told() for note in planned(frame, folder, target, **wishes).notes]


def shop(n: int = 200) -> pd.DataFrame:
    """Nothing is wrong with it."""
    random = np.random.default_rng(5)
    frame = pd.DataFrame(
        {
            "shop": random.choice(list("ABC"), n),
            "items": random.integers(1, 90, n),
            "rate": random.uniform(-1, 1, n).round(3),
            "casual": random.integers(0, 300, n),
            "registered": random.integers(0, 500, n),
            "kind": random.choice(["good", "fair", "poor"], n),
        }
    )
    frame["price"] = (frame["items"] * 2.5 + random.normal(size=n)).round(2)
    return frame


@pytest.mark.parametrize("target", ["price", "kind", "shop", "items", "rate"])
def test_nothing_is_said_of_an_ordinary_table(target: str, tmp_path: Path) -> None:
    assert notes(shop(), tmp_path, target) == []


@pytest.mark.parametrize("loader", ["iris", "wine", "breast_cancer", "diabetes"])
def test_nothing_is_said_of_those_that_everybody_learns_on(loader: str, tmp_path: Path) -> None:
    from sklearn import datasets

    assert notes(getattr(datasets, f"load_{loader}")(as_frame=True).frame, tmp_path, "target") == []


# Totals.


@pytest.mark.parametrize("word", ["Total", "합계", "Summe", "mean:", "Grand Total", "итого", "Total (all shops)"])
def test_a_last_row_that_is_called_so(word: str, tmp_path: Path) -> None:
    frame = shop()
    last = {name: frame[name].sum() for name in ("items", "casual", "registered", "price")}
    frame = pd.concat([frame, pd.DataFrame([{**last, "shop": word, "rate": 0.1, "kind": "fair"}])])
    (note,) = notes(frame, tmp_path, "kind")
    assert word.rstrip(":") in note
    assert "is the sum of those above" in note
    assert "set dataset.footer=1" in note


@pytest.mark.parametrize("how", ["sum", "mean"])
def test_a_last_row_that_has_no_name_for_it(how: str, tmp_path: Path) -> None:
    frame = shop().drop(columns=["shop", "kind"]).assign(y=["p", "q"] * 100)
    last = frame.drop(columns="y").agg(how).round(3)
    frame = pd.concat([frame, pd.DataFrame([{**last, "y": "p"}])])
    (note,) = notes(frame, tmp_path, "y")
    assert note.startswith(f"the last row is the {how} of those above")


def test_a_place_that_is_called_total_is_no_total(tmp_path: Path) -> None:
    assert notes(shop().assign(shop=["total", "B"] * 100), tmp_path, "kind") == []


# Numbers that stand for no value.


@pytest.mark.parametrize(
    ("sentinel", "low", "high", "told"),
    [
        (-999, 0, 40, True),
        (9999, 0, 40, True),
        (99, 1, 9, True),
        (-1, 20, 40, True),
        (-200, 0, 12, True),
        (0, 100, 180, True),
        (99, 0, 98, False),
        (-1, 0, 9, False),
        (0, 1, 40, False),
        (1000, 0, 900, False),
    ],
)
def test_numbers_far_from_all_others(sentinel: int, low: int, high: int, told: bool, tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    frame = shop().assign(x=random.integers(low, high + 1, 200))
    frame.loc[random.choice(200, 12, replace=False), "x"] = sentinel
    found = notes(frame, tmp_path, "kind")
    assert len(found) == told
    if told:
        assert f"column 'x' has {sentinel} in 12 rows, far from the others" in found[0]
        plan = planned(frame, tmp_path, "kind", missing_values=(str(sentinel),), missing="fill")
        column = plan.column("x")
        assert column is not None
        assert column.missing == 12
        assert plan.notes == []


def test_two_values_are_no_sentinels(tmp_path: Path) -> None:
    for values in ([-1, 1], [0, 99], [1, 1, 1, 1000]):
        assert notes(shop().assign(x=(values * 200)[:200]), tmp_path, "kind") == []


# Columns that give the target away.


def test_a_sum_that_is_the_target(tmp_path: Path) -> None:
    frame = shop().assign(count=lambda frame: frame["casual"] + frame["registered"])
    (note,) = notes(frame, tmp_path, "count")
    assert note.startswith("casual + registered is 'count' in every row")
    assert "dataset.leave_out=casual,registered" in note
    assert notes(frame, tmp_path, "count", leave_out=("casual",)) == []


@pytest.mark.parametrize(
    ("copy", "told"),
    [
        (lambda frame: frame["price"], "'copy' is 'price' in every row"),
        (lambda frame: 2 * frame["price"] + 3, "is 'price' in every row"),
        (lambda frame: 100 - frame["price"], "is 'price' in every row"),
        (lambda frame: frame["price"].where(frame.index != 7, 0.5), "'copy' is 'price' in 199 of 200 rows"),
        (lambda frame: frame["price"] + np.random.default_rng(0).normal(size=200), ""),
    ],
)
def test_a_copy_of_a_value(copy: object, told: str, tmp_path: Path) -> None:
    frame = shop()
    found = notes(frame.assign(copy=copy(frame)), tmp_path, "price")  # type: ignore[operator]
    assert any(told in note for note in found) if told else found == []


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (lambda kind: kind.map({"good": "A", "fair": "B", "poor": "C"}), "in every row"),
        (lambda kind: kind.map({"good": 3, "fair": 2, "poor": 1}), "in every row"),
        (lambda kind: kind.str.upper() + (kind.index % 4).astype(str), "in every row"),
        (lambda kind: kind.where(kind.index != 7, "odd").where(kind.index != 8, "odd"), ""),
        (lambda kind: kind.where(kind.index != 7, "poor"), "in 199 of 200 rows"),
        (lambda kind: kind.map({"good": "A", "fair": "B", "poor": "B"}), ""),
        (lambda kind: kind.where(kind.index % 5 != 0, "poor"), ""),
    ],
)
def test_a_column_that_says_the_class(said: object, told: str, tmp_path: Path) -> None:
    frame = shop()
    frame.loc[[7, 8], "kind"] = ["good", "fair"]
    found = notes(frame.assign(said=said(frame["kind"])), tmp_path, "kind")  # type: ignore[operator]
    found = [note for note in found if "'said'" in note]
    assert any(f"says 'kind' {told}" in note for note in found) if told else found == []


# Rows that repeat.


def test_few_short_columns_repeat_by_chance(tmp_path: Path) -> None:
    random = np.random.default_rng(2)
    frame = pd.DataFrame({name: random.choice(list("uvw"), 300) for name in "abcd"})
    assert notes(frame, tmp_path, "d") == []


def test_an_id_does_not_hide_rows_that_repeat(tmp_path: Path) -> None:
    frame = pd.concat([shop(100)] * 3, ignore_index=True)
    frame.insert(0, "id", range(300))
    found = notes(frame, tmp_path, "kind")
    assert any(note.startswith("200 of 300 rows occur before") for note in found)
    frame.loc[200:, "kind"] = "other"
    found = notes(frame, tmp_path, "kind")
    assert any("100 of 300 rows occur before" in note and "100 more are as another one but" in note for note in found)


def test_the_largest_class(tmp_path: Path) -> None:
    frame = shop().assign(kind=["good"] * 150 + ["poor"] * 50)
    assert planned(frame, tmp_path, "kind").majority == ("good", 150, 200)
    assert planned(frame, tmp_path, "price").majority is None


def test_columns_nearly_as_an_id(tmp_path: Path) -> None:
    names = [f"n{i}" for i in range(58)] + ["n0", "n1"]
    (note,) = [note for note in notes(shop(60).assign(name=names), tmp_path, "kind") if "'name'" in note]
    assert note.startswith("column 'name' has another text in nearly every row, as an id has")


def test_a_column_taken_as_categories_keeps_those_taken_before(tmp_path: Path) -> None:
    """The key replaces what it was: the advice, followed as it stands, loses none."""
    frame = pd.DataFrame(
        {"size": [i % 3 for i in range(40)], "code": [f"{i:03}" for i in range(40)], "y": ["a", "b"] * 20}
    )
    (told,) = [note for note in notes(frame, tmp_path, "y", categories=("size",)) if "leading zeros" in note]
    assert "take its values as categories (dataset.categories=size,code)" in told
