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

from core.errors import RunError
from core.files import write_atomically
from core.state import EpochSums, TrainState
from core.stopping import Stopping

FORMAT = 2


def save_model(state: TrainState, path: Path, *, durable: bool = True) -> None:
    """The weights as a `state_dict`, for `torch.load(path, weights_only=True)`; tensors on the CPU."""
    weights = OrderedDict((name, tensor.cpu()) for name, tensor in state.model.state_dict().items())
    write_atomically(path, lambda file: torch.save(weights, file), durable=durable)


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
    _set_generators(saved["rng"])


def save(state: TrainState, path: Path) -> None:
    """To a file that `load` reads."""
    saved = pack(state)
    write_atomically(path, lambda file: torch.save(saved, file))


def load(state: TrainState, path: Path) -> None:
    """Put what `save` wrote into `state`, which was made from the same config. Raises RunError."""
    try:
        saved = torch.load(path, map_location=state.device, weights_only=True)
        if saved["format"] != FORMAT:
            raise RunError(f"{path} was written by another version of nntui (format {saved['format']})")
        unpack(state, saved)
    except FileNotFoundError:
        raise RunError(f"{path.parent.name} has no checkpoint: it ended before its first one") from None
    except RunError:
        raise
    except Exception as error:  # torch raises whatever a damaged archive provokes
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise RunError(f"cannot read the checkpoint {path}: {reason}") from None


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
