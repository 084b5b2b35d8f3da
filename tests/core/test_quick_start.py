"""What a run does itself so that it need not load scikit-learn and torch.compile, a second each, is what these do."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import load_digits, load_iris
from sklearn.model_selection import train_test_split
from torch import nn

from core.components.optimizers import OPTIMIZERS, step_of
from core.data.split import split
from core.datasets import DATASETS, RawData, Source
from core.experiment.schema import SplitConfig


@given(
    n=st.integers(10, 400),
    size=st.floats(0.11, 0.89),
    validation=st.floats(0.01, 0.6),
    seed=st.integers(0, 2**32 - 1),
)
def test_the_parts_are_those_of_train_test_split(n: int, size: float, validation: float, seed: int) -> None:
    rows = np.arange(n)
    kept, test = train_test_split(rows, train_size=size, random_state=seed)
    if math.ceil(len(kept) * validation) == len(kept):
        validation = 0.0
    expected = {"train": kept, "test": test}
    if validation:
        expected["train"], expected["validation"] = train_test_split(kept, test_size=validation, random_state=seed)
    raw = RawData(x=torch.arange(n, dtype=torch.float64).unsqueeze(1), y=torch.arange(n) % 2, classes=("a", "b"))
    found = split(raw, SplitConfig(train_size=size, validation=validation, random_state=seed))
    assert {name: x[:, 0].tolist() for name, (x, _y) in found.items()} == {k: v.tolist() for k, v in expected.items()}


def test_the_datasets_are_those_of_scikit_learn() -> None:
    iris, raw = load_iris(), DATASETS["iris"].build(Source(Path()))
    assert torch.equal(raw.x, torch.tensor(iris.data))
    assert torch.equal(raw.y, torch.tensor(iris.target))
    assert raw.features == tuple(iris.feature_names)
    assert raw.classes == tuple(iris.target_names)
    digits, raw = load_digits(), DATASETS["digits"].build(Source(Path()))
    assert torch.equal(raw.x, torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16)
    assert torch.equal(raw.y, torch.tensor(digits.target))


@pytest.mark.parametrize("name", OPTIMIZERS.names)
def test_an_update_is_the_optimizers_own_step(name: str) -> None:
    """Weights and what is remembered, bit for bit."""
    torch.manual_seed(0)
    ours, theirs = nn.Linear(5, 3), nn.Linear(5, 3)
    theirs.load_state_dict(ours.state_dict())
    a, b = (OPTIMIZERS[name].build(each.parameters(), lr=0.01, weight_decay=0.1) for each in (ours, theirs))
    update = step_of(a)
    for _ in range(5):
        x = torch.randn(7, 5)
        for network, optimizer, step in ((ours, a, update), (theirs, b, b.step)):
            optimizer.zero_grad()
            network(x).square().sum().backward()
            step()
    assert all(torch.equal(p, q) for p, q in zip(ours.parameters(), theirs.parameters(), strict=True))
    for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert all(torch.equal(torch.as_tensor(v), torch.as_tensor(b.state[q][k])) for k, v in a.state[p].items())
    assert a.state_dict()["param_groups"] == b.state_dict()["param_groups"]


@pytest.mark.parametrize("preset", [pytest.param("iris-net", marks=pytest.mark.slow), "iris-search"])
def test_a_run_loads_what_it_needs(preset: str, tmp_path: Path) -> None:
    code = f"""
import sys
from tui.cli import __main__ as cli
sys.argv = ["nntui", "run", {preset!r}, "--epochs", "1", "--quiet", "--device", "cpu"]
try: cli.run()
except SystemExit as end: assert not end.code
print([name for name in ("torch._dynamo", "sklearn", "pandas", "textual") if name in sys.modules], file=sys.stderr)
"""
    command = [sys.executable, "-P", "-c", code]
    answer = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert answer.stderr.splitlines()[-1] == "[]"
