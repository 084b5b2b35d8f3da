"""Checkpoints on disk: what is damaged is noticed, wherever it is, and the one before it is used."""

from __future__ import annotations

import random
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from core.errors import RunError
from core.events.events import CheckpointSaved, Event, RunResumed, StepsEnded
from core.experiment import resolve, schema
from core.history.history import History
from core.network import checkpoint_files
from core.network.weights import newest_weights
from core.runs.event_log import read_events
from core.runs.folder import RunDir
from core.sessions import network, session
from core.training import checkpoint

Damage = Callable[[bytes, random.Random], bytes]


def cut(content: bytes, rng: random.Random) -> bytes:
    return content[: rng.randrange(len(content))]


def flip(content: bytes, rng: random.Random) -> bytes:
    damaged = bytearray(content)
    bit = rng.randrange(8 * len(content))
    damaged[bit // 8] ^= 1 << bit % 8
    return bytes(damaged)


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of two steps."""
    path = tmp_path_factory.mktemp("run") / "checkpoint.pt"
    for step in (1, 2):
        checkpoint_files.write(path, {"step": step, "model": {"weight": torch.arange(100.0) * step}})
    return path


def test_the_one_before_is_kept_under_its_name(two: Path) -> None:
    assert sorted(path.name for path in two.parent.iterdir()) == ["checkpoint.previous.pt", "checkpoint.pt"]
    assert [torch.load(path, weights_only=True)["step"] for path in sorted(two.parent.iterdir())] == [1, 2]
    found = checkpoint_files.read(two)
    assert (found.saved["step"], found.path, found.note) == (2, two, "")
    with zipfile.ZipFile(two) as archive:
        assert archive.testzip() is None


@given(seed=st.integers(0), damage=st.sampled_from([cut, flip]))
def test_any_damage_is_noticed(two: Path, seed: int, damage: Damage) -> None:
    content = two.read_bytes()
    two.write_bytes(damage(content, random.Random(seed)))
    try:
        found = checkpoint_files.read(two)
    finally:
        two.write_bytes(content)
    assert (found.saved["step"], found.path.name) == (1, "checkpoint.previous.pt")
    assert str(two) in found.note
    assert "\n" not in found.note


def test_damage_in_its_last_bytes_is_noticed(two: Path) -> None:
    content = two.read_bytes()
    try:
        for i in range(len(content) - 100, len(content)):
            for damaged in (content[:i], content[:i] + bytes([content[i] ^ 1]) + content[i + 1 :]):
                two.write_bytes(damaged)
                assert checkpoint_files.read(two).saved["step"] == 1, i
    finally:
        two.write_bytes(content)


def test_one_of_a_version_without_digests_is_read(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.pt"
    torch.save({"step": 7}, path)
    assert checkpoint_files.read(path).saved == {"step": 7}
    checkpoint_files.write(path, {"step": 8})
    assert checkpoint_files.read(checkpoint_files.previous(path)).saved == {"step": 7}


def test_where_files_cannot_be_linked_both_are_kept_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(*_paths: Any) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("os.link", no_links)
    path = tmp_path / "checkpoint.pt"
    for step in (1, 2, 3):
        checkpoint_files.write(path, {"step": step})
    assert checkpoint_files.read(path).saved["step"] == 3
    path.unlink()  # as if the power had failed between two renames
    found = checkpoint_files.read(path)
    assert (found.saved["step"], "is missing" in found.note) == (2, True)


def test_two_damaged_ones_are_both_named(two: Path, tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.pt"
    path.write_bytes(two.read_bytes()[:-1])
    checkpoint_files.previous(path).write_bytes(b"")
    with pytest.raises(RunError, match=r"checkpoint\.pt is damaged .*checkpoint\.previous\.pt is damaged") as error:
        checkpoint_files.read(path)
    assert "\n" not in str(error.value)


# A run.


def iris(*pairs: tuple[str, str]) -> schema.RunConfig:
    settings = [("device", "cpu"), ("epochs", "3"), ("model.dropout", "0.2"), ("schedule.name", "cosine"), *pairs]
    return resolve.load("iris-net", settings)


def train(root: Path, *, save_at: tuple[int, ...] = (), stop_at: int = 0) -> RunDir:
    made: list[session.Session] = []

    def act(event: Event) -> None:
        if isinstance(event, StepsEnded) and event.first_step in save_at:
            made[0].run.checkpoint()
        if isinstance(event, StepsEnded) and event.first_step == stop_at:
            made[0].run.stop()

    made.append(network.start(iris(), root, recorders=[act]))
    made[0].run.execute()
    return made[0].run_dir


def test_a_run_goes_on_from_the_checkpoint_before_a_damaged_one(tmp_path: Path, every_step: None) -> None:
    """20 of 20, cut short and flipped in turn, each from the previous one and then equal to the last bit."""
    whole = train(tmp_path / "whole")
    expected, told = torch.load(whole.model, weights_only=True), History.fold(read_events(whole.events))
    made = train(tmp_path / "stopped", save_at=(8,), stop_at=17)
    newest, before = made.checkpoint.read_bytes(), checkpoint_files.previous(made.checkpoint).read_bytes()
    log, rng = made.events.read_bytes(), random.Random(0)
    for number in range(20):
        made.events.write_bytes(log)
        made.checkpoint.write_bytes((cut, flip)[number % 2](newest, rng))
        checkpoint_files.previous(made.checkpoint).write_bytes(before)
        for path in (made.model, made.summary):
            path.unlink(missing_ok=True)
        assert newest_weights(made).step == 8
        network.resume(made).run.execute()
        story = list(read_events(made.events))
        (resumed,) = [event for event in story if isinstance(event, RunResumed)]
        assert resumed.step == 8, number
        assert len(resumed.notes) == 1
        assert "checkpoint.pt is damaged" in resumed.notes[0]
        assert [e.first_step for e in story if isinstance(e, StepsEnded)] == list(range(1, 31)), "told once"
        again = torch.load(made.model, weights_only=True)
        assert all(torch.equal(again[name], tensor) for name, tensor in expected.items()), number
        history = History.fold(story)
        assert (history.losses, history.metrics, history.lr) == (told.losses, told.metrics, told.lr)


def test_a_damaged_checkpoint_does_not_take_the_place_of_a_good_one(tmp_path: Path, every_step: None) -> None:
    """Stopped again at once: the one that it went on from is still there, and the warning is given once."""
    made = train(tmp_path, save_at=(8,), stop_at=17)
    made.checkpoint.write_bytes(b"")
    again = network.resume(made)
    again.run.stop()
    again.run.execute()
    saved = [checkpoint_files.read_one(path)["step"] for path in made.path.glob("checkpoint*.pt")]
    assert saved == [8] * len(saved)
    network.resume(made).run.execute()
    first, second = [event for event in read_events(made.events) if isinstance(event, RunResumed)]
    assert (len(first.notes), second.notes) == (1, [])


def test_what_was_set_after_the_checkpoint_that_is_left_holds_still(tmp_path: Path, every_step: None) -> None:
    """config.toml tells it: the session that had told it has gone with the damaged checkpoint."""
    made = train(tmp_path, save_at=(8,), stop_at=13)
    made_again = network.resume(made, None, [], [("optimizer.lr", "0.05"), ("epochs", "4")])
    made_again.run.stop()
    made_again.run.execute()
    for path in (made.checkpoint, checkpoint_files.previous(made.checkpoint)):
        if checkpoint_files.read_one(path)["step"] != 8:
            path.write_bytes(path.read_bytes()[:-1])
    state = checkpoint_files.previous(made.checkpoint)
    other = train(tmp_path / "other", stop_at=8)
    state.write_bytes(other.checkpoint.read_bytes())
    network.resume(made).run.execute()
    story = list(read_events(made.events))
    assert [event.step for event in story if isinstance(event, RunResumed)] == [8]
    history = History.fold(story)
    assert (history.epochs, history.epoch, history.base_lr) == (4, 4, 0.05)
    assert checkpoint.there(made.checkpoint)
    assert [event.step for event in story if isinstance(event, CheckpointSaved)][-1] == 40
