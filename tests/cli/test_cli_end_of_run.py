"""How a run ends: beside what needs no network, with what the doctor finds, in one line where the disk refuses."""

from __future__ import annotations

import contextlib
import errno
import os
import random
import resource

import pytest


@pytest.fixture
def noise(cli):
    """A table that nothing can be learned from but by heart: 4 of 5 are `no`."""
    rng = random.Random(1)
    lines = [
        ",".join([*(f"{rng.gauss(0, 1):.4f}" for _ in range(6)), "yes" if rng.random() < 0.2 else "no"])
        for _ in range(200)
    ]
    (cli.cwd / "noise.csv").write_text("a,b,c,d,e,f,y\n" + "\n".join(lines))
    return "noise.csv", "--set", "target=y", "--epochs", "40", "--device", "cpu"


def test_a_run_that_learns_by_heart_says_so_at_its_end(cli, noise):
    result = cli.call("run", *noise)
    assert result.code == 0
    overfitting, no_better = result.err.splitlines()
    assert overfitting.startswith("nntui: overfitting: test loss rose from ")
    assert no_better.startswith("nntui: no-better: test accuracy ")
    advice = "; keep the epoch that is best on a validation split: split.validation=0.2 stop.keep_best=true"
    assert overfitting.endswith(advice)
    assert no_better.endswith(advice)
    last = result.out.splitlines()[-1]
    assert " % by always answering no), saved in " in last
    shown = cli.call("show", "last").out
    assert "  A dummy that always answers no: train_accuracy " in shown
    assert all(line.removeprefix("nntui: ") in shown for line in result.err.splitlines())


def test_quiet_prints_the_run_id_and_what_is_wrong_and_json_events_alone(cli, noise):
    quiet = cli.call("run", *noise, "--quiet")
    assert quiet.out.count("\n") == 1
    assert "overfitting" in quiet.err
    told = cli.call("run", *noise, "--epochs", "1", "--json")
    assert told.err == ""
    started = told.events()[0]
    assert started["dummy_answer"] == "no"
    assert set(started["dummy"]) == {"train_accuracy", "test_accuracy"}


def test_epochs_chosen_on_the_test_split_are_a_warning_before_training(cli, noise):
    chosen = ("--set", "stop.keep_best=true")
    warned = cli.call("run", *noise, "--epochs", "1", *chosen).err.splitlines()[0]
    assert warned.startswith("nntui: stop.keep_best chooses an epoch by test_loss, ")
    assert warned.endswith("split.validation=0.2")
    fine = cli.call("run", *noise, "--epochs", "1", *chosen, "--set", "split.validation=0.2").err
    assert "stop.keep_best chooses" not in fine


@contextlib.contextmanager
def limited(size):
    """No file of this process may become larger than so many bytes meanwhile: pytest's own output is one, perhaps."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize(
    ("size", "code"), [(0, 2), (1000, 1), (6000, 1)], ids=["nothing", "not the first event", "a part of the log"]
)
def test_a_disk_that_takes_no_more_is_one_line(cli, size, code):
    with limited(size):
        done = cli.call("run", "iris-net", "--device", "cpu", "--quiet")
    assert done.code == code, done.err
    assert done.err.count("\n") == 1, done.err
    assert done.err.startswith("nntui: cannot write ")
    assert os.strerror(errno.EFBIG) in done.err
    left = [path.name for path in cli.saved.rglob("*")] if cli.saved.exists() else []
    assert not [name for name in left if name.endswith(("tmp", "error.txt"))]
    if size == 6000:
        listed = cli.runs()
        assert [each["status"] for each in listed] == ["interrupted"], "the log has no room for its end"
        assert cli.call("show", "last").code == 0
