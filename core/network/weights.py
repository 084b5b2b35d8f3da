"""The newest weights that a run has saved: in its checkpoint, as its model, or as its best."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from core.errors import RunError, first_line
from core.events.events import BestModelSaved, CheckpointSaved, ModelSaved
from core.network import checkpoint_files
from core.runs.event_log import read_events
from core.runs.folder import RunDir
from core.system.files import is_file


def read_weights(path: Path) -> dict[str, torch.Tensor]:
    """A `state_dict` from `model.pt` or `best.pt`. Raises RunError."""
    try:
        weights = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise RunError(f"{path.parent.name} has no {path.name}: {why_missing(path)}") from None
    except Exception as error:  # torch raises whatever a damaged archive provokes
        raise RunError(f"cannot read the weights {path}: {first_line(error)}") from None
    if not isinstance(weights, dict) or not all(
        isinstance(name, str) and isinstance(tensor, torch.Tensor) for name, tensor in weights.items()
    ):
        raise RunError(f"cannot read the weights {path}: it holds something else than tensors by their names")
    return weights


def fill(model: nn.Module, state_dict: Mapping[str, Tensor], path: Path, config: Path, *, assign: bool = False) -> None:
    """Put weights from `path` into the network of `config`; `assign`: in place of its own, which may be on the meta
    device. Raises RunError where they are of another network."""
    try:
        model.load_state_dict(state_dict, assign=assign)
    except RuntimeError as error:  # names and shapes over many lines
        reason = " ".join(str(error).split())[:200]
        raise RunError(f"{path} does not fit the network of {config}: {reason}") from None


def why_missing(path: Path) -> str:
    if path.name == "best.pt":
        return "it was trained without stop.keep_best=true"
    return "it was cut off before its end; resume it and let it end, or stop it"


@dataclass(frozen=True)
class Weights:
    """A `state_dict` of a run, on the CPU."""

    path: Path
    step: int | None
    """Updates that made it; None where the run's log does not tell."""
    state_dict: dict[str, Tensor]


def newest_weights(run_dir: RunDir) -> Weights:
    """Of checkpoint.pt, model.pt and best.pt the one of the latest step that can be read. Raises RunError."""
    told = _told(run_dir)
    there = [path for path in (run_dir.model, run_dir.checkpoint, run_dir.best) if is_file(path)]
    problem: RunError | None = None
    for path in sorted(there, key=lambda path: -told.get(path.name, -1)):
        try:
            if path == run_dir.checkpoint:
                return _checkpoint(path)
            return Weights(path, told.get(path.name), read_weights(path))
        except RunError as error:
            problem = problem or error
    if problem is not None:
        raise problem
    if run_dir.live:
        raise RunError(
            f"{run_dir.run_id} has saved no weights yet: its first checkpoint comes when an epoch has ended, or with "
            "^s where it trains; try again then"
        )
    raise RunError(f"{run_dir.run_id} ended before it saved any weights; start it again: nntui run {run_dir.config}")


def weights_of_step(run_dir: RunDir, step: int) -> Weights:
    """Those that a run has kept of exactly that step. Raises RunError, which says of which steps there are some."""
    told = _told(run_dir)
    files = {path: told.get(path.name) for path in (run_dir.model, run_dir.best) if is_file(path)}
    for path in (run_dir.checkpoint, checkpoint_files.previous(run_dir.checkpoint)):
        with contextlib.suppress(OSError, checkpoint_files.DamagedError):
            files[path] = checkpoint_files.read_one(path).get("step")
    for path, its in files.items():
        if its == step:
            if path in (run_dir.model, run_dir.best):
                return Weights(path, step, read_weights(path))
            return Weights(path, step, dict(checkpoint_files.read_one(path)["model"]))
    steps = sorted({its for its in files.values() if isinstance(its, int)})
    there = f"there are those of step {', '.join(f'{its}' for its in steps)}" if steps else "there are none"
    raise RunError(f"{run_dir.run_id} has kept no weights of step {step}; {there}")


def step_of(run_dir: RunDir, path: Path) -> int | None:
    """Updates that made the weights in one of its files; None where its log does not tell."""
    return _told(run_dir).get(path.name)


def _told(run_dir: RunDir) -> dict[str, int]:
    """The step of each file of weights, by its name, as far as the log of the run tells."""
    if not is_file(run_dir.events):
        return {}
    types = {CheckpointSaved: run_dir.checkpoint, ModelSaved: run_dir.model, BestModelSaved: run_dir.best}
    names = [f'"{cls.__name__}"'.encode() for cls in types]
    saved = read_events(run_dir.events, wanted=lambda line: any(name in line for name in names))
    return {
        types[type(event)].name: event.step
        for event in saved
        if isinstance(event, CheckpointSaved | ModelSaved | BestModelSaved)
    }


def _checkpoint(path: Path) -> Weights:
    """The weights in what `core.training.checkpoint` saved. Raises RunError."""
    try:
        found = checkpoint_files.read(path)
        return Weights(found.path, int(found.saved["step"]), dict(found.saved["model"]))
    except RunError:
        raise
    except Exception as error:  # it holds something else, or is gone by now
        raise RunError(f"cannot read the checkpoint {path}: {first_line(error)}") from None
