"""An experiment becomes a search where a value is a list or a range."""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ConfigError
from core.experiment import open
from core.experiment.schema import RunConfig
from core.experiment.search import SearchConfig


def searched(*settings: str, preset: str = "iris-net") -> SearchConfig:
    found = open.load(preset, [(key, value) for key, _, value in (each.partition("=") for each in settings)])
    assert isinstance(found, SearchConfig)
    return found


def values(config: SearchConfig, key: str) -> list[object]:
    return list(next(axis for axis in config.axes if axis.key == key).values)


def test_one_value_each_is_a_run() -> None:
    assert isinstance(open.load("iris-net", [("optimizer.lr", "0.1")]), RunConfig)
    assert isinstance(open.load("iris-net", [("model.hidden", "16,16")]), RunConfig)  # a list is its value
    assert isinstance(open.load("iris-net", [("name", "a,b")]), RunConfig)  # a name may have a comma


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("model.n_units=8,16,24", [8, 16, 24]),
        ("model.n_units=[8, 16]", [8, 16]),
        ("model.n_units=8..64:8", [8, 16, 24, 32, 40, 48, 56, 64]),
        ("model.n_units=3..5", [3, 4, 5]),
        ("model.n_units=8..64 log", [8, 16, 32, 64]),
        ("optimizer.lr=0.1..0.3:0.1", [0.1, 0.2, 0.3]),
        ("optimizer.lr=1e-3,1e-2", [0.001, 0.01]),
        ("optimizer.name=sgd,adam", ["sgd", "adam"]),
        ("model.hidden=[[256,128],[64]]", [[256, 128], [64]]),
        ("model.activation=relu,tanh", ["relu", "tanh"]),
        ("shuffle=true,false", [True, False]),
        ("seed=1,2,3", [1, 2, 3]),
        ("model.n_units=8,8,16", [8, 16]),
    ],
)
def test_a_list_or_range_is_an_axis(setting: str, expected: list[object]) -> None:
    assert values(searched(setting), setting.partition("=")[0]) == expected


def test_the_grid_runs_through_all_cells_and_its_order_is_that_of_the_file() -> None:
    found = searched("model.n_units=8,16", preset="iris-search")
    assert [axis.name for axis in found.axes] == ["n_layers", "n_units"]
    cells = [tuple(cell.values()) for cell in found.grid()]
    assert cells == [(layers, units) for layers in (1, 2, 3, 4) for units in (8, 16)]
    assert found.n_trials == 8


def test_the_document_search_is_its_code() -> None:
    found = searched(preset="iris-search")
    assert values(found, "model.n_units") == list(range(8, 65, 8))
    assert values(found, "model.n_layers") == [1, 2, 3, 4]
    assert found.rank == "test_accuracy"
    assert found.optimistic
    one = found.trial({"model.n_layers": 3, "model.n_units": 24}, 1)
    assert (one.model["n_layers"], one.model["n_units"], one.model["input_activation"]) == (3, 24, "none")


def test_each_trial_has_a_seed_of_its_own_that_depends_on_seed_and_number_alone() -> None:
    found = searched("model.n_units=8,16")
    a = found.trial({"model.n_units": 8}, 5)
    assert a.seed == found.trial({"model.n_units": 16}, 5).seed
    assert a.seed == int(np.random.SeedSequence([found.base.seed, 5]).generate_state(1, np.uint32)[0])
    assert a.seed != found.trial({"model.n_units": 8}, 6).seed
    assert a.seed != searched("model.n_units=8,16", "seed=1").trial({"model.n_units": 8}, 5).seed
    assert searched("seed=7,8").trial({"seed": 8}, 5).seed == 8


def test_points_drawn_at_random_are_the_same_for_all_trials() -> None:
    found = searched("optimizer.lr=0.1,0.2", "seed=3", preset="blobs-binary")
    seeds = {found.trial({"optimizer.lr": lr}, n).dataset["random_state"] for n, lr in enumerate([0.1, 0.2])}
    assert seeds == {3}


def test_a_search_is_written_and_read_again(tmp_path: Path) -> None:
    found = searched("model.n_units=8,16", "optimizer.lr=1e-4..1e-1 log", "method=random", "trials=5", "repeats=2")
    path = tmp_path / "again.toml"
    path.write_text(found.to_toml())
    again = open.load(str(path))
    assert isinstance(again, SearchConfig)
    assert (again.axes, again.keys, again.base) == (found.axes, found.keys, found.base)
    assert tomllib.loads(found.to_toml())["model"]["n_units"] == [8, 16]


def test_it_ranks_on_validation_where_there_is_such_a_split() -> None:
    assert searched("model.n_units=8,16").rank == "test_accuracy"
    found = searched("model.n_units=8,16", "split.validation=0.2")
    assert found.rank == "validation_accuracy"
    assert not found.optimistic
    assert searched("model.n_units=8,16", preset="diabetes-regression").lower_is_better


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("model.n_units=[]", "at least one value"),
        ("model.n_units=8,,16", "missing between two commas"),
        ("model.n_unit=8,16", "no key 'model.n_unit'"),
        ("optimizer.lr=1e-4..1e-1", "a grid needs a list"),
        ("optimizer.lr=0.5..0.1", "from a smaller number to a larger"),
        ("optimizer.lr=0..0.1 log", "begins above 0"),
        ("model.n_units=1..5:0.5", "whole numbers"),
        ("model.n_units=8..64:inf", "step"),
        ("optimizer.lr=0.1..1e308:1e-10", "too many"),
        pytest.param(f"model.hidden={'[' * 600}{']' * 600}", "model.hidden = ", id="brackets"),
        ("model.n_units=8,x", "valid integer"),
        ("model.n_units=0,8", "greater than or equal to 1"),
        ("optimizer.name=sgd,adm", "no optimizer named 'adm'"),
        ("device=cpu,cuda", "cannot be searched"),
    ],
)
def test_what_is_no_axis_is_refused_in_one_line(setting: str, said: str) -> None:
    key, _, text = setting.partition("=")
    with pytest.raises(ConfigError, match=said) as refused:
        open.load("iris-net", [(key, text)])
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (["max_stack=8"], "is for a search"),
        (["rank=test_f1"], "nothing is measured under that name"),
        (["trials=0"], "greater than or equal to 1"),
        (["method=annealing"], "method"),
        (["prune=sometimes"], "prune"),
        (["prune=halving", "evaluate.when=end"], "nothing is measured after each epoch"),
        (["repeats=2", "seed=1,2"], "seed is an axis"),
        (["method=random", "batch_size=1..1100", "epochs=1..1000"], "how many cells to try"),
    ],
)
def test_keys_of_a_search_are_checked(settings: list[str], said: str) -> None:
    pairs = [tuple(each.split("=")) for each in settings]
    if said != "is for a search":
        pairs.append(("model.n_units", "8,16"))
    with pytest.raises(ConfigError, match=said):
        open.load("iris-net", pairs)  # type: ignore[arg-type]


def test_a_million_cells_are_counted_at_once() -> None:
    found = searched("model.n_units=1..1000", "optimizer.lr=0.001..1:0.001")
    assert found.n_trials == 1_000_000


@given(st.lists(st.integers(1, 500), min_size=2, max_size=6, unique=True), st.integers(0, 10**6))
def test_any_list_of_units_comes_back(units: list[int], number: int) -> None:
    found = searched(f"model.n_units={','.join(map(str, units))}")
    assert values(found, "model.n_units") == units
    for unit in units:
        assert found.trial({"model.n_units": unit}, number).model["n_units"] == unit
