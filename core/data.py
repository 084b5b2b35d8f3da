"""From a config to tensors in memory: load, map labels, split, standardise, move to the device, fingerprint."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from math import ceil, prod
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
import torch
from pydantic import TypeAdapter

from core.config import RunConfig, SplitConfig
from core.datasets.base import RawData, Source
from core.errors import ConfigError, DataError, UserError
from core.fits import Facts, output_of
from core.folders import data_root, user_path
from core.outputs import OUTPUTS, Output, Task
from core.scale import AT_ONCE, Scale
from core.tables.encode import encoded, fitted, inputs_between, ranges
from core.tables.fields import Field, codes_of_row

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Part:
    """One split: `x` (n, *shape) float32, or float64 for a model that computes in it; `y` as the loss takes it, (n,)
    class indices or (n, 1) float32; `target` (n,) as metrics take it, class indices or values in the units of the data
    in float64.
    """

    x: torch.Tensor
    y: torch.Tensor
    target: torch.Tensor

    def __len__(self) -> int:
        return len(self.x)

    def to(self, device: torch.device | None) -> Part:
        y = self.y.to(device)
        target = self.target.float() if device is not None and device.type == "mps" else self.target
        return Part(self.x.to(device), y, y if self.target is self.y else target.to(device))


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
    """A name in `core.outputs.OUTPUTS`."""
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
        found = _not_finite(x)
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


@dataclass(frozen=True)
class Data:
    """The splits a run trains and measures on, whole, on its device. Batches are slices of them."""

    splits: dict[str, Part]
    inputs: Inputs
    facts: Facts
    sha256: str
    notes: tuple[str, ...] = ()
    """What whoever trains on it should know."""

    @property
    def shape(self) -> tuple[int, ...]:
        return self.inputs.shape

    @property
    def outputs(self) -> int:
        return self.inputs.outputs

    @property
    def classes(self) -> tuple[str, ...]:
        return self.inputs.classes

    @property
    def sizes(self) -> dict[str, int]:
        return {name: len(part) for name, part in self.splits.items()}


def load_raw(config: RunConfig) -> RawData:
    """The dataset as it comes. Raises DataError when its files are missing or broken."""
    data_dir = user_path(config.data_dir) if config.data_dir else data_root()
    raw: RawData = config.component("dataset").build(Source(data_dir, config.seed), **config.arguments("dataset"))
    return raw


def load_data(config: RunConfig, device: torch.device | None = None) -> Data:
    """Raises DataError when the dataset's files are missing or broken, ConfigError when the parts do not fit it."""
    return prepare(config, load_raw(config), device)


def prepare(config: RunConfig, raw: RawData, device: torch.device | None = None) -> Data:
    """The splits of a dataset as `config` wants them. Raises as `load_data` does."""
    shape = tuple(int(n) for n in raw.x.shape[1:])
    if raw.fields:
        shape = (sum(len(each.inputs) for each in raw.fields),)
    facts = Facts.of(config, {"task": raw.task, "outputs": len(raw.classes) or 1, "shape": shape})
    config = config.fitted_to(facts)
    raw = map_labels(raw, config.label_map)
    splits = split(raw, config.split)
    train_x, train_y = splits["train"]
    fields = fitted(raw.fields, train_x, raw.unknown)
    inputs = Inputs(
        task=raw.task,
        shape=shape,
        classes=raw.classes,
        reading=output_of(config).name,
        features=tuple(name for each in fields for name in each.inputs) or raw.features,
        fields=fields,
        columns=raw.columns,
        unnamed=raw.unnamed,
        separator=raw.separator,
        ranges=_ranges(raw, train_x),
        target=raw.target,
        divided_by=raw.divided_by,
        dtype=config.component("model").facts.get("dtype", "float32"),
        feature_scale=_scale(fields, train_x) if "features" in config.standardise else None,
        target_scale=Scale.fit(train_y.unsqueeze(1)) if "target" in config.standardise else None,
    )
    parts = {name: _part(x, y, inputs) for name, (x, y) in splits.items()}
    _check_finite(config, inputs, parts)
    _check_targets(config, parts)
    if config.predict:
        try:
            inputs.encode(config.predict)  # not when training has ended
        except UserError as error:
            raise ConfigError(f"predict: {error}") from None
    return Data(
        splits={name: part.to(device) for name, part in parts.items()},
        inputs=inputs,
        sha256=_fingerprint(parts),
        facts=replace(facts, train=len(train_x)),
        notes=raw.notes,
    )


def _ranges(raw: RawData, train: torch.Tensor) -> tuple[tuple[float, float] | None, ...]:
    """Of the raw values of a table; none of pictures."""
    if raw.fields:
        return ranges(raw.fields, train)
    return ranges([Field(name) for name in raw.features], train * raw.divided_by) if raw.features else ()


def map_labels(raw: RawData, label_map: Sequence[int] | None) -> RawData:
    """Classes renumbered: class i becomes `label_map[i]`; classes that become one are named `setosa+virginica`."""
    if label_map is None:
        return raw
    table = torch.tensor(label_map)
    named = [
        [name for name, new in zip(raw.classes, label_map, strict=True) if new == i] for i in sorted(set(label_map))
    ]
    plain = all(name == str(i) for i, name in enumerate(raw.classes))  # numbers stay numbers
    return replace(
        raw,
        y=table[raw.y],
        test_y=None if raw.test_y is None else table[raw.test_y],
        classes=tuple(str(i) if plain else "+".join(names) for i, names in enumerate(named)),
    )


Splits: TypeAlias = dict[str, tuple[torch.Tensor, torch.Tensor]]


def encode_fields(raw: RawData, splits: Splits) -> tuple[tuple[str, ...], Splits]:
    """Names of the inputs of a table, and its splits as inputs in float64, fitted to the train split. Data without
    fields stays as it is."""
    if not raw.fields:
        return raw.features, splits
    fields = fitted(raw.fields, splits["train"][0], raw.unknown)
    names = tuple(name for each in fields for name in each.inputs)
    return names, {name: (encoded(fields, x), y) for name, (x, y) in splits.items()}


def _scale(fields: Sequence[Field], train: torch.Tensor) -> Scale:
    """Of the train split, codes where there are `fields`."""
    if not fields:
        return Scale.fit(train)
    width = sum(len(each.inputs) for each in fields)
    return Scale.fit_columns(len(train), width, partial(inputs_between, fields, train))


def split(raw: RawData, config: SplitConfig | None) -> Splits:
    """(x, y) of each split, `validation` only where there is one. Raises ConfigError for one without samples."""
    if raw.test_x is not None and raw.test_y is not None:
        train, test = (raw.x, raw.y), (raw.test_x, raw.test_y)
    else:
        config = config or SplitConfig()
        size = config.train_size or 0.8
        n = len(raw.x)
        if not 0 < int(n * size) < n:
            raise ConfigError(f"split.train_size = {size:g}: leaves no samples to train or to test on, of {n}")
        if config.stratify:
            _check_strata(raw.y, raw.classes, "split.train_size", size, int(n * size))
        train, test = _halves(raw.x, raw.y, config, "train_size", size)
    if config is None or not config.validation:
        return {"train": train, "test": test}
    n, held_out = len(train[0]), ceil(len(train[0]) * config.validation)
    if held_out == n:
        raise ConfigError(f"split.validation = {config.validation:g}: leaves no samples to train on, of {n}; use less")
    if config.stratify:
        _check_strata(train[1], raw.classes, "split.validation", config.validation, n - held_out)
    train, validation = _halves(*train, config, "test_size", config.validation)
    return {"train": train, "validation": validation, "test": test}


def _check_strata(y: torch.Tensor, classes: Sequence[str], key: str, size: float, first: int) -> None:
    """Raise ConfigError where class indices `y` (n,) cannot be in both parts, one of `first` samples and the rest."""
    counts = torch.bincount(y, minlength=len(classes)).tolist()
    few = next((name for name, count in zip(classes, counts, strict=True) if count == 1), None)
    if few is not None:
        raise ConfigError(
            f"split.stratify: class {few} has one sample, too few to divide by {key}; "
            "use split.stratify=false or add samples of it"
        )
    present, smaller = sum(count > 0 for count in counts), min(first, len(y) - first)
    if smaller < present:
        raise ConfigError(
            f"{key} = {size:g}: a part of {smaller} samples cannot hold all {present} classes, as split.stratify "
            f"wants; choose another {key} or split.stratify=false"
        )


def _halves(
    x: torch.Tensor, y: torch.Tensor, config: SplitConfig, key: str, size: float
) -> tuple[tuple[torch.Tensor, torch.Tensor], tuple[torch.Tensor, torch.Tensor]]:
    """The parts of scikit-learn's train_test_split: the first has the share `size` of the samples, rounded down, or the
    second that of `test_size`, rounded up."""
    rows: np.ndarray[Any, Any] = torch.arange(len(x)).numpy()
    if config.stratify:
        from sklearn.model_selection import train_test_split

        first, second = train_test_split(rows, **{key: size}, random_state=config.random_state, stratify=y.numpy())
    else:  # as its ShuffleSplit: to import it takes a second
        held_out = ceil(len(rows) * size) if key == "test_size" else len(rows) - int(len(rows) * size)
        order = np.random.RandomState(config.random_state).permutation(len(rows))
        first, second = order[held_out:], order[:held_out]
    parts = (torch.from_numpy(first), torch.from_numpy(second))
    train, test = ((x.index_select(0, part), y.index_select(0, part)) for part in parts)
    return train, test


def _part(x: torch.Tensor, y: torch.Tensor, inputs: Inputs) -> Part:
    x = _as_taken(x, inputs)
    if inputs.task == "classification":
        return Part(x, y.float().unsqueeze(1) if inputs.output.single else y, y)
    values = y.double().unsqueeze(1)
    if inputs.target_scale is not None:
        values = inputs.target_scale.apply(values)
    return Part(x, values.float(), y.double())


def _as_taken(x: torch.Tensor, inputs: Inputs) -> torch.Tensor:
    """Values or codes of a split as the network takes them, some rows after the other: in float64 a table with many
    categories would take several times the memory that it is trained in."""
    if not inputs.fields and inputs.feature_scale is None:
        return x.float() if inputs.dtype == "float32" else _in_full(x, inputs)
    made = torch.empty((len(x), *inputs.shape), dtype=inputs.torch_dtype)
    at_once = max(1, AT_ONCE // prod(inputs.shape))
    for rows, some in zip(torch.split(made, at_once), torch.split(x, at_once), strict=True):
        values = encoded(inputs.fields, some) if inputs.fields else some
        if inputs.feature_scale is not None:
            values = inputs.feature_scale.apply(values)
        rows.copy_(values)
    return made


def _in_full(x: torch.Tensor, inputs: Inputs) -> torch.Tensor:
    """In float64. Pixels are whole numbers divided by 255: what float32 has cut off of the quotient is put back."""
    if x.dtype == torch.float64 or inputs.divided_by == 1.0:
        return x.double()
    return x.double().mul_(inputs.divided_by).round_().div_(inputs.divided_by)


def _not_finite(values: torch.Tensor) -> tuple[int, int] | None:
    """Sample and column of the first value of (n, *shape) that is not finite."""
    if all(bool(edge.isfinite()) for edge in values.aminmax()):  # NaN is both
        return None
    i, j = (int(index) for index in (~values.flatten(1).isfinite()).nonzero()[0])
    return i, j


def _check_finite(config: RunConfig, inputs: Inputs, parts: dict[str, Part]) -> None:
    """Raise DataError for a value that is not finite in float32, once it is standardised if it is."""
    names = inputs.features or [f"x{j + 1}" for j in range(prod(inputs.shape))]
    for split_name, part in parts.items():
        found = _not_finite(part.x)
        column = names[found[1]] if found else inputs.target or "target"
        if found or any(_not_finite(each.unsqueeze(1).double()) for each in (part.y.flatten(), part.target)):
            raise DataError(
                f"{config.dataset['name']}: column {column} has a value in the {split_name} split that is not finite "
                f"in {inputs.dtype}; replace it, or divide the column by a power of ten"
            )


def _check_targets(config: RunConfig, parts: dict[str, Part]) -> None:
    """Raise DataError for values that the last layer can never reach."""
    low, high = {"sigmoid": (0.0, 1.0), "tanh": (-1.0, 1.0), "relu": (0.0, float("inf"))}.get(
        config.model.get("output_activation", "none"), (-float("inf"), float("inf"))
    )
    if output_of(config).task == "regression":
        y = torch.cat([part.y for part in parts.values()])
        if float(y.min()) < low or float(y.max()) > high:
            raise DataError(
                f"model.output_activation = {config.model['output_activation']} gives values from {low:g} to {high:g}, "
                f"but those to predict lie between {float(y.min()):g} and {float(y.max()):g}; "
                "use model.output_activation=none"
            )


def _fingerprint(parts: dict[str, Part]) -> str:
    """SHA-256 over the bytes of all splits, so that a resumed run can tell whether its data is still the same."""
    digest = hashlib.sha256()
    for name in sorted(parts):
        for tensor in (parts[name].x, parts[name].y):
            digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
            digest.update(tensor.contiguous().numpy().data)
    return digest.hexdigest()
