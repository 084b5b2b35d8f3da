"""The trash: one rename there, one back; never what trains, never what lies elsewhere, and no link is followed."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from some_runs import made_run, run_id

from core.errors import RunError
from core.runs import catalogue, labels, trash
from core.runs.event_log import EventLog
from core.runs.find import all_runs
from core.runs.folder import RunDir


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "models"


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "labels.lock"
    }


def test_what_is_deleted_comes_back_as_it_was(root: Path) -> None:
    run_dir, other = made_run(root, run_id(1)), made_run(root, run_id(2))
    (run_dir.path / "figures").mkdir()
    (run_dir.path / "figures" / "a.json").write_bytes(b"x" * 1000)
    labels.change(run_dir, name="mine", add=["a"])
    before = contents(run_dir.path)
    deleted = trash.delete(run_dir, root)
    assert (deleted.run_id, deleted.path) == (run_id(1), root / ".trash" / run_id(1))
    assert deleted.size >= sum(map(len, before.values()))
    assert abs(deleted.deleted - time.time()) < 60
    assert all_runs(root) == [other]
    assert [entry.run_id for entry in catalogue.read(root).entries] == [other.run_id]
    (found,) = trash.listed(root)
    assert (found.run_id, found.labels.name, found.size) == (run_id(1), "mine", deleted.size)
    assert trash.find("mine", root) == trash.find("last", root) == trash.find("0001", root) == found
    assert trash.restore(root, run_id(1)) == run_dir
    assert contents(run_dir.path) == before
    assert trash.listed(root) == []


def test_a_run_that_trains_is_not_deleted(root: Path) -> None:
    run_dir = made_run(root, run_id(1))
    log = EventLog(run_dir)
    with pytest.raises(RunError, match="is being trained; stop it"):
        trash.delete(run_dir, root)
    log.close()
    trash.delete(run_dir, root)


def test_nor_a_trial_alone(root: Path) -> None:
    search = made_run(root, run_id(1))
    trial = made_run(search.path / "trials", "7")
    for refused in (lambda: trash.delete(trial, root), lambda: trash.to_delete(f"{run_id(1)}/7", root)):
        with pytest.raises(RunError, match=f"cannot be deleted alone; delete the search: {run_id(1)}"):
            refused()


def test_nor_what_lies_elsewhere(root: Path, tmp_path: Path) -> None:
    made_run(root, run_id(1))
    elsewhere = made_run(tmp_path / "other", run_id(2))
    within = made_run(root / "folder", run_id(3))
    for run_dir in (elsewhere, within, RunDir(root), RunDir(root / "..")):
        with pytest.raises(RunError, match="not in the models folder"):
            trash.delete(run_dir, root)
    assert elsewhere.events.is_file()
    assert not (root / ".trash").exists()


def test_links_are_not_followed(root: Path, tmp_path: Path) -> None:
    elsewhere = made_run(tmp_path / "other", run_id(2))
    run_dir = made_run(root, run_id(1))
    (root / "link").symlink_to(elsewhere.path)
    with pytest.raises(RunError, match="is a link to a run"):
        trash.delete(RunDir(root / "link"), root)
    (run_dir.path / "data").symlink_to(elsewhere.path)
    (run_dir.path / "large").symlink_to("/dev/zero")
    size = trash.size(run_dir.path)
    assert size < 10_000
    trash.delete(run_dir, root)
    (root / ".trash" / "a link").symlink_to(elsewhere.path)
    emptied = trash.empty(root)
    assert (emptied.runs, emptied.failed) == (1, ())
    assert list((root / ".trash").iterdir()) == []
    assert elsewhere.events.is_file()


def test_a_trash_that_is_a_link_is_refused(root: Path, tmp_path: Path) -> None:
    run_dir = made_run(root, run_id(1))
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "precious").write_text("x")
    (root / ".trash").symlink_to(tmp_path / "elsewhere")
    for refused in (
        lambda: trash.delete(run_dir, root),
        lambda: trash.listed(root),
        lambda: trash.restore(root, "precious"),
        lambda: trash.empty(root),
    ):
        with pytest.raises(RunError, match="is a link"):
            refused()
    assert run_dir.events.is_file()
    assert (tmp_path / "elsewhere" / "precious").is_file()


def test_nothing_takes_the_place_of_another_run(root: Path) -> None:
    run_dir = made_run(root, run_id(1))
    trash.delete(run_dir, root)
    again = made_run(root, run_id(1), score=0.9)
    with pytest.raises(RunError, match=r"there is a run .* again"):
        trash.restore(root, run_id(1))
    with pytest.raises(RunError, match="in the trash already"):
        trash.delete(again, root)
    assert again.events.is_file()


@pytest.mark.parametrize("name", ["", ".", "..", "../x", ".removing-1", "nothing", "a/b"])
def test_what_is_not_there_is_not_restored(name: str, root: Path) -> None:
    trash.delete(made_run(root, run_id(1)), root)
    (root / ".trash" / ".removing-1").mkdir()
    with pytest.raises(RunError, match="in the trash"):
        trash.restore(root, name)


def test_what_is_half_deleted_or_broken_can_be_deleted(root: Path) -> None:
    half, foreign = made_run(root, run_id(1)), made_run(root, run_id(2))
    half.events.unlink()
    half.model.write_bytes(b"x")
    foreign.events.write_text("something else\n")
    for run_dir in (half, foreign):
        assert trash.to_delete(run_dir.run_id, root) == run_dir
        trash.delete(run_dir, root)
    assert len(trash.listed(root)) == 2


def test_a_run_that_is_just_beginning_is_not(root: Path) -> None:
    run_dir = RunDir.create(root, "toy", "epochs = 1\n")
    with pytest.raises(RunError, match="no runs in"):
        trash.to_delete(run_dir.run_id, root)
    with pytest.raises(RunError, match="just beginning"):
        trash.delete(run_dir, root)
    assert catalogue.read(root).broken == ()


def test_a_process_that_was_about_to_go_on_with_it_hears_of_it(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has opened the log, and gets its lock when the run is in the trash."""
    from core.runs import event_log

    run_dir = made_run(root, run_id(1))
    real = event_log.lock

    def late(file: object) -> bool:
        trash.delete(run_dir, root)
        return real(file)  # type: ignore[arg-type]

    monkeypatch.setattr(event_log, "lock", late)
    with pytest.raises(RunError, match="was deleted meanwhile"):
        EventLog(run_dir)


def test_what_cannot_be_removed_is_told_and_the_rest_goes(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for i in (1, 2):
        trash.delete(made_run(root, run_id(i)), root)
    real = os.unlink

    def refuse(path: str, **options: int) -> None:
        if path == "config.toml" and not refused:
            refused.append(path)
            raise PermissionError(13, "Permission denied", path)
        real(path, **options)

    refused: list[str] = []
    monkeypatch.setattr(os, "unlink", refuse)
    emptied = trash.empty(root)
    assert emptied.runs == 1
    assert emptied.size > 0
    assert len(emptied.failed) == 2, "the file, and the folder that is not empty"
    assert "Permission denied" in emptied.failed[0]
    assert "config.toml" in emptied.failed[0]
    assert trash.listed(root) == [], "what is half gone is not restored"
    assert trash.empty(root).failed == ()
    assert list((root / ".trash").iterdir()) == []


def test_an_empty_trash(root: Path) -> None:
    assert trash.listed(root) == []
    assert trash.empty(root) == trash.Emptied(0, 0)
    with pytest.raises(RunError, match="is empty"):
        trash.find("x", root)
    assert not root.exists()
