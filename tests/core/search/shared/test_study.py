"""A study in a storage, on SQLite and on PostgreSQL: every trial to one worker, every result once, nothing lost."""

from __future__ import annotations

import dataclasses
import itertools
import json
import sqlite3
import sys
import threading
import time
import tomllib
import warnings
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import optuna
import pytest
import sqlalchemy as sa
from packaging.requirements import Requirement

from core.errors import RunError
from core.events.events import Event, RunEnded, TrialEnded, TrialsProgressed, TrialStarted
from core.experiment import open as search_config
from core.experiment.search import SearchConfig
from core.history.trials import Trials
from core.runs.event_log import read_events
from core.search.shared import known as shared_known
from core.search.shared import storage
from core.search.shared.claim import DEATHS
from core.search.shared.courier import Courier
from core.search.shared.known import Known, Worker, create, find
from core.search.shared.optuna_tables import HEARTBEATS, STUDY_ATTRIBUTES, TRIALS
from core.search.shared.storage import Storage, StorageLost, open_storage
from core.search.shared.study import Stored
from core.sessions import open
from core.sessions import shared as shared_search

_databases = itertools.count()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty storage of either kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/search.db"
    server = request.getfixturevalue("postgres")
    return str(server.new_database(f"test{next(_databases)}"))


@pytest.fixture
def opened(url: str):
    found = open_storage(url, create=True)
    yield found
    found.close()


@pytest.fixture
def file_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/search.db"


def config_of(*settings: tuple[str, str]) -> SearchConfig:
    made = search_config.load("iris-search", [("epochs", "3"), *settings])
    assert isinstance(made, SearchConfig)
    return made


def workers_of(opened: Storage, known: Known, n: int = 2) -> list[Stored]:
    """Between any two looks at their clock a second has passed: they ask as often as they are told to."""
    clock = itertools.count(0.0, 1.0).__next__
    return [Stored(opened, known, Worker(f"host/run-{i}", f"host:{i}"), clock=clock) for i in range(n)]


def ended(number: int, accuracy: float = 0.5, status: str = "completed") -> TrialEnded:
    return TrialEnded(
        number=number,
        status=status,
        reason="",
        epochs=3,
        seconds=0.25,
        metrics={"test_accuracy": accuracy, "test_loss": float("nan")},
        path="/here",
    )


def silence(opened: Storage) -> None:
    """All signs of life were an hour ago."""
    with opened.writing() as connection:
        long_ago = opened.now(connection) - timedelta(hours=1)
        connection.execute(sa.update(HEARTBEATS).values(heartbeat=long_ago))


def states(opened: Storage) -> Counter[str]:
    with opened.reading() as connection:
        return Counter(state.name for state in connection.scalars(sa.select(TRIALS.c.state)))


# The study.


def test_a_study_is_found_as_it_was_made(opened: Storage) -> None:
    config = config_of(("model.n_units", "8,16"), ("repeats", "2"), ("data_dir", "/nowhere"))
    made = create(opened, config, "abc", grace=7, workers=3)
    assert find(opened, "iris-search") == made
    assert (made.total, made.data_sha256, made.grace, made.workers) == (16, "abc", 7, 3)
    assert made.config.to_dict() == {k: v for k, v in config.to_dict().items() if k != "data_dir"}
    assert states(opened) == {"WAITING": 16}


def test_optuna_itself_can_read_it(opened: Storage, url: str) -> None:
    known = create(opened, config_of(("model.n_units", "8,24,16"), ("optimizer.lr", "0.1,0.01")), "abc")
    (worker,) = workers_of(opened, known, 1)
    asked = worker.ask()
    assert asked
    worker.exchange([ended(asked[0].number, 0.9), ended(asked[1].number, 0.7, "pruned"), ended(asked[2].number)])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        text = storage.parse(url).render_as_string(hide_password=False)
        study = optuna.load_study(study_name="iris-search", storage=text)
        assert study.best_value == 0.9
        assert study.best_params == asked[0].cell
        assert study.direction.name == "MAXIMIZE"
        assert [trial.number for trial in study.trials] == list(range(known.total))
        assert study.trials[asked[1].number - 1].state.name == "PRUNED"
        study._storage._backend.engine.dispose()


def test_a_name_is_given_once(opened: Storage) -> None:
    create(opened, config_of(), "abc")
    with pytest.raises(
        RunError, match=r"named iris-search in .* already: join it with nntui worker iris-search --stor"
    ):
        create(opened, config_of(("model.n_units", "8,16")), "abc")
    assert find(opened, "iris-search").total == 32
    create(opened, config_of(("name", "another")), "abc")


def test_what_is_there_is_named_where_a_name_is_not(opened: Storage) -> None:
    with pytest.raises(RunError, match=r"no search named 'x' in .*; it is empty"):
        find(opened, "x")
    create(opened, config_of(), "abc")
    with pytest.raises(RunError, match=r"no search named 'x' in .*; there are iris-search"):
        find(opened, "x")


def test_a_study_of_another_program_or_version_is_refused(opened: Storage, url: str) -> None:
    known = create(opened, config_of(), "abc")
    table = STUDY_ATTRIBUTES
    with opened.writing() as connection:
        about = json.loads(connection.scalar(sa.select(table.c.value_json)))
        changed = json.dumps({**about, "format": 99, "version": "9.9"})
        connection.execute(sa.update(table).values(value_json=changed))
    with pytest.raises(RunError, match=r"made by another version of nntui \(9.9, format 99; this is .*, format 1\)"):
        find(opened, "iris-search")
    with opened.writing() as connection:
        changed = json.dumps({**about, "version": "9.9", "config": about["config"].replace('"adam"', '"lion"')})
        connection.execute(sa.update(table).values(value_json=changed))
    with pytest.raises(
        RunError, match=r"cannot be trained by this version of nntui \(.*9.9\): no optimizer named 'lion'"
    ):
        find(opened, "iris-search")
    with opened.writing() as connection:
        connection.execute(sa.delete(table))
    with pytest.raises(RunError, match="is none of nntui's"):
        find(opened, "iris-search")
    shared_known.delete(opened, known)
    assert not states(opened)
    create(opened, config_of(), "abc")


def test_optunas_private_tables_are_imported_in_one_place_and_held_to_their_version() -> None:
    core = Path(shared_known.__file__).parents[2]
    imports = [path.name for path in core.rglob("*.py") if "optuna.storages._" in path.read_text(encoding="utf-8")]
    assert imports == ["optuna_tables.py"]
    declared = tomllib.loads((core.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    (wanted,) = (Requirement(each) for each in declared if each.startswith("optuna"))
    major, minor = map(int, optuna.__version__.split(".")[:2])
    assert wanted.specifier.contains(optuna.__version__)
    assert not wanted.specifier.contains(f"{major}.{minor + 1}.0")


# Trials to train.


def test_no_trial_goes_to_two_workers_and_the_batches_get_smaller(opened: Storage) -> None:
    known = create(opened, config_of(), "abc")
    workers = workers_of(opened, known, 2)
    batches = []
    while asked := [each for worker in workers for each in (worker.ask() or [])]:
        batches.append(len(asked))
    assert sum(batches) == 32
    assert batches == sorted(batches, reverse=True)
    assert batches[0] < 32
    assert workers[0].ask() is None  # under way: they might come back
    assert states(opened) == {"RUNNING": 32}


def test_announced_workers_are_thought_of_from_the_beginning(opened: Storage) -> None:
    known = create(opened, config_of(), "abc", workers=4)
    asked = workers_of(opened, known, 1)[0].ask()
    assert asked is not None
    assert [each.number for each in asked] == [1, 2, 3, 4]
    assert asked[0].cell == {"model.n_layers": 1, "model.n_units": 8}


def test_max_stack_limits_a_batch(opened: Storage) -> None:
    known = create(opened, config_of(("max_stack", "3")), "abc")
    asked = workers_of(opened, known, 1)[0].ask()
    assert asked is not None
    assert len(asked) == 3


@pytest.mark.parametrize("method", ["grid", pytest.param("random", marks=pytest.mark.slow), "tpe"])
def test_racing_workers_try_every_cell_once(url: str, method: str) -> None:
    settings = [("method", method), *([("trials", "20")] if method != "grid" else [])]
    first = open_storage(url, create=True)
    known = create(first, config_of(*settings), "abc")

    def train(i: int) -> list[str]:
        opened = open_storage(url, create=False)
        worker = Stored(opened, known, Worker(f"host/run-{i}", f"host:{i}"))
        done: list[str] = []
        while (asked := worker.ask()) != []:
            for each in asked or []:
                done.append(json.dumps(each.cell, sort_keys=True))
                assert worker.exchange([ended(each.number, each.cell["model.n_units"] / 64)]) == {each.number}
        opened.close()
        return done

    with ThreadPoolExecutor(3) as pool:
        cells = [cell for found in pool.map(train, range(3)) for cell in found]
    assert len(cells) == len(set(cells)) == known.total
    assert states(first) == {"COMPLETE": known.total}
    first.close()


def test_tpe_proposes_until_there_are_no_cells_left(opened: Storage) -> None:
    settings = [("method", "tpe"), ("trials", "12"), ("model.n_layers", "1,2"), ("model.n_units", "8,16,24")]
    known = create(opened, config_of(*settings), "abc")
    (worker,) = workers_of(opened, known, 1)
    cells = []
    while asked := worker.ask():
        cells += [json.dumps(each.cell) for each in asked]
        worker.exchange([ended(each.number) for each in asked])
    assert asked == []
    assert len(cells) == len(set(cells)) == 6


def test_many_trials_are_a_matter_of_seconds(opened: Storage) -> None:
    began = time.monotonic()
    known = create(opened, config_of(("repeats", "100")), "abc")
    (worker,) = workers_of(opened, known, 1)
    asked = worker.ask()
    assert asked is not None
    assert len(asked) == 1600
    assert len(worker.exchange([ended(each.number) for each in asked])) == 1600
    assert time.monotonic() - began < 20
    assert states(opened) == {"WAITING": 1600, "COMPLETE": 1600}


# Results, and workers that die.


def test_a_result_counts_once_even_if_told_twice(opened: Storage) -> None:
    worker, other = workers_of(opened, create(opened, config_of(), "abc"))
    (first, *_rest) = worker.ask() or []
    assert other.exchange([ended(first.number)]) == set()  # not its own
    assert worker.exchange([ended(first.number)]) == {first.number}
    assert worker.exchange([ended(first.number)]) == {first.number}  # the answer to the first one was lost
    assert states(opened)["COMPLETE"] == 1


def test_given_back_trials_wait_at_once(opened: Storage) -> None:
    worker, other = workers_of(opened, create(opened, config_of(), "abc"))
    asked, others = worker.ask() or [], other.ask() or []
    worker.exchange([ended(asked[0].number)])
    worker.give_back()
    assert states(opened) == {"COMPLETE": 1, "RUNNING": len(others), "WAITING": 31 - len(others)}
    again = other.ask() or []
    assert again[0].number == asked[1].number
    assert again[0].cell == asked[1].cell


def test_the_trials_of_a_dead_worker_are_trained_again_and_its_late_result_does_not_count(opened: Storage) -> None:
    worker, other = workers_of(opened, create(opened, config_of(), "abc"))
    (first, *_rest) = asked = worker.ask() or []
    other.take_back()
    assert states(opened)["RUNNING"] == len(asked)  # it is alive
    silence(opened)
    assert worker.exchange(alive=True) == set()
    other.take_back()
    assert states(opened)["RUNNING"] == len(asked)  # it is alive again
    silence(opened)
    other.take_back()
    assert states(opened) == {"WAITING": 32}
    assert worker.exchange([ended(first.number)]) == set()
    again = other.ask() or []
    assert again[0] == first
    assert worker.exchange([ended(first.number)]) == set()
    assert other.exchange([ended(first.number, 0.75)]) == {first.number}
    assert worker.exchange([ended(first.number)]) == set()
    assert worker.look().lost == [each.number for each in asked if each != first]
    (told,) = [each for each in workers_of(opened, other.known, 1)[0].look().trials if each.ended]
    assert told.ended is not None
    assert told.ended.metrics["test_accuracy"] == 0.75


def test_a_trial_that_kills_its_workers_is_trained_alone_and_then_given_up(opened: Storage) -> None:
    known = create(opened, config_of(("model.n_units", "8"), ("max_stack", "2")), "abc")
    for i in range(DEATHS - 1):
        (worker,) = workers_of(opened, known, 1)
        assert [each.number for each in worker.ask() or []] == [1, 2], i
        silence(opened)
        worker.take_back()
    (worker,) = workers_of(opened, known, 1)
    assert [each.number for each in worker.ask() or []] == [1]
    silence(opened)
    worker.take_back()
    (told,) = [each for each in worker.look().trials if each.ended]
    assert told.ended is not None
    assert (told.number, told.ended.status) == (1, "failed")
    assert told.ended.reason == "5 workers died while they trained it"
    assert [each.number for each in worker.ask() or []] == [2]


def test_each_sees_what_the_other_does_once(opened: Storage) -> None:
    worker, other = workers_of(opened, create(opened, config_of(), "abc"))
    asked = worker.ask() or []
    seen = other.look()
    assert [(each.number, each.worker.name, each.ended) for each in seen.trials] == [
        (each.number, "host:0", None) for each in asked
    ]
    report = {"numbers": [1, 2], "epochs": [2, 1], "columns": {"test_loss": [0.5, float("nan")]}}
    worker.exchange(progress=report)
    (progress,) = other.look().progress
    assert progress["numbers"] == [1, 2]
    assert other.look() == shared_known.Seen()
    worker.exchange([ended(1)])
    (told,) = other.look().trials
    assert told.begun
    same = dataclasses.replace(ended(1), path="", metrics=told.ended.metrics, best_value=told.ended.best_value)
    assert told.ended == same
    assert other.look() == shared_known.Seen()
    assert worker.look() == shared_known.Seen()


def test_a_paused_worker_keeps_its_trials(file_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.search.shared.courier.LOOK_EVERY", 0.05)
    opened = open_storage(file_url, create=True)
    worker, other = workers_of(opened, create(opened, config_of(), "abc", grace=1))
    asked = worker.ask() or []
    courier = Courier(worker)
    courier.start()
    until = time.monotonic() + 3  # no one pulls; the grace passes three times (SQLite's clock ticks in seconds)
    while time.monotonic() < until:
        other.take_back()
        threading.Event().wait(0.1)
    assert states(opened)["RUNNING"] == len(asked)
    courier.close()
    courier.leave()
    assert states(opened) == {"WAITING": 32}
    opened.close()


def test_a_trial_that_another_program_has_ended_is_told_as_failed(opened: Storage) -> None:
    (worker,) = workers_of(opened, create(opened, config_of(), "abc"), 1)
    with opened.writing() as connection:
        connection.execute(sa.update(TRIALS).where(TRIALS.c.number == 4).values(state=optuna.trial.TrialState.FAIL))
    (told,) = worker.look().trials
    assert told.ended is not None
    assert (told.number, told.ended.status, told.ended.reason) == (5, "failed", "ended by another program")


# Storages that cannot be used.


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("postgresql", "this is no URL of a database; write postgresql://"),
        ("mysql://root:secret@host/x", "cannot use mysql as a storage"),
        ("sqlite://", "an SQLite storage is a file"),
        ("sqlite:////nowhere/at/all/x.db", "there is no folder /nowhere/at/all"),
        ("postgresql://me:secret@127.0.0.1:1/x", r"cannot reach the storage postgresql://me@127.0.0.1:1/x: .*refused"),
        ("postgres://me@127.0.0.1:1/x?password=secret", r"cannot reach the storage postgresql://me@127.0.0.1:1/x: "),
        ("postgresql://me:sec:ret@127.0.0.1:port/x", "this is no URL"),
    ],
)
def test_a_storage_that_cannot_be_reached_is_told_in_a_line_and_soon(text: str, complaint: str) -> None:
    began = time.monotonic()
    with pytest.raises(RunError, match=complaint) as found:
        open_storage(text, create=True)
    assert "secret" not in str(found.value)
    assert "\n" not in str(found.value)
    assert time.monotonic() - began < 6


def test_a_misspelt_file_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="there is no such file"):
        open_storage(f"sqlite:///{tmp_path}/typo.db", create=False)
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not a database, but long enough to be looked at as if it were one " * 9)
    before = (tmp_path / "notes.txt").read_bytes()
    with pytest.raises(RunError, match="file is not a database"):
        open_storage(f"sqlite:///{tmp_path}/notes.txt", create=True)
    assert (tmp_path / "notes.txt").read_bytes() == before


def test_a_wrong_password_says_where_to_put_the_right_one(postgres) -> None:
    with pytest.raises(RunError, match=r"password.*; give the password in PGPASSWORD or ~/.pgpass"):
        open_storage(postgres.url().replace("not-in-any-log", "wrong"), create=True)


@pytest.mark.parametrize(
    ("revision", "advice"), [("v3.0.0.a", "optuna storage upgrade --storage"), ("v99.0.0", "pip install -U optuna")]
)
def test_a_storage_of_another_optuna_is_refused(url: str, revision: str, advice: str) -> None:
    opened = open_storage(url, create=True)
    create(opened, config_of(), "abc")
    with opened.writing() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = :v"), {"v": revision})
        connection.execute(sa.text("UPDATE version_info SET library_version = '9.8.7'"))
    opened.close()
    with pytest.raises(RunError, match=rf"another version of Optuna \(9.8.7; this one is .*{advice}") as found:
        open_storage(url, create=True)
    assert "not-in-any-log" not in str(found.value)


def test_a_missing_driver_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(RunError, match=r"pip install 'nntui\[postgres\]'"):
        open_storage("postgresql://me@127.0.0.1:1/x", create=True)


def test_several_may_set_up_a_storage_at_once(url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        for opened in pool.map(lambda _i: open_storage(url, create=True), range(4)):
            opened.close()


# Whole sessions.


def trials_of(path: Path) -> tuple[Trials, Counter[int]]:
    events = list(read_events(path / "events.jsonl"))
    return Trials.fold(events), Counter(event.number for event in events if isinstance(event, TrialEnded))


def test_one_that_joins_later_has_all_trials_too(url: str, tmp_path: Path) -> None:
    config = config_of(("model.n_units", "8,16"))
    session = shared_search.start(config, tmp_path, url, ["nntui", "run", "--storage", url])
    assert session.run.execute().status == "completed"
    late = shared_search.join("iris-search", tmp_path, url)
    assert late.run.execute().status == "completed"
    for each in (session, late):
        trials, ends = trials_of(each.run_dir.path)
        assert ends == Counter(range(1, 9))
        assert trials.count("completed") == trials.total == 8
        assert len({trial.worker for trial in trials}) == 1
        text = each.run_dir.events.read_text() + each.run_dir.config.read_text()
        assert "not-in-any-log" not in text
    ours, theirs = (trials_of(each.run_dir.path)[0] for each in (session, late))
    assert [t.metrics for t in ours.in_order()] == [t.metrics for t in theirs.in_order()]
    assert [t.config for t in ours.in_order()] == [t.config for t in theirs.in_order()]
    rows = [each.run_dir.results.read_text() for each in (session, late)]
    assert rows[0] == rows[1]
    assert all(trial.path for trial in ours)
    assert not any(trial.path for trial in theirs)


def test_the_same_search_alone_comes_to_the_same(file_url: str, tmp_path: Path) -> None:
    config = config_of(("model.n_units", "8,16"), ("epochs", "5"))
    alone = open.start(config, tmp_path)
    alone.run.execute()
    shared = shared_search.start(config, tmp_path, file_url)
    shared.run.execute()
    ours, theirs = (trials_of(each.run_dir.path)[0] for each in (alone, shared))
    assert [trial.seed for trial in ours] == [trial.seed for trial in theirs]
    for one, other in zip(ours.in_order(), theirs.in_order(), strict=True):
        assert one.metrics == pytest.approx(other.metrics, rel=1e-4, abs=1e-6)


def test_what_was_stopped_waits_for_others_and_goes_on_by_resume(file_url: str, tmp_path: Path) -> None:
    config = config_of(("model.n_units", "8,16"), ("epochs", "100"))
    session = shared_search.start(
        config, tmp_path, file_url, (), [lambda e: session.run.stop() if isinstance(e, TrialsProgressed) else None]
    )
    assert session.run.execute().status == "stopped"
    opened = open_storage(file_url, create=False)
    assert states(opened)["RUNNING"] == 0
    assert states(opened)["WAITING"] > 0
    opened.close()
    again = open.resume(session.run_dir)
    assert again.run.execute().status == "completed"
    trials, ends = trials_of(session.run_dir.path)
    assert ends == Counter(range(1, 9))
    assert trials.count("completed") == 8
    with pytest.raises(RunError, match="is complete: 8 of 8 trials"):
        open.resume(session.run_dir)


def test_results_survive_a_storage_that_is_gone(file_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trained while nobody answers: kept in the folder, handed in by the next session, trained by nobody again."""
    monkeypatch.setattr(storage, "LOCK_TIMEOUT", 0.1)
    monkeypatch.setattr("core.search.shared.merged.PATIENCE", 0.5)
    monkeypatch.setattr("core.search.shared.courier.LOOK_EVERY", 0.1)
    path = storage.parse(file_url).database
    blocker = sqlite3.connect(str(path), isolation_level=None, check_same_thread=False)

    def block(event: object) -> None:
        if isinstance(event, TrialStarted) and not blocker.in_transaction:
            while True:
                try:
                    blocker.execute("BEGIN EXCLUSIVE")
                    return
                except sqlite3.OperationalError:  # the courier is at it
                    continue

    config = config_of(("model.n_units", "8,16"), ("epochs", "20"))
    session = shared_search.start(config, tmp_path, file_url, (), [block])
    end = session.run.execute()
    assert end.status == "failed"
    assert "has not answered for" in end.reason
    assert f"nntui resume {session.run_dir.run_id}" in end.reason
    trials, ends = trials_of(session.run_dir.path)
    before = {trial.number: trial.metrics for trial in trials if trial.state == "completed"}
    assert before
    blocker.execute("ROLLBACK")
    opened = open_storage(file_url, create=False)
    assert states(opened)["COMPLETE"] == 0
    started = []
    again = open.resume(
        session.run_dir, None, [lambda e: started.append(e.number) if isinstance(e, TrialStarted) else None]
    )
    assert states(opened)["COMPLETE"] == len(before)
    assert again.run.execute().status == "completed"
    assert not set(started) & set(before)
    trials, ends = trials_of(session.run_dir.path)
    assert ends == Counter(range(1, 9))
    assert {number: trials.by_number[number].metrics for number in before} == before
    opened.close()


def test_a_worker_whose_data_differ_trains_nothing(file_url: str, tmp_path: Path) -> None:
    table = tmp_path / "flowers.csv"
    lines = ["a,b,label", *(f"{i},{i * 7 % 5},{'xy'[i % 2]}" for i in range(20))]
    table.write_text("\n".join(lines))
    settings = [("dataset.name", "csv"), ("dataset.path", str(table)), ("dataset.target", "label"), ("name", "flowers")]
    config = config_of(*settings)
    shared_search.start(config, tmp_path / "ours", file_url).run._stream.close()
    table.write_text("\n".join([*lines[:-1], "3,3,x"]))
    with pytest.raises(RunError, match=r"the data here differs .*search flowers in .*: csv has the SHA-256"):
        shared_search.join("flowers", tmp_path / "theirs", file_url)
    assert not (tmp_path / "theirs").exists()


def test_a_folder_that_cannot_be_written_leaves_no_study(file_url: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="cannot write to the models folder"):
        shared_search.start(config_of(), tmp_path / "file", file_url)
    with pytest.raises(RunError, match="it is empty"):
        shared_search.join("iris-search", tmp_path, file_url)


def test_a_taken_name_leaves_no_folder(file_url: str, tmp_path: Path) -> None:
    open_storage(file_url, create=True).close()
    shared_search.start(config_of(), tmp_path / "one", file_url).run._stream.close()
    with pytest.raises(RunError, match="already"):
        shared_search.start(config_of(), tmp_path / "two", file_url)
    assert not list((tmp_path / "two").iterdir())


def test_a_defect_in_the_courier_ends_the_run(file_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: Stored) -> None:
        raise ZeroDivisionError("a defect")

    monkeypatch.setattr(Stored, "look", broken)
    session = shared_search.start(config_of(("epochs", "200")), tmp_path, file_url)
    end = session.run.execute()
    assert isinstance(end, RunEnded)
    assert (end.status, end.reason) == ("failed", "ZeroDivisionError: a defect")


def test_a_deleted_study_is_told(file_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = open_storage(file_url, create=True)
    known = create(opened, config_of(), "abc")
    (worker,) = workers_of(opened, known, 1)
    shared_known.delete(opened, known)
    with pytest.raises(StorageLost, match="has been deleted"):
        worker.give_back()
    opened.close()


@pytest.mark.parametrize("settings", [[("model.dropout", "0.1,0.2,0.3,0.4")], [("max_stack", "2")]])
def test_a_worker_that_stood_still_tells_what_became_of_its_trials(
    tmp_path: Path, file_url: str, settings: list[tuple[str, str]]
) -> None:
    """Also of those that it had not begun with when others took them over."""
    config = config_of(("model.n_layers", "1"), *settings)
    other = open_storage(file_url, create=True)
    taken: list[int] = []

    def stand_still(event: Event) -> None:
        if not isinstance(event, TrialEnded) or taken:
            return
        silence(other)
        (worker,) = workers_of(other, find(other, "iris-search"), 1)
        worker.take_back()
        while asked := worker.ask():
            taken.extend(each.number for each in asked)
            worker.exchange([ended(each.number, 0.25) for each in asked])

    session = shared_search.start(config, tmp_path, file_url, recorders=[stand_still])
    assert session.run.execute().status == "completed"
    other.close()
    trials = Trials.fold(read_events(session.run_dir.events))
    assert taken
    assert len(trials) == trials.total
    assert {trial.state for trial in trials} == {"completed"}
    assert all(trials.by_number[number].metrics["test_accuracy"] == 0.25 for number in taken)
