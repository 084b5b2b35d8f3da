"""A run that starts from weights: those of another run, its parent, or of a file. They are copied into its own folder,
so that nothing that is done with it needs the parent any more. Its optimizer starts fresh."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from torch import nn

from core.data import saved_inputs
from core.data.parts import Data
from core.errors import RunError
from core.events.events import RunStarted
from core.experiment.resolve import is_weights_file
from core.experiment.schema import RunConfig
from core.network import start_weights
from core.network.start_weights import StartWeights
from core.network.weights import newest_weights, step_of, weights_of_step, why_missing
from core.runs.event_log import read_started
from core.runs.folder import RunDir
from core.runs.parent import name_of
from core.search.trial_runs import check_is_one, find
from core.system.files import is_file, write_atomically
from core.system.folders import user_path

COPY = "start.pt"
"""What the config of such a run says: its own copy, which lies beside it."""


@dataclass(frozen=True)
class Start:
    """Weights as a file or a run has them, and whose they are."""

    weights: StartWeights
    path: Path
    """The file that they lie in."""
    parent: dict[str, Any]
    """See `RunStarted.parent`."""
    run_dir: RunDir | None = None
    """The run that they are of, if any."""
    notes: tuple[str, ...] = ()

    def keep(self, run_dir: RunDir) -> None:
        """In the folder of the run that starts from them. Raises WriteError."""
        write_atomically(run_dir.start, lambda file: file.write(self.weights.content))


def located(text: str, root: Path) -> tuple[str, RunDir | None]:
    """What `--from` says, so that it means the same wherever and whenever it is read again; and the run that it names,
    if any. Raises RunError where there is no such file or run."""
    if is_weights_file(str(user_path(text))):
        path = user_path(text).absolute()
        if not is_file(path):
            raise RunError(f"there is no file {path} to start from")
        return str(path), None
    run_dir, which = _run_and_which(text, root)
    home = run_dir.home.absolute()
    path = home if run_dir.home == run_dir.path else home / run_dir.path.name
    return f"{path}@{which}", run_dir


def begin(config: RunConfig, root: Path, model: nn.Module, data: Data) -> Start | None:
    """Put what `config.initial_weights` names into the network; None where its weights are drawn. Raises RunError where
    that cannot be read, does not fit, or was trained on inputs that mean something else."""
    if config.initial_weights is None:
        return None
    start = _of(config.initial_weights, root)
    weights = start_weights.fitted(start.weights, model, str(start.path), config.name)
    start_weights.fill(model, weights)
    first = f"starts from the weights of {name_of(start.parent)}; the optimizer starts fresh"
    notes = (first, *weights.notes, *_compared(start, config, data))
    parent = {**start.parent, "sha256": weights.sha256}
    return replace(start, weights=weights, parent=parent, notes=notes)


def begin_again(run_dir: RunDir, model: nn.Module, started: RunStarted | None) -> Start | None:
    """The same for a run that has no checkpoint yet, from its own copy. `started`: as its log tells, if it does. Raises
    RunError where that is not the file it began with."""
    if not is_file(run_dir.start) and (started is None or not started.parent):
        return None
    weights = start_weights.read(run_dir.start)
    parent = dict(started.parent) if started else _of_file(run_dir.start)
    if started and parent.get("sha256") != weights.sha256:
        raise RunError(f"{run_dir.start} is not the file that {run_dir.run_id} began with: its SHA-256 is another one")
    weights = start_weights.fitted(weights, model, str(run_dir.start), run_dir.run_id)
    start_weights.fill(model, weights)
    return Start(weights, run_dir.start, {**parent, "sha256": weights.sha256}, run_dir)


def _run_and_which(text: str, root: Path) -> tuple[RunDir, str]:
    name, at, which = text.rpartition("@")
    if not at:
        name, which = text, "last"
    elif which not in ("best", "last") and not re.fullmatch("[0-9]{1,15}", which):
        raise RunError(
            f"--from {text}: {which!r} are no weights of a run; write RUN@best, RUN@last, or RUN@120 of a step"
        )
    run_dir = find(name, root)
    check_is_one(run_dir)
    return run_dir, which


def _of(text: str, root: Path) -> Start:
    if is_weights_file(str(user_path(text))):
        path = user_path(text).absolute()
        weights = start_weights.read(path)
        started = read_started(RunDir(path.parent))
        run_dir = RunDir(path.parent) if started else None
        before = started.parent if started else {}
        if run_dir and path == run_dir.start.absolute() and before.get("sha256") == weights.sha256:
            return Start(weights, path, dict(before), run_dir)  # trained again from its own config.toml
        return Start(weights, path, _of_file(path, run_dir), run_dir)
    run_dir, which = _run_and_which(text, root)
    if which == "best":
        path, step = run_dir.best, step_of(run_dir, run_dir.best)
        if not is_file(path):
            raise RunError(f"{run_dir.run_id} has no {path.name}: {why_missing(path)}; or take its last weights: @last")
        weights = start_weights.read(path)
    else:
        found = newest_weights(run_dir) if which == "last" else weights_of_step(run_dir, int(which))
        path, step = found.path, found.step
        whole = path in (run_dir.model, run_dir.best)
        weights = start_weights.read(path) if whole else StartWeights.of(found.state_dict)
    kind = which if which in ("best", "last") else "step"
    parent = {"run": run_dir.run_id, "weights": kind, "file": path.name, "step": step}
    return Start(weights, path, parent, run_dir)


def _of_file(path: Path, run_dir: RunDir | None = None) -> dict[str, Any]:
    if run_dir is None:
        return {"run": "", "weights": "file", "file": str(path), "step": None}
    return {"run": run_dir.run_id, "weights": "file", "file": path.name, "step": step_of(run_dir, path)}


def _compared(start: Start, config: RunConfig, data: Data) -> list[str]:
    """What is doubtful of weights that another run was trained to. Raises RunError where its table meant something
    else."""
    run_dir = start.run_dir
    if run_dir is None or not is_file(run_dir.inputs):
        return []
    before, now, who = saved_inputs.read_inputs(run_dir), data.inputs, run_dir.run_id
    if why := start_weights.why_other_inputs(before, now):
        if (before.fields or now.fields) and start.parent["weights"] != "file":
            raise RunError(
                f"{who} was trained on inputs that mean something else: {why}; to take its weights all the same, name "
                f"their file: --from {start.path}"
            )
        return [f"{who} was trained on inputs that mean something else: {why}"]
    notes = start_weights.what_is_scaled_otherwise(before, now)
    one_sided = [(old is None) != (new is None) for old, new in _scales(before, now)]
    started = read_started(run_dir)
    its: Mapping[str, Any] = started.config if started else {}
    same = its.get("dataset", {}).get("name") == config.dataset["name"] and not data.drawn
    if started and same and started.data_sha256 != data.sha256 and not any(one_sided):
        notes.append(
            f"the data or their split are others than those of {who}: samples that are held out here may be among "
            "those that it learned from, and scores on them too good"
        )
    return notes


def _scales(before: Any, now: Any) -> list[tuple[object, object]]:
    return [(before.feature_scale, now.feature_scale), (before.target_scale, now.target_scale)]
