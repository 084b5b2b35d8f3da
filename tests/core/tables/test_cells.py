"""Cells and columns of a table are read right, or it is said: tables that were once read silently wrong, and their
kinds."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data.prepare import load_raw
from core.datasets.base import RawData
from core.datasets.own_table import planned_table
from core.errors import UserError
from core.experiment import resolve as config
from core.network.predict import Predictor
from core.sessions.network import start
from core.tables.read import look
from core.tables.wishes import Plan, Wishes

CASES = Path(__file__).parent / "cases"
N = 60


def planned(path: Path, target: str, **wishes: Any) -> Plan:
    return planned_table(look(path), Wishes(target, **wishes))[1]


def told(path: Path, target: str, **wishes: Any) -> list[str]:
    return [note.told() for note in planned(path, target, **wishes).notes]


def write(path: Path, *lines: str, encoding: str = "utf-8") -> Path:
    path.write_text("".join(line + "\n" for line in lines), encoding=encoding)
    return path


def own(path: Path, target: str, *pairs: tuple[str, str]) -> list[tuple[str, str]]:
    dataset = [("dataset.name", "csv"), ("dataset.path", str(path)), ("dataset.target", target)]
    return [*dataset, ("standardise", "features"), ("epochs", "1"), ("device", "cpu"), *pairs]


def raw(path: Path, target: str, *pairs: tuple[str, str]) -> RawData:
    regression = [("loss.name", "mse")] if planned(path, target).task == "regression" else []
    return load_raw(config.load("iris-net", [*own(path, target), *regression, *pairs]))


def trained(path: Path, folder: Path, target: str, *pairs: tuple[str, str]) -> Predictor:
    session = start(config.load("iris-net", own(path, target, *pairs)), folder / "models")
    assert session.run.execute().status == "completed"
    return Predictor.load(session.run_dir)


# The cases.


def test_codes_that_are_the_same_number_are_classes_of_their_own(tmp_path: Path) -> None:
    path = CASES / "01_target_codes.csv"
    text = pd.read_csv(path, dtype=str, keep_default_na=False)["code"]
    data = raw(path, "code")
    assert data.classes == tuple(sorted(set(text)))
    assert [data.classes[i] for i in data.y.tolist()] == text.tolist()
    predictor = trained(path, tmp_path, "code")
    assert predictor.predict([["0.5", "0.5"]])[0].label in set(text)
    assert any("has '1E2' and '10E1' and '100', the same number" in note for note in told(path, "code"))


@pytest.mark.parametrize(
    ("name", "target", "column", "sign"),
    [
        ("03_bare_zero_among_prices", "kind", "price", "$"),
        ("03b_target_bare_zero", "price", "price", "$"),
        ("03c_units_target", "weight", "weight", "kg"),
        ("03d_units_feature", "kind", "temp", "°C"),
        ("03e_lakh", "kind", "salary", ","),
    ],
)
def test_numbers_with_something_around_them(name: str, target: str, column: str, sign: str) -> None:
    path = CASES / f"{name}.csv"
    text = pd.read_csv(path, dtype=str, keep_default_na=False)[column]
    values = text.str.replace(sign, "").str.strip().astype(float)
    data = raw(path, target)
    found = data.y if column == target else data.x[:, [field.name for field in data.fields].index(column)]
    np.testing.assert_array_equal(found.double().numpy(), values)
    notes = told(path, target)
    assert any(note.startswith(f"column '{column}' is read as numbers") for note in notes), notes
    assert not any("an id has" in note for note in notes)


def test_a_number_is_asked_with_its_unit_or_without_but_not_with_another(tmp_path: Path) -> None:
    predictor = trained(CASES / "03d_units_feature.csv", tmp_path, "kind")
    expected = predictor.predict([["41"]])
    assert predictor.predict([["41°C"]]) == predictor.predict([["41 °c"]]) == expected
    for wrong in ("41°F", "41 kg", "$41", "41 %"):
        with pytest.raises(UserError, match="the network was trained on numbers in °C"):
            predictor.predict([[wrong]])
    rows = write(tmp_path / "in.csv", "temp", "41", "41°C", "41 °C")
    assert [each.probabilities for each in predictor.predict_file(rows)] == [
        pytest.approx(expected[0].probabilities, abs=1e-6)
    ] * 3
    with pytest.raises(UserError, match="column 'temp' has '41 kg' in line 3, and the network was trained on numbers"):
        predictor.predict_file(write(tmp_path / "in.csv", "temp", "41", "41 kg"))


def test_a_blank_that_means_no(tmp_path: Path) -> None:
    path = CASES / "04_blank_means_no.csv"
    (problem,) = planned(path, "y").problems
    assert "is x in all others; set dataset.missing_by_column=flag=category" in problem.told()
    (note,) = told(path, "y", missing="fill")
    assert "filled in it says the same in every row; set dataset.missing_by_column=flag=category" in note
    for wish in ({"missing": "category"}, {"missing_by_column": ("flag=category",)}):
        assert not planned(path, "y", **wish).problems
    predictor = trained(path, tmp_path, "y", ("dataset.missing", "category"), ("epochs", "150"))
    assert predictor.inputs.features == ("a", "flag=x", "flag is missing")
    asked = [["0.5", "x"], ["0.5", ""], ["0.5", "NA"]]
    assert [each.label for each in predictor.predict(asked)] == ["hi", "lo", "lo"]
    rows = write(tmp_path / "in.csv", "flag,a", "x,0.5", ",0.5", "NA,0.5")
    assert predictor.predict_file(rows) == predictor.predict(asked)


def test_a_last_row_that_is_the_total() -> None:
    (note,) = told(CASES / "05_total_row.csv", "price")
    assert note.startswith("the last row is called 'Total' and is the sum of those above")
    assert "dataset.footer=1" in note
    assert told(CASES / "05_without_total.csv", "price") == []


def test_a_number_that_stands_for_no_value() -> None:
    path = CASES / "06_sentinel.csv"
    (note,) = told(path, "y")
    assert note == (
        "column 'temp' has -999 in 47 rows, far from the others: perhaps a missing value; "
        "dataset.missing_values=-999 takes that for missing"
    )
    for spelt in ("-999", "-999.0", "-,na,-999"):
        data = raw(path, "y", ("dataset.missing_values", spelt), ("dataset.missing", "drop"))
        as_na = raw(CASES / "06_sentinel_as_NA.csv", "y", ("dataset.missing", "drop"))
        np.testing.assert_array_equal(data.x.numpy(), as_na.x.numpy())
    assert told(CASES / "06_sentinel_as_NA.csv", "y", missing="fill") == []


def test_rows_that_occur_before() -> None:
    path = CASES / "07_duplicates.csv"
    (note,) = told(path, "y")
    assert note.startswith("360 of 480 rows occur before: in a random split, test rows are train rows")
    assert "dataset.duplicates=drop leaves 120 of 480 rows" in note
    assert told(CASES / "07_unique.csv", "y") == []
    dropped, unique = raw(path, "y", ("dataset.duplicates", "drop")), raw(CASES / "07_unique.csv", "y")
    np.testing.assert_array_equal(np.unique(dropped.x.numpy(), axis=0), np.unique(unique.x.numpy(), axis=0))
    assert len(dropped.x) == 120


def test_a_column_that_says_the_target() -> None:
    (note,) = told(CASES / "08_leak.csv", "y")
    assert note.startswith("column 'decision_text' says 'y' in every row")
    assert "dataset.leave_out=decision_text" in note
    assert told(CASES / "08_leak.csv", "y", leave_out=("decision_text",)) == []


@pytest.mark.parametrize("name", ["11_dash", "11b_lower_na"])
def test_other_words_for_nothing(name: str, tmp_path: Path) -> None:
    path = CASES / f"{name}.csv"
    frame = pd.read_csv(path, na_values=["-", "na"])
    data = raw(path, "y", ("dataset.missing", "fill"))
    np.testing.assert_array_equal(data.x.numpy(), frame[["a", "b"]].to_numpy())
    predictor = trained(path, tmp_path, "y", ("dataset.missing", "fill"))
    assert predictor.predict([["-", "0.5"]]) == predictor.predict([["na", "0.5"]]) == predictor.predict([["", "0.5"]])
    rows = write(tmp_path / "in.csv", "a,b", "-,0.5", "0.25,0.5")
    assert predictor.predict_file(rows) == predictor.predict([["", "0.5"], ["0.25", "0.5"]])


def test_classes_that_differ_in_case_only() -> None:
    (note,) = told(CASES / "15_class_case.csv", "y")
    assert "'YES IT IS' (10), 'Yes it is' (12), 'yes it is' (6), which differ in case or blanks only" in note


# Names of classes.

names = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=6).filter(
    lambda text: "'" not in text and '"' not in text
)
codes = st.from_regex(r"[-+]?[0-9]{1,3}(\.[0-9]{0,2}|[eE][0-9])?", fullmatch=True)
NO_NAMES = {"?", "None", "NA", "N/A", "n/a", "NULL", "null", "na", "n.a.", "nan", "NaN", "NAN", "Nan", "NaT"}


@settings(max_examples=25)
@given(found=st.lists(st.one_of(names, codes), min_size=2, max_size=5, unique=True))
def test_classes_are_called_as_their_cells(found: list[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    """But numbers that are written plainly, as 1 and 1.0, are one; told so."""
    path = tmp_path_factory.mktemp("t") / "t.csv"
    texts = (found * N)[:N]
    if any(text.startswith("#") or text in NO_NAMES or text.startswith("<") for text in found):
        return
    pd.DataFrame({"x": np.arange(N) / 7, "y": texts}).to_csv(path, index=False)
    plan = planned(path, "y", task="classification")
    if plan.problems:
        return
    data = raw(path, "y", ("dataset.task", "classification"), ("loss.name", "cross-entropy"))
    answered = [data.classes[i] for i in data.y.tolist()]
    if answered != texts:
        assert {float(text) for text in texts} == {float(text) for text in answered}
        assert all(text == same or float(text) == float(same) for text, same in zip(texts, answered, strict=True))
        assert all(
            text in (same, f"{same}.0", f"{same}.00", f"{same}.") for text, same in zip(texts, answered, strict=True)
        )
        if len(set(answered)) < len(set(texts)):
            assert any("taken for one class" in note for note in data.notes)


@pytest.mark.parametrize(
    ("cells", "classes", "note"),
    [
        (["1", "2", "3"], ("1", "2", "3"), ""),
        (["1.0", "0.0"], ("0", "1"), ""),
        (["00", "0", "1"], ("0", "00", "1"), "'00' and '0', the same number"),
        (["007", "008"], ("007", "008"), ""),
        (["+1", "-1"], ("+1", "-1"), ""),
        (["1", "1.0", "2"], ("1", "2"), "'1' and '1.0', taken for one class; dataset.categories=y keeps them apart"),
        (["1.10", "1.1"], ("1.1", "1.10"), "the same number"),
        (["TRUE", "FALSE"], ("FALSE", "TRUE"), ""),
        (["TRUE", "True", "false"], ("False", "True"), "taken for 2 classes"),
        (["$1", "$2"], ("$1", "$2"), ""),
        (["1 kg", "2 kg"], ("1 kg", "2 kg"), ""),
    ],
)
def test_numbers_as_classes(cells: list[str], classes: tuple[str, ...], note: str, tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "x,y", *(f"{i / 7},{cells[i % len(cells)]}" for i in range(N)))
    data = raw(path, "y", ("dataset.task", "classification"), ("loss.name", "cross-entropy"))
    assert data.classes == classes
    assert any(note in each for each in data.notes) if note else not any("taken" in each for each in data.notes)
    apart = raw(path, "y", ("dataset.categories", "y"))
    assert set(apart.classes) == set(cells)


# Numbers in any spelling.


def _western(value: float) -> str:
    return f"{value:,.2f}"


def _indian(value: float) -> str:
    whole, _, rest = f"{abs(value):.2f}".partition(".")
    head, tail = whole[:-3], whole[-3:]
    groups = [head[max(0, i - 2) : i] for i in range(len(head), 0, -2)][::-1]
    return ("-" if value < 0 else "") + ",".join([*groups, tail]) + f".{rest}"


def _arabic(value: float) -> str:
    digits = f"{value:.2f}".translate({48 + i: 0x660 + i for i in range(10)})
    return digits.replace(".", "\u066b")


SPELLINGS: dict[str, Any] = {
    "kg": lambda value: f"{value:.2f} kg",
    "°C": lambda value: f"{value:.2f}°C",
    "%": lambda value: f"{value:.2f} %",
    "money": lambda value: f"${value:,.2f}",
    "money before a minus": lambda value: f"{'-' if value < 0 else ''}€ {abs(value):.2f}",
    "money behind": lambda value: f"{value:.2f} EUR",
    "money of some": lambda value: f"₹{value:.2f}" if int(abs(value)) % 3 else f"{value:.2f}",
    "a plus behind": lambda value: f"{abs(value):,.2f}+",
    "thousands": _western,
    "lakh": _indian,
    "blanks": lambda value: _western(value).replace(",", "\u202f"),
    "apostrophes": lambda value: _western(value).replace(",", "\u2019"),
    "brackets": lambda value: f"({abs(value):,.2f})" if value < 0 else f"{value:,.2f}",
    "a minus behind": lambda value: f"{abs(value):.2f}-" if value < 0 else f"{value:.2f}",
    "a typographer's minus": lambda value: f"{value:.2f}".replace("-", "\u2212"),
    "arabic": _arabic,
    "full width": lambda value: f"{value:.2f}".translate({ord(char): ord(char) + 0xFEE0 for char in "0123456789.-"}),
    "k and M": lambda value: f"{value / 1000:.5f}k" if int(abs(value)) % 2 else f"{value / 1e6:.8f}M",
    "만": lambda value: f"{value / 10_000:.6f}만 원",
    "per": lambda value: f"${value:.2f}/kg",
}


@settings(max_examples=8)
@pytest.mark.parametrize("spelling", SPELLINGS)
@given(
    values=st.lists(st.integers(-(10**8), 10**8), min_size=8, max_size=30, unique=True),
    gap=st.sampled_from(["", "NA", "-", "n.a.", "#DIV/0!", r"\N", "missing", ".", "None"]),
    share=st.integers(0, 3),
)
def test_values_are_those_that_were_written(
    spelling: str, values: list[int], gap: str, share: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    numbers = [value / 100 for value in values]
    if spelling == "a plus behind":
        numbers = [abs(value) for value in numbers]
    cells = [gap if i % 4 < share else SPELLINGS[spelling](value) for i, value in enumerate(numbers)]
    path = tmp_path_factory.mktemp("t") / "t.csv"
    pd.DataFrame(
        {"x": cells, "b": range(len(cells)), "y": ["p", "q"] * (len(cells) // 2) + ["p"] * (len(cells) % 2)}
    ).to_csv(path, index=False, sep=";")
    settings_ = [("dataset.missing", "fill"), ("dataset.separator", ";")]
    data = load_raw(config.load("iris-net", [*own(path, "y"), *settings_]))
    assert data.fields[0].kind == "number"
    expected = [math.nan if i % 4 < share else value for i, value in enumerate(numbers)]
    np.testing.assert_allclose(data.x[:, 0].numpy(), expected, rtol=1e-12, atol=1e-9)


@pytest.mark.parametrize(
    ("cells", "kind", "said"),
    [
        (
            ["1 kg", "500 g"],
            "category",
            "holds numbers in several units, kg (30 rows), g (30 rows), taken for categories",
        ),
        ([f"{i} kg" if i % 3 else f"{i} g" for i in range(N)], "mixed", "holds 40 numbers in kg"),
        ([f"{i} {['mm', 'cm', 'km'][i % 3]}" for i in range(N)], "category", "holds numbers in several units, "),
        ([f"{i}" if i % 4 else "low" for i in range(N)], "mixed", "holds 45 numbers, but 15 cells are none, such as"),
        (
            [f"{i}" if i % 3 == 0 else "low" for i in range(N)],
            "category",
            "holds 20 numbers, and 40 cells that are none",
        ),
        ([f"{i}" if i else "5 mW" for i in range(N)], "mixed", "holds 59 numbers, but '5 mW' in line 2 is none"),
        (["5 mW", "5 MW"], "category", "holds numbers in several units"),
        (["2WD", "4WD", "AWD"], "category", ""),
        (["18-24", "25-34", "35+"], "category", ""),
        (["A1", "B2", "1c"], "category", ""),
        (["1a", "2a", "1b", "2b"], "category", ""),
        (["12:30", "5:15"], "date", ""),
        (["+", "-"], "category", ""),
        (["u", "v", "-"], "category", "has '-' in 20 rows, taken for a category; dataset.missing_values"),
        (["none", "some"], "category", ""),
        (["1st", "2nd", "3rd"], "category", ""),
        (["1 year", "2 years", "3 years"], "number", "'1 year' is read as 1"),
        (["20,-", "30,-", "40,50"], "number", ""),
    ],
)
def test_what_does_not_agree_is_said_and_other_texts_stay_what_they_are(
    cells: list[str], kind: str, said: str, tmp_path: Path
) -> None:
    rows = (f"{(cells * N)[i]};{i / 7};{'pq'[i * i % 3 % 2]}" for i in range(N))
    path = write(tmp_path / "t.csv", "c;b;y", *rows)
    plan = planned(path, "y")
    column = plan.column("c")
    assert column is not None
    assert column.kind == kind
    findings = [
        each.told() for each in (*plan.problems, *plan.notes) if each.column == "c" and "dates" not in each.what
    ]
    if not said:
        assert not any("number" in each or "missing" in each for each in findings), findings
    else:
        assert any(said in each for each in findings), findings


def test_leading_zeros_are_pointed_out(tmp_path: Path) -> None:
    rows = (f"{'0' if i == 40 else '1'}{1000 + i},0.5{i},{'pq'[i % 2]}" for i in range(N))
    path = write(tmp_path / "t.csv", "zip,b,y", *rows)
    (note,) = told(path, "y")
    assert note.startswith("column 'zip' is written with leading zeros, such as 01040 in line 42")
    assert "dataset.categories=zip" in note
    assert not any("zeros" in each for each in told(path, "y", categories=("zip",)))


# What is missing.


def test_the_user_adds_what_is_missing_and_predict_knows_it(tmp_path: Path) -> None:
    rows = (f"{'-999' if i % 5 == 0 else i}.0,{['u', 'v', 'keine'][i % 3]},{'pq'[i % 2]}" for i in range(N))
    path = write(tmp_path / "t.csv", "a,c,y", *rows)
    pairs = [("dataset.missing_values", "-999,keine"), ("dataset.missing_by_column", "a=fill,c=category")]
    data = raw(path, "y", *pairs)
    assert data.fields[1].categories == ("u", "v")
    assert [math.isnan(value) for value in data.x[:, 0].tolist()] == [i % 5 == 0 for i in range(N)]
    predictor = trained(path, tmp_path, "y", *pairs)
    assert predictor.inputs.features == ("a", "c=u", "c=v", "c is missing")
    expected = predictor.predict([["", ""]])
    assert predictor.predict([["-999", "keine"]]) == predictor.predict([["-999.00", "keine"]]) == expected
    assert predictor.predict_file(write(tmp_path / "in.csv", "a,c", "-999,keine", "-999.0,")) == expected * 2
    toml = config.load("iris-net", own(path, "y", *pairs)).to_toml()
    assert config.resolve(config.read(str(write(tmp_path / "c.toml", toml)))).to_toml() == toml


@pytest.mark.parametrize("wrong", ["a", "a=often", "=fill"])
def test_a_way_that_is_none_is_refused(wrong: str, tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "a,y", *(f"{i},{'pq'[i % 2]}" for i in range(N)))
    with pytest.raises(UserError, match=r"dataset\.missing_by_column.*write COLUMN=refuse\|drop\|fill\|category"):
        raw(path, "y", ("dataset.missing_by_column", wrong))
    with pytest.raises(UserError, match=r"has no column 'b' \(dataset\.missing_by_column\)"):
        raw(path, "y", ("dataset.missing_by_column", "b=fill"))


def test_every_way_by_column_against_scikit_learn(tmp_path: Path) -> None:
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.model_selection import train_test_split
    from sklearn.preprocessing import OneHotEncoder

    from core.data.prepare import load_data

    random = np.random.default_rng(3)
    frame = pd.DataFrame(
        {
            "n": random.normal(size=200).round(3),
            "m": random.normal(size=200).round(3),
            "c": random.choice(["u", "v", "w"], 200),
            "d": random.choice(["no", "yes"], 200),
            "e": random.normal(size=200).round(3),
            "y": random.choice(["p", "q"], 200),
        }
    )
    for name in "nmcde":
        frame.loc[random.choice(200, 30, replace=False), name] = None
    frame.to_csv(tmp_path / "t.csv", index=False)
    ways = ("dataset.missing_by_column", "n=category,m=fill,c=category,d=category,e=drop")
    data = load_data(config.load("iris-net", own(tmp_path / "t.csv", "y", ways, ("standardise", ""))))
    kept = frame[frame["e"].notna()]
    train, test = train_test_split(kept, train_size=0.8, random_state=42)
    yes_no = SimpleImputer(strategy="most_frequent", add_indicator=True)
    by_hand = ColumnTransformer(
        [
            ("n", SimpleImputer(add_indicator=True), ["n"]),
            ("m", SimpleImputer(), ["m"]),
            ("c", OneHotEncoder(categories=[["u", "v", "w", None]], sparse_output=False), ["c"]),
            ("d", yes_no, ["d"]),
            ("e", "passthrough", ["e"]),
        ]
    )
    train, test = (
        part.assign(d=part["d"].map({"no": 0.0, "yes": 1.0})).replace({np.nan: None}) for part in (train, test)
    )
    train, test = (part.astype({"n": float, "m": float, "d": float, "e": float}) for part in (train, test))
    np.testing.assert_allclose(data.splits["train"].x.numpy(), by_hand.fit_transform(train).astype(float), atol=1e-6)
    np.testing.assert_allclose(data.splits["test"].x.numpy(), by_hand.transform(test).astype(float), atol=1e-6)
    assert data.inputs.features == (
        *("n", "n is missing", "m", "c=u", "c=v", "c=w", "c is missing", "d", "d is missing", "e"),
    )


def test_a_dash_in_an_account_is_told(tmp_path: Path) -> None:
    rows = (
        f'"{"-" if i % 6 == 0 else f"({i},500.25)" if i % 2 else f"{i},000.00"}",{"pq"[i % 2]}' for i in range(1, N)
    )
    notes = told(write(tmp_path / "t.csv", "a,y", *rows), "y", missing="fill")
    assert any("has '-' in 9 rows, taken for a missing value, or write 0 where it means that" in note for note in notes)
