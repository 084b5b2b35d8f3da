"""Signals, kill -9 and what `resume` makes of them: weights and losses bit for bit those of a run never broken."""

from __future__ import annotations

import os
import re
import shutil
import signal
import sys
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

EPOCHS = 600
"""About two seconds of iris-net on one slow core: long enough to be met in the middle."""

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
CPU = ("--device", "cpu", "--seed", "5")
IRIS = ("run", "iris-net", *CPU)


@dataclass(frozen=True)
class Ended:
    """A child that got a signal while it trained."""

    cli: Any
    result: Any
    seconds: float
    """From the signal to the end of the run in its log (of the process, where there is no run)."""

    @property
    def path(self) -> Path:
        return self.cli.only_run


def signalled(tools, cli, number, *arguments, models="saved_models", when=None, ignore=()):
    """Start a run, wait until `when` its log tells (300 steps), send the signal, wait for the end."""
    root = cli.cwd / models
    child = cli.spawn(*arguments, "--models-dir", models, ignore=ignore)
    tools.wait_until(when or (lambda: tools.last_step(root) >= 300), child)
    sent = time.monotonic()
    child.send_signal(number)
    if number != signal.SIGKILL:
        tools.wait_until(lambda: tools.last_event(root)["type"] == "RunEnded", child)
    seconds = time.monotonic() - sent
    return Ended(cli, tools.finish(child), seconds)


def checkpointed_and_gone_on(tools, root):
    """Whether the one run's log holds a checkpoint and 100 steps after it."""
    saved = tools.last_event(root, "CheckpointSaved")
    return saved and tools.last_step(root) >= saved["step"] + 100


@pytest.fixture(scope="module")
def ended(shared, tools):
    """One run per signal, one that ignores SIGHUP, one killed: name → Ended."""
    here = {name: shared.at(shared.cwd / name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "nohup", "SIGKILL")}
    run = (*IRIS, "--epochs", str(EPOCHS))
    jobs = [partial(signalled, tools, here[number.name], number, *run) for number in SIGNALS]
    jobs.append(partial(signalled, tools, here["nohup"], signal.SIGHUP, *run, ignore=(signal.SIGHUP,)))
    killed = partial(checkpointed_and_gone_on, tools, here["SIGKILL"].saved)
    endless = (*IRIS, "--epochs", "1000000")
    jobs.append(partial(signalled, tools, here["SIGKILL"], signal.SIGKILL, *endless, when=killed))
    return dict(zip(here, tools.together(*jobs), strict=True))


@pytest.fixture(scope="module")
def unbroken(ended, tools):
    """The same run, never broken: the one that ignored its signal."""
    path = ended["nohup"].path
    assert tools.last_step(path.parent) == 10 * EPOCHS
    return path


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_stops_the_run_with_a_checkpoint(ended, tools, number):
    """Exit 128 + n at once, whole files, one last event, and the way to go on printed at the end."""
    it = ended[number.name]
    assert it.result.code == 128 + number
    assert it.result.err == ""
    assert it.seconds < 3
    log = tools.read_log(it.path)
    assert (log[-1]["type"], log[-1]["status"], log[-1]["run_id"]) == ("RunEnded", "stopped", it.path.name)
    assert number.name in log[-1]["reason"]
    assert sum(event["type"] == "RunEnded" for event in log) == 1
    step = tools.last_step(it.path.parent)
    assert 300 <= step < 10 * EPOCHS
    saved = [event for event in log if event["type"] == "CheckpointSaved"]
    assert saved[-1]["step"] == step
    assert (it.path / "checkpoint.pt").is_file()
    assert tools.weights(it.path)["output.weight"].shape == (3, 16)
    *_lines, stopped, farewell = it.result.out.splitlines()
    assert stopped == f"Stopped after step {step} of {10 * EPOCHS}; go on with: nntui resume {it.path.name}"
    assert farewell.startswith(f"Run {it.path.name}, ")


def test_nohup_stays_in_force(ended, tools):
    it = ended["nohup"]
    assert (it.result.code, it.result.err) == (0, "")
    assert tools.read_log(it.path)[-1]["status"] == "completed"
    assert tools.last_step(it.path.parent) == 10 * EPOCHS


@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGHUP, marks=pytest.mark.slow)])
def test_a_stopped_run_resumes_exactly(ended, unbroken, cli, tools, number):
    """Weights, losses, numbering, clock and table are those of the run that was never broken."""
    import pandas as pd

    shutil.copytree(ended[number.name].path, cli.saved / ended[number.name].path.name)
    (run,) = cli.runs()
    assert run["status"] == "stopped"
    assert 0 < run["step"] < run["steps"] == 10 * EPOCHS
    result = cli.call("resume", "last", "--csv", "resumed.csv")
    assert (result.code, result.err) == (0, "")
    assert tools.same_weights(cli.only_run, unbroken)
    log = tools.read_log(cli.only_run)
    assert [event["seq"] for event in log] == list(range(len(log)))
    assert tools.folded_losses(log) == tools.folded_losses(tools.read_log(unbroken))
    (resumed,) = [event for event in log if event["type"] == "RunResumed"]
    assert (resumed["step"], resumed["session"]) == (run["step"], 2)
    times = [event["t"] for event in log]
    assert times == sorted(times)
    (run,) = cli.runs()
    assert (run["status"], run["sessions"], run["step"]) == ("completed", 2, 10 * EPOCHS)
    assert "complete" in cli.call("resume", "last").refused()

    assert cli.call("export", str(unbroken), "--csv", "unbroken.csv").code == 0
    resumed, whole = (pd.read_csv(cli.cwd / f"{name}.csv").drop(columns="seconds") for name in ("resumed", "unbroken"))
    assert len(resumed) == EPOCHS
    pd.testing.assert_frame_equal(resumed, whole, check_exact=True)


def test_a_killed_run_is_interrupted(ended, tools):
    it = ended["SIGKILL"]
    assert it.result.code == 128 + signal.SIGKILL
    assert tools.read_log(it.path)[-1]["type"] != "RunEnded"
    (run,) = it.cli.runs()
    assert run["status"] == "interrupted"
    assert "interrupted" in it.cli.call("runs").out
    assert it.cli.call("show", "last").out.startswith(f"{it.path.name}: interrupted")
    assert "interrupted" in it.cli.call("show", "last", "--json").out


def test_a_killed_run_resumes_from_its_checkpoint(ended, unbroken, tools, cli):
    """Its log even torn in the middle of a line. It goes on from the checkpoint and repeats the same losses."""
    shutil.copytree(ended["SIGKILL"].path, cli.saved / ended["SIGKILL"].path.name)
    before = tools.read_log(cli.only_run)
    checkpoint = [event["step"] for event in before if event["type"] == "CheckpointSaved"][-1]
    reached = tools.last_step(cli.saved)
    assert reached >= checkpoint + 100
    with (cli.only_run / "events.jsonl").open("ab") as file:
        file.write(b'{"v": 1, "seq": 999999, "t": 3.5, "type": "StepsEn')

    child = cli.spawn("resume", "last", "--json")
    events = []
    while not events or events[-1]["type"] != "StepsEnded" or events[-1]["first_step"] < reached + 100:
        events += tools.events(child.stdout.readline())
        if events[0]["type"] == "RunResumed" and len(events) == 1:
            assert "another process" in cli.call("resume", "last").refused()
            assert cli.runs()[0]["status"] in ("training", "evaluating")
    child.send_signal(signal.SIGINT)
    assert tools.finish(child).code == 130

    assert events[0]["type"] == "RunResumed"
    assert (events[0]["step"], events[0]["session"], events[0]["seq"]) == (checkpoint, 2, before[-1]["seq"] + 1)
    lines = (cli.only_run / "events.jsonl").read_bytes().splitlines()
    assert sum(b'"seq": 999999' in line for line in lines) == 1  # the torn line stays alone on its line
    log = [event for line in lines if b'"seq": 999999' not in line for event in tools.events(line)]
    assert [event["seq"] for event in log] == list(range(len(log)))
    losses, expected = tools.folded_losses(log), tools.folded_losses(tools.read_log(unbroken))
    n = min(len(losses), len(expected))
    assert n >= min(reached + 100, len(expected))
    assert losses[:n] == expected[:n]
    (run,) = cli.runs()
    assert (run["status"], run["sessions"], run["step"]) == ("stopped", 2, len(losses))


@pytest.mark.slow
def test_stopped_resumed_killed_and_resumed_again(ended, unbroken, cli, tools):
    """Three sessions, the second of which dies without a word, end where one does."""
    shutil.copytree(ended["SIGTERM"].path, cli.saved / ended["SIGTERM"].path.name)
    stopped_at = tools.last_step(cli.saved)
    child = cli.spawn("resume", "last")
    tools.wait_until(lambda: tools.last_step(cli.saved) >= stopped_at + 200, child)
    child.kill()
    assert tools.finish(child).code == 137
    assert cli.runs()[0]["status"] == "interrupted"
    assert cli.call("resume", "last", "--quiet").out == f"{cli.only_run.name}\n"
    log = tools.read_log(cli.only_run)
    assert [event["seq"] for event in log] == list(range(len(log)))
    assert [event["session"] for event in log if event["type"] == "RunResumed"] == [2, 3]
    assert tools.folded_losses(log) == tools.folded_losses(tools.read_log(unbroken))
    assert tools.same_weights(cli.only_run, unbroken)


def test_killed_before_any_checkpoint(ended, cli, tools):
    """Nothing to go on from: said so, and the log left as it is."""
    shutil.copytree(ended["SIGKILL"].path, cli.saved / ended["SIGKILL"].path.name)
    (cli.only_run / "checkpoint.pt").unlink()
    log = (cli.only_run / "events.jsonl").read_bytes()
    assert "no checkpoint" in cli.call("resume", "last").refused()
    assert (cli.only_run / "events.jsonl").read_bytes() == log


# In the middle of an epoch, with a document's log, from another folder.

FASHION = ("run", "fashion-mlp", "--epochs", "2", "--batch-size", "8", *CPU)
"""Small batches: 805 to an epoch, so that a signal meets it in the middle."""


@pytest.fixture(scope="module")
def mid_epoch(shared, tools, fashion_data):
    """fashion-mlp, its data named by a relative path, stopped by SIGTERM early in its second epoch."""
    here = shared.at(shared.cwd / "mid-epoch")
    shutil.copytree(fashion_data, here.cwd / "data")
    run = (*FASHION, "--data-dir", "data")
    in_second_epoch = lambda: tools.last_step(here.cwd / "runs") > 805  # noqa: E731
    it = signalled(tools, here, signal.SIGTERM, *run, models="runs", when=in_second_epoch)
    (path,) = (here.cwd / "runs").iterdir()
    return it, path


@pytest.fixture(scope="module")
def unbroken_fashion(shared, fashion_data):
    here = shared.at(shared.cwd / "unbroken-fashion")
    result = here.call(*FASHION, "--data-dir", str(fashion_data))
    assert result.code == 0
    return here.only_run, result.out


def moved_to(cli, path):
    shutil.copytree(path, cli.saved / path.name)
    return cli.only_run


@pytest.mark.slow
def test_stopped_in_the_middle_of_an_epoch(mid_epoch, tools):
    import torch

    it, path = mid_epoch
    assert (it.result.code, it.result.err) == (143, "")
    checkpoint = torch.load(path / "checkpoint.pt", weights_only=True)
    assert (checkpoint["epoch"], checkpoint["step"]) == (1, 805 + checkpoint["batch"])
    assert 0 < checkpoint["batch"] < 805


@pytest.mark.slow
def test_resumed_from_another_folder_without_naming_the_data(mid_epoch, unbroken_fashion, cli, tools):
    """Ends like the unbroken run, and the two logs together read like its log."""
    it, stopped = mid_epoch
    whole, log = unbroken_fashion
    path = moved_to(cli, stopped)
    step = tools.last_step(cli.saved)
    result = cli.call("resume", path.name)
    assert (result.code, result.err) == (0, "")
    assert tools.same_weights(path, whole)
    assert tools.folded_losses(tools.read_log(path)) == tools.folded_losses(tools.read_log(whole))

    ours = r"(Stopped|Resumed) after step .*\n|Saved PyTorch Model State to .*\n|Run .*\n"
    assert re.sub(ours, "", it.result.out + result.out) == re.sub(ours, "", log)
    assert f"Stopped after step {step} of 1610; go on with: nntui resume {path.name}\n" in it.result.out
    assert result.out.startswith(f"Resumed after step {step} of 1610, in epoch 2\n")
    assert "Done!" not in it.result.out
    assert result.out.count("Done!\nSaved PyTorch Model State to ") == 1


@pytest.mark.slow
def test_data_that_moved_is_named_again(mid_epoch, fashion_data, cli, tools, tmp_path_factory):
    """The recorded folder is gone: one line says so; --data-dir names the new place, for this and later sessions."""
    path = moved_to(cli, mid_epoch[1])
    config = path / "config.toml"
    gone = tmp_path_factory.mktemp("gone") / "data"
    config.write_text(re.sub(r"(?m)^data_dir = .*$", f'data_dir = "{gone}"', config.read_text()))
    events = (path / "events.jsonl").read_bytes()
    assert "--data-dir" in cli.call("resume", "last").refused()
    assert (path / "events.jsonl").read_bytes() == events
    relative = os.path.relpath(fashion_data, cli.cwd)
    result = cli.call("resume", "last", "--data-dir", relative)
    assert (result.code, result.err) == (0, "")


def test_data_that_changed_is_not_trained_on(mid_epoch, fashion_data, cli, tmp_path_factory):
    path = moved_to(cli, mid_epoch[1])
    other = tmp_path_factory.mktemp("other") / "data"
    shutil.copytree(fashion_data, other)
    labels = other / "FashionMNIST" / "raw" / "train-labels-idx1-ubyte"
    content = bytearray(labels.read_bytes())
    content[-1] = (content[-1] + 1) % 10
    labels.write_bytes(content)
    events = (path / "events.jsonl").read_bytes()
    assert "data" in cli.call("resume", "last", "--data-dir", str(other)).refused()
    assert (path / "events.jsonl").read_bytes() == events


# Before training begins.


def reading_a_pipe(tools, cli, number):
    """The experiment is a pipe that nobody writes to: the child waits before it imports anything heavy."""
    fifo = cli.cwd / "experiment.toml"
    os.mkfifo(fifo)
    child = cli.spawn("run", str(fifo))
    writer = tools.wait_until(lambda: _opened(fifo), child)  # succeeds once the child has the pipe open
    # A signal that comes just before read() does not interrupt it: the end of the file does.
    return _ended_by(tools, cli, child, number, then=lambda: os.close(writer))


def _opened(fifo):
    try:
        return os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)
    except OSError:
        return None


def importing_torch(tools, cli, number):
    """The child has mapped torch's library, and is a second away from its first step."""
    child = cli.spawn(*IRIS)
    maps = Path(f"/proc/{child.pid}/maps")
    tools.wait_until(lambda: "libtorch" in maps.read_text(), child)
    return _ended_by(tools, cli, child, number)


def asking_git(tools, cli, number):
    """A git that never answers, called when the run's folder has just been made."""
    git = cli.cwd / "bin" / "git"
    git.parent.mkdir()
    git.write_text(f"#!/bin/sh\ntouch '{cli.cwd}/asked'\nexec sleep 60\n")
    git.chmod(0o755)
    child = cli.at(cli.cwd, PATH=f"{git.parent}:{os.environ['PATH']}").spawn(*IRIS)
    tools.wait_until((cli.cwd / "asked").exists, child)
    assert len(list(cli.saved.iterdir())) == 1
    return _ended_by(tools, cli, child, number)


def _ended_by(tools, cli, child, number, then=lambda: None):
    sent = time.monotonic()
    child.send_signal(number)
    then()
    result = tools.finish(child)
    return Ended(cli, result, time.monotonic() - sent)


EARLY = {"reading": reading_a_pipe, "importing": importing_torch, "git": asking_git}
MOMENTS = [
    ("reading", signal.SIGINT),
    ("reading", signal.SIGTERM),
    ("importing", signal.SIGINT),
    ("git", signal.SIGTERM),
]


@pytest.fixture(scope="module")
def early(shared, tools):
    if not sys.platform.startswith("linux"):
        pytest.skip("looks into /proc")
    jobs = [partial(EARLY[name], tools, shared.at(shared.cwd / f"{name}-{n.name}"), n) for name, n in MOMENTS]
    return dict(zip(MOMENTS, tools.together(*jobs), strict=True))


@pytest.mark.parametrize(("moment", "number"), MOMENTS)
def test_a_signal_before_training_just_ends_the_program(early, moment, number):
    it = early[moment, number]
    assert "Traceback" not in it.result.err
    assert it.result.err.count("\n") <= 1
    assert it.result.code == 128 + number
    assert it.result.out == ""
    assert it.seconds < 10  # of a process that shares its core and has torch to put away
    assert not it.cli.saved.exists() or not list(it.cli.saved.iterdir())
