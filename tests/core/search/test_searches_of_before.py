"""Searches that an earlier version made are still opened, and go on by the numbers that they began with.

They lie in `searches/`: `halfway` was stopped, its axes are not in the file's order; `misnumbered` is the same, resumed
by that version; `pruning` was stopped while it ended the worse half of its trials.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch

from core.errors import RunError
from core.events.events import RunResumed
from core.experiment import open as search_config
from core.experiment import resolve as config
from core.experiment.search import SearchConfig
from core.history import numbering
from core.history.trials import Trials
from core.runs import export, summary
from core.runs.event_log import read_events
from core.runs.folder import RunDir
from core.search import trial_runs
from core.search.cells import identity, listed_cells
from core.sessions import open as experiment

SEARCHES = Path(__file__).parent / "searches"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SEARCHES, tmp_path / "runs"))


def trials_of(run_dir: RunDir) -> Trials:
    return Trials.fold(read_events(run_dir.events))


def numbered(run_dir: RunDir, *order: str) -> dict[int, tuple[object, ...]]:
    """The values of each number by this order of the axes, and its seed."""
    chosen = search_config.load(str(run_dir.config), [("axes", ",".join(order))])
    assert isinstance(chosen, SearchConfig)
    return {
        number: (*(cell[key] for key in order), chosen.trial(cell, number).seed)
        for number, cell in enumerate(listed_cells(chosen), 1)
    }


def test_a_search_goes_on_by_the_numbers_that_it_began_with(copy: Path) -> None:
    run_dir = RunDir(copy / "halfway")
    before = {trial.number: trial.metrics for trial in trials_of(run_dir) if trial.over}
    assert len(before) == 4
    assert experiment.resume(run_dir).run.execute().status == "completed"
    rows = export.trial_rows(trials_of(run_dir))
    found = {row["trial"]: (row["lr"], row["dropout"], row["seed"]) for row in rows}
    assert found == numbered(run_dir, "optimizer.lr", "model.dropout")
    assert len({row[:2] for row in found.values()}) == 9
    for number, (lr, dropout, seed) in found.items():
        own = config.load(str(run_dir.trial(number).config))
        assert (own.optimizer["lr"], own.model["dropout"], own.seed) == (lr, dropout, seed)
        assert torch.load(run_dir.trial(number).model, weights_only=True)
    after = {trial.number: trial.metrics for trial in trials_of(run_dir)}
    assert {number: after[number] for number in before} == before


def test_its_config_repeats_it_as_long_as_its_log_lies_beside(copy: Path) -> None:
    chosen = search_config.load(str(copy / "halfway" / "config.toml"))
    assert isinstance(chosen, SearchConfig)
    assert [axis.key for axis in chosen.axes] == ["optimizer.lr", "model.dropout"]
    (copy / "halfway" / "events.jsonl").unlink()
    chosen = search_config.load(str(copy / "halfway" / "config.toml"))
    assert isinstance(chosen, SearchConfig)
    assert [axis.key for axis in chosen.axes] == ["model.dropout", "optimizer.lr"]


def test_a_search_that_was_numbered_anew_is_shown_as_it_was_trained_and_said_to_be(copy: Path) -> None:
    run_dir = RunDir(copy / "misnumbered")
    trials = trials_of(run_dir)
    doubt = numbering.doubt(trials)
    assert doubt.startswith("an earlier version of nntui resumed it with its cells in another order: ")
    assert "share cells that were to be trained once" in doubt
    assert summary.read(run_dir).doubt == doubt
    assert len({identity(trial.cell) for trial in trials}) < len(trials)
    for trial in trials:
        own = config.resolve(trial.config)
        assert trial.cell == {"optimizer.lr": own.optimizer["lr"], "model.dropout": own.model["dropout"]}
    log = run_dir.events.read_text().splitlines(keepends=True)
    run_dir.events.write_text("".join(line for line in log[:-1] if '"number": 9' not in line))
    with pytest.raises(RunError, match=r"cannot go on: an earlier version of nntui .* start it again: nntui run"):
        experiment.resume(run_dir)
    assert all(not summary.read(RunDir(copy / name)).doubt for name in ("halfway", "pruning"))


def test_a_trial_that_was_begun_again_with_other_values_counts_with_those(copy: Path) -> None:
    run_dir = RunDir(copy / "halfway")
    first = next(line for line in run_dir.events.read_text().splitlines() if '"TrialStarted"' in line)
    with run_dir.events.open("a") as log:
        log.write(first.replace('"optimizer.lr": 0.003', '"optimizer.lr": 0.03') + "\n")
    trials = trials_of(run_dir)
    assert trials.by_number[1].cell["optimizer.lr"] == 0.03
    assert "trial 1 began again with the values of another cell" in numbering.doubt(trials)


def test_a_search_that_prunes_ends_those_that_were_judged_already(copy: Path, tmp_path: Path) -> None:
    run_dir = RunDir(copy / "pruning")
    chosen = search_config.load(str(run_dir.config))
    assert isinstance(chosen, SearchConfig)
    whole = experiment.start(chosen, tmp_path / "whole")
    whole.run.execute()
    assert experiment.resume(run_dir).run.execute().status == "completed"
    notes = [note for event in read_events(run_dir.events) if isinstance(event, RunResumed) for note in event.notes]
    assert notes == [
        "its checkpoint is of an earlier version: other trials may be pruned than without the interruption"
    ]
    found, wanted = (
        {trial.number: (trial.state, trial.epoch) for trial in trials_of(each)} for each in (run_dir, whole.run_dir)
    )
    assert found == wanted
    assert [trial.state for trial in trials_of(run_dir)].count("pruned") > 6


def test_their_trials_are_runs(copy: Path) -> None:
    folder = trial_runs.find(f"{copy / 'halfway'}/2", copy)
    assert summary.read(folder).epoch == 16
    assert summary.read(RunDir(copy / "halfway")).trials_ended == 4


@pytest.mark.parametrize(
    ("old", "new"), [("epochs = 16", "epochs = 20"), ("batch_size = 12", "batch_size = 30")], ids=["epochs", "batches"]
)
def test_an_edited_search_is_refused(copy: Path, old: str, new: str) -> None:
    run = RunDir(copy / "halfway")
    text = run.config.read_text()
    assert old in text
    run.config.write_text(text.replace(old, new))
    before = run.events.read_bytes()
    with pytest.raises(RunError, match=f"{new}, but the search was begun with"):
        experiment.resume(run)
    assert run.events.read_bytes() == before


def test_a_trial_that_was_cut_off_while_it_was_stored_stands_in_no_way(copy: Path) -> None:
    run = RunDir(copy / "halfway")
    (run.path / "trials" / "1" / "inputs.json").write_text("")
    assert experiment.resume(run).run.execute().status == "completed"
