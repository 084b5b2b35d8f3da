"""Weights that a new network starts from: read from a file that anybody may have made, fitted to the network by name
and shape, and compared in what they take as inputs."""

from __future__ import annotations

import hashlib
import io
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from core.data.inputs import Inputs
from core.data.scale import Scale
from core.errors import RunError, first_line
from core.system.text import clean

PREFIXES = ("module.", "model.", "_orig_mod.")
"""That wrappers put before every name: DataParallel, Lightning and others, torch.compile."""
WITHIN = ("state_dict", "model_state_dict", "model")
"""Where a checkpoint keeps its weights."""
NAMED = 3
"""Tensors that do not fit are named, so many of them."""


@dataclass(frozen=True)
class StartWeights:
    """A `state_dict` on the CPU, and the bytes of a file that holds it and nothing else."""

    state_dict: Mapping[str, Tensor]
    content: bytes
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, state_dict: Mapping[str, Tensor]) -> StartWeights:
        alone = OrderedDict((name, tensor.detach().clone()) for name, tensor in state_dict.items())
        buffer = io.BytesIO()
        torch.save(alone, buffer)
        return cls(alone, buffer.getvalue())

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def read(path: Path) -> StartWeights:
    """What a file holds: a `state_dict`, or a checkpoint with one in it. No code in it is run. Raises RunError."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise RunError(f"cannot read the weights {path}: {error.strerror or error}") from None
    except MemoryError:
        raise RunError(f"cannot read the weights {path}: they do not fit into memory") from None
    try:
        found = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises whatever a file provokes that is damaged, or none of its own
        why = first_line(error).partition(".")[0][:100]
        raise RunError(
            f"cannot read the weights {path}: they must be tensors by their names, as torch.save(model.state_dict(), "
            f"…) writes them, and no objects with code ({why})"
        ) from None
    if _is_state_dict(found):
        return StartWeights(found, content)
    if isinstance(found, dict):
        for key in WITHIN:
            if _is_state_dict(found.get(key)):
                return StartWeights.of(found[key])
    raise RunError(f"cannot read the weights {path}: it holds something else than tensors by their names")


def _is_state_dict(found: Any) -> bool:
    return (
        isinstance(found, dict)
        and bool(found)
        and all(isinstance(name, str) and isinstance(tensor, Tensor) for name, tensor in found.items())
    )


def fitted(weights: StartWeights, model: nn.Module, what: str, name: str) -> StartWeights:
    """By the names that the network `name` has for them. Raises RunError where they do not fit: `what` (a file) and the
    first tensors that do not."""
    own = model.state_dict()
    found = _without_prefix(weights.state_dict, own)
    if wrong := _what_differs(found, own):
        more = f"; and {len(wrong) - NAMED} more" if len(wrong) > NAMED else ""
        raise RunError(f"{what} does not fit the network of {name}: {'; '.join(wrong[:NAMED])}{more}")
    for key, tensor in found.items():
        if tensor.is_floating_point() and not bool(tensor.isfinite().all()):
            raise RunError(f"{what}: {clean(key)} has NaN or infinite weights; a network cannot start from them")
    if set(found) != set(weights.state_dict):
        weights = StartWeights.of(found)
    kinds = sorted({_kind(tensor) for key, tensor in found.items() if tensor.dtype != own[key].dtype})
    if kinds:
        here = ", ".join(sorted({_kind(tensor) for tensor in own.values() if tensor.is_floating_point()}))
        note = f"{what} holds {', '.join(kinds)}: rounded to the {here} that the network computes in"
        weights = replace(weights, notes=(*weights.notes, note))
    return weights


def _kind(tensor: Tensor) -> str:
    return str(tensor.dtype).removeprefix("torch.")


def _without_prefix(given: Mapping[str, Tensor], own: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
    """With the names that the network has, where all of them have the same word too many before them."""
    found = given
    while set(found) != set(own):
        prefix = next((each for each in PREFIXES if all(name.startswith(each) for name in found)), None)
        if prefix is None:
            return given
        found = {name.removeprefix(prefix): tensor for name, tensor in found.items()}
    return found


def _what_differs(given: Mapping[str, Tensor], own: Mapping[str, Tensor]) -> list[str]:
    found = []
    for name, mine in own.items():
        if name not in given:
            found.append(f"{clean(name)} is missing there")
        elif given[name].shape != mine.shape:
            found.append(f"{clean(name)} is {_shape(given[name])} there and {_shape(mine)} here")
        elif given[name].layout != torch.strided or given[name].is_quantized or given[name].is_complex():
            found.append(f"{clean(name)} is of another kind there ({_kind(given[name])})")
        elif given[name].is_floating_point() != mine.is_floating_point():
            found.append(f"{clean(name)} is {_kind(given[name])} there and {_kind(mine)} here")
    return found + [f"{clean(name)[:80]} is not here" for name in given if name not in own]


def _shape(tensor: Tensor) -> str:
    return "×".join(str(n) for n in tensor.shape) or "one number"


def fill(model: nn.Module, weights: StartWeights) -> None:
    """Put weights that were `fitted` into the network, in place: its optimizer knows its parameters."""
    model.load_state_dict(weights.state_dict)


# What they take.


def why_other_inputs(before: Inputs, now: Inputs) -> str:
    """Why weights that were trained on `before` would be misunderstood on `now`; empty where all means the same."""
    if before.task != now.task:
        return f"it was trained for {before.task}, and this is {now.task}"
    if tuple(before.shape) != tuple(now.shape):
        return f"a sample has the shape {'×'.join(map(str, now.shape))} here, it was {'×'.join(map(str, before.shape))}"
    pairs = [
        ("column", before.raw_names, now.raw_names),
        ("input", before.features, now.features),
        ("class", before.classes, now.classes),
    ]
    for what, old, new in pairs:
        if found := _other_names(what, old, new):
            return found
    here = {each.name: each for each in now.fields}
    for field in before.fields:
        if field.kind != here[field.name].kind:
            return f"column {field.name!r} was {field.kind} and is {here[field.name].kind} now"
        if found := _other_names(f"category of {field.name!r}", field.categories, here[field.name].categories):
            return found
    if before.divided_by != now.divided_by:
        return f"its inputs were divided by {before.divided_by:g}, and are by {now.divided_by:g} now"
    return ""


def _other_names(what: str, old: Sequence[str], new: Sequence[str]) -> str:
    if list(old) == list(new) or not old or not new:
        return ""
    for number, (one, other) in enumerate(zip(old, new, strict=False), start=1):
        if one != other:
            return f"{what} {number} was {one!r} and is {other!r} here"
    return f"there are {len(new)} of what were {len(old)}: {what}"


def what_is_scaled_otherwise(before: Inputs, now: Inputs) -> list[str]:
    """For people."""
    pairs = [("features", before.feature_scale, now.feature_scale), ("target", before.target_scale, now.target_scale)]
    return [found for what, old, new in pairs if (found := _other_scale(what, old, new))]


def _other_scale(what: str, old: Scale | None, new: Scale | None) -> str:
    if old == new:
        return ""
    if old is None or new is None:
        was, now = ("not ", "") if old is None else ("", "not ")
        return f"the {what} were {was}standardised where these weights were trained, and are {now}here"
    far = max(abs(a - b) / (d or 1.0) for a, b, d in zip(old.mean, new.mean, old.deviation, strict=True))
    return (
        f"the {what} are standardised by the train split here, whose means differ from those of where these weights "
        f"were trained by up to {far:.2g} deviations: other samples were in it"
    )
