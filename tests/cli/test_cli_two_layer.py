"""The two-layer document on the command line: its lines, its curve as CSV, kill -9 and resume, bad input."""

from __future__ import annotations

import csv
import os
import signal
import time

import numpy as np
import pytest
import torch

SMALL = ("--set", "iterations=40", "--set", "model.hidden=10")
"""The small MNIST has 600 samples: six iterations an epoch."""


@pytest.fixture
def mnist(cli, fashion_dir):
    return cli.at(cli.cwd, NNTUI_DATA_DIR=str(fashion_dir))


def weights(run):
    return torch.load(run / "model.pt", weights_only=True)


def test_the_documents_lines_and_a_curve(mnist):
    result = mnist.call("run", "two-layer", *SMALL, "--csv", "curve.csv")
    assert result.code == 0
    lines = [line for line in result.out.splitlines() if line.startswith("train acc")]
    with (mnist.cwd / "curve.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["step"] for row in rows] == ["1", "7", "13", "19", "25", "31", "37"], "where it was measured"
    assert lines == [f"train acc, test acc | {row['train_accuracy']}, {row['test_accuracy']}" for row in rows]
    (run,) = mnist.runs()
    assert (run["status"], run["step"], run["steps"], run["epoch"], run["epochs"]) == ("completed", 40, 40, 7, 7)
    shown = mnist.call("show", "last").out
    assert "numerical: central differences, h = 0.0001" in shown
    assert [line.split() for line in shown.splitlines() if line.strip().startswith("W1, b1")] == [
        ["W1,", "b1", "Linear", "10", "7,850"]
    ]


def test_backpropagation_comes_to_the_same_weights(mnist):
    numerical = mnist.at(mnist.cwd / "numerical")
    backprop = mnist.at(mnist.cwd / "backprop")
    assert numerical.call("run", "two-layer", *SMALL, "--quiet").code == 0
    assert backprop.call("run", "two-layer", *SMALL, "--set", "gradient=backprop", "--quiet").code == 0
    ours, theirs = weights(numerical.only_run), weights(backprop.only_run)
    assert list(ours) == ["W1", "b1", "W2", "b2"]
    for name in ours:
        np.testing.assert_allclose(ours[name].numpy(), theirs[name].numpy(), rtol=0, atol=1e-8)


def test_every_loss_is_that_of_the_batch_after_its_step(mnist):
    events = mnist.call("run", "two-layer", "--set", "iterations=3", "--json").events()
    losses = [loss for event in events if event["type"] == "StepsEnded" for loss in event["losses"]]
    assert len(losses) == 3
    assert events[-1]["type"] == "RunEnded"
    assert losses[0] < np.log(10) + 0.1


@pytest.mark.slow
def test_killed_and_resumed_it_is_the_same(mnist):
    """Killed in the middle of its first epoch or later, wherever that is: the checkpoint and the seed tell the rest."""
    whole = mnist.at(mnist.cwd / "whole")
    settings = ("iterations=6000", "gradient=backprop", "batch_size=10", "model.hidden=8", "evaluate.when=end")
    options = ["--quiet", *(word for setting in (*settings, "log=plain") for word in ("--set", setting))]
    assert whole.call("run", "two-layer", *options).code == 0
    killed = mnist.at(mnist.cwd / "killed")
    child = killed.spawn("run", "two-layer", *options)
    until = time.monotonic() + 60
    while not list(killed.saved.glob("*/checkpoint.pt")):
        assert time.monotonic() < until
        assert child.poll() is None
        time.sleep(0.01)
    os.kill(child.pid, signal.SIGKILL)
    child.communicate()
    assert killed.call("resume", "last", "--quiet").code == 0
    ours, theirs = weights(killed.only_run), weights(whole.only_run)
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


def test_what_it_knows_can_be_asked(mnist):
    assert mnist.call("run", "two-layer", "--set", "dataset.name=iris", *SMALL, "--quiet").code == 0
    answer = mnist.call("predict", "last", "5.9", "3.0", "5.1", "1.8", "--json").json()
    model = {name: tensor.numpy() for name, tensor in weights(mnist.only_run).items()}
    z = 1 / (1 + np.exp(-(np.array([5.9, 3.0, 5.1, 1.8]) @ model["W1"] + model["b1"])))
    e = np.exp(z @ model["W2"] + model["b2"])
    found = answer["probabilities"] if isinstance(answer, dict) else answer[0]["probabilities"]
    values = list(found.values()) if isinstance(found, dict) else found
    np.testing.assert_allclose(values, e / e.sum(), rtol=1e-12)


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("h=0", "h = 0: must be positive and finite; usual are 1e-6 to 1e-3"),
        ("h=-0.5", "h = -0.5: must be positive"),
        ("h=1e-15", "h = 1e-15: too small, the difference is rounding noise; usual are 1e-6 to 1e-3"),
        ("model.hidden=900000000", "use a smaller model.hidden"),
        ("gradient=newton", "'numerical', 'backprop' or 'autograd'"),
        ("device=mps", "computes with NumPy; use device=cpu"),
    ],
)
def test_bad_settings(mnist, setting, words):
    assert words in mnist.call("run", "two-layer", "--set", setting).refused()
    assert not mnist.saved.exists() or not list(mnist.saved.iterdir())


def test_inputs_that_are_not_finite(cli):
    (cli.cwd / "t.csv").write_text("a,b,y\n1,2,x\n3,inf,z\n2,2,x\n5,1,z\n1,1,x\n")
    table = ["--set", "dataset.name=csv", "--set", "dataset.path=t.csv", "--set", "dataset.target=y"]
    assert "column 'b' holds an infinite value in line 3" in cli.call("run", "two-layer", *table).refused()
