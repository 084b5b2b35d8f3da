"""Every row of a file that can be answered is, and the others are told; categories that were not trained on; values far
outside of what was; rows pasted as their table has them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.data.encode import encoded, fitted
from core.data.inputs import Inputs
from core.data.prepare import load_data
from core.errors import UserError
from core.experiment import resolve
from core.network.predict import Predictor
from core.sessions.network import start
from core.tables import pieces
from core.tables.fields import OTHER, Field
from tui.cli.predict import row_of

N = 60


def trained(path: Path, *pairs: tuple[str, str], target: str = "y") -> Predictor:
    own = [("dataset.name", "csv"), ("dataset.path", str(path)), ("dataset.target", target)]
    usual = [("standardise", "features"), ("epochs", "1"), ("device", "cpu")]
    session = start(resolve.load("iris-net", [*own, *usual, *pairs]), path.parent / "models")
    assert session.run.execute().status == "completed"
    return Predictor.load(session.run_dir)


def table(folder: Path) -> Path:
    rows = [f"{i / 10},{('red', 'green', 'blue')[i % 3]},{('yes', 'no')[i % 2]},{'ab'[i // 3 % 2]}" for i in range(N)]
    (folder / "t.csv").write_text("\n".join(["size,colour,smoker,y", *rows]) + "\n")
    return folder / "t.csv"


def labels(predictor: Predictor, path: Path) -> tuple[list[str], list[str], list[str]]:
    """Of each row: its label, its problem, its note."""
    asked = predictor.ask(path)
    found: tuple[list[str], list[str], list[str]] = ([], [], [])
    for each in predictor.answers(asked):
        of_rows = dict(zip(each.answered, each.predictions.labels, strict=True))
        for i in range(len(each.rows)):
            found[0].append(of_rows.get(i, ""))
            found[1].append(each.rows.problems[i].told() if i in each.rows.problems else "")
            found[2].append(each.rows.notes.get(i, ""))
    assert (asked.n, asked.n_problems) == (len(found[0]), how_many(found[1]))
    assert asked.n_notes == how_many(found[2])
    return found


def how_many(texts: list[str]) -> int:
    return sum(map(bool, texts))


GOOD, BAD = (
    ("1.5", "red", "yes"),
    {
        ("", "red", "yes"): "column 'size' has no value, and",
        ("old", "red", "yes"): "column 'size' has 'old', which is no number",
        ("1e300", "red", "yes"): "column 'size' has 1e+300, which is infinite",
        ("1.5", "violet", "yes"): "column 'colour' has 'violet', which is none of blue, green, red",
        ("1.5", "red", "perhaps"): "column 'smoker' has 'perhaps', which is none of no, yes",
        ("1.5", "red", "yes", "b", "more"): "row has more fields than the first one, which has 4",
        ("1.5",): "column 'colour' has no value, and",
    },
)


@settings(deadline=None, max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.sampled_from([GOOD, *BAD]), min_size=6, max_size=40), at_once=st.sampled_from([3, 7, 10_000]))
def test_rows_with_a_problem_stay_in_their_place(
    predictor: Predictor, rows: list[tuple[str, ...]], at_once: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [GOOD] * 5 + rows  # a file whose first rows are longer is none
    (tmp_path / "in.csv").write_text("\n".join(["size,colour,smoker,y", *map(",".join, rows)]) + "\n")
    monkeypatch.setattr(pieces, "ROWS", at_once)
    found, problems, _notes = labels(predictor, tmp_path / "in.csv")
    expected = predictor.predict([GOOD])[0].label
    assert found == ["" if row in BAD else expected for row in rows]
    for row, problem in zip(rows, problems, strict=True):
        assert problem.startswith(BAD[row]) if row in BAD else not problem


@pytest.fixture(scope="module")
def predictor(tmp_path_factory: pytest.TempPathFactory) -> Predictor:
    return trained(table(tmp_path_factory.mktemp("trained")))


def test_the_first_problem_names_its_line(predictor: Predictor, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("size,colour,smoker\n1,red,no\n\n2,violet,no\n")
    with pytest.raises(UserError, match=r"in\.csv: column 'colour' has 'violet' in line 4, which is none of"):
        predictor.predict_file(tmp_path / "in.csv")


@pytest.mark.parametrize("name", ["in.csv", "in.parquet"])
def test_columns_are_carried_as_they_stand(name: str, predictor: Predictor, tmp_path: Path) -> None:
    ids = ["007", "NA", "", "1e5", "=1+1", "a,b", "x y"]
    rows = pd.DataFrame({"key": ids, "size": 1.5, "colour": "red", "smoker": "no", "other": range(len(ids))})
    rows.to_csv(tmp_path / name, index=False) if name == "in.csv" else rows.to_parquet(tmp_path / name)
    asked = predictor.ask(tmp_path / name, carry=["other", "key"])
    carried = [each for answers in predictor.answers(asked) for each in answers.rows.carried]
    assert carried == [(str(i), text) for i, text in enumerate(ids)]
    with pytest.raises(UserError, match="lacks the column 'nokey'"):
        predictor.ask(tmp_path / name, carry=["nokey"])


def test_numbers_are_read_under_one_mark_in_all_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whole-number prices of the first pieces have points between thousands, as later ones tell: never 1.234 for some
    rows and 1234 for others."""
    rows = [f"{i * 100},{'ab'[i % 2]}" for i in range(N)]
    (tmp_path / "t.csv").write_text("\n".join(["price,y", *rows]) + "\n")
    predictor = trained(tmp_path / "t.csv")
    prices = ["1.234"] * 30 + ["1.234.567,5", "1.234"]
    (tmp_path / "in.csv").write_text("\n".join(["price;k", *(f"{price};1" for price in prices)]) + "\n")
    expected = [predictor.predict([[1234.0]])[0]] * 30 + predictor.predict([[1234567.5], [1234.0]])
    for at_once in (4, 10_000):
        monkeypatch.setattr(pieces, "ROWS", at_once)
        assert [each.probabilities for each in predictor.predict_file(tmp_path / "in.csv")] == [
            pytest.approx(each.probabilities, abs=1e-6) for each in expected
        ]


def test_a_file_may_be_larger_than_memory(
    predictor: Predictor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.tables.read.free_memory", lambda: 1000)
    (tmp_path / "in.csv").write_text("size,colour,smoker\n" + "1,red,no\n" * 500)
    assert len(predictor.predict_file(tmp_path / "in.csv")) == 500


# Far outside.


def test_far_outside_of_what_was_trained_on_is_noted(predictor: Predictor, tmp_path: Path) -> None:
    low, high = predictor.inputs.ranges[0] or (0.0, 0.0)
    width = high - low
    values = [low, high, low - width, high + width, low - 1.01 * width, high + 1.01 * width]
    (tmp_path / "in.csv").write_text("size,colour,smoker\n" + "".join(f"{value!r},red,no\n" for value in values))
    found, problems, notes = labels(predictor, tmp_path / "in.csv")
    assert all(found)
    assert not any(problems)
    assert [bool(note) for note in notes] == [False] * 4 + [True] * 2
    assert notes[5] == f"size = {values[5]:g} is far outside of {low:g} to {high:g}, which was trained on"
    assert predictor.notes([str(values[5]), "red", "no"]) == [notes[5]]
    assert predictor.notes(["1", "red", "no"]) == []


def test_the_range_is_that_of_the_train_split(tmp_path: Path) -> None:
    """Against pandas, over the rows of scikit-learn's split; of iris too, which has no table."""
    from sklearn.datasets import load_iris
    from sklearn.model_selection import train_test_split

    x = load_iris().data
    train, _test = train_test_split(x, train_size=0.8, random_state=42)
    found = load_data(resolve.load("iris-net", [("device", "cpu")])).inputs.ranges
    assert found == tuple(zip(train.min(axis=0).tolist(), train.max(axis=0).tolist(), strict=True))
    assert load_data(resolve.load("digits-mlp", [("device", "cpu")])).inputs.ranges == ()


def test_a_run_that_did_not_save_its_range_has_no_notes(predictor: Predictor) -> None:
    saved = predictor.inputs.to_dict()
    for key in ("ranges", "separator"):
        saved.pop(key)
    for each in saved["fields"]:
        each.pop("shares")
    older = Predictor(predictor.model, Inputs.from_dict(json.loads(json.dumps(saved))), predictor.written)
    assert older.notes(["1e9", "red", "no"]) == []
    assert row_of(["1.5,red,no"], older) == ["1.5", "red", "no"]


# Categories that were not trained on.


def test_an_unknown_category_is_the_average_row_of_the_train_split() -> None:
    """Against pandas's one-hot columns: their means, so that what is standardised is 0."""
    random = np.random.default_rng(0)
    texts = random.choice(["a", "b", "c"], 50, p=[0.6, 0.3, 0.1])
    expected = pd.get_dummies(pd.Series(texts), dtype=float)[["a", "b", "c"]].mean().to_list()
    fields = (Field("k", "category", ("a", "b", "c", "never")), Field("f", "yes-no", ("no", "yes")))
    codes = torch.tensor([["abc".index(text), i % 2] for i, text in enumerate(texts)], dtype=torch.float64)
    made = fitted(fields, codes, "other")
    rows = encoded(made, torch.tensor([[OTHER, OTHER], [3, 1], [0, 0]], dtype=torch.float64))
    assert rows[0].tolist() == pytest.approx([*expected, 0.0, 0.5])
    assert rows[1].tolist() == pytest.approx([*expected, 0.0, 1.0]), "a category of the test split alone is as unknown"
    assert rows[2].tolist() == [1, 0, 0, 0, 0]
    assert encoded(made, codes).tolist() == encoded(fields, codes).tolist(), "what is trained on is the same"


def test_unknown_categories_are_taken_where_that_is_wanted(tmp_path: Path) -> None:
    predictor = trained(table(tmp_path), ("dataset.unknown", "other"))
    (tmp_path / "in.csv").write_text("size,colour,smoker\n1,violet,no\n1,red,perhaps\n1,red,no\n,red,no\n")
    found, problems, notes = labels(predictor, tmp_path / "in.csv")
    assert [bool(label) for label in found] == [True, True, True, False]
    assert "no value" in problems[3]
    assert notes[0] == "colour = violet was not trained on, and is taken as the average"
    assert notes[1].startswith("smoker = perhaps")
    assert notes[2] == ""
    x = predictor.encode([["1", "violet", "no"], ["1", "red", "no"]])
    assert x[0, 1:4].abs().max() < 1e-6, "the average, standardised"
    assert predictor.notes(["1", "violet", "no"]) == [notes[0]]
    plain = trained(table(tmp_path))
    assert torch.equal(plain.encode([["1", "red", "no"]]), predictor.encode([["1", "red", "no"]]))


# Pasted rows.


@pytest.mark.parametrize(
    ("separator", "decimal"), [(" ", "."), ("  ", "."), ("\t", ","), (";", ","), ("|", "."), (",", ".")]
)
def test_a_pasted_row_is_divided_as_its_file_is(separator: str, decimal: str, tmp_path: Path) -> None:
    def line(i: int) -> str:
        quoted = '"light, blue; or | so"' if i % 2 else "red"
        cells = [f"{i}.25".replace(".", decimal), quoted, f"0.{10 + i}".replace(".", decimal), "ab"[i % 2]]
        return separator.join(cells)

    path = tmp_path / "t.data"
    path.write_text("".join(line(i) + "\n" for i in range(N)))
    predictor = trained(path, target="column 4")
    for i in (0, 3, 17):
        colour = "light, blue; or | so" if i % 2 else "red"
        expected = predictor.predict([[i + 0.25, colour, (10 + i) / 100]])
        assert predictor.predict([row_of([line(i)], predictor)]) == expected
        assert predictor.predict([row_of([f" {line(i)}  \r\n"], predictor)]) == expected
        without = separator.join(line(i).split(separator)[:-1])
        assert predictor.predict([row_of([without], predictor)]) == expected


def test_one_text_may_hold_a_blank(tmp_path: Path) -> None:
    rows = [f"{('light blue', 'red')[i % 2]},{'ab'[i // 2 % 2]}" for i in range(N)]
    (tmp_path / "t.csv").write_text("\n".join(["colour,y", *rows]) + "\n")
    predictor = trained(tmp_path / "t.csv")
    assert row_of(["light blue"], predictor) == ["light blue"]
    assert row_of(["light blue,a"], predictor) == ["light blue", "a"]
    with pytest.raises(UserError, match="dark blue: is none of light blue, red"):
        row_of(["dark blue"], predictor)
