"""What data depend on: whatever changes them changes their key, and what leaves them alone leaves it as it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from core.data.depends import data_key
from core.data.parts import Data
from core.data.prepare import load_data
from core.datasets.base import RawData, Source
from core.errors import UserError
from core.experiment import resolve
from core.experiment.schema import RunConfig
from core.search.state import Datasets
from tests.core.conftest import Register

CLASSES: dict[str, Any] = {
    "name": "a",
    "dataset": {"name": "moons", "samples": 60},
    "model": {"name": "mlp", "hidden": [4]},
    "loss": {"name": "cross-entropy"},
    "optimizer": {"name": "sgd", "lr": 0.1},
}
VALUES = CLASSES | {"dataset": {"name": "diabetes"}, "loss": {"name": "mse"}}
FIXED = CLASSES | {"dataset": {"name": "moons", "samples": 60, "random_state": 3}}

# Experiment, key, another value, whether the data become others.
SETTINGS: list[tuple[dict[str, Any], str, str, bool]] = [
    (CLASSES, "name", "b", False),
    (CLASSES, "summary", "another", False),
    (CLASSES, "log", "plain", False),
    (CLASSES, "epochs", "3", False),
    (CLASSES, "batch_size", "7", False),
    (CLASSES, "shuffle", "false", False),
    (CLASSES, "seed", "1", True),
    (FIXED, "seed", "1", False),
    (VALUES, "seed", "1", False),
    (CLASSES, "clip_grad_norm", "1", False),
    (CLASSES, "threads", "1", False),
    (CLASSES, "initial_weights", "w.pt", False),
    (CLASSES, "metrics", "macro_f1", False),
    (CLASSES, "schedule.name", "cosine", False),
    (CLASSES, "evaluate.when", "end", False),
    (CLASSES, "stop.keep_best", "true", False),
    (CLASSES, "optimizer.name", "adam", False),
    (CLASSES, "optimizer.lr", "0.3", False),
    (CLASSES, "model.hidden", "5,6", False),
    (CLASSES, "model.dropout", "0.3", False),
    (CLASSES, "dataset.name", "circles", True),
    (CLASSES, "dataset.samples", "80", True),
    (CLASSES, "dataset.random_state", "3", True),
    (CLASSES, "split.train_size", "0.5", True),
    (CLASSES, "split.validation", "0.3", True),
    (CLASSES, "split.stratify", "true", True),
    (CLASSES, "split.random_state", "1", True),
    (CLASSES, "label_map", "1,0", True),
    (CLASSES, "standardise", "features", True),
    (VALUES, "standardise", "target", True),
    (CLASSES, "loss.name", "bce-logits", True),
    (CLASSES, "model.name", "two-layer", True),
]
# Their effect is no other tensor: a check, the place of the tensors, the place of the files; or they belong to a model
# with a loop of its own, which is a key already.
BESIDES = {"predict", "device", "data_dir", "use", "iterations", "gradient", "h"}


def changed(experiment: dict[str, Any], key: str, value: str) -> tuple[RunConfig, RunConfig]:
    return resolve.resolve(experiment), resolve.resolve(experiment, [(key, value)])


def alike(one: Data, other: Data) -> bool:
    """All that training reads of them."""
    return (
        one.sizes == other.sizes
        and one.sha256 == other.sha256
        and repr(one.inputs) == repr(other.inputs)
        and all(torch.equal(part.target, other.splits[name].target) for name, part in one.splits.items())
    )


@pytest.mark.parametrize(("experiment", "key", "value", "others"), SETTINGS, ids=[f"{s[1]}={s[2]}" for s in SETTINGS])
def test_the_key_changes_where_the_data_do(experiment: dict[str, Any], key: str, value: str, others: bool) -> None:
    before, after = changed(experiment, key, value)
    loaded = [load_data(config) for config in (before, after)]
    assert alike(*loaded) is not others
    keys = [data_key(config, drawn=data.drawn) for config, data in zip((before, after), loaded, strict=True)]
    assert (keys[0] != keys[1]) is others
    datasets = Datasets()
    assert (datasets.of(before) is datasets.of(after)) is not others


def test_each_key_of_an_experiment_is_tried() -> None:
    tried = {key.partition(".")[0] for _experiment, key, _value, _others in SETTINGS}
    assert tried | BESIDES == set(RunConfig.model_fields)


@pytest.mark.parametrize(("key", "value"), [("device", "cuda"), ("data_dir", "/elsewhere"), ("predict", "[[1, 2]]")])
def test_what_is_checked_or_lies_elsewhere_is_looked_at_again(key: str, value: str) -> None:
    before, after = changed(CLASSES, key, value)
    assert data_key(before, drawn=True) != data_key(after, drawn=True)


def test_the_numbers_that_a_model_computes_in(register: Register) -> None:
    """Two models that differ in nothing else."""
    register("model", "narrow", lambda shape, outputs: nn.Linear(2, outputs))
    register("model", "wide", lambda shape, outputs: nn.Linear(2, outputs), dtype="float64")
    before, after = (resolve.resolve(CLASSES | {"model": {"name": name}}) for name in ("narrow", "wide"))
    datasets = Datasets()
    assert datasets.of(before).splits["train"].x.dtype == torch.float32
    assert datasets.of(after).splits["train"].x.dtype == torch.float64


def test_a_dataset_that_asks_for_the_seed_is_not_shared_by_two_of_them(register: Register) -> None:
    """Whatever its arguments are called."""

    def drawn(source: Source) -> RawData:
        x = torch.randn(40, 2, generator=torch.Generator().manual_seed(source.seed))
        return RawData(x=x, y=(x[:, 0] > 0).long(), classes=("no", "yes"))

    register("dataset", "drawn", drawn)
    experiment = CLASSES | {"dataset": {"name": "drawn"}}
    first, second, again = (resolve.resolve(experiment | {"seed": seed}) for seed in (1, 2, 1))
    datasets = Datasets()
    assert datasets.of(first).sha256 == load_data(first).sha256 != datasets.of(second).sha256
    assert datasets.of(again) is datasets.of(first)


def test_data_that_cannot_be_loaded_are_not_kept(tmp_path: Path) -> None:
    datasets = Datasets()
    path = tmp_path / "t.csv"
    table = {"name": "csv", "path": str(path), "target": "y"}
    experiment = resolve.resolve(CLASSES | {"dataset": table})
    with pytest.raises(UserError, match=r"t\.csv"):
        datasets.of(experiment)
    path.write_text("a,b,y\n" + "1,2,no\n3,4,yes\n" * 10)
    assert datasets.of(experiment).sizes == {"train": 16, "test": 4}
