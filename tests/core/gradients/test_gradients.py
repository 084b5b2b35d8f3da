"""Snapshots of the two-layer net's gradients: read back as written, and what is computed from one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.gradients import compare
from core.gradients import snapshot as gradients
from core.gradients.compare import Comparison, Place
from core.gradients.snapshot import Snapshot
from core.runs.folder import RunDir
from core.two_layer.net import NAMES, Net, literal_gradient
from core.two_layer.numerical import Differences, numerical_gradient


@pytest.fixture
def snapshot() -> Snapshot:
    random = np.random.RandomState(0)
    return Snapshot(
        epoch=1,
        step=5,
        net=Net.drawn(random, 9, 4, 3, 0.5),
        x=random.randint(0, 3, (6, 9)) / 2.0,
        labels=random.randint(0, 3, 6),
        shape=(1, 3, 3),
        eps=1e-7,
        h=1e-4,
        seconds={"literal": 4.0, "numerical": 3.0, "backprop": 1.0, "autograd": 2.0},
        estimated=frozenset({"literal"}),
    )


def test_a_snapshot_is_read_as_it_was_written(snapshot: Snapshot, tmp_path: Path) -> None:
    run_dir = RunDir(tmp_path)
    assert gradients.read(run_dir) is None
    assert gradients.written(run_dir) is None
    gradients.write(run_dir, snapshot)
    read = gradients.read(run_dir)
    assert read is not None
    for name in ("epoch", "step", "shape", "eps", "h", "seconds", "estimated", "parameters"):
        assert getattr(read, name) == getattr(snapshot, name), name
    for name in NAMES:
        assert np.array_equal(dict(read.net)[name], dict(snapshot.net)[name])
    assert np.array_equal(read.x, snapshot.x)
    assert np.array_equal(read.labels, snapshot.labels)
    assert gradients.written(run_dir) == (run_dir.figures / gradients.FILE).stat().st_mtime_ns


@pytest.mark.parametrize("change", ["text", "shape", "labels", "nan", "missing"])
def test_what_does_not_belong_together_is_no_snapshot(snapshot: Snapshot, tmp_path: Path, change: str) -> None:
    run_dir = RunDir(tmp_path)
    x = snapshot.x.copy()
    x[0, 0] = np.nan
    changes = {"shape": {"shape": (1, 4, 4)}, "labels": {"labels": snapshot.labels + 3}, "nan": {"x": x}}
    gradients.write(run_dir, replace(snapshot, **changes.get(change, {})))  # type: ignore[arg-type]
    path = run_dir.figures / gradients.FILE
    if change == "text":
        path.write_text("no archive")
    if change == "missing":
        np.savez(path, W1=snapshot.net.W1)
    assert gradients.read(run_dir) is None


def test_all_four_agree_with_the_literal_loop(snapshot: Snapshot) -> None:
    found = Comparison.of(snapshot)
    literal = dict(literal_gradient(snapshot.net, snapshot.x, snapshot.labels, snapshot.eps, snapshot.h))
    for method in ("numerical", "backprop", "autograd"):
        assert found.difference(method) < 1e-8
        for name, each in getattr(found, method):
            assert np.abs(each - literal[name]).max() < 1e-8, (method, name)
            assert found.norms(name)[method] == pytest.approx(np.linalg.norm(literal[name]))
    assert found.difference("numerical") == max(found.difference("numerical", name) for name in NAMES)
    assert Comparison.of(snapshot, 0.3).difference("numerical") > 1e-5


def test_another_step_of_the_same_differences(snapshot: Snapshot) -> None:
    at = (snapshot.net, snapshot.x, snapshot.labels, snapshot.eps)
    first = Differences(*at, 1e-4)
    other = first.with_step(1e-2)
    for differences, h in ((first, 1e-4), (other, 1e-2)):
        assert list(differences.by_unit()) == [0, 1, 2, 3]
        for name, each in numerical_gradient(*at, h):
            assert np.array_equal(each, dict(differences.gradient)[name])


@pytest.mark.parametrize(
    "place", [Place("W1", (4, 2)), Place("b1", (2,)), Place("W2", (2, 1)), Place("b2", (1,))], ids=str
)
def test_the_loss_along_a_weight(snapshot: Snapshot, place: Place) -> None:
    before = {name: each.copy() for name, each in snapshot.net}
    found = compare.along(snapshot, place, h=1e-3, reach=0.5, points=11)
    literal = literal_gradient(snapshot.net, snapshot.x, snapshot.labels, snapshot.eps, 1e-3)
    assert found.quotient == pytest.approx(dict(literal)[place.name][place.index], abs=1e-12)
    assert found.slope == pytest.approx(found.quotient, abs=1e-6)
    assert found.weight == before[place.name][place.index]
    assert found.xs[[0, 5, 10]] == pytest.approx([found.weight - 0.5, found.weight, found.weight + 0.5])
    assert found.losses[5] == pytest.approx(compare.truth(snapshot)[0])
    for name, each in snapshot.net:
        assert np.array_equal(each, before[name]), "the snapshot is left as it was"


def test_the_error_is_least_between_rounding_and_truncation(snapshot: Snapshot) -> None:
    steps = [10.0**k for k in range(-12, 1)]
    found = compare.errors(snapshot, 1, steps)
    assert 1e-7 < found.best < 1e-3
    assert found.at(found.best) == found.errors.min()
    assert found.at(1e-12) > 1e3 * found.errors.min()
    assert found.at(1.0) > 1e3 * found.errors.min()
    assert found.at(1e-2) / found.at(1e-3) == pytest.approx(100, rel=0.05), "truncation grows with the square"


@pytest.mark.parametrize(
    "change",
    [
        {"eps": float("nan")},
        {"eps": -1.0},
        {"h": float("inf")},
        {"h": 1e300},
        {"shape": (-3, -3)},
        {"labels": np.zeros((6, 1), dtype=np.int64)},
        {"step": float("inf")},
        {"seconds": {"literal": float("nan"), "numerical": 3.0, "backprop": 1.0, "autograd": 2.0}},
        {"seconds": {"literal": -4.0, "numerical": 3.0, "backprop": 1.0, "autograd": 2.0}},
    ],
    ids=str,
)
def test_numbers_that_cannot_be_are_no_snapshot(snapshot: Snapshot, tmp_path: Path, change: dict[str, object]) -> None:
    gradients.write(RunDir(tmp_path), replace(snapshot, **change))  # type: ignore[arg-type]
    assert gradients.read(RunDir(tmp_path)) is None


def test_a_damaged_file_is_no_snapshot(snapshot: Snapshot, tmp_path: Path) -> None:
    run_dir = RunDir(tmp_path)
    gradients.write(run_dir, snapshot)
    path = run_dir.figures / gradients.FILE
    whole = path.read_bytes()
    random = np.random.RandomState(0)
    for _time in range(200):
        damaged = bytearray(whole)
        for at in random.randint(0, len(whole), 5):
            damaged[at] = random.randint(256)
        path.write_bytes(bytes(damaged[: random.randint(1, len(whole) + 1)]))
        found = gradients.read(run_dir)
        assert found is None or isinstance(found, Snapshot)


def test_gradients_that_are_not_finite_are_told(snapshot: Snapshot, tmp_path: Path) -> None:
    from core.errors import UserError
    from tui.screens.gradients.study import Wanted, study

    """Logits that overflow: infinite minus infinite."""
    net = replace(snapshot.net, W2=np.full_like(snapshot.net.W2, 1.7e308), W1=np.zeros_like(snapshot.net.W1))
    gradients.write(RunDir(tmp_path), replace(snapshot, net=net))
    with pytest.raises(UserError, match="after step 5 are not finite: there is nothing to compare"):
        study(RunDir(tmp_path), Wanted(written=1), None)
