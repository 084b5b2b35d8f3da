"""The trial before a search: its networks in the company in which they will train."""

from __future__ import annotations

import time

import pytest
import torch

from core.data.prepare import load_data
from core.experiment import open as experiment_open
from core.experiment.sample import some_trials
from core.experiment.search import SearchConfig
from core.search.cost import measure_search
from core.sessions import open as sessions


def search(preset: str = "iris-search", **settings: str) -> SearchConfig:
    found = experiment_open.load(preset, [(key.replace("__", "."), text) for key, text in settings.items()])
    assert isinstance(found, SearchConfig)
    return found


@pytest.mark.slow
def test_the_estimate_is_near_the_truth(tmp_path) -> None:
    """Of networks that share stacks, and of some that train alone; as for a single run, once in four tries."""
    for chosen in (search(epochs="60"), search("iris-net", model__dropout="0.1,0.2,0.3", epochs="60")):
        ratios = []
        for _ in range(4):
            cost = measure_search(chosen, load_data(chosen.base))
            opened = sessions.start(chosen, tmp_path)
            began = time.perf_counter()
            opened.run.execute()
            assert cost is not None
            assert cost.seconds is not None
            ratios.append(cost.seconds / (time.perf_counter() - began))
            if 1 / 1.5 < ratios[-1] < 1.5:
                break
        else:
            pytest.fail(f"estimates by the time taken: {ratios}")


@pytest.mark.slow
def test_more_networks_cost_more_and_no_generator_is_drawn_from() -> None:
    torch.manual_seed(3)
    before = torch.get_rng_state()
    few, many = search(epochs="20", model__n_units="8"), search("iris-net", seed="1..4", model__dropout="0.5")
    for chosen in (few, many):
        cost = measure_search(chosen, load_data(chosen.base))
        assert cost is not None
        assert cost.seconds is not None
        assert cost.seconds > 0
    assert torch.equal(torch.get_rng_state(), before)
    assert measure_search(few, load_data(few.base), cancelled=lambda: True) is None


@pytest.mark.parametrize(
    ("settings", "n"),
    [
        ({}, 32),
        ({"repeats": "2"}, 40),
        ({"trials": "5"}, 5),
        ({"model__n_units": "1..2000"}, 40),
        ({"method": "random", "trials": "60", "optimizer__lr": "1e-4..1e-1 log"}, 40),
        ({"method": "tpe", "trials": "7"}, 7),
    ],
)
def test_some_trials_are_from_all_over_the_search(settings: dict[str, str], n: int) -> None:
    chosen = search(**settings)
    found = some_trials(chosen, 40)
    assert len(found) == n
    assert len({run.seed for run in found}) == n
    if not settings:
        assert {(run.model["n_layers"], run.model["n_units"]) for run in found} == {
            (cell["model.n_layers"], cell["model.n_units"]) for cell in chosen.grid()
        }
