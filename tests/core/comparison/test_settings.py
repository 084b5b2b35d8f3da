"""Only what differs: as a dictionary difference of the two config.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from core.comparison.comparison import Comparison
from core.comparison.entries import Source
from core.comparison.settings import MISSING, Changed, Various, differing, plain, settings_of, together, value_text
from core.runs.folder import RunDir


def dotted(tables: dict[str, Any], before: str = "") -> dict[str, Any]:
    """Another way to flat keys than the code's."""
    found: dict[str, Any] = {}
    for key, value in tables.items():
        found |= dotted(value, f"{before}{key}.") if isinstance(value, dict) else {f"{before}{key}": value}
    return found


values = st.one_of(
    st.integers(-3, 3), st.booleans(), st.text("ab", max_size=2), st.lists(st.integers(0, 2), max_size=2)
)
tables = st.recursive(values, lambda inner: st.dictionaries(st.sampled_from("abcd"), inner, max_size=3), max_leaves=8)
configs = st.dictionaries(st.sampled_from(["seed", "name", "model", "loss", "epochs"]), tables, max_size=5)


def is_same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and one == other


@given(configs, configs)
def test_what_differs_is_the_difference_of_two_dictionaries(one: dict[str, Any], other: dict[str, Any]) -> None:
    flat = [dotted(one), dotted(other)]
    expected = {
        key: [each.get(key, MISSING) for each in flat]
        for key in flat[0].keys() | flat[1].keys()
        if not is_same(flat[0].get(key, MISSING), flat[1].get(key, MISSING))
    }
    assert differing([settings_of(one), settings_of(other)]) == expected


def test_of_two_runs_it_is_that_of_their_files(tmp_path: Path, run_of: Callable[..., RunDir]) -> None:
    runs = [
        run_of(tmp_path, "one", 3),
        run_of(tmp_path, "two", 4, 7, optimizer__name="sgd", model__hidden="8,8,8", stop__patience="2"),
    ]
    one, other = (dotted(tomllib.loads(run_dir.config.read_text())) for run_dir in runs)
    sources = [Source(run_dir) for run_dir in runs]
    for source in sources:
        source.read()
    found = Comparison([entry for source in sources for entry in source.entries()]).differing
    told = {key: [plain(value) for value in values] for key, values in found.items()}
    assert told == {
        key: [one.get(key), other.get(key)] for key in one.keys() | other.keys() if one.get(key) != other.get(key)
    }
    assert found["optimizer.momentum"][0] is MISSING
    assert list(found)[-1] == "seed", "what makes another network comes first"


def test_what_was_changed_while_it_trained_is_another_setting() -> None:
    config = {"optimizer": {"lr": 0.01}, "epochs": 5}
    changed = settings_of(config, {"optimizer.lr": 0.01}, {"optimizer.lr": [(400, 0.001)]})
    found = differing([settings_of(config), changed])
    assert found == {"optimizer.lr": [0.01, Changed(0.01, ((400, 0.001),))]}
    assert value_text(found["optimizer.lr"][1]) == "0.01, 0.001 from step 401"


def test_a_run_that_was_made_longer_is_one_that_was_planned_so() -> None:
    longer = settings_of({"epochs": 400}, {"epochs": 300.0}, {"epochs": [(3000, 400.0)]})
    assert longer == settings_of({"epochs": 400})


def test_true_is_not_one() -> None:
    assert differing([{"a": True}, {"a": 1}]) == {"a": [True, 1]}
    assert differing([{"a": 1.0}, {"a": 1}]) == {}
    assert together([1, 2, 1]) == Various((1, 2))
    assert together([[1], [1]]) == [1]
