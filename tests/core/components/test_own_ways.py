"""What a component does in its own way is in its registration: under another name it does the same, and what is not
said there is done as for all others."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from core.components.models import MODELS, own_keys
from core.datasets import DATASETS, reader_of
from core.errors import ConfigError
from core.events.events import Event, StepsEnded
from core.experiment.begin import experiment_on
from core.experiment.draft import Draft
from core.experiment.open import load
from core.experiment.resolve import resolve
from core.gradients import snapshot
from core.network.layers import expected_layers
from core.runs import summary
from core.runs.event_log import read_events
from core.runs.folder import RunDir
from core.sessions import network
from core.tables.choices import Choices
from core.training.fit import fit

IRIS = [
    *[("dataset.name", "iris"), ("model.hidden", "5"), ("batch_size", "10"), ("iterations", "30"), ("seed", "3")],
    ("gradient", "backprop"),
]


@pytest.fixture
def again(register: Any) -> str:
    """The two-layer net under another name."""
    known = MODELS["two-layer"]
    register("model", "again", known.build, **known.facts)
    return "again"


def trained(root: Path, name: str) -> tuple[RunDir, list[Event]]:
    made = network.start(load("two-layer", [("model.name", name), *IRIS]), root)
    made.run.execute()
    return made.run_dir, list(read_events(made.run_dir.events))


class TestAModelUnderAnotherName:
    def test_trains_alike(self, again: str, tmp_path: Path) -> None:
        """By its loop, from the weights that it draws; its layers, its figures."""
        (first, expected), (second, events) = (trained(tmp_path / name, name) for name in ("two-layer", again))
        for one, other in zip(expected, events, strict=True):
            assert type(one) is type(other)
            if isinstance(one, StepsEnded):
                assert isinstance(other, StepsEnded)
                assert one.losses == other.losses
        weights = [torch.load(each.model, weights_only=True) for each in (first, second)]
        assert list(weights[0]) == ["W1", "b1", "W2", "b2"]
        assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])
        assert "W1, b1" in str(events[0])
        taken = snapshot.read(second)
        assert taken is not None
        assert taken.step == 30

    def test_is_completed_and_refused_alike(self, again: str) -> None:
        found = load("two-layer", [("model.name", again)])
        assert (found.gradient, found.h, found.device) == ("numerical", 1e-4, "cpu")  # type: ignore[union-attr]
        for setting in (("device", "cuda"), ("loss.name", "mse"), ("loss.label_smoothing", "0.1")):
            refused = []
            for name in ("two-layer", again):
                with pytest.raises(ConfigError) as error:
                    load("two-layer", [("model.name", name), setting])
                refused.append(str(error.value).replace(name, "…"))
            assert refused[0] == refused[1]

    def test_has_the_same_keys_in_the_form(self, again: str) -> None:
        draft = Draft(load("two-layer").to_dict())
        keys = [field.key for field in draft.fields()]
        assert set(own_keys()) == {"iterations", "gradient", "h"} <= set(keys)
        assert "shuffle" not in keys
        draft.set("model.name", again)
        assert [field.key for field in draft.fields()] == keys
        assert draft.text("gradient")
        draft.set("loss.eps", "")
        draft.set("model.name", "mlp")
        keys = [field.key for field in draft.fields()]
        assert not set(own_keys()) & set(keys)
        assert "shuffle" in keys

    def test_owns_its_keys_too(self, again: str) -> None:
        with pytest.raises(ConfigError) as error:
            load("iris-net", [("h", "1e-3")])
        assert str(error.value) == "h is for the model two-layer or again, not for mlp; leave it out"

    def test_is_told_of_alike(self, again: str) -> None:
        one, other = (load("two-layer", [("model.name", name), *IRIS]) for name in ("two-layer", again))
        assert expected_layers(one) == expected_layers(other)  # type: ignore[arg-type]


def test_a_function_is_taken_as_it_is(register: Any) -> None:
    """A file of one's own need not be a module that can be imported."""
    asked = []

    def own(shape: Any, outputs: int) -> nn.Module:
        """One layer."""
        return nn.Linear(4, outputs)

    def loop(config: Any, state: Any, data: Any) -> Any:
        asked.append(config.model["name"])
        yield None

    register("model", "own", own, loop=loop, keys={"h": "leave it out"}, why_not=lambda config, facts: "")
    assert list(fit(load("iris-net", [("model.name", "own"), ("h", "0.01")]))) == [None]  # type: ignore[arg-type]
    assert asked == ["own"]
    assert MODELS["own"].facts_of({}) == {"keys": {"h": "leave it out"}}


@pytest.mark.parametrize(
    "where", ["core.no_such_module:fit", "core.training.textbook:fitt", "fit it", "core.training."]
)
def test_a_function_that_is_not_there(register: Any, where: str) -> None:
    register("model", "own", MODELS["linear"].build, loop=where)
    with pytest.raises(ConfigError) as error:
        fit(load("iris-net", [("model.name", "own")]))  # type: ignore[arg-type]
    assert str(error.value).startswith(f"model own: loop = {where}: ")
    assert "\n" not in str(error.value)


def test_what_is_not_here_has_no_facts() -> None:
    """A run may have been made with a component that is not."""
    assert MODELS.fact("two-layer", "gradients") == "snapshots"
    assert [MODELS.fact(name, "gradients") for name in ("mlp", "gone", None, ["two-layer"], 3)] == [None] * 5


class TestATableUnderAnotherName:
    @pytest.fixture
    def table(self, register: Any, tmp_path: Path) -> dict[str, Any]:
        """Section of a dataset that reads tables as `csv` does, of files that end in `.mine`."""
        known = DATASETS["csv"]
        register("dataset", "mine", known.build, **{**known.facts, "table": lambda name: name.endswith(".mine")})
        path = tmp_path / "t.csv"
        path.write_text("u,v,y\n" + "".join(f"{x / 8},{x % 7 / 2},{'ab'[x % 2]}\n" for x in range(40)))
        return {"name": "mine", "path": str(path), "target": "y"}

    def test_is_found_by_the_ending_of_its_files(self, table: dict[str, Any]) -> None:
        found = [reader_of(name) for name in ("t.csv", "t.mine", "t.parquet", "iris-net")]
        assert [each and each.name for each in found] == ["csv", "mine", "csv", None]

    def test_is_an_experiment_by_its_path(self, table: dict[str, Any], tmp_path: Path) -> None:
        class_names = (tmp_path / "t.csv").rename(tmp_path / "t.mine")
        found = load(str(class_names), [("target", "y"), ("leave_out", "v")])
        assert found.dataset["name"] == "mine"  # type: ignore[union-attr]

    def test_keeps_its_name(self, table: dict[str, Any]) -> None:
        """Where its columns were chosen."""
        assert Choices.of(table).section(["u", "v", "y"]) == table
        assert dataclasses.replace(Choices.of(table), target="v").section([])["name"] == "mine"
        assert Choices("t.csv", "y").section([]) == {"name": "csv", "path": "t.csv", "target": "y"}
        tables = experiment_on(table, "classification", 40)
        assert tables["dataset"] == table
        assert resolve(tables).dataset["name"] == "mine"

    def test_is_told_of_by_file_and_column(self, table: dict[str, Any], tmp_path: Path) -> None:
        config = resolve({**experiment_on(table, "classification", 40), "epochs": 1, "device": "cpu"})
        made = network.start(config, tmp_path / "models")
        made.run.execute()
        assert summary.read(made.run_dir).data == "t.csv: y"

    def test_is_named_by_its_column_where_the_loss_does_not_fit(self, table: dict[str, Any]) -> None:
        tables = experiment_on({**table, "task": "regression"}, "regression", 40)
        with pytest.raises(ConfigError) as error:
            resolve({**tables, "loss": {"name": "cross-entropy"}})
        assert f"column 'y' of {table['path']} has values; use loss.name=mse or dataset.task=classification" in str(
            error.value
        )
