"""The logs of the blobs and the MNIST document, line by line, against their scripts with their print statements."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
from pathlib import Path

import pytest


def printed(script, *arguments, **keywords) -> str:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        script(*arguments, **keywords)
    return out.getvalue()


@pytest.mark.parametrize("seed", [0, pytest.param(5, marks=pytest.mark.slow)])
def test_blobs_binary_prints_what_the_document_prints(cli, document, tmp_path, seed):
    result = cli.launch("run", "blobs-binary", "--seed", str(seed), "--device", "cpu")
    assert (result.code, result.err) == (0, "")
    script = printed(document("blobs_binary").main, seed, tmp_path).splitlines()
    ours = result.out.splitlines()
    trained = [line.split()[3] for line in ours if line.startswith("Train loss at ")]
    assert trained == [str(epoch) for epoch in range(0, 2000, 100)]
    assert len(ours) == len(script) + 1, "and where it is saved"
    for mine, theirs in zip(ours, script, strict=False):
        words, number = mine.rpartition(" ")[::2]
        expected = theirs.rpartition(" ")[0]
        if mine != theirs:  # another kernel for a batch of one than for no batch: the last digit
            assert words == expected
            assert float(number) == pytest.approx(float(theirs.rpartition(" ")[2]), rel=3e-7)
    assert ours[-1].startswith("Run ")


@pytest.mark.slow
def test_the_probability_in_the_log_is_what_predict_says(cli):
    """In a new process, from the saved weights alone, to the last digit."""
    assert cli.call("run", "blobs-binary", "--quiet", "--epochs", "300").code == 0
    log = cli.call("run", "blobs-binary", "--epochs", "300").out
    probability = next(line for line in log.splitlines() if line.startswith("벡터 [-1, 1]")).split()[-1]
    result = cli.launch("predict", "last", "--", "-1", "1")
    assert (result.code, result.err) == (0, "")
    assert f"1      {probability}" in result.out.splitlines()
    assert cli.call("predict", "last", "-1", "1").out == result.out, "-- is only needed for values like -h"
    shown = cli.call("predict", "last", "--json", "--", "-1", "1").json()
    assert str(shown["probabilities"]["1"]) == probability
    assert shown["label"] == "1"
    assert sum(shown["probabilities"].values()) == pytest.approx(1, abs=1e-6)


def mnist_folder(kind: str, fashion_data: Path, tmp_path: Path) -> Path:
    if kind == "small":
        shutil.copytree(fashion_data / "FashionMNIST", tmp_path / "data" / "MNIST")
        return tmp_path / "data"
    folder = Path(os.environ.get("NNTUI_DATA_DIR", "/nowhere"))
    if not (folder / "MNIST" / "raw" / "train-images-idx3-ubyte").is_file():
        pytest.skip("the real MNIST is not in $NNTUI_DATA_DIR")
    return folder


@pytest.mark.parametrize(
    ("preset", "kind"),
    [
        pytest.param(preset, kind, marks=() if (preset, kind) == ("mnist-mlp", "small") else pytest.mark.slow)
        for preset in ("mnist-softmax", "mnist-mlp")
        for kind in ("small", "real")
    ],
)
def test_the_mnist_presets_print_what_the_document_prints(cli, document, fashion_data, tmp_path, preset, kind):
    from core.experiment import resolve
    from core.training.batches import batch_order

    folder = mnist_folder(kind, fashion_data, tmp_path)
    result = cli.launch("run", preset, "--seed", "4", "--device", "cpu", "--data-dir", str(folder))
    assert (result.code, result.err) == (0, "")
    resolved = resolve.load(preset, [("seed", "4")])
    n = 60000 if kind == "real" else 6437
    orders = [batch_order(resolved, epoch, n) for epoch in range(2)]
    script = printed(document("mnist").main, preset, 4, folder, orders=orders)
    assert result.out[: len(script)] == script
    assert result.out[len(script) :].startswith("Run ")
    assert result.out.count("\n") == script.count("\n") + 1
