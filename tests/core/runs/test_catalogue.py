"""The list of runs: what broken ones do to it, what is kept of it, never believed more than the logs."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from made import run_started
from some_runs import events_of, made_run, run_id

from core.errors import RunError
from core.events import codec
from core.runs import catalogue, index, labels, summary, trash
from core.runs.event_log import EventLog
from core.runs.folder import RunDir


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "models"


@pytest.fixture
def many(root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Enough for an index."""
    monkeypatch.setattr(catalogue, "FEW", 3)
    for i in range(5):
        made_run(root, run_id(i), score=i / 10)
    return root


def scores(listing: catalogue.Listing) -> dict[str, float]:
    return {entry.run_id: entry.summary.metrics["test_accuracy"] for entry in listing.entries}


def test_runs_are_listed_oldest_first_beside_their_labels(root: Path) -> None:
    for i in (2, 1, 3):
        made_run(root, run_id(i), started=f"2026-11-0{4 - i}T12:00:00+00:00")
    labels.change(RunDir(root / run_id(2)), name="two", add=["a"])
    listing = catalogue.read(root)
    assert [entry.run_id for entry in listing.entries] == [run_id(3), run_id(2), run_id(1)]
    assert [entry.title for entry in listing.entries] == [run_id(3), "two", run_id(1)]
    assert listing.broken == ()
    assert not (root / index.NAME).exists(), "for so few"
    assert listing.entries[0].summary.config["optimizer.lr"] == 0.01
    assert listing.entries[0].summary.config["model.hidden"] == [16, 16]


def test_where_there_are_none(root: Path) -> None:
    assert catalogue.read(root) == catalogue.Listing()


def _without_config(run_dir: RunDir) -> None:
    run_dir.config.unlink()


def _foreign_log(run_dir: RunDir) -> None:
    run_dir.events.write_bytes(b"a,b\n1,2\n\xff\xfe")


def _without_its_beginning(run_dir: RunDir) -> None:
    run_dir.events.write_bytes(run_dir.events.read_bytes()[50:])


def _of_a_newer_version(run_dir: RunDir) -> None:
    run_dir.events.write_text(run_dir.events.read_text().replace('"v": 1', '"v": 2'))


def _impossible(run_dir: RunDir) -> None:
    started = run_started({"epochs": [1]}, run_id=run_dir.run_id, seq=0)
    run_dir.events.write_text(codec.encode(started) + "\n")


def _half_deleted(run_dir: RunDir) -> None:
    run_dir.events.unlink()
    run_dir.model.write_bytes(b"")


def _empty_folder(run_dir: RunDir) -> None:
    run_dir.events.unlink()
    run_dir.config.unlink()


def _a_folder_as_log(run_dir: RunDir) -> None:
    run_dir.events.unlink()
    run_dir.events.mkdir()
    run_dir.model.write_bytes(b"")


BREAK: list[tuple[Callable[[RunDir], None], str]] = [
    (_without_config, "has no config.toml"),
    (_foreign_log, "does not begin as a log"),
    (_without_its_beginning, "does not begin as a log"),
    (_of_a_newer_version, "newer version of nntui; update"),
    (_impossible, "cannot be understood"),
    (_half_deleted, "has no events.jsonl"),
    (_empty_folder, "is empty"),
    (_a_folder_as_log, "has no events.jsonl"),
]


def test_broken_runs_are_told_and_hide_no_other(root: Path) -> None:
    for i in range(20):
        made_run(root, run_id(i))
    for i, (spoil, _what) in enumerate(BREAK):
        spoil(RunDir(root / run_id(2 * i)))
    (root / "notes").mkdir()
    (root / "a file").write_text("x")
    (root / "dead link").symlink_to("nowhere")
    for _ in range(2):
        listing = catalogue.read(root)
        assert len(listing.entries) == 20 - len(BREAK)
        assert [broken.run_id for broken in listing.broken] == [run_id(2 * i) for i in range(len(BREAK))]
        for broken, (_spoil, what) in zip(listing.broken, BREAK, strict=True):
            assert what in broken.why
            assert broken.run_id in broken.why
            assert "\n" not in broken.why


def test_a_torn_last_line_is_normal(root: Path) -> None:
    run_dir = made_run(root, run_id(1))
    with run_dir.events.open("ab") as file:
        file.write(b'{"v": 1, "seq": 9, "ty')
    assert [entry.summary.status for entry in catalogue.read(root).entries] == ["completed"]


@pytest.mark.parametrize("content", [b"", b"\n\n", b'{"v": 1, "seq": 0, "t": 0.0, "type": "RunSta'])
def test_a_run_that_was_cut_off_before_it_told_anything_is_listed(content: bytes, root: Path) -> None:
    made_run(root, run_id(1), []).events.write_bytes(content)
    (entry,) = catalogue.read(root).entries
    assert entry.summary.status == "interrupted"


def test_damaged_caches_are_made_again(root: Path) -> None:
    before = scores(catalogue.read(Path(many_runs(root))))
    for run_dir in root.iterdir():
        (run_dir / "summary.json").write_text('{"metrics": 3}')
    assert scores(catalogue.read(root)) == before


def many_runs(root: Path) -> Path:
    for i in range(4):
        made_run(root, run_id(i), score=i / 10)
    return root


# The index.


def test_what_is_kept_of_many_is_what_their_logs_say(many: Path) -> None:
    whole = catalogue.read(many)
    assert (many / index.NAME).is_file()
    for path in many.glob("*/summary.json"):
        path.unlink()
    kept = catalogue.read(many)
    assert [entry.summary for entry in kept.entries] == [entry.summary for entry in whole.entries]
    assert [replace(summary.read(entry.run_dir), curves={}) for entry in kept.entries] == [
        entry.summary for entry in kept.entries
    ]
    assert catalogue.read(many, kept).entries == kept.entries


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"format": 9, "runs": 3}', b"\xff", b'{"runs": {"x": 1}}'])
def test_an_index_that_is_damaged_is_made_again(content: bytes, many: Path) -> None:
    before = scores(catalogue.read(many))
    (many / index.NAME).write_bytes(content)
    assert scores(catalogue.read(many)) == before
    assert scores(catalogue.read(many)) == before


def test_an_index_of_another_form_is_made_again(many: Path) -> None:
    before = scores(catalogue.read(many))
    saved = json.loads((many / index.NAME).read_text())
    for change in ({"sizes": [1]}, {"columns": {**saved["columns"], "run_id": 3}}, {"configs": [3]}, {"columns": {}}):
        (many / index.NAME).write_text(json.dumps({**saved, **change}))
        assert scores(catalogue.read(many)) == before


def test_what_changed_since_is_read_again(many: Path) -> None:
    known = catalogue.read(many)
    changed, gone, new = RunDir(many / run_id(1)), RunDir(many / run_id(2)), run_id(9)
    changed.events.write_text("".join(codec.encode(e) + "\n" for e in events_of(run_id(1), score=0.77)))
    os.utime(changed.events, ns=(0, time.time_ns() + 10**9))  # the length may be the same
    changed.summary.unlink()
    for path in gone.path.iterdir():
        path.unlink()
    gone.path.rmdir()
    made_run(many, new, score=0.99)
    for listing in (catalogue.read(many), catalogue.read(many, known), catalogue.read(many)):
        found = scores(listing)
        assert found == {run_id(0): 0.0, run_id(1): 0.77, run_id(3): 0.3, run_id(4): 0.4, new: 0.99}


def test_a_run_that_trains_is_told_as_it_is(many: Path) -> None:
    run_dir = made_run(many, run_id(7), status="training")
    log = EventLog(run_dir)
    summary.write(run_dir, summary_history(run_dir))
    states = [catalogue.read(many).by_id[run_id(7)].summary.status for _ in range(2)]
    with run_dir.events.open("ab") as file:  # more than its summary knows
        file.write(b"\n")
    states.append(catalogue.read(many).by_id[run_id(7)].summary.status)
    assert states == ["training"] * 3
    log.close()
    assert catalogue.read(many).by_id[run_id(7)].summary.status == "interrupted"


def summary_history(run_dir: RunDir) -> object:
    from core.history.history import History
    from core.runs.event_log import read_events

    return History.fold(read_events(run_dir.events))


def test_a_run_that_goes_while_it_is_read_is_not_told(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made_run(root, run_id(1))
    going, real = made_run(root, run_id(2)), summary.read_log

    def late(run_dir: RunDir) -> summary.Summary:
        if run_dir == going:
            trash.delete(run_dir, root)
        return real(run_dir)

    monkeypatch.setattr(summary, "read_log", late)
    listing = catalogue.read(root)
    assert [entry.run_id for entry in listing.entries] == [run_id(1)]
    assert listing.broken == ()


def test_a_folder_that_cannot_be_listed_is_told(root: Path) -> None:
    root.mkdir()
    if os.geteuid() == 0:
        pytest.skip("root may read everywhere")
    root.chmod(0)
    try:
        with pytest.raises(RunError, match="cannot read the models folder"):
            catalogue.read(root)
    finally:
        root.chmod(0o755)


@pytest.mark.parametrize("started", ["9999-12-31T23:59:59-05:00", "0001-01-01T00:00:00+14:00", "never", ""])
def test_a_date_that_none_can_show_is_none(started: str, root: Path) -> None:
    run_dir = made_run(root, run_id(1), started=started)
    listing = catalogue.read(root)
    if started:
        (entry,) = listing.entries
        assert entry.began == pytest.approx(datetime(2026, 11, 1, 0, 0, 1).timestamp()), "its run-id tells"
    else:
        assert [each.run_id for each in listing.broken] == [run_dir.run_id]
    trash.delete(run_dir, root)
    (root / ".trash" / run_dir.run_id / "deleted.json").write_text(json.dumps({"deleted": started}))
    (deleted,) = trash.listed(root)
    assert datetime.fromtimestamp(deleted.deleted).year > 2000


def test_a_run_that_begins_is_not_called_broken(root: Path) -> None:
    """Whatever of it has been written, be it in part."""
    path = root / run_id(1)
    path.mkdir(parents=True)
    for name in ("config.toml", f".inputs.json.{os.getpid()}.0a1b2c3d.tmp", "inputs.json", "start.pt"):
        (path / name).touch()
        assert catalogue.read(root).broken == (), name
