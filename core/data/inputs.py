"""What a network takes: how raw values become its inputs, and how its outputs are named."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import prod
from typing import Any, Literal

import torch
from pydantic import TypeAdapter

from core.components.outputs import OUTPUTS, Output, Task
from core.data.encode import encoded
from core.data.scale import Scale
from core.errors import UserError
from core.tables.fields import Field, codes_of_row


def _exact(values: torch.Tensor) -> torch.Tensor:
    """In float64, where the device has it: of a value such as 1700000000 float32 holds steps of 128."""
    return values if values.device.type == "mps" else values.double()


@dataclass(frozen=True)
class Inputs:
    """How raw values become what the network takes in, and its output what people understand: all that is needed
    beside the weights to use a trained network."""

    task: Task
    shape: tuple[int, ...]
    classes: tuple[str, ...]
    reading: str
    """A name in `core.components.outputs.OUTPUTS`."""
    features: tuple[str, ...] = ()
    target: str = ""
    divided_by: float = 1.0
    dtype: Literal["float32", "float64"] = "float32"
    """In which the network takes them."""
    feature_scale: Scale | None = None
    target_scale: Scale | None = None
    fields: tuple[Field, ...] = ()
    """Columns of a table: raw values are theirs, and become `features`."""
    columns: tuple[str, ...] = ()
    """All that its file had, as they stood there."""
    unnamed: int = 0
    """How many they were, where that file had no header."""
    separator: str = ""
    """Of that file, where it was one of text."""
    ranges: tuple[tuple[float, float] | None, ...] = ()
    """From where to where the train split has each raw value of a table; None of what is no number."""

    @property
    def raw_names(self) -> tuple[str, ...]:
        """Of the raw values of a sample, where they have names."""
        return tuple(field.name for field in self.fields) or self.features

    @property
    def output(self) -> Output:
        return OUTPUTS[self.reading]

    @property
    def outputs(self) -> int:
        """Width of the last layer."""
        return 1 if self.output.single else len(self.classes)

    @property
    def torch_dtype(self) -> torch.dtype:
        return torch.float64 if self.dtype == "float64" else torch.float32

    def encode(self, rows: Sequence[Sequence[float | str]]) -> torch.Tensor:
        """Raw values, one row per sample, as the network takes them: (n, *shape).

        Raises UserError, naming it, for a value that is not finite there, or that a field does not know.
        """
        codes = [codes_of_row(self.fields, row) for row in rows] if self.fields else rows
        return self.encode_codes(torch.tensor(codes, dtype=torch.float64), rows)

    def encode_codes(self, codes: torch.Tensor, rows: Sequence[Sequence[float | str]] = ()) -> torch.Tensor:
        """Codes (n, fields) float64, or raw values where there are no fields, as the network takes them: (n, *shape).
        Raises UserError as `encode` does."""
        if not self.fields:
            return self._scaled(codes.view(len(codes), *self.shape) / self.divided_by, rows)
        return self._scaled(encoded(self.fields, codes), rows)

    def _scaled(self, x: torch.Tensor, rows: Sequence[Sequence[float | str]]) -> torch.Tensor:
        if self.feature_scale is not None:
            x = self.feature_scale.apply(x)
        x = x.to(self.torch_dtype)
        found = not_finite(x)
        if found is not None:
            i, j = found
            name = f" ({self.features[j]})" if self.features else ""
            if self.fields:
                raise UserError(f"row {i + 1}{name}: not a finite number in {self.dtype}")
            raise UserError(f"value {j + 1}{name} = {rows[i][j]:g}: not a finite number in {self.dtype}")
        return x

    def decode(self, x: torch.Tensor) -> torch.Tensor:
        """Raw values of what the network takes in: the inverse of `encode`, (n, *shape) → float64. On the CPU."""
        raw = x.double() if self.feature_scale is None else self.feature_scale.undo(x)
        return raw * self.divided_by

    def predictions(self, output: torch.Tensor) -> torch.Tensor:
        """The last layer's output (n, outputs) as metrics take it: class indices (n,), or values (n,) in the units of
        the data."""
        if self.task == "classification":
            return self.output.classes(output)
        values = output.squeeze(1)
        if self.target_scale is not None:
            values = _exact(values) * self.target_scale.deviation[0] + self.target_scale.mean[0]
        return values

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, saved: Any) -> Inputs:
        """Raises ValueError for anything but what `to_dict` makes."""
        inputs = TypeAdapter(cls).validate_json(json.dumps(saved), strict=True)
        n = prod(inputs.shape)
        widths = [(inputs.feature_scale, n), (inputs.target_scale, 1)]
        if (
            min(inputs.shape, default=0) < 1
            or not 0 < inputs.divided_by < float("inf")
            or inputs.reading not in OUTPUTS
            or inputs.output.task != inputs.task
            or (inputs.task == "classification") != (len(inputs.classes) > 1)
            or len(inputs.features) not in (0, n)
            or (inputs.fields and [name for each in inputs.fields for name in each.inputs] != list(inputs.features))
            or (inputs.raw_names and len(inputs.ranges) not in (0, len(inputs.raw_names)))
            or any(len(each.shares) not in (0, len(each.categories)) for each in inputs.fields)
            or any(len(each) != width for scale, width in widths if scale for each in (scale.mean, scale.deviation))
        ):
            raise ValueError("these values do not belong together")
        return inputs


def not_finite(values: torch.Tensor) -> tuple[int, int] | None:
    """Sample and column of the first value of (n, *shape) that is not finite."""
    if all(bool(edge.isfinite()) for edge in values.aminmax()):  # NaN is both
        return None
    i, j = (int(index) for index in (~values.flatten(1).isfinite()).nonzero()[0])
    return i, j
