"""The dummy against scikit-learn's, and what stands beside a result."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.metrics import accuracy_score, f1_score, mean_absolute_error, r2_score, root_mean_squared_error

from core.data.prepare import load_data
from core.experiment import resolve
from core.experiment.rules import fitted_to
from core.training import dummy


@pytest.mark.parametrize(
    ("preset", "pairs"),
    [
        ("iris-net", []),
        ("iris-net", [("split.validation", "0.25")]),
        ("iris-net", [("split.stratify", "true")]),  # equally frequent: the first
        ("iris-net", [("label_map", "0,1,0")]),
        ("blobs-binary", []),
        ("digits-mlp", []),
    ],
)
def test_of_classes(preset: str, pairs: list[tuple[str, str]]) -> None:
    resolved = resolve.load(preset, [*pairs, ("metrics", "accuracy,macro_f1"), ("device", "cpu")])
    data = load_data(resolved)
    answer, found = dummy.scores(fitted_to(resolved, data.facts), data)
    train = data.splits["train"]
    oracle = DummyClassifier(strategy="most_frequent").fit(train.x.flatten(1).numpy(), train.target.numpy())
    expected = {}
    for split, part in data.splits.items():
        predicted = oracle.predict(part.x.flatten(1).numpy())
        expected[f"{split}_accuracy"] = accuracy_score(part.target.numpy(), predicted)
        expected[f"{split}_macro_f1"] = f1_score(part.target.numpy(), predicted, average="macro")
        assert answer == data.classes[predicted[0]]
    assert found == pytest.approx(expected)


@pytest.mark.parametrize("pairs", [[], [("standardise", "features")]], ids=["standardised target", "as it is"])
def test_of_values(pairs: list[tuple[str, str]]) -> None:
    resolved = resolve.load("diabetes-regression", [*pairs, ("device", "cpu"), ("loss.name", "mse")])
    data = load_data(resolved)
    answer, found = dummy.scores(fitted_to(resolved, data.facts), data)
    train = data.splits["train"]
    oracle = DummyRegressor().fit(np.zeros((len(train), 1)), train.target.numpy())
    expected = {}
    for split, part in data.splits.items():
        predicted, target = oracle.predict(np.zeros((len(part), 1))), part.target.numpy()
        expected[f"{split}_mae"] = mean_absolute_error(target, predicted)
        expected[f"{split}_rmse"] = root_mean_squared_error(target, predicted)
        expected[f"{split}_r2"] = r2_score(target, predicted)
        loss = expected[f"{split}_rmse"] ** 2
        expected[f"{split}_loss"] = loss if pairs else loss / float(train.target.numpy().var())
    assert found == pytest.approx(expected, rel=1e-5, abs=1e-9)
    assert float(answer) == pytest.approx(float(train.target.mean()), rel=1e-4)
