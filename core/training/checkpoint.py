"""Save and load a TrainState, and weights: atomically, and without pickled code."""

from __future__ import annotations

import dataclasses
import random
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from core.components.plateau import Watched
from core.errors import RunError, first_line
from core.network import checkpoint_files
from core.system.files import is_file, write_atomically
from core.training.finite import check_weights
from core.training.state import EpochSums, TrainState
from core.training.stopping import Stopping

FORMAT = 2


def save_model(state: TrainState, path: Path, *, durable: bool = True) -> None:
    """The weights as a `state_dict`, for `torch.load(path, weights_only=True)`; tensors on the CPU. Raises
    TrainingFailed, and leaves the file there is, where one is not finite."""
    check_weights(state.model, state.step)
    weights = OrderedDict((name, _alone(tensor)) for name, tensor in state.model.state_dict().items())
    write_atomically(path, lambda file: torch.save(weights, file), durable=durable)


def _alone(tensor: Tensor) -> Tensor:
    """On the CPU, in memory of its own: parameters may be parts of one vector, which other formats refuse."""
    there = tensor.cpu()
    return there if there.untyped_storage().nbytes() == there.nbytes else there.clone()


def pack(state: TrainState) -> dict[str, Any]:
    """Everything `unpack` needs to continue bit for bit, generators included. Call it on the training thread."""
    return {
        "format": FORMAT,
        "model": state.model.state_dict(),
        "optimizer": state.optimizer.state_dict(),
        "epoch": state.epoch,
        "batch": state.batch,
        "step": state.step,
        "base_lr": state.base_lr,
        "sums": _sums(state.sums),
        "stopping": dataclasses.asdict(state.stopping),
        "plateau": dataclasses.asdict(state.plateau),
        "rng": _generators(),
    }


def unpack(state: TrainState, saved: Mapping[str, Any]) -> None:
    """Put what `pack` made into `state`, which was made from the same config."""
    state.model.load_state_dict(saved["model"])
    state.optimizer.load_state_dict(saved["optimizer"])
    state.epoch, state.batch, state.step = saved["epoch"], saved["batch"], saved["step"]
    state.base_lr = saved["base_lr"]
    state.sums = EpochSums(**saved["sums"])
    state.stopping = Stopping(**saved["stopping"])
    state.plateau = Watched(**saved.get("plateau", {}))
    _set_generators(saved["rng"])


def save(state: TrainState, path: Path) -> None:
    """To a file that `load` reads; the one that was there is kept beside it. Raises TrainingFailed as `save_model`
    does."""
    check_weights(state.model, state.step)
    checkpoint_files.write(path, pack(state))


def there(path: Path) -> bool:
    """Whether there is one, or the one before it."""
    return is_file(path) or is_file(checkpoint_files.previous(path))


def load(state: TrainState, path: Path, spoilt: int | None = None) -> checkpoint_files.Read:
    """Put what `save` wrote into `state`, which was made from the same config; where that is damaged, what it wrote the
    time before. `spoilt`: updates after which the weights give no finite loss; what was saved then is passed over too.
    Raises RunError."""

    def unfit(saved: Mapping[str, Any]) -> str:
        step = saved.get("step", 0)
        return f"is of step {step}, whose weights give no finite loss" if spoilt is not None and step >= spoilt else ""

    try:
        found = checkpoint_files.read(path, state.device, unfit)
    except FileNotFoundError:
        weights = is_file(path.with_name("model.pt"))
        instead = f", or a new one from its weights: nntui run --from {path.parent.name}" if weights else ""
        raise RunError(
            f"{path.parent.name} has no checkpoint, {path.name} is gone; start it again: nntui run "
            f"{path.with_name('config.toml')}{instead}"
        ) from None
    form = found.saved.get("format")
    if form != FORMAT:
        raise RunError(f"{found.path} was written by another version of nntui (format {form})")
    try:
        unpack(state, found.saved)
    except Exception as error:  # of another network, or damaged before there were digests
        raise RunError(f"cannot read the checkpoint {found.path}: {first_line(error)}") from None
    return found


def _sums(sums: EpochSums) -> dict[str, Any]:
    """As plain values; the predictions so far in one tensor."""
    values = {field.name: getattr(sums, field.name) for field in dataclasses.fields(sums)}
    return {**values, "predicted": [torch.cat(sums.predicted)] if sums.predicted else []}


def _generators() -> dict[str, Any]:
    """The global generators as plain values: raw NumPy state would not load under `weights_only`."""
    name, keys, position, has_gauss, gauss = np.random.get_state(legacy=True)
    version, words, next_gauss = random.getstate()
    states: dict[str, Any] = {
        "torch": torch.get_rng_state(),
        "numpy": [name, [int(key) for key in keys], int(position), int(has_gauss), float(gauss)],
        "python": [version, list(words), next_gauss],
    }
    if torch.cuda.is_available():
        states["cuda"] = torch.cuda.get_rng_state_all()
    return states


def _set_generators(states: dict[str, Any]) -> None:
    torch.set_rng_state(states["torch"].cpu())
    name, keys, *rest = states["numpy"]
    np.random.set_state((name, np.array(keys, dtype=np.uint32), *rest))
    version, words, next_gauss = states["python"]
    random.setstate((version, tuple(words), next_gauss))
    if "cuda" in states and torch.cuda.is_available():
        torch.cuda.set_rng_state_all([state.cpu() for state in states["cuda"]])
