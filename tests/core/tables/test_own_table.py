"""A table of one's own trains as the built-in dataset does, and is asked as it was read: scikit-learn and PyTorch are
the oracles."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.impute import SimpleImputer
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from core.data.inputs import Inputs
from core.data.prepare import load_data
from core.errors import UserError
from core.experiment import resolve as config
from core.experiment.rules import fitted_to
from core.experiment.schema import RunConfig
from core.network.predict import Predictor
from core.runs.folder import RunDir
from core.sessions import network
from core.tables.fields import Field
from core.tables.planning import planned
from core.tables.read import look, read
from core.tables.wishes import Wishes
from core.training.state import TrainState

BUILT_IN = {"wine": load_wine, "breast-cancer": load_breast_cancer, "diabetes": lambda: load_diabetes(scaled=False)}
DIALECTS = {
    "commas": {"sep": ",", "encoding": "utf-8"},
    "semicolons, decimal commas": {"sep": ";", "decimal": ",", "encoding": "cp949"},
    "tabs": {"sep": "\t", "encoding": "utf-16"},
    "quotes, a mark": {"sep": ",", "quoting": csv.QUOTE_ALL, "encoding": "utf-8-sig", "lineterminator": "\r\n"},
}


def trained(resolved: RunConfig, folder: Path) -> RunDir:
    opened = network.start(resolved, folder)
    ended = opened.run.execute()
    assert ended.status == "completed", ended.reason
    return opened.run_dir


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("name", BUILT_IN)
def test_a_table_trains_as_the_built_in_dataset_does(name: str, dialect: str, tmp_path: Path) -> None:
    bunch: Any = BUILT_IN[name]()
    regression = name == "diabetes"
    frame = pd.DataFrame(bunch.data, columns=list(bunch.feature_names))
    # Classes are sorted by their names: those of wine are in that order, malignant and benign are not.
    frame["정답"] = [str(bunch.target_names[i]) for i in bunch.target] if name == "wine" else bunch.target
    frame.to_csv(tmp_path / "표.csv", index=False, **DIALECTS[dialect])
    common = [("epochs", "3"), ("standardise", "features"), ("device", "cpu"), ("seed", "4")]
    common += [("loss.name", "mse")] if regression else []
    own = [("dataset.name", "csv"), ("dataset.path", str(tmp_path / "표.csv")), ("dataset.target", "정답")]
    built_in, ours = (config.load("iris-net", pairs) for pairs in ([("dataset.name", name), *common], [*own, *common]))
    first, second = load_data(built_in), load_data(ours)
    assert first.sha256 == second.sha256
    assert first.inputs.features == second.inputs.features
    assert first.classes == second.classes or name == "breast-cancer"
    runs = [trained(resolved, tmp_path / kind) for resolved, kind in ((built_in, "a"), (ours, "b"))]
    weights = [torch.load(run.model, weights_only=True) for run in runs]
    assert all(torch.equal(weights[0][key], weights[1][key]) for key in weights[0])


COLOURS, CITIES = ("blue", "green", "red"), ("부산", "서울")


def people(n: int = 120, seed: int = 0) -> pd.DataFrame:
    """Numbers, texts and yes or no, some of them missing; what is predicted depends on all of them."""
    random = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "age": random.integers(18, 80, n).astype(float),
            "colour": random.choice(COLOURS, n),
            "income": random.lognormal(10, 1, n).round(2),
            "city": random.choice(CITIES, n),
            "smoker": random.choice(["yes", "no"], n),
        }
    )
    score = frame["age"] / 40 + (frame["colour"] == "red") + (frame["smoker"] == "yes") - random.normal(size=n)
    frame["bought"] = np.where(score > score.median(), "예", "아니오")
    for column in ("age", "colour", "smoker"):
        frame.loc[random.choice(n, n * 7 // 120, replace=False), column] = None
    return frame


def preprocessing(train: pd.DataFrame) -> Any:
    """What nntui is to do, in scikit-learn's words: fitted on the train split."""
    numbers = make_pipeline(SimpleImputer())
    colours = make_pipeline(
        SimpleImputer(strategy="most_frequent"), OneHotEncoder(categories=[list(COLOURS)], sparse_output=False)
    )
    cities = OneHotEncoder(categories=[list(CITIES)], sparse_output=False)
    smoker = make_pipeline(
        SimpleImputer(strategy="most_frequent"),
        OneHotEncoder(categories=[["no", "yes"]], drop=["no"], sparse_output=False),
    )
    transformer = ColumnTransformer(
        [
            ("age", numbers, ["age"]),
            ("colour", colours, ["colour"]),
            ("income", "passthrough", ["income"]),
            ("city", cities, ["city"]),
            ("smoker", smoker, ["smoker"]),
        ]
    )
    return make_pipeline(transformer, StandardScaler()).fit(train)


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> tuple[RunDir, pd.DataFrame]:
    folder = tmp_path_factory.mktemp("people")
    frame = people()
    frame.to_csv(folder / "people.csv", index=False)
    own = [("dataset.name", "csv"), ("dataset.path", str(folder / "people.csv")), ("dataset.target", "bought")]
    pairs = [*own, ("dataset.missing", "fill"), ("standardise", "features"), ("epochs", "5"), ("device", "cpu")]
    return trained(config.load("iris-net", pairs), folder / "models"), frame


def by_hand(run_dir: RunDir, train: pd.DataFrame, rows: pd.DataFrame) -> np.ndarray:
    """Probabilities (n, 2) by scikit-learn's preprocessing and a plain PyTorch network."""
    model = torch.nn.Sequential(
        *(torch.nn.Linear(8, 16), torch.nn.ReLU(), torch.nn.Linear(16, 16), torch.nn.ReLU(), torch.nn.Linear(16, 2))
    )
    weights = torch.load(run_dir.model, weights_only=True)
    model.load_state_dict(dict(zip(model.state_dict(), weights.values(), strict=True)))
    x = torch.tensor(preprocessing(train).transform(rows)).float()
    with torch.no_grad():
        return model(x).softmax(dim=1).numpy()


def test_rows_of_a_file_are_predicted_as_scikit_learn_and_pytorch_do(
    asked: tuple[RunDir, pd.DataFrame], tmp_path: Path
) -> None:
    run_dir, frame = asked
    train, _test = train_test_split(frame, train_size=0.8, random_state=42)
    rows = people(40, seed=1)
    shuffled = rows[["smoker", "income", "city", "bought", "age", "colour"]].assign(more="ignored")
    shuffled.to_csv(tmp_path / "in.csv", index=False, sep=";", encoding="utf-16", decimal=",")
    found = Predictor.load(run_dir).predict_file(tmp_path / "in.csv")
    expected = by_hand(run_dir, train.drop(columns="bought"), rows.drop(columns="bought"))
    np.testing.assert_allclose([each.probabilities for each in found], expected, atol=1e-6)
    classes = Predictor.load(run_dir).inputs.classes
    assert [each.label for each in found] == [classes[i] for i in expected.argmax(axis=1)]


def test_typed_values_are_those_of_a_file(asked: tuple[RunDir, pd.DataFrame], tmp_path: Path) -> None:
    run_dir, _frame = asked
    rows = people(10, seed=2).drop(columns="bought")
    rows.to_csv(tmp_path / "in.csv", index=False)
    predictor = Predictor.load(run_dir)
    values, gaps = rows.to_numpy().tolist(), rows.isna().to_numpy().tolist()
    typed = [
        ["" if gone else str(value) for value, gone in zip(row, gap, strict=True)]
        for row, gap in zip(values, gaps, strict=True)
    ]
    expected = predictor.predict_file(tmp_path / "in.csv")
    for row, each in zip(typed, expected, strict=True):
        assert predictor.predict([row])[0].probabilities == pytest.approx(each.probabilities, abs=1e-6)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"colour": "violet"}, "column 'colour' has 'violet' in line 3, which is none of blue, green, red"),
        ({"smoker": "perhaps"}, "column 'smoker' has 'perhaps' in line 3, which is none of no, yes"),
        ({"age": "old"}, "column 'age' has 'old' in line 3, which is no number"),
    ],
)
def test_values_that_it_does_not_know_are_refused_by_name(
    change: dict[str, Any], reason: str, asked: tuple[RunDir, pd.DataFrame], tmp_path: Path
) -> None:
    rows = people(5, seed=3).astype(object)
    for column, value in change.items():
        rows.loc[1, column] = value
    rows.to_csv(tmp_path / "in.csv", index=False)
    predictor = Predictor.load(asked[0])
    with pytest.raises(UserError, match=r"in\.csv: ") as error:
        predictor.predict_file(tmp_path / "in.csv")
    assert reason in str(error.value)


def test_a_gap_is_filled_where_its_table_had_none(asked: tuple[RunDir, pd.DataFrame], tmp_path: Path) -> None:
    """With the most frequent city of the train split, as is written in the run."""
    rows = people(5, seed=3).astype(object)
    predictor = Predictor.load(asked[0])
    city = next(field for field in predictor.inputs.fields if field.name == "city")
    assert city.fill is not None
    rows.loc[1, "city"] = None
    rows.to_csv(tmp_path / "gap.csv", index=False)
    rows.loc[1, "city"] = city.categories[int(city.fill)]
    rows.to_csv(tmp_path / "full.csv", index=False)
    assert predictor.predict_file(tmp_path / "gap.csv") == predictor.predict_file(tmp_path / "full.csv")


def test_a_file_without_a_column_is_refused(asked: tuple[RunDir, pd.DataFrame], tmp_path: Path) -> None:
    people(5).drop(columns=["age", "city"]).to_csv(tmp_path / "in.csv", index=False)
    with pytest.raises(UserError, match=r"in\.csv lacks the columns 'age', 'city'; it has 'colour', 'income'"):
        Predictor.load(asked[0]).predict_file(tmp_path / "in.csv")


def test_gaps_that_nothing_fills_are_refused(tmp_path: Path) -> None:
    rows = "".join(f"{i},{-i},{'ab'[i % 2]}\n" for i in range(30))
    (tmp_path / "t.csv").write_text(f"u,v,y\n{rows}")
    own = [("dataset.name", "csv"), ("dataset.path", str(tmp_path / "t.csv")), ("dataset.target", "y")]
    run_dir = trained(config.load("iris-net", [*own, ("epochs", "1"), ("device", "cpu")]), tmp_path / "m")
    predictor = Predictor.load(run_dir)
    (tmp_path / "in.csv").write_text("v,u\n1,2\n3,\n")
    with pytest.raises(UserError, match=r"column 'u' has no value in line 3, and the network"):
        predictor.predict_file(tmp_path / "in.csv")
    with pytest.raises(UserError, match=r"value 2 \(v\) is missing"):
        predictor.predict([["1", ""]])


def test_what_is_saved_of_it_is_plain_text(asked: tuple[RunDir, pd.DataFrame]) -> None:
    saved = asked[0].inputs.read_text(encoding="utf-8")
    assert "서울" in saved
    inputs = Predictor.load(asked[0]).inputs
    assert Inputs.from_dict(inputs.to_dict()) == inputs
    assert [field.kind for field in inputs.fields] == ["number", "category", "number", "category", "yes-no"]
    colours, cities = [f"colour={each}" for each in COLOURS], [f"city={each}" for each in CITIES]
    assert inputs.features == ("age", *colours, "income", *cities, "smoker")


def test_the_plan_says_what_is_done_with_each_column(tmp_path: Path) -> None:
    frame = people()
    frame.insert(0, "id", range(1, len(frame) + 1))
    frame["nation"] = "KR"
    frame.to_csv(tmp_path / "t.csv", index=False)
    file = look(tmp_path / "t.csv")
    plan = planned(file, read(file), Wishes("bought", missing="fill"))
    assert (plan.task, plan.why) == ("classification", "its values are text, 2 different ones")
    assert plan.doing == {
        "id": "as it is, though it counts the rows",
        "age": "as it is; 7 missing filled with the mean",
        "colour": "one-hot: 3 inputs; 7 missing filled with the most frequent value",
        "income": "as it is",
        "city": "one-hot: 2 inputs",
        "smoker": "no 0, yes 1; 7 missing filled with the most frequent value",
        "bought": "to predict",
        "nation": "left out: it is KR in every row",
    }
    assert not plan.problems
    notes = [note.told() for note in plan.notes]
    assert any("column 'id' counts the rows" in note and "dataset.leave_out=id" in note for note in notes)
    assert any("'nation' is KR in every row: left out" in note for note in notes)


def test_a_resumed_run_knows_its_table(tmp_path: Path) -> None:
    people().to_csv(tmp_path / "t.csv", index=False)
    own = [("dataset.name", "csv"), ("dataset.path", str(tmp_path / "t.csv")), ("dataset.target", "bought")]
    resolved = config.load("iris-net", [*own, ("dataset.missing", "drop"), ("dataset.leave_out", "city,income")])
    assert config.resolve(config.read(_written(resolved, tmp_path))) == resolved
    data = load_data(resolved)
    gone = int(people()[["age", "colour", "smoker"]].isna().any(axis=1).sum())
    assert data.notes == (f"{gone} of 120 rows are left out: a value is missing",)
    assert TrainState.new(fitted_to(resolved, data.facts), data).inputs.fields == (
        Field("age", sign=""),
        Field("colour", "category", COLOURS),
        Field("smoker", "yes-no", ("no", "yes")),
    )


def _written(resolved: RunConfig, folder: Path) -> str:
    path = folder / "c.toml"
    path.write_text(resolved.to_toml())
    return str(path)


def test_a_whole_row_of_the_table_may_be_pasted(tmp_path: Path) -> None:
    """The target in the middle of it or not in it, columns that are not learned from too; in the file's order."""
    frame = people()[["income", "bought", "colour", "city", "age"]].dropna()
    frame.to_csv(tmp_path / "t.csv", index=False)
    own = [("dataset.name", "csv"), ("dataset.path", str(tmp_path / "t.csv")), ("dataset.target", "bought")]
    chosen = [("dataset.features", "age,income"), ("standardise", "features"), ("epochs", "2"), ("device", "cpu")]
    predictor = Predictor.load(trained(config.load("iris-net", [*own, *chosen]), tmp_path / "models"))
    asked = [[str(row["age"]), str(row["income"])] for _i, row in frame.iterrows()]
    if predictor.inputs.raw_names == ("income", "age"):
        asked = [row[::-1] for row in asked]
    expected = predictor.predict(asked)
    assert len(set(expected)) > 50
    assert predictor.predict(frame.astype(str).to_numpy().tolist()) == expected
    assert predictor.predict(frame.drop(columns="bought").astype(str).to_numpy().tolist()) == expected
    for row in (["1"], ["1"] * 3, ["1"] * 6):
        with pytest.raises(UserError, match=f"{len(row)} value.* takes 2 .*; a whole row of its table has 5"):
            predictor.predict([row])


def test_a_pasted_row(asked: tuple[RunDir, pd.DataFrame]) -> None:
    from tui.cli.predict import row_of

    predictor = Predictor.load(asked[0])
    expected = ["31.5", "red", "1000.5", "서울", "no"]
    assert row_of(expected, predictor) == expected
    for pasted in ("31.5,red,1000.5,서울,no", "31,5;red;1000,5;서울;no", "31.5\tred\t1000.5\t서울\tno"):
        assert predictor.predict([row_of([pasted], predictor)]) == predictor.predict([expected])
    buffer = io.StringIO()
    csv.writer(buffer).writerow(expected)
    assert row_of([buffer.getvalue()], predictor) == expected
