"""The columns of a list of runs: what each is of a run, how runs are sorted by it, what filters make of it."""

from __future__ import annotations

import itertools
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from some_runs import CONFIG, made_run, run_id

from core.errors import UserError
from core.history.history import History
from core.query.ask import condition
from core.query.error import FilterError
from core.runs import columns
from core.runs.entry import Entry
from core.runs.folder import RunDir
from core.runs.labels import Labels
from core.runs.summary import Summary

PLAIN = Summary.of(RunDir(Path("r")), History(), 0)


def entry(labels: Labels | None = None, **fields: Any) -> Entry:
    """Of a run that has these fields and nothing else."""
    values = {**vars(PLAIN), **fields}
    return Entry(Path(values["run_id"]), Summary(**values), labels or Labels())


@pytest.fixture
def run(tmp_path: Path) -> Entry:
    from core.runs import catalogue

    made_run(tmp_path, run_id(1), score=0.9, config={**CONFIG, "split": {"train_size": 0.8}})
    (found,) = catalogue.read(tmp_path).entries
    return found


def test_what_they_are_of_a_run(run: Entry) -> None:
    told = {name: columns.value(run, name) for name in columns.names([run])}
    assert told["run"] == run_id(1)
    assert (told["state"], told["experiment"], told["dataset"], told["model"]) == ("completed", "toy", "iris", "mlp")
    assert (told["optimizer"], told["lr"], told["seed"], told["time"], told["device"]) == ("adam", 0.01, 0, 7.0, "cpu")
    assert (told["score"], told["last"], told["best"]) == ("test_accuracy", 0.9, 0.9)
    assert (told["test_accuracy"], told["best.test_accuracy"], told["best.test_loss"]) == (0.9, 0.9, pytest.approx(0.1))
    assert (told["optimizer.lr"], told["split.train_size"], told["model.hidden"]) == (0.01, 0.8, [16, 16])
    assert (told["epochs"], told["config.epochs"]) == (0, 2)
    assert (told["name"], told["tags"], told["note"], told["trials"]) == (None, frozenset(), None, None)
    assert told["when"] == 1767268800.0
    assert "seed" in told
    assert "config.seed" not in told


def test_of_a_search_what_its_best_trial_has() -> None:
    search = entry(trials=9, trials_ended=4, metrics={"test_loss": 0.5}, best_by="test_loss", best_value=0.3, lr=0.0)
    assert (columns.value(search, "trials"), columns.value(search, "epochs"), columns.value(search, "lr")) == (
        4,
        None,
        None,
    )
    assert (columns.value(search, "last"), columns.value(search, "best")) == (0.5, 0.3)
    assert columns.value(search, "best.test_loss") == 0.3
    assert "best.test_loss" in columns.names([search])


def test_a_column_that_no_run_has_is_told_with_the_nearest(run: Entry) -> None:
    known = columns.names([run])
    assert columns.check("tag", known) == "tags"
    with pytest.raises(UserError, match=r"no run has a column 'test_acuracy'; did you mean test_accuracy"):
        columns.check("test_acuracy", known)
    with pytest.raises(UserError, match=r"no run has a column 'train_size'; did you mean split\.train_size"):
        columns.check("train_size", known)


values = st.one_of(
    st.none(),
    st.integers(-9, 9),
    st.floats(),
    st.text(max_size=3),
    st.booleans(),
    st.lists(st.integers(0, 3), max_size=2),
)


@given(st.lists(values, max_size=8), st.booleans())
def test_sorting(found: list[Any], descending: bool) -> None:
    """Stable; numbers, texts, lists, then what is missing, whatever the direction."""
    entries = [entry(run_id=str(i), config={"x.y": value}) for i, value in enumerate(found)]
    numbered = [
        (found[int(each.run_id)], int(each.run_id)) for each in columns.sorted_by(entries, "x.y", descending=descending)
    ]
    assert sorted(i for _value, i in numbered) == list(range(len(found)))
    groups = [_group(value) for value, _i in numbered]
    assert groups == sorted(groups)
    for (one, i), (other, j) in itertools.pairwise(numbered):
        if _group(one) != _group(other):
            continue
        a, b = (_key(value) for value in (one, other))
        assert (a > b if descending else a < b) or (a == b and i < j)


def _group(value: Any) -> int:
    if value is None or value == [] or (isinstance(value, float) and math.isnan(value)):
        return 3
    if isinstance(value, str | bool):
        return 1
    return 2 if isinstance(value, list) else 0


def _key(value: Any) -> Any:
    if _group(value) == 3:
        return 0
    return str(value).casefold() if isinstance(value, str | bool) else value


def some() -> list[Entry]:
    return [
        entry(
            run_id="a", status="completed", metrics={"test_accuracy": 0.95}, config={"optimizer.lr": 0.01}, seconds=30.0
        ),
        entry(
            Labels("mine", ("paper",), "a note"),
            run_id="b",
            status="failed",
            metrics={"test_accuracy": 0.5},
            seconds=900.0,
        ),
        entry(
            Labels("", ("paper", "slow")),
            run_id="c",
            status="evaluating",
            model="mlp",
            config={"optimizer.lr": [0.1, 0.2]},
        ),
        entry(
            run_id="d",
            status="completed",
            trials=3,
            dataset="iris",
            config={"optimizer.lr": 0.5, "model.hidden": [8, 8]},
        ),
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        *(("", "abcd"), ("failed", "b"), ("completed", "ad"), ("training", "c"), ("live", "c"), ("search", "d")),
        *(("not search", "abc"), ("test_accuracy>90%", "a"), ("tag:paper and not failed", "c"), ("tags~slo", "c")),
        *(("optimizer.lr<0.1", "a"), ("optimizer.lr=[0.1,0.2]", "c"), ("model.hidden=8,8", "d"), ("name:min", "b")),
        *(
            ("note", None),
            ('"a note"', "b"),
            ("iris", "d"),
            ("mine or mlp", "bc"),
            ("time>10m", "b"),
            ("status=failed", "b"),
        ),
        *(("tset_accuracy>0", None), ("optimizer.lr>x", ""), ("test_accuracy>high", None)),
    ],
)
def test_filters(text: str, found: str | None) -> None:
    entries = some()
    vocabulary = columns.vocabulary(entries)
    if found is None:
        with pytest.raises(FilterError):
            condition(text, vocabulary)
        return
    assert "".join(each.run_id for each in filter(condition(text, vocabulary), entries)) == found


def test_values_for_completion_are_the_most_frequent_first() -> None:
    assert columns.values("tag", some()) == ["paper", "slow"]
    assert columns.values("state", some())[0] == "completed"
    assert columns.values("model.hidden", some()) == ["8,8"]
    assert columns.values("nothing", some()) == []
