"""Every preset as it is, to its end: exit 0, and its log ends as it should."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from core.presets import preset_names

EPOCH = r"Epoch {}  (train|validation|test) loss \d.*"
EARLY = r"Ended after epoch \d+ of 100: validation_loss has not become better for {} epochs \(best \d.*\)"
TEST_SET = [r"\[Test set\]", r"Average loss: \d\.\d{4}, ", r"Accuracy: \d+/\d+ \(\d+\.\d\d%\)"]
LAST = {
    "blobs-binary": [r"벡터 \[-1, 1\]이 레이블 1을 가질 확률은 0\.9\d+"],
    "diabetes-regression": [EPOCH.format(r"[ \d]+/100"), EARLY.format(20)],
    "digits-mlp": [EPOCH.format(r"[ \d]+/100"), EARLY.format(15)],
    "fashion-mlp": [
        *(r" Accuracy: \d\d\.\d%, Avg loss: 0\.\d{6} ", "", "Done!"),
        r"Saved PyTorch Model State to .*/model\.pt",
    ],
    "iris-net": [EPOCH.format("200/200")],
    "iris-search": ["", r"Ranked on the test split itself, so the best score is optimistic; .*"],
    "mnist-lenet": [EPOCH.format("3/3")],
    "mnist-mlp": TEST_SET,
    "mnist-softmax": TEST_SET,
    "two-layer": [r"train acc, test acc \| 0\.\d+, 0\.\d+"],
}
"""The last lines of each log, before the line that says where the run is saved."""


def real_data(folder: str) -> Path | None:
    """The data folder that holds the real MNIST or FashionMNIST, if there is one."""
    root = Path(os.environ.get("NNTUI_DATA_DIR", "/nowhere")).absolute()
    return root if (root / folder / "raw" / "train-images-idx3-ubyte").is_file() else None


def test_no_preset_is_left_out():
    assert set(LAST) == set(preset_names())


@pytest.mark.parametrize(
    "preset",
    [
        pytest.param(name, marks=() if name in ("iris-net", "fashion-mlp", "mnist-lenet") else pytest.mark.slow)
        for name in preset_names()
    ],
)
def test_every_preset_ends_well(cli, fashion_dir, preset):
    ends_well(cli, preset, fashion_dir)


@pytest.mark.slow
@pytest.mark.parametrize(("preset", "folder"), [("fashion-mlp", "FashionMNIST"), ("mnist-lenet", "MNIST")])
def test_on_the_real_data_too(cli, preset, folder):
    data = real_data(folder)
    if data is None:
        pytest.skip(f"the real {folder} is not in $NNTUI_DATA_DIR")
    ends_well(cli, preset, data)


def ends_well(cli, preset, data):
    shorter = ["--set", "iterations=50"] if preset == "two-layer" else []
    result = cli.call("run", preset, "--device", "cpu", "--data-dir", str(data), *shorter)
    assert (result.code, result.err) == (0, "")
    *log, farewell = result.out.splitlines()
    for line, expected in zip(log[-len(LAST[preset]) :], LAST[preset], strict=True):
        assert re.fullmatch(expected, line), line
    assert re.fullmatch(rf"Run {cli.only_run.name}, .*, saved in saved_models/{cli.only_run.name}", farewell)
    (listed,) = cli.runs()
    assert listed["status"] == "completed"


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1])
def test_mnist_lenet_keeps_its_promise(cli, seed):
    """Its summary says: over 98.5 % after 3 epochs."""
    data = real_data("MNIST")
    if data is None:
        pytest.skip("the real MNIST is not in $NNTUI_DATA_DIR")
    result = cli.call("run", "mnist-lenet", "--seed", str(seed), "--device", "cpu", "--data-dir", str(data), "--quiet")
    assert (result.code, result.err) == (0, "")
    (listed,) = cli.runs()
    assert listed["epoch"] == 3
    assert listed["metrics"]["test_accuracy"] > 0.985
