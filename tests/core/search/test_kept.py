"""What is ranked, told, saved, opened and exported of a trial is one network, whatever came after it or ended it."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from core.data.prepare import load_data
from core.events import codec
from core.events.events import BestModelSaved, Evaluated, Event, ModelSaved, RunEnded, TrialEnded, TrialsProgressed
from core.experiment import open as search_config
from core.experiment import resolve
from core.experiment.rules import fitted_to
from core.experiment.schema import RunConfig
from core.experiment.search import SearchConfig
from core.history.history import History
from core.history.trials import Trials
from core.logs.search import SearchLog, results
from core.network.predict import Predictor
from core.runs import summary
from core.runs.event_log import read_events
from core.runs.folder import RunDir
from core.search import trial_runs
from core.search.kept import measure
from core.sessions import open as experiment
from core.sessions.session import Session

OVERFIT = (
    *("dataset.name=moons", "dataset.noise=0.5", "split.validation=0.3", "split.train_size=0.6"),
    *("model.hidden=[[8],[48,48]]", "optimizer.lr=0.003,0.1", "epochs=16", "batch_size=20", "device=cpu"),
)
"""Some are best early, some late, some in between."""
KINDS = {"stacked": (), "alone": ("model.dropout=0.05",)}
KEPT = ("stop.keep_best=true",)


def searched(*settings: str, preset: str = "iris-net") -> SearchConfig:
    found = search_config.load(preset, [tuple(each.split("=", 1)) for each in settings])  # type: ignore[misc]
    assert isinstance(found, SearchConfig)
    return found


def run(chosen: SearchConfig | RunDir, root: Path, act: Callable[[Event, Session], None] | None = None) -> Session:
    opened: list[Session] = []

    def recorder(event: Event) -> None:
        if opened and act is not None:
            act(event, opened[0])

    if isinstance(chosen, RunDir):
        session = experiment.resume(chosen, recorders=[recorder])
    else:
        session = experiment.start(chosen, root, recorders=[recorder])
    opened.append(session)
    ended = session.run.execute()
    assert ended.status != "failed", ended.reason
    return session


def trials_of(session: Session) -> Trials:
    return Trials.fold(read_events(session.run_dir.events))


def rows_of(run_dir: RunDir) -> list[dict[str, str]]:
    with run_dir.results.open(newline="") as file:
        return [{name: value for name, value in row.items() if name != "seconds"} for row in csv.DictReader(file)]


def by_hand(run_dir: RunDir, path: Path) -> dict[str, float]:
    """Loss and accuracy on each split of the network in `path`, by plain PyTorch; of classes and an mlp."""
    chosen = resolve.load(str(run_dir.config))
    data = load_data(chosen)
    weights = list(torch.load(path, weights_only=True).values())
    assert isinstance(chosen, RunConfig)
    found = {}
    for split, part in data.splits.items():
        x = part.x.flatten(1)
        for at in range(0, len(weights), 2):
            x = x @ weights[at].T + weights[at + 1]
            x = x.relu() if at + 2 < len(weights) else x
        found[f"{split}_loss"] = float(nn.functional.cross_entropy(x, part.y))
        found[f"{split}_accuracy"] = float((x.argmax(1) == part.y).double().mean())
    return found


def assert_one_network(session: Session, *, kept: bool) -> Trials:
    """Of every trial: the model's scores by hand are those that are told, listed, ranked by and opened."""
    trials = trials_of(session)
    rows = {(row["hidden"], row["lr"]): row for row in rows_of(session.run_dir)}
    told = {e.number: e for e in read_events(session.run_dir.events) if isinstance(e, TrialEnded)}
    for trial in trials:
        folder = session.run_dir.trial(trial.number)
        measured = by_hand(folder, folder.model)
        row = rows[str(trial.cell["model.hidden"]), str(trial.cell["optimizer.lr"])]
        for source in (told[trial.number].metrics, trial.metrics, row):
            for name, value in measured.items():
                assert float(source[name]) == pytest.approx(value, rel=1e-4, abs=1e-7), (trial.number, name)
        assert trials.score(trial) == trial.metrics[trials.rank]
        assert folder.best.is_file() == kept
        if kept:
            best, model = (torch.load(path, weights_only=True) for path in (folder.best, folder.model))
            assert all(torch.equal(best[name], model[name]) for name in model)
            assert trial.best_value == trial.metrics[trial.best_by]
            assert set(trial.last or trial.metrics) == set(trial.metrics)
            assert int(row["best_epoch"]) == trial.kept_epoch == trial.best_epoch
        else:
            assert (trial.kept_epoch, trial.last) == (trial.epoch, {})
        opened = History.fold(read_events(trial_runs.open_trial(session.run_dir, trial.number).events))
        saved = next(e for e in read_events(folder.events) if isinstance(e, ModelSaved))
        assert opened.run is not None
        assert saved.step == trial.kept_epoch * opened.run.steps_per_epoch
        assert opened.metrics[trials.rank].last == trial.last.get(trials.rank, trial.metrics[trials.rank])
        assert opened.best_epoch is not None
        assert (opened.best_epoch.epoch, opened.best_epoch.kept) == (trial.best_epoch, kept) or not kept
        data = load_data(resolve.load(str(folder.config)))
        answers = Predictor.load(folder).predict_inputs(data.splits["test"].x)
        assert [answer.label for answer in answers] == [data.inputs.classes[label] for label in _labels(folder)]
    return trials


def _labels(folder: RunDir) -> list[int]:
    data = load_data(resolve.load(str(folder.config)))
    weights = list(torch.load(folder.model, weights_only=True).values())
    x = data.splits["test"].x.flatten(1)
    for at in range(0, len(weights), 2):
        x = x @ weights[at].T + weights[at + 1]
        x = x.relu() if at + 2 < len(weights) else x
    return [int(label) for label in x.argmax(1)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("kept", [True, False])
def test_what_is_told_listed_and_opened_is_what_is_saved(tmp_path: Path, kind: str, kept: bool) -> None:
    session = run(searched(*OVERFIT, *KINDS[kind], *(KEPT if kept else ())), tmp_path)
    trials = assert_one_network(session, kept=kept)
    if kept:
        assert len({trial.kept_epoch for trial in trials}) > 1, "or this search shows nothing"
        assert any(trial.last for trial in trials)


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_the_best_epoch_of_the_same_run_alone(tmp_path: Path, kind: str) -> None:
    chosen = searched(*OVERFIT, *KINDS[kind], *KEPT)
    session = run(chosen, tmp_path)
    for trial in trials_of(session):
        alone = experiment.start(chosen.trial(trial.cell, trial.number), tmp_path / "alone")
        alone.run.execute()
        told = list(read_events(alone.run_dir.events))
        best = [event for event in told if isinstance(event, BestModelSaved)][-1]
        losses = {e.epoch: e.metrics["loss"] for e in told if isinstance(e, Evaluated) and e.split == "validation"}
        assert best.epoch == min(losses, key=lambda epoch: (losses[epoch], epoch))
        # Rounding may swap two epochs of nearly one loss in a stack; then both are as good.
        assert losses[trial.best_epoch] == pytest.approx(best.value, rel=2e-3)
        assert trial.best_value == pytest.approx(losses[trial.best_epoch], rel=2e-3)
        found = summary.read(alone.run_dir)
        assert (found.best_by, found.best_epoch) == ("validation_loss", best.epoch)
        assert (found.best_value, found.last_value) == (best.value, losses[16])


@pytest.mark.parametrize("kind", KINDS)
def test_stopped_and_resumed_again_and_again_the_same_bits_are_kept(tmp_path: Path, kind: str) -> None:
    chosen = searched(*OVERFIT, *KINDS[kind], *KEPT)
    whole = run(chosen, tmp_path / "whole")

    def stop(event: Event, session: Session) -> None:
        if isinstance(event, TrialsProgressed):
            session.run.stop("enough")

    session = run(chosen, tmp_path / "broken", stop)
    for _ in range(3):
        if summary.read(session.run_dir).status == "stopped":
            session = run(session.run_dir, tmp_path, stop)
    while summary.read(session.run_dir).status == "stopped":
        session = run(session.run_dir, tmp_path)
    assert rows_of(session.run_dir) == rows_of(whole.run_dir)
    for number in trials_of(whole).by_number:
        for name in ("model", "best"):
            ours, theirs = (
                torch.load(getattr(each.run_dir.trial(number), name), weights_only=True) for each in (session, whole)
            )
            assert all(torch.equal(ours[key], theirs[key]) for key in theirs)


def test_checkpoints_of_a_version_before_are_gone_on_with(tmp_path: Path) -> None:
    """They held the best weights by trial, and not what those came to."""
    for kind in KINDS.values():
        chosen = searched(*OVERFIT, *kind, *KEPT)
        session = run(
            chosen, tmp_path, lambda event, s: s.run.stop("x") if isinstance(event, TrialsProgressed) else None
        )
        path = session.run_dir.checkpoint
        saved = torch.load(path, weights_only=True)
        del saved["best"]
        for group in saved["groups"]:
            del group["measured"]
            group["best"] = group.get("best", {})
            group["state"].pop("best", None)
        torch.save(saved, path)
        if summary.read(session.run_dir).status == "stopped":
            session = run(session.run_dir, tmp_path)
        trials = trials_of(session)
        assert trials.count("completed") == len(trials)


def pruning(prune: str, *more: str) -> tuple[str, ...]:
    return (*OVERFIT, "optimizer.lr=0.001,0.01,0.03,0.1", f"prune={prune}", "rank=validation_loss", *more)


@pytest.mark.parametrize("prune", ["median", "halving"])
@pytest.mark.parametrize("kept", [True, False])
def test_pruned_ones_too_and_none_of_them_is_called_the_best(tmp_path: Path, prune: str, kept: bool) -> None:
    session = run(searched(*pruning(prune, *(KEPT if kept else ()))), tmp_path)
    trials = assert_one_network(session, kept=kept)
    completed = [trial for trial in trials if trial.state == "completed"]
    pruned = [trial for trial in trials if trial.state == "pruned"]
    assert completed
    assert pruned
    least = min(trial.metrics["validation_loss"] for trial in completed)
    assert [trial.metrics["validation_loss"] for trial in trials.best] == [least]
    better = [trial for trial in pruned if trial.metrics["validation_loss"] < least]
    said = [line for line in results(trials) if "better than any that went on" in line]
    assert bool(said) == bool(better)
    for trial in better[:1] and [min(better, key=lambda trial: trial.metrics["validation_loss"])]:
        assert said[0].startswith(f"Trial {trial.number} was pruned at epoch {trial.epoch}: validation_loss ")
    found = summary.read(session.run_dir)
    assert found.best_trial == trials.best[0].number
    assert found.metrics == trials.best[0].metrics


def test_that_only_pruned_trials_have_a_score_is_said(searches: Any) -> None:
    axes = [searches.axis("model.n_units", [4, 8])]
    told = [searches.started(axes, 2, prune="median")]
    told += [searches.trial_started(n, {"model.n_units": 4 * n}) for n in (1, 2)]
    told += [searches.trial_ended(1, 20, "pruned", "worse"), searches.trial_ended(2, 30, "failed", "NaN")]
    lines = results(Trials.fold(told))
    assert any(
        "No trial that went on has a score. One pruned trial has the best test_accuracy" in each for each in lines
    )
    log = SearchLog(Trials.fold(told))
    assert any("pruned trial" in line for line in log.lines(RunEnded(status="completed", reason="", run_id="x")))


# What was not measured of the kept network is measured at the end.


@pytest.mark.parametrize("kind", KINDS)
def test_a_best_epoch_that_was_not_measured_on_all_splits_is_measured(tmp_path: Path, kind: str) -> None:
    more = ("stop.monitor=train_loss", "evaluate.when=end", "optimizer.lr=0.05,2")
    session = run(searched(*OVERFIT, *KINDS[kind], *KEPT, *more), tmp_path)
    trials = trials_of(session)
    assert any(trial.last for trial in trials)
    for trial in trials:
        folder = session.run_dir.trial(trial.number)
        measured = by_hand(folder, folder.model)
        for name in ("validation_loss", "validation_accuracy", "test_loss", "test_accuracy"):
            assert trial.metrics[name] == pytest.approx(measured[name], rel=1e-4), (trial.number, name)


def test_what_was_measured_before_training_is_not_what_the_last_network_came_to(tmp_path: Path) -> None:
    session = run(searched(*OVERFIT, "evaluate.when=start"), tmp_path)
    for trial in trials_of(session):
        folder = session.run_dir.trial(trial.number)
        assert trial.metrics["test_loss"] == pytest.approx(by_hand(folder, folder.model)["test_loss"], rel=1e-4)


def test_a_network_that_measures_itself_earlier_is_measured_as_it_is_saved(tmp_path: Path) -> None:
    """two-layer tells of each epoch's first iteration, as its document does."""
    chosen = searched(
        *("dataset.name=digits", "model.hidden=6,9", "gradient=backprop", "iterations=60", "optimizer.lr=0.5"),
        preset="two-layer",
    )
    session = run(chosen, tmp_path)
    for trial in trials_of(session):
        folder = session.run_dir.trial(trial.number)
        alone = resolve.load(str(folder.config))
        data = load_data(alone)
        weights = torch.load(folder.model, weights_only=True)
        hidden = (data.splits["test"].x.flatten(1).double() @ weights["W1"] + weights["b1"]).sigmoid()
        right = (hidden @ weights["W2"] + weights["b2"]).argmax(1) == data.splits["test"].target
        assert trial.metrics["test_accuracy"] == pytest.approx(float(right.double().mean()))


def test_measuring_draws_no_random_numbers(tmp_path: Path) -> None:
    session = run(searched(*OVERFIT), tmp_path)
    folder = session.run_dir.trial(1)
    chosen = resolve.load(str(folder.config))
    data = load_data(chosen)
    before = torch.get_rng_state()
    work = measure(fitted_to(chosen, data.facts), data, torch.load(folder.model, weights_only=True))
    while True:
        try:
            next(work)
        except StopIteration as end:
            found = end.value
            break
    assert torch.equal(before, torch.get_rng_state())
    for name, value in by_hand(folder, folder.model).items():
        assert found[name] == pytest.approx(value, rel=1e-4), name


# While it runs.


@pytest.mark.parametrize("by", ["validation_loss", "validation_accuracy"])
@pytest.mark.parametrize("kind", KINDS)
def test_the_best_so_far_is_that_of_networks_that_would_be_kept(
    tmp_path: Path, kind: str, by: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.search.progress.EVENTS_EVERY", 0.0)
    monkeypatch.setattr("core.search.progress.NUMBERS", 1e12)
    chosen = searched(*OVERFIT, *KINDS[kind], *KEPT, f"stop.monitor={by}", f"rank={by}")
    trials, log = Trials(), []
    seen: dict[int, dict[int, float]] = {}
    bests: list[float] = []
    pick = min if by == "validation_loss" else max

    def look(event: Event) -> None:
        trials.apply(event)
        if isinstance(event, TrialsProgressed):
            for number, epoch, value in zip(event.numbers, event.epochs, event.columns[by], strict=True):
                seen.setdefault(number, {})[epoch] = value
        for trial in trials:
            epochs = {epoch: value for epoch, value in seen.get(trial.number, {}).items() if epoch}
            if not trial.over and epochs:
                assert trials.score(trial) == pick(epochs.values())
        if trials.best:
            bests.append(trials.score(trials.best[0]))
        log.extend(SearchLog(trials).lines(event))

    session = experiment.start(chosen, tmp_path, recorders=[look])
    assert session.run.execute().status == "completed"
    assert bests == sorted(bests, reverse=by == "validation_loss")
    assert any(value != seen[n][max(seen[n])] for n, value in ((t.number, trials.score(t)) for t in trials)), "or idle"
    assert any(f"best {by}" in line for line in log)


def test_where_epochs_are_compared_by_something_else_its_network_is_told(tmp_path: Path) -> None:
    chosen = searched(*OVERFIT, *KEPT, "rank=train_accuracy")
    found: dict[int, float] = {}

    def look(event: Event) -> None:
        if isinstance(event, TrialsProgressed):
            found.update(zip(event.numbers, event.kept, strict=True))

    session = experiment.start(chosen, tmp_path, recorders=[look])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("core.search.progress.EVENTS_EVERY", 0.0)
        patch.setattr("core.search.progress.NUMBERS", 1e12)
        session.run.execute()
    trials = trials_of(session)
    assert any(trial.last for trial in trials)
    for trial in trials:
        if trial.last:  # its last epoch is told as its end
            assert found[trial.number] == trial.metrics["train_accuracy"]


def test_progress_without_kept_networks_is_as_before(tmp_path: Path, searches: Any) -> None:
    line = codec.encode(searches.progressed([3], [7]))
    older = json.loads(line)
    del older["kept"]
    event = codec.decode(json.dumps(older))
    assert isinstance(event, TrialsProgressed)
    assert event.kept == []
    trials = Trials.fold([searches.started(), searches.trial_started(3, {}), event])
    assert trials.score(trials.by_number[3]) == event.columns[trials.rank][0]


# Where several processes search together.


def test_the_others_are_told_of_the_same_network(tmp_path: Path) -> None:
    from core.search.shared import known as stored_study
    from core.search.shared import storage
    from core.search.shared.known import Worker
    from core.search.shared.study import Stored
    from core.sessions import shared

    url = f"sqlite:///{tmp_path}/search.db"
    session = shared.start(searched(*OVERFIT, *KEPT), tmp_path, url)
    assert session.run.execute().status == "completed"
    told = {e.number: e for e in read_events(session.run_dir.events) if isinstance(e, TrialEnded)}
    assert any(event.last for event in told.values())
    opened = storage.open_storage(url, create=False)
    try:
        found = Stored(opened, stored_study.find(opened, "iris-net"), Worker("other", "other:1")).look().trials
    finally:
        opened.close()
    assert len(found) == len(told)
    for each in found:
        assert each.ended is not None
        event = told[each.number]
        for name in ("metrics", "epochs", "best_epoch", "best_by", "best_value", "last"):
            assert getattr(each.ended, name) == getattr(event, name), name


@pytest.mark.slow
def test_the_others_are_told_what_would_be_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from core.search.shared.study import Stored
    from core.sessions import shared

    for name in ("search.progress.EVENTS_EVERY", "search.shared.courier.LOOK_EVERY"):
        monkeypatch.setattr(f"core.{name}", 0.0)
    reports: list[Any] = []
    exchange = Stored.exchange

    def spy(stored: Stored, ended: Any = (), progress: Any = None, *, alive: bool = False) -> Any:
        reports.extend([progress] if progress else [])
        return exchange(stored, ended, progress, alive=alive)

    monkeypatch.setattr(Stored, "exchange", spy)
    by, told = "validation_loss", []
    chosen = searched(*OVERFIT, *KEPT, f"rank={by}", "epochs=200")
    url = f"sqlite:///{tmp_path}/search.db"
    session = shared.start(chosen, tmp_path, url, recorders=[told.append])
    assert session.run.execute().status == "completed"
    assert any("kept" in report for report in reports)
    kept = {
        (number, epoch): value
        for event in told
        if isinstance(event, TrialsProgressed)
        for number, epoch, value in zip(event.numbers, event.epochs, event.kept, strict=True)
    }
    for report in reports:
        known = [kept[where] for where in zip(report["numbers"], report["epochs"], strict=True)]
        assert report.get("kept", []) == pytest.approx(known, nan_ok=True)


# Logs of versions before.


def test_a_log_that_does_not_tell_of_best_epochs_is_read_as_before(searches: Any) -> None:
    line = codec.encode(searches.trial_ended(3))
    older = json.loads(line)
    for name in ("best_epoch", "best_by", "best_value", "last"):
        del older[name]
    event = codec.decode(json.dumps(older))
    assert isinstance(event, TrialEnded)
    assert (event.best_epoch, event.best_by, event.last) == (0, "", {})
    assert math.isnan(event.best_value)
    trials = Trials.fold([searches.started(), searches.trial_started(3, {}), event])
    assert trials.by_number[3].kept_epoch == event.epochs
