"""Run folders: their names, their logs, and how they are found again."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
import tempfile
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import RunError
from core.events import codec
from core.events.events import EpochEnded, Event, RunEnded, RunPaused, RunResumed, StepsEnded
from core.runs import folder as run_dir
from core.runs.event_log import EventLog, read_events
from core.runs.find import all_runs, find
from core.runs.folder import RunDir, slug

# Names.

HOSTILE = [
    *("", " ", ".", "..", "../../etc/passwd", "/etc/passwd", "~", "-rf", "a/b", "a\\b", "con:", "x\ny", "\x1b[31mred"),
    *("붓꽃 신경망", "été", "🙂🙂🙂", "\u202egnp.exe", "_", "--", "...", "a" * 5000, "꽃" * 5000, "𐍈" * 5000, "\x00"),
]


@given(st.text() | st.sampled_from(HOSTILE))
def test_a_slug_is_one_harmless_part_of_a_path(name: str) -> None:
    made = slug(name)
    assert 1 <= len(made) <= 40
    assert all(char.isalnum() or char in "-._" for char in made)
    assert made[0] not in "-._"
    assert slug(made) == made


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("iris-net", "iris-net"),
        ("My first try!", "My-first-try"),
        ("붓꽃 신경망", "붓꽃-신경망"),
        ("../../etc/passwd", "etc-passwd"),
        ("", "run"),
        ("🙂", "run"),
    ],
)
def test_slugs(name: str, expected: str) -> None:
    assert slug(name) == expected


@pytest.mark.parametrize("name", HOSTILE)
def test_a_run_of_any_name_lies_directly_in_its_root(name: str, tmp_path: Path) -> None:
    made = RunDir.create(tmp_path / "models", name, "epochs = 1\n")
    assert made.path.resolve().parent == (tmp_path / "models").resolve()
    assert made.config.read_text() == "epochs = 1\n"
    assert [path.name for path in tmp_path.iterdir()] == ["models"]
    assert find_after_a_first_event(made, tmp_path / "models") == made


def find_after_a_first_event(made: RunDir, root: Path) -> RunDir:
    made.events.touch()
    return find(made.run_id, root)


def test_a_folder_that_exists_is_never_taken_nor_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two runs of one name in one second draw the same four digits once in 65,536 times."""
    noon = datetime(2026, 11, 1, 12, 0, 0)
    drawn = iter(["abcd", "abcd", "ef01"])
    monkeypatch.setattr(run_dir.secrets, "token_hex", lambda _n: next(drawn))
    first = RunDir.create(tmp_path, "toy", "first = 1\n", noon)
    first.events.write_text("weeks of training")
    try:
        second = RunDir.create(tmp_path, "toy", "second = 1\n", noon)
    except RunError:
        pass
    else:
        assert second.path != first.path
    assert first.events.read_text() == "weeks of training"
    assert first.config.read_text() == "first = 1\n"


# The log.


def steps(first: int, *losses: float) -> StepsEnded:
    return StepsEnded(epoch=1, first_step=first, losses=list(losses), lr=0.1, samples=1, seconds=0.1, grad_norm=1.0)


def ended(status: str = "stopped") -> RunEnded:
    return RunEnded(status=status, reason="", run_id="r")  # type: ignore[arg-type]


def numbered(*given: Event) -> list[Event]:
    return [dataclasses.replace(event, seq=seq) for seq, event in enumerate(given)]


def write(path: Path, given: list[Event]) -> list[Event]:
    path.write_text("".join(codec.encode(event) + "\n" for event in given))
    return given


def test_what_is_appended_is_read(tmp_path: Path) -> None:
    given_events = numbered(steps(1, 0.5, float("inf")), EpochEnded(epoch=1, step=2, seconds=0.1), ended("completed"))
    log = EventLog(RunDir(tmp_path))
    for event in given_events:
        log.append(event)
        assert list(read_events(RunDir(tmp_path).events))[-1] == event, "at once, for whoever looks on"
    log.close()
    assert list(read_events(RunDir(tmp_path).events)) == given_events
    assert list(read_events(RunDir(tmp_path).events, after=0)) == given_events[1:]


@given(st.data())
def test_a_log_that_was_torn_anywhere_can_be_read_and_continued(data: st.DataObject) -> None:
    given_events = numbered(steps(1, 0.5), RunPaused(), ended())
    lines = [codec.encode(event).encode() + b"\n" for event in given_events]
    whole = b"".join(lines)
    cut = data.draw(st.integers(0, len(whole)), label="bytes that reached the disk")
    complete = sum(cut >= len(b"".join(lines[: i + 1])) - 1 for i in range(3))  # the newline itself may be missing
    with tempfile.TemporaryDirectory() as folder:
        torn = RunDir(Path(folder))
        torn.events.write_bytes(whole[:cut])
        assert list(read_events(torn.events)) == given_events[:complete]
        log = EventLog(torn)
        log.append(EpochEnded(epoch=9, step=9, seconds=0.0, seq=complete))
        log.close()
        kept = list(read_events(torn.events))
    assert kept[:-1] == given_events[:complete]
    assert kept[-1] == EpochEnded(epoch=9, step=9, seconds=0.0, seq=complete)


def test_unknown_and_foreign_lines_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    good = numbered(steps(1, 0.5), ended())
    lines = [
        *(b"", b"garbage", b"\xff\xfe\x00", b"{}", b'{"v": 2, "seq": 7, "t": 0.0, "type": "FigureDrawn"}'),
        *(codec.encode(event).encode() for event in good),
        *(b"null", b"[1, 2"),
    ]
    path.write_bytes(b"\n".join(lines))
    assert list(read_events(path)) == good


def test_what_a_resumed_session_took_back_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    given_events = write(
        path,
        numbered(
            steps(1, 5.0, 4.0, 3.0),
            steps(4, 2.0),
            EpochEnded(epoch=1, step=4, seconds=0.1),
            RunResumed(step=2, session=2),
            steps(3, 33.0, 44.0, 55.0),
            EpochEnded(epoch=1, step=4, seconds=0.2),
            RunResumed(step=4, session=3),
            steps(5, 66.0),
        ),
    )
    kept = list(read_events(path))
    losses = [loss for event in kept if isinstance(event, StepsEnded) for loss in event.losses]
    assert losses == [5.0, 4.0, 33.0, 44.0, 66.0]
    assert [event.seq for event in kept] == [0, 3, 4, 5, 6, 7]
    assert kept[0] == dataclasses.replace(given_events[0], losses=[5.0, 4.0])


def test_a_later_resume_from_an_earlier_step_takes_back_both_sessions(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    write(
        path,
        numbered(
            *(steps(1, 1.0, 2.0, 3.0), RunResumed(step=3, session=2), steps(4, 4.0, 5.0)),
            *(RunResumed(step=1, session=3), steps(2, 22.0)),
        ),
    )
    losses = [loss for e in read_events(path) if isinstance(e, StepsEnded) for loss in e.losses]
    assert losses == [1.0, 22.0]


@given(st.lists(st.integers(0, 12), max_size=4), st.integers(1, 5))
def test_however_often_it_was_resumed_every_step_is_told_once(resumes: list[int], group: int) -> None:
    """Against a model: a dict from step to the loss of the last session that trained it."""
    told, model, reached = [], {}, 0
    for session, resume in enumerate([0, *resumes], start=1):
        step = min(resume, reached)
        if session > 1:
            told.append(RunResumed(step=step, session=session))
            model = {s: loss for s, loss in model.items() if s <= step}
        while step < 12 - session:
            losses = [100.0 * session + step + i for i in range(group)]
            told.append(steps(step + 1, *losses))
            model.update({step + 1 + i: loss for i, loss in enumerate(losses)})
            step += group
        reached = step
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "events.jsonl"
        write(path, numbered(*told))
        kept = [event for event in read_events(path) if isinstance(event, StepsEnded)]
    found = [(event.first_step + i, loss) for event in kept for i, loss in enumerate(event.losses)]
    assert found == sorted(model.items())


def test_a_log_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="cannot read"):
        list(read_events(tmp_path / "events.jsonl"))


def test_a_log_has_one_writer(tmp_path: Path) -> None:
    log = EventLog(RunDir(tmp_path))
    assert RunDir(tmp_path).live
    with pytest.raises(RunError, match="another process"):
        EventLog(RunDir(tmp_path))
    log.close()
    assert not RunDir(tmp_path).live
    EventLog(RunDir(tmp_path)).close()


def test_a_look_does_not_keep_a_writer_out(tmp_path: Path) -> None:
    """A list of runs that asks which ones are live holds each log for an instant."""
    (tmp_path / "events.jsonl").touch()
    code = (
        "import sys; from core.runs.folder import RunDir; from pathlib import Path\n"
        "print('looking', flush=True)\n"
        "while True: RunDir(Path(sys.argv[1])).live"
    )
    looker = subprocess.Popen([sys.executable, "-P", "-c", code, str(tmp_path)], stdout=subprocess.PIPE)
    try:
        assert looker.stdout is not None
        assert looker.stdout.readline() == b"looking\n"
        for _ in range(20):
            EventLog(RunDir(tmp_path)).close()
    finally:
        looker.kill()
        looker.communicate()


def test_a_folder_without_a_log_is_not_live(tmp_path: Path) -> None:
    assert not RunDir(tmp_path).live


# Finding.

IDS = ["20261101-120000-iris-net-aaaa", "20261101-120001-iris-net-bbbb", "20261102-090000-붓꽃-cccc"]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for number, run_id in enumerate(IDS):
        (tmp_path / run_id).mkdir()
        log = tmp_path / run_id / "events.jsonl"
        log.touch()
        os.utime(log, (1000 + number, 1000 + number))
    (tmp_path / "20261103-000000-no-log-dddd").mkdir()
    (tmp_path / "notes.txt").touch()
    return tmp_path


def test_runs_are_listed_oldest_first(root: Path) -> None:
    assert [run.run_id for run in all_runs(root)] == IDS
    assert all_runs(root / "nothing") == []
    assert all_runs(root / "notes.txt") == []


@pytest.mark.parametrize(
    ("given_name", "expected"),
    [
        (IDS[1], IDS[1]),
        ("bbbb", IDS[1]),
        ("120000", IDS[0]),
        ("붓꽃", IDS[2]),
        ("last", IDS[2]),
    ],
)
def test_a_run_is_found_by_any_unique_part(given_name: str, expected: str, root: Path) -> None:
    assert find(given_name, root) == RunDir(root / expected)


def test_a_run_is_found_by_its_path(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert find(str(root / IDS[0]), root / "elsewhere") == RunDir(root / IDS[0])
    monkeypatch.chdir(root)
    assert find(IDS[0], Path("elsewhere")) == RunDir(Path(IDS[0]))


def test_last_is_the_one_that_was_written_to_last(root: Path) -> None:
    os.utime(root / IDS[0] / "events.jsonl", (9000, 9000))
    assert find("last", root).run_id == IDS[0]


def test_a_whole_id_wins_over_a_longer_one(root: Path) -> None:
    (root / f"{IDS[0]}-copy").mkdir()
    (root / f"{IDS[0]}-copy" / "events.jsonl").touch()
    assert find(IDS[0], root).run_id == IDS[0]


@pytest.mark.parametrize(
    ("given_name", "expected"),
    [
        ("iris-net", "fits 2 runs"),
        ("2026", "fits 3 runs"),
        ("nonesuch", "no run named 'nonesuch'"),
        ("", "no run named"),
        ("no-log", "no run named"),
        ("../..", "no run named"),
        ("a\nb", "no run named"),
        pytest.param("a" * 300, "no run named", id="longer than a file name"),
        ("~no-such-user/run", "no run named"),
        ("a\0b", "no run named"),
    ],
)
def test_what_cannot_be_found_is_told_in_one_line(given_name: str, expected: str, root: Path) -> None:
    with pytest.raises(RunError, match=expected) as error:
        find(given_name, root)
    assert len(str(error.value).splitlines()) == 1


def test_an_ambiguous_part_is_answered_with_the_runs(root: Path) -> None:
    with pytest.raises(RunError) as error:
        find("iris-net", root)
    assert IDS[0] in str(error.value)
    assert IDS[1] in str(error.value)


@pytest.mark.parametrize("given_name", ["last", "iris"])
def test_an_empty_folder_says_how_to_begin(given_name: str, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="nntui run"):
        find(given_name, tmp_path)
    with pytest.raises(RunError, match="nntui run"):
        find(given_name, tmp_path / "nothing")


def test_a_folder_that_cannot_be_listed_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_path: object) -> list[str]:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("core.runs.find.os.listdir", refuse)
    for look in (lambda: all_runs(tmp_path), lambda: find("last", tmp_path)):
        with pytest.raises(RunError, match=r"cannot read the models folder .*: Permission denied; .*--models-dir"):
            look()


def test_a_folder_whose_runs_cannot_be_searched_has_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In Python 3.11 `Path.is_file` raises PermissionError there."""
    (tmp_path / "a").mkdir()

    def refuse(self: Path, **_keywords: object) -> object:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "stat", refuse)
    assert all_runs(tmp_path) == []


def test_a_log_that_cannot_be_opened_is_one_line(tmp_path: Path) -> None:
    run_dir = RunDir(tmp_path)
    run_dir.events.mkdir()
    with pytest.raises(RunError, match=r"cannot write .*events\.jsonl: Is a directory"):
        EventLog(run_dir)


def test_the_working_folder_is_a_run_by_its_full_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_dir = RunDir.create(tmp_path, "here", "")
    run_dir.events.write_text("")
    monkeypatch.chdir(run_dir.path)
    assert find(".", tmp_path / "other").run_id == run_dir.run_id
