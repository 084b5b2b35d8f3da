"""reopen: what a run that has ended goes on with: its config as it is now, its data, and the state of its last
checkpoint, or its beginning where it was cut off before there was one."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from core.data import saved_inputs
from core.data.parts import Data
from core.data.prepare import load_data
from core.errors import RunError
from core.events.events import Event, RunResumed
from core.experiment import resolve
from core.experiment.data_folder import with_data_found
from core.experiment.rules import fitted_to
from core.experiment.schema import RunConfig
from core.history.history import History
from core.network import checkpoint_files
from core.network.build import pick_device
from core.runs.folder import RunDir
from core.sessions import branch, resuming
from core.sessions.folders import is_complete, read_history
from core.sessions.renamed import has_changed, renamed
from core.sessions.started import run_started
from core.system.files import is_file
from core.tables.finding import TableError
from core.training import checkpoint, threads
from core.training.state import TrainState


@dataclass(frozen=True)
class Opened:
    """A run that is ready to go on."""

    config: RunConfig
    state: TrainState
    data: Data
    firsts: Sequence[Event]
    """What its new session tells first."""
    history: History
    """Of the sessions before."""


def reopen(run_dir: RunDir, data_dir: str | None, settings: Sequence[tuple[str, str]]) -> Opened:
    """See `session.resume`. Raises UserError where the run cannot go on; then nothing is written."""
    history = read_history(run_dir, anew=not checkpoint.there(run_dir.checkpoint))
    if history.run is None:
        return _begin_again(run_dir, data_dir, settings)
    wanted = resuming.read_config(run_dir, history, settings)
    if history.state == "completed" and not resuming.lengthens(resuming.changes(history, wanted)):
        raise is_complete(run_dir, history)
    run_config = with_data_found(wanted, data_dir)
    try:
        data = load_data(run_config, pick_device(run_config.device))
    except TableError as error:
        if "path" not in error.finding.remedies:
            raise
        raise RunError(f"{error.what}; put it back, or correct dataset.path in {run_dir.config}") from None
    renaming = renamed(saved_inputs.read_inputs(run_dir), data.inputs) if is_file(run_dir.inputs) else ""
    if renaming or data.sha256 != history.run.data_sha256:
        raise RunError(has_changed(run_dir.run_id, renaming, data.inputs, "run"))
    wanted = fitted_to(wanted, data.facts)
    state = TrainState.new(run_config, data)
    loaded, notes = _last_state(state, run_dir, history, resuming.changes(history, wanted))
    if loaded is None:
        branch.begin_again(run_dir, state.model, history.run)
    state.base_lr = history.base_lrs.after(state.step, state.base_lr)
    changed = resuming.changes(history, wanted, state.step)
    try:
        notes += resuming.take(
            changed, run_dir, wanted, state, len(data.splits["train"]), history.configs.after(state.step, {})
        )
    except RunError as error:
        raise RunError("; ".join([str(error), *notes])) from None
    if history.state == "completed" and state.over(wanted):
        raise is_complete(run_dir, history)
    known = wanted.threads if "threads" in changed and wanted.threads else history.on_threads.after(state.step, 0)
    choice = threads.choose(wanted, state, data, known or torch.get_num_threads())
    state.threads, state.step_limit = choice.threads, choice.limit
    now = state.threads or torch.get_num_threads()
    notes += resuming.warnings(history, changed, run_dir.run_id, now)
    if loaded:
        checkpoint_files.restore(loaded, run_dir.checkpoint)
    first = RunResumed(
        step=state.step,
        session=history.session + 1,
        epoch=state.epoch,
        config=wanted.to_dict() if changed else {},
        notes=notes,
        threads=now,
    )
    if settings:
        resuming.keep(run_dir.config, wanted)
    firsts = [first, *resuming.told(changed, state.step)]
    return Opened(run_config, state, data, firsts, history)


def _last_state(
    state: TrainState, run_dir: RunDir, history: History, changed: resuming.Changes
) -> tuple[checkpoint_files.Read | None, list[str]]:
    """Bring a fresh state to where the run's checkpoint is: what was read, None where it stays at the beginning; and
    notes for the user."""
    if history.checkpoint_step is None and not checkpoint.there(run_dir.checkpoint):
        return None, []
    spoilt = resuming.spoilt_after(history) if changed else None
    try:
        loaded = checkpoint.load(state, run_dir.checkpoint, spoilt)
    except RunError as error:
        if spoilt is None or not checkpoint.there(run_dir.checkpoint):
            raise
        return None, [f"{error}; it goes on from its beginning"]
    return loaded, [loaded.note] if loaded.note else []


def _begin_again(run_dir: RunDir, data_dir: str | None, settings: Sequence[tuple[str, str]]) -> Opened:
    """A run that was cut off before it had told anything begins in the folder that it made."""
    tables = resuming.with_own_copy(resolve.read(str(run_dir.config)), run_dir)
    run_config = with_data_found(resolve.resolve(tables, settings), data_dir)
    data = load_data(run_config, pick_device(run_config.device))
    run_config = fitted_to(run_config, data.facts)
    state = TrainState.new(run_config, data)
    begun = branch.begin_again(run_dir, state.model, None)
    choice = threads.choose(run_config, state, data)
    state.threads, state.step_limit = choice.threads, choice.limit
    saved_inputs.write_inputs(run_dir, data.inputs)
    if settings:
        resuming.keep(run_dir.config, run_config)
    first = run_started(run_dir, run_config, state, data, sys.argv, begun)
    return Opened(run_config, state, data, [first], History())
