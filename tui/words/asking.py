"""Asking a trained network: the `nntui predict` line that answers one row, and what to know beside it."""

from __future__ import annotations

import math
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import UserError

if TYPE_CHECKING:
    from core.data.inputs import Inputs

MOST = 30
"""Values that a line has, at most: more of them are asked from a file."""


@dataclass(frozen=True)
class Asking:
    """`line` is to be copied; `about` says what its values are, `file` how many rows are asked at once."""

    line: str
    about: str
    file: str = ""


def asking(inputs: Inputs, run: str, options: Sequence[str] = ()) -> Asking:
    """Of a run by its id; `options`: whatever else the command needs here. The values are an example that the network
    answers: each in the middle of those it was trained on, or the first of their texts."""
    command = shlex.join(["nntui", "predict", run, *options])
    n = math.prod(inputs.shape)
    if len(inputs.shape) > 1:
        shape = "×".join(map(str, inputs.shape))
        return Asking(f"{command} VALUE…", f"It takes {n:,} numbers, the pixels of a picture of {shape}, row by row.")
    names = inputs.raw_names
    many = f"{command} --csv FILE"
    if len(names or range(n)) > MOST:
        called = f"called as those of {inputs.target}'s table" if inputs.columns and inputs.target else "x1, x2, …"
        return Asking(many, f"It takes {len(names) or n:,} values a row, in columns {called}.")
    row = example(inputs)
    about = f"In the order of: {', '.join(names)}." if names else f"Its {n} inputs, in their order."
    values = ["--", *row] if any(value.startswith("-") for value in row) else row  # -q may be a text in a column
    return Asking(shlex.join(["nntui", "predict", run, *options, *values]), about, many)


def example(inputs: Inputs) -> list[str]:
    """The raw values of a row; of one that cannot be made up the names of the columns."""
    n = len(inputs.raw_names) or math.prod(inputs.shape)
    row = [_value(inputs, i) for i in range(n)]
    try:
        inputs.encode([row if inputs.fields else [float(value) for value in row]])
    except UserError:
        return [name.upper() for name in inputs.raw_names] or ["VALUE"] * n
    return row


def _value(inputs: Inputs, i: int) -> str:
    field = inputs.fields[i] if inputs.fields else None
    if field is not None and field.kind != "number":
        return field.categories[0] if field.categories else ""
    known = inputs.ranges[i] if inputs.ranges else None
    if known is None and not inputs.fields and inputs.feature_scale is not None:
        known = (inputs.feature_scale.mean[i],) * 2
    low, high = known or (0.0, 0.0)
    middle = low + (high - low) / 2
    if low.is_integer() and high.is_integer():
        return f"{math.floor(middle):d}"
    text = f"{middle:.3g}" if abs(middle) < 1000 else f"{middle:.0f}"
    text = text if low == high or low <= float(text) <= high else repr(middle)
    return text if field is None else text.replace(".", field.mark)
