"""What a dataset of the user's own returns, checked before anything is made of it."""

from __future__ import annotations

from typing import Any

import torch

from core.components.blame import place_of
from core.components.registry import Component
from core.datasets.base import RawData
from core.errors import DataError


def check(raw: Any, component: Component, arguments: dict[str, Any]) -> None:
    """Raise DataError, naming file and line, where it is not the RawData that it says it is."""
    reason = _why_not(raw, component.facts_of(arguments))
    if reason:
        raise DataError(f"{place_of(component)}: dataset {component.name}: {reason}")


def _why_not(raw: Any, facts: dict[str, Any]) -> str:
    if not isinstance(raw, RawData):
        what = "nothing" if raw is None else f"a {type(raw).__name__}"
        return f"it returns {what}; a dataset returns core.datasets.RawData(x=…, y=…)"
    pairs = [("x", raw.x, "y", raw.y)]
    if (raw.test_x is None) != (raw.test_y is None):
        return "test_x and test_y belong together; give both, or neither"
    if raw.test_x is not None and raw.test_y is not None:
        pairs.append(("test_x", raw.test_x, "test_y", raw.test_y))
    for x_name, x, y_name, y in pairs:
        if reason := _pair(x_name, x, y_name, y, raw):
            return reason
    if raw.test_x is not None and raw.test_x.shape[1:] != raw.x.shape[1:]:
        return f"a sample of test_x has the shape {tuple(raw.test_x.shape[1:])}, one of x {tuple(raw.x.shape[1:])}"
    return _as_told(raw, facts)


def _pair(x_name: str, x: Any, y_name: str, y: Any, raw: RawData) -> str:
    for name, value in ((x_name, x), (y_name, y)):
        if not isinstance(value, torch.Tensor):
            return f"{name} is a {type(value).__name__}; use torch.tensor(…)"
    if x.dtype not in (torch.float32, torch.float64):
        return f"{x_name} is {str(x.dtype).removeprefix('torch.')}; write x.float()"
    if x.dim() < 2 or not x.numel():
        return f"{x_name} has the shape {tuple(x.shape)}; (samples, values of each) is expected"
    if tuple(y.shape) != (len(x),):
        return f"{y_name} has the shape {tuple(y.shape)}; ({len(x)},) is expected, one number for each of the samples"
    if not raw.classes:
        if not y.is_floating_point():
            return f"{y_name} has whole numbers and there are no classes; give classes=(…), or y.float() for values"
        return ""
    if y.dtype != torch.int64:
        return f"{y_name} is {str(y.dtype).removeprefix('torch.')}; classes are numbered from 0: write y.long()"
    if len(raw.classes) < 2:
        return "there is one class; at least two are needed"
    if int(y.min()) < 0 or int(y.max()) >= len(raw.classes):
        return f"{y_name} has labels {int(y.min())} to {int(y.max())}, but there are {len(raw.classes)} classes, from 0"
    return ""


def _as_told(raw: RawData, facts: dict[str, Any]) -> str:
    """What was told at registration is so: forms and checks go by it."""
    task = facts.get("task", "classification")
    if task != raw.task:
        needs = 'task="regression"' if raw.task == "regression" else "no task"
        has = "classes" if raw.classes else "no classes"
        return f"it is registered for {task}, but has {has}; register it with {needs}"
    found = {
        "shape": tuple(raw.x.shape[1:]),
        "outputs": len(raw.classes) or 1,
        "samples": len(raw.x),
        "splits": raw.test_x is not None,
    }
    facts = {"splits": False, **facts}
    for name, value in found.items():
        given = tuple(facts[name]) if name == "shape" and name in facts else facts.get(name, value)
        if given != value:
            return f"it is registered with {name}={given}, but what it returns has {value}"
    if raw.features and not raw.fields and len(raw.features) != raw.x[0].numel():
        return f"it names {len(raw.features)} features, but a sample has {raw.x[0].numel()}"
    return ""
