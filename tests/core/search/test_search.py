"""A search trains what `fit` would train one by one, keeps what is over, and goes on where it was cut off."""

from __future__ import annotations

import csv
import itertools
import json
import math
import shutil
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from core.data.prepare import load_data
from core.errors import RunError, UserError
from core.events.commands import Stop
from core.events.events import (
    Evaluated,
    Event,
    RunEnded,
    RunResumed,
    RunStarted,
    TrialEnded,
    TrialsProgressed,
    TrialStarted,
)
from core.experiment import open as search_config
from core.experiment import resolve
from core.experiment.search import SearchConfig
from core.history.groups import groups_of
from core.history.history import History
from core.history.trials import Trials
from core.network import predict
from core.runs import summary
from core.runs.event_log import read_events
from core.runs.folder import RunDir
from core.search import trial_runs
from core.search.propose import open_study
from core.search.search import search
from core.search.state import Datasets, SearchState
from core.sessions import open as experiment
from core.sessions import shared as shared_search
from core.sessions.session import Session
from core.training.evaluate import evaluate
from core.training.state import TrainState
from core.training.textbook import fit

Act = Callable[[Event, Session], None]


def searched(*settings: str, preset: str = "iris-net") -> SearchConfig:
    pairs = [("device", "cpu"), ("epochs", "3"), *(tuple(each.split("=", 1)) for each in settings)]
    found = search_config.load(preset, pairs)  # type: ignore[arg-type]
    assert isinstance(found, SearchConfig)
    return found


MIXED = ("model.n_layers=0,2", "model.n_units=5,12", "optimizer.lr=0.003,0.03")


def run(chosen: SearchConfig | RunDir, root: Path, act: Act = lambda _event, _session: None) -> Session:
    """Start or resume, and execute; `act` sees every event in the log."""
    opened: list[Session] = []

    def recorder(event: Event) -> None:
        if opened:
            act(event, opened[0])

    if isinstance(chosen, RunDir):
        session = experiment.resume(chosen, recorders=[recorder])
    else:
        session = experiment.start(chosen, root, recorders=[recorder])
    opened.append(session)
    session.run.execute()
    return session


def events_of(session: Session | RunDir) -> list[Event]:
    run_dir = session if isinstance(session, RunDir) else session.run_dir
    return list(read_events(run_dir.events))


def trials_of(session: Session | RunDir) -> Trials:
    return Trials.fold(events_of(session))


def rows_of(run_dir: RunDir) -> list[dict[str, str]]:
    """results.csv without the column that no two runs share."""
    with run_dir.results.open(newline="") as file:
        return [{name: value for name, value in row.items() if name != "seconds"} for row in csv.DictReader(file)]


def ended(events: list[Event]) -> list[int]:
    return [event.number for event in events if isinstance(event, TrialEnded)]


def trained_alone(chosen: SearchConfig, number: int, cell: dict[str, Any]) -> dict[str, torch.Tensor]:
    alone = chosen.trial(cell, number)
    data = load_data(alone)
    state = TrainState.new(alone, data)
    for _event in fit(alone, state, data):
        pass
    return dict(state.model.state_dict())


def distance(found: dict[str, torch.Tensor], wanted: dict[str, torch.Tensor]) -> float:
    """The largest ‖Δ‖/‖w‖ of a tensor."""
    assert list(found) == list(wanted)
    return max(float((found[name] - wanted[name]).norm() / wanted[name].norm()) for name in wanted)


# What it trains.


def test_every_trial_is_what_fit_makes_of_it_alone(tmp_path: Path) -> None:
    chosen = searched(*MIXED)
    session = run(chosen, tmp_path)
    trials = trials_of(session)
    assert len(trials) == 8
    for trial in trials:
        weights = torch.load(session.run_dir.trial(trial.number).model, weights_only=True)
        assert distance(weights, trained_alone(chosen, trial.number, trial.cell)) < 1e-4


def test_what_cannot_be_stacked_trains_alone_with_the_same_events(tmp_path: Path) -> None:
    chosen = searched("model.dropout=0,0.5", "optimizer.name=adam,sgd", "model.n_units=8,9")
    session = run(chosen, tmp_path)
    trials = trials_of(session)
    assert trials.count("completed") == len(trials) == 8
    for trial in trials:
        weights = torch.load(session.run_dir.trial(trial.number).model, weights_only=True)
        assert distance(weights, trained_alone(chosen, trial.number, trial.cell)) < 1e-4, trial.cell
        assert set(trial.metrics) >= {"train_accuracy", "test_accuracy", "train_loss", "last_batch_accuracy"}


def test_a_plateau_lowers_the_rate_of_each_trial_by_itself(tmp_path: Path) -> None:
    keys = ("schedule.name=plateau", "schedule.patience=0", "schedule.threshold=0.05", "optimizer.lr=0.001,0.1")
    chosen = searched(*keys, "epochs=6")
    session = run(chosen, tmp_path)
    lowered = []
    for trial in trials_of(session):
        folder = trial_runs.open_trial(session.run_dir, trial.number)
        alone = experiment.start(resolve.load(str(folder.config)), tmp_path / "alone")
        alone.run.execute()
        one, other = (torch.load(each.model, weights_only=True) for each in (folder, alone.run_dir))
        assert all(torch.equal(one[name], other[name]) for name in other)
        ours, theirs = (History.fold(read_events(each.events)) for each in (folder, alone.run_dir))
        assert ours.lr == theirs.lr or math.isnan(ours.lr), "not known where the search has not told of each epoch"
        lowered.append(theirs.lr < theirs.base_lr)
    assert any(lowered)


def test_a_value_of_each_kind_can_be_searched(tmp_path: Path) -> None:
    for setting in (
        ["loss.name=cross-entropy,nll", "model.output_activation=none,log-softmax"],
        ["epochs=1,2,3"],
        ["batch_size=10,20"],
        ["schedule.name=constant,cosine"],
        ["split.train_size=0.5,0.8"],
        ["model.hidden=[[8],[4,4]]"],
        ["shuffle=true,false"],
        ['standardise=[[],["features"]]'],
        ["seed=1,2"],
    ):
        trials = trials_of(run(searched(*setting), tmp_path))
        completed = trials.count("completed")
        # The loss nll wants log-probabilities, so one of the first four fails, and says so.
        assert completed >= 2, [trial.reason for trial in trials]
        assert completed + trials.count("failed") == len(trials)


def test_the_table_of_results_is_what_the_saved_models_come_to(tmp_path: Path) -> None:
    session = run(searched(*MIXED), tmp_path)
    with session.run_dir.results.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == [
        *("trial", "n_layers", "n_units", "lr", "train_accuracy", "test_accuracy", "last_batch_accuracy"),
        *("train_loss", "test_loss", "seed", "epochs", "best_epoch", "best_test_accuracy", "seconds", "status"),
    ]
    axes = [(int(row["n_layers"]), int(row["n_units"]), float(row["lr"])) for row in rows]
    assert axes == sorted(itertools.product((0, 2), (5, 12), (0.003, 0.03)))
    for row in rows:
        folder = session.run_dir.trial(int(row["trial"]))
        alone = resolve.load(str(folder.config))
        assert str(alone.seed) == row["seed"]
        data = load_data(alone)
        state = TrainState.new(alone, data)
        state.model.load_state_dict(torch.load(folder.model, weights_only=True))
        measured = {
            event.split: event.metrics for event in evaluate(alone, state, data) if isinstance(event, Evaluated)
        }
        for split in ("train", "test"):
            assert measured[split]["accuracy"] == float(row[f"{split}_accuracy"])
            assert measured[split]["loss"] == pytest.approx(float(row[f"{split}_loss"]), rel=1e-5)


def test_the_same_search_twice_gives_the_same_table(tmp_path: Path) -> None:
    for method in (["model.n_units=4,9,17"], ["model.n_units=4..30", "method=tpe", "trials=12", "prune=halving"]):
        a, b = (run(searched(*method, "epochs=8"), tmp_path / name) for name in "ab")
        assert rows_of(a.run_dir) == rows_of(b.run_dir)


def test_repeats_are_the_same_network_with_other_seeds(tmp_path: Path) -> None:
    trials = trials_of(run(searched("model.n_units=4,9", "repeats=3"), tmp_path))
    groups = groups_of(trials)
    assert [len(group.trials) for group in groups] == [3, 3]
    assert len({trial.seed for trial in trials}) == 6


def stop_soon(event: Event, session: Session) -> None:
    if isinstance(event, TrialsProgressed):
        session.run.stop("enough")


def test_the_weights_of_the_best_epochs_are_kept(tmp_path: Path) -> None:
    """Also over a break, and of those that train alone."""
    settings = ("model.n_units=5,12", "optimizer.lr=0.03,0.3", "epochs=12", "stop.keep_best=true")
    for more in ([], ["model.dropout=0,0.3"]):
        chosen = searched(*settings, *more)
        session = run(
            chosen, tmp_path, lambda event, s: s.run.stop("x") if isinstance(event, TrialsProgressed) else None
        )
        while summary.read(session.run_dir).status == "stopped":
            run(session.run_dir, tmp_path)
        for trial in trials_of(session):
            alone = experiment.start(chosen.trial(trial.cell, trial.number), tmp_path / "alone")
            alone.run.execute()
            found, wanted = (
                torch.load(run_dir.best, weights_only=True)
                for run_dir in (session.run_dir.trial(trial.number), alone.run_dir)
            )
            assert distance(found, wanted) < 1e-4, trial.cell


# What it tells.


def test_events_come_in_order_and_not_too_many(tmp_path: Path) -> None:
    began = time.monotonic()
    session = run(searched("model.n_units=1..40", "epochs=40"), tmp_path)
    seconds = time.monotonic() - began
    events = events_of(session)
    kinds = Counter(type(event) for event in events)
    assert (kinds[RunStarted], kinds[TrialStarted], kinds[TrialEnded], kinds[RunEnded]) == (1, 40, 40, 1)
    assert kinds[TrialsProgressed] <= 10 * seconds + 1
    assert sum(len(e.numbers) * (2 + len(e.columns)) for e in events if isinstance(e, TrialsProgressed)) <= 20_000 * (
        seconds + 1
    )
    open_trials: set[int] = set()
    for event in events:
        if isinstance(event, TrialStarted):
            assert event.number not in open_trials
            assert (
                event.config
                == searched("model.n_units=1..40", "epochs=40")
                .trial(event.cell, event.number)
                .model_copy(update={"device": "cpu"})
                .to_dict()
            )
            open_trials.add(event.number)
        elif isinstance(event, TrialsProgressed):
            assert set(event.numbers) <= open_trials
        elif isinstance(event, TrialEnded):
            open_trials.remove(event.number)
    assert not open_trials


def test_seconds_are_shares_of_the_time(tmp_path: Path) -> None:
    began = time.monotonic()
    trials = trials_of(run(searched("model.n_units=4,9,17", "epochs=20"), tmp_path))
    assert 0 < sum(trial.seconds for trial in trials) < time.monotonic() - began


def test_most_side_by_side(tmp_path: Path) -> None:
    live = most = 0

    def count(event: Event, _session: Session) -> None:
        nonlocal live, most
        live += isinstance(event, TrialStarted) - isinstance(event, TrialEnded)
        most = max(most, live)

    run(searched("model.n_units=1..10", "max_stack=4"), tmp_path, count)
    assert most == 4


# What belongs to each trial.


def test_what_is_given_for_one_component_holds_for_all_that_have_it(tmp_path: Path) -> None:
    chosen = searched("optimizer.name=adam,sgd", "optimizer.lr=0.05", "optimizer.betas=[[0.9,0.99]]")
    found = {trial.config["optimizer"]["name"]: trial.config["optimizer"] for trial in trials_of(run(chosen, tmp_path))}
    assert found["adam"]["lr"] == found["sgd"]["lr"] == 0.05
    assert found["adam"]["betas"] == [0.9, 0.99]
    assert "betas" not in found["sgd"]


@pytest.mark.parametrize(
    "settings",
    [
        ["optimizer.name=sgd,adam", "optimizer.betas=0.9,0.99"],
        ["model.name=linear,mlp", "model.n_units=8,16"],
        ["clip_grad_norm=none,1"],
        ["label_map=[[0,0,1],null]"],
        ["optimizer.lr=0.01..0.02", "method=random", "trials=2"],
    ],
)
def test_a_stored_config_is_the_same_search_again(tmp_path: Path, settings: list[str]) -> None:
    session = run(searched(*settings), tmp_path, stop_soon)
    if summary.read(session.run_dir).status == "stopped":
        run(session.run_dir, tmp_path)
    again = search_config.load(str(session.run_dir.config))
    assert isinstance(again, SearchConfig)
    assert rows_of(run(again, tmp_path / "again").run_dir) == rows_of(session.run_dir)


def test_points_that_are_drawn_are_those_of_the_trials_own_config(tmp_path: Path) -> None:
    session = run(searched("dataset.name=moons,circles", "repeats=2", preset="blobs-binary"), tmp_path)
    shas = {}
    for trial in trials_of(session):
        folder = session.run_dir.trial(trial.number)
        own = load_data(resolve.load(str(folder.config)))
        assert json.loads(folder.data.read_text()) == {"sizes": own.sizes, "sha256": own.sha256}
        shas.setdefault(trial.cell["dataset.name"], set()).add(own.sha256)
    assert [len(found) for found in shas.values()] == [1, 1]


def test_data_is_loaded_once_for_all_that_share_it(monkeypatch: pytest.MonkeyPatch) -> None:
    loads = []
    monkeypatch.setattr("core.search.state.load_data", lambda config, device: loads.append(config) or load_data(config))
    datasets = Datasets()
    chosen = searched("model.dropout=0,0.1,0.2", "clip_grad_norm=none,1", "split.train_size=0.5,0.8")
    for number, cell in enumerate(chosen.grid()):
        datasets.of(chosen.trial(cell, number))
    assert len(loads) == 2


# Trials that come to grief.


def test_a_trial_that_diverges_fails_alone(tmp_path: Path) -> None:
    session = run(searched("optimizer.lr=0.01,1e30", "model.n_units=8,16"), tmp_path)
    trials = trials_of(session)
    assert session.run.ended is not None
    assert session.run.ended.status == "completed"
    failed = {trial.cell["optimizer.lr"]: trial for trial in trials if trial.state == "failed"}
    assert list(failed) == [1e30]
    assert "became" in failed[1e30].reason
    assert trials.count("completed") == 2
    assert [row["status"] for row in rows_of(session.run_dir)] == ["completed"] * 2 + ["failed"] * 2


def test_values_that_do_not_go_together_fail_as_trials(tmp_path: Path) -> None:
    settings = ("model.output_activation=log-softmax,none", "loss.name=nll,cross-entropy")
    trials = trials_of(run(searched(*settings), tmp_path))
    assert {trial.state for trial in trials} == {"completed", "failed"}
    assert all(trial.reason for trial in trials if trial.state == "failed")


def test_a_search_of_which_nothing_is_left_has_failed(tmp_path: Path) -> None:
    session = run(searched("optimizer.lr=1e30,1e31"), tmp_path)
    assert session.run.ended is not None
    assert session.run.ended.status == "failed"
    assert "all 2 trials failed" in session.run.ended.reason
    assert len(rows_of(session.run_dir)) == 2


def test_pruned_trials_leave_with_their_model(tmp_path: Path) -> None:
    for method in ("median", "halving"):
        session = run(searched("optimizer.lr=1e-7,1e-6,1e-5,0.01,0.02,0.03", "epochs=40", f"prune={method}"), tmp_path)
        trials = trials_of(session)
        pruned = [trial for trial in trials if trial.state == "pruned"]
        assert {trial.cell["optimizer.lr"] for trial in pruned} >= {1e-7, 1e-6}
        assert all(0 < trial.epoch < 40 for trial in pruned)
        assert all(trial.epoch == 40 for trial in trials if trial.state == "completed")
        assert all(session.run_dir.trial(trial.number).model.is_file() for trial in trials)


# Stop, resume, and being cut off.


@pytest.mark.parametrize(
    "settings",
    [
        [],
        pytest.param(["max_stack=3"], marks=pytest.mark.slow),
        pytest.param(["method=tpe", "trials=14"], marks=pytest.mark.slow),
        pytest.param(["method=tpe", "trials=14", "max_stack=3"], marks=pytest.mark.slow),  # half of a batch not begun
        pytest.param(["model.dropout=0.2"], marks=pytest.mark.slow),
    ],
)
def test_stopped_and_resumed_it_comes_to_the_same(tmp_path: Path, settings: list[str]) -> None:
    chosen = searched("model.n_units=2..9", "optimizer.lr=0.003,0.03", "epochs=30", *settings)
    whole = run(chosen, tmp_path / "whole")

    def stop(event: Event, session: Session) -> None:
        if isinstance(event, TrialsProgressed | TrialEnded):
            session.run.stop("enough")

    session = run(chosen, tmp_path / "broken", stop)
    assert session.run.ended is not None
    assert session.run.ended.status == "stopped"
    for _ in range(3):
        if summary.read(session.run_dir).status == "completed":
            break
        again = run(session.run_dir, tmp_path)
        assert again.run.ended is not None
        assert again.run.ended.status == "completed"
    assert rows_of(session.run_dir) == rows_of(whole.run_dir)
    assert sorted(ended(events_of(session))) == sorted(ended(events_of(whole)))
    with pytest.raises(RunError, match="nothing to resume"):
        experiment.resume(session.run_dir)


@pytest.mark.slow
def test_every_moment_can_be_the_last_one(tmp_path: Path) -> None:
    """The folder as it is after each event of the log, as a power cut would leave it, goes on to the same table."""
    chosen = searched("model.n_units=2..7", "epochs=25", "max_stack=2")
    copies: list[Path] = []

    def copy(event: Event, session: Session) -> None:
        if isinstance(event, TrialsProgressed) and len(copies) < 3:
            session.run.checkpoint()
        if isinstance(event, TrialsProgressed | TrialEnded | TrialStarted):
            target = tmp_path / f"copy{len(copies)}" / session.run_dir.run_id
            shutil.copytree(session.run_dir.path, target)
            copies.append(target)

    whole = run(chosen, tmp_path, copy)
    wanted = rows_of(whole.run_dir)
    assert len(copies) > 10
    for path in copies[:: max(1, len(copies) // 8)]:
        before = ended(events_of(RunDir(path)))
        run(RunDir(path), tmp_path)
        assert rows_of(RunDir(path)) == wanted
        after = ended(events_of(RunDir(path)))
        assert after[: len(before)] == before
        assert sorted(after) == list(range(1, 7)), "each once"


def test_what_was_under_way_goes_on_from_the_checkpoint(tmp_path: Path) -> None:
    chosen = searched("model.n_units=4,8", "epochs=4000")
    asked = False

    def stop(event: Event, session: Session) -> None:
        nonlocal asked
        if isinstance(event, TrialsProgressed) and event.epochs[0] > 5 and not asked:
            asked = True
            session.run.stop("enough")

    first = run(chosen, tmp_path, stop)
    resumed: list[TrialStarted] = []

    def stop_again(event: Event, session: Session) -> None:
        if isinstance(event, TrialStarted):
            resumed.append(event)
            session.run.stop("enough")

    run(first.run_dir, tmp_path, stop_again)
    assert resumed
    assert resumed[0].epoch > 5
    told = [event for event in events_of(first) if isinstance(event, RunResumed)]
    assert [event.session for event in told] == [2]


def test_a_damaged_checkpoint_is_told(tmp_path: Path) -> None:
    session = run(
        searched("model.n_units=4,8", "epochs=4000"),
        tmp_path,
        lambda event, session: session.run.stop("x") if isinstance(event, TrialsProgressed) else None,
    )
    session.run_dir.checkpoint.write_bytes(b"no archive")
    with pytest.raises(RunError, match="cannot read the checkpoint"):
        experiment.resume(session.run_dir)
    session.run_dir.checkpoint.unlink()
    opened = experiment.resume(session.run_dir)  # as if it had been cut off before its first one
    opened.run.stop("x")
    opened.run.execute()


def test_a_stop_is_answered_within_50_ms(pace) -> None:
    """Of this thread, which computes alone here: other programs may have the processor for a while."""
    chosen = searched("model.n_units=200..215", "model.n_layers=3,4", "epochs=100")
    datasets, trials = Datasets(), Trials()
    stream = search(chosen, open_study(chosen, trials, {}), SearchState.new(chosen), datasets, lambda *_ended: "")
    waits = []
    for _ in range(150):
        began = time.thread_time()
        event = next(stream)
        if not isinstance(event, TrialStarted):  # stacks are made before the first of them
            waits.append(time.thread_time() - began)
    assert sorted(waits)[len(waits) * 95 // 100] < 0.1 * pace()
    with pytest.raises(StopIteration) as end:
        stream.send(Stop())
    assert end.value.value is None


# A trial as a run.


def test_a_trial_is_a_run_of_its_own(tmp_path: Path) -> None:
    session = run(searched("model.n_units=4,8", "epochs=30"), tmp_path)
    trial = trials_of(session).by_number[2]
    folder = trial_runs.find(f"{session.run_dir.run_id}/2", tmp_path)
    assert folder == session.run_dir.trial(2)
    history = History.fold(read_events(folder.events))
    assert history.run is not None
    assert (history.state, history.epoch, history.epochs) == ("completed", 30, 30)
    assert history.run.run_id == f"{session.run_dir.run_id}/2"
    assert {name: history.last[name] for name in trial.metrics} == trial.metrics
    assert summary.read(folder).metrics == trial.metrics
    expected = load_data(resolve.load(str(folder.config)))
    predictor = predict.Predictor.load(folder)
    with torch.inference_mode():
        output = predictor.model(expected.splits["test"].x)
    right = (output.argmax(1) == expected.splits["test"].target).double().mean()
    assert float(right) == trial.metrics["test_accuracy"]


def test_a_trial_tells_of_its_own_data_and_learning_rate(tmp_path: Path) -> None:
    session = run(searched("split.validation=0,0.2", "schedule.name=cosine", "epochs=20"), tmp_path)
    folder = trial_runs.open_trial(session.run_dir, 2)
    run_config = resolve.load(str(folder.config))
    alone = experiment.start(run_config, tmp_path / "alone")
    alone.run.execute()
    ours, theirs = (History.fold(read_events(run_dir.events)) for run_dir in (folder, alone.run_dir))
    assert ours.run is not None
    assert theirs.run is not None
    assert ours.run.sizes == theirs.run.sizes
    assert ours.run.data_sha256 == theirs.run.data_sha256
    assert ours.step == theirs.step
    assert ours.lr == pytest.approx(theirs.lr)
    assert "validation_loss" in ours.last
    with pytest.raises(RunError, match="is a trial of a search"):
        experiment.resume(folder)


def test_a_trial_that_was_cut_off_is_not_over(tmp_path: Path) -> None:
    session = run(searched("model.n_units=4,8", "epochs=4000"), tmp_path, stop_soon)
    with pytest.raises(RunError, match="is not over; go on with: nntui resume"):
        trial_runs.open_trial(session.run_dir, 1)
    for name in ("last/²", f"last/{'9' * 5000}", "last/-1"):
        with pytest.raises(RunError):
            trial_runs.find(name, tmp_path)


def test_a_models_folder_may_be_called_trials(tmp_path: Path) -> None:
    session = run(searched("model.n_units=4,8"), tmp_path / "trials")
    assert session.run_dir.run_id == session.run_dir.path.name


def test_trials_that_are_not_there_are_told(tmp_path: Path) -> None:
    session = run(searched("model.n_units=4,8"), tmp_path)
    with pytest.raises(RunError, match="has no trial 9; it has 1 to 2"):
        trial_runs.find(f"{session.run_dir.run_id}/9", tmp_path)
    with pytest.raises(UserError, match="choose one of its networks"):
        trial_runs.check_is_one(session.run_dir)
    alone = experiment.start(resolve.load("iris-net", [("epochs", "1")]), tmp_path)
    alone.run.execute()
    with pytest.raises(RunError, match="is no search"):
        trial_runs.find(f"{alone.run_dir.run_id}/1", tmp_path)
    trial_runs.check_is_one(alone.run_dir)


def test_a_summary_tells_of_the_best_trial(tmp_path: Path) -> None:
    session = run(searched("model.n_units=4,8", "epochs=30"), tmp_path)
    found = summary.read(session.run_dir)
    assert (found.status, found.trials, found.trials_ended) == ("completed", 2, 2)
    assert found.metrics == trials_of(session).best[0].metrics
    assert json.loads(session.run_dir.summary.read_text())["trials"] == 2
    assert not math.isnan(found.metrics["test_accuracy"])


# What is told and kept when it goes on.


def threads_told(run_dir: RunDir, number: int) -> None:
    """As if its first session had computed on so many."""
    text = run_dir.events.read_text()
    run_dir.events.write_text(text.replace(f'"threads": {torch.get_num_threads()}', f'"threads": {number}', 1))


@pytest.mark.parametrize("shared", [False, True])
def test_another_number_of_threads_is_told(shared: bool, tmp_path: Path) -> None:
    chosen, made = searched("model.n_units=4,8", "epochs=4000"), []

    def stop(event: Event) -> None:
        if isinstance(event, TrialsProgressed):
            made[-1].run.stop()

    if shared:
        made.append(shared_search.start(chosen, tmp_path, f"sqlite:///{tmp_path}/search.db", recorders=[stop]))
    else:
        made.append(experiment.start(chosen, tmp_path, recorders=[stop]))
    made[0].run.execute()
    run_dir = made[0].run_dir
    threads_told(run_dir, 7)
    for _ in range(2):
        made.append(experiment.resume(run_dir, recorders=[stop]))
        made[-1].run.execute()
    first, second = [event for event in read_events(run_dir.events) if isinstance(event, RunResumed)]
    assert [("it was 7 before" in note, "OMP_NUM_THREADS=7" in note) for note in first.notes] == [(True, True)]
    assert (second.notes, second.threads) == ([], torch.get_num_threads())


def test_one_that_never_began_tells_how_it_was_called(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = searched("model.n_units=4,8", "epochs=1")
    run_dir = RunDir.create(tmp_path, "cut-off", chosen.to_toml())
    run_dir.events.write_bytes(b"")
    monkeypatch.setattr("sys.argv", ["nntui", "resume", "cut-off"])
    experiment.resume(run_dir).run.execute()
    started = next(read_events(run_dir.events))
    assert isinstance(started, RunStarted)
    assert started.argv == ["nntui", "resume", "cut-off"]


def test_a_checkpoint_that_does_not_fit_leaves_the_files_as_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = run(searched("model.n_units=4,8", "epochs=4000"), tmp_path, stop_soon)
    path = session.run_dir.checkpoint
    before = path.with_name("checkpoint.previous.pt")
    before.write_bytes(path.read_bytes())
    path.write_bytes(b"damaged")
    with monkeypatch.context() as patch:

        def refuse(*_arguments: object) -> None:
            raise RunError("does not fit")

        patch.setattr("core.sessions.search.SearchState.load", refuse)
        with pytest.raises(RunError, match="does not fit"):
            experiment.resume(session.run_dir)
    assert path.read_bytes() == b"damaged"
    assert before.is_file()
    resumed = experiment.resume(session.run_dir)
    assert not before.exists()
    assert path.read_bytes() != b"damaged"
    resumed.run._stream.close()


@pytest.mark.parametrize("file", ["data.json", "inputs.json", "best.pt", "model.pt", "config.toml"])
def test_a_trial_that_is_cut_off_while_it_is_kept_is_none(
    file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Gone in the middle of a file: none is half there, and only a whole folder has its config."""

    class Gone(BaseException):
        pass

    chosen = searched("model.n_units=4,8", "epochs=2", "stop.keep_best=true")
    session = experiment.start(chosen, tmp_path)
    folder = session.run_dir.trial(1)
    folder.path.mkdir(parents=True)
    for path in (folder.config, folder.model, folder.best):
        path.write_bytes(b"of another time")
    real = Path.replace

    def replace(source: Path, target: Path) -> Path:
        if target == folder.path / file:
            raise Gone
        return real(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", replace)
        with pytest.raises(Gone):
            session.run.execute()
    left = {path.name: path.read_bytes() for path in folder.path.iterdir()}
    assert file not in left
    assert "config.toml" not in left
    assert b"of another time" not in left.values()
    for name in ("best.pt", "model.pt"):
        assert name not in left or torch.load(folder.path / name, weights_only=True)
    copied = RunDir(Path(shutil.copytree(session.run_dir.path, tmp_path / "after" / session.run_dir.run_id)))
    assert experiment.resume(copied).run.execute().status == "completed"
    assert copied.trial(1).config.is_file()
    assert torch.load(copied.trial(1).model, weights_only=True)
