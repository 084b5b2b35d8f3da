"""From a config to tensors in memory: load, map labels, split, standardise, move to the device, fingerprint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from math import prod

import torch

from core.data import own_raw
from core.data.checks import check_finite, check_targets, fingerprint
from core.data.depends import dtype_of
from core.data.encode import encoded, fitted, inputs_between, ranges
from core.data.inputs import Inputs
from core.data.parts import Data, Part
from core.data.scale import AT_ONCE, Scale
from core.data.split import Splits, split
from core.datasets.base import RawData, Source
from core.errors import ConfigError, UserError
from core.experiment.facts import Facts, output_of
from core.experiment.rules import fitted_to
from core.experiment.schema import RunConfig
from core.system.folders import data_root, user_path
from core.system.memory import give_back
from core.tables.fields import Field


def load_raw(config: RunConfig) -> RawData:
    """The dataset as it comes. Raises DataError when its files are missing or broken."""
    data_dir = user_path(config.data_dir) if config.data_dir else data_root()
    component, arguments = config.component("dataset"), config.arguments("dataset")
    source = Source(data_dir, config.seed)
    raw: RawData = component.build(source, **arguments)
    if component.origin is not None:
        own_raw.check(raw, component, arguments)
    return replace(raw, drawn=source.drawn)


def load_data(config: RunConfig, device: torch.device | None = None) -> Data:
    """Raises DataError when the dataset's files are missing or broken, ConfigError when the parts do not fit it."""
    return prepare(config, load_raw(config), device)


def prepare(config: RunConfig, raw: RawData, device: torch.device | None = None) -> Data:
    """The splits of a dataset as `config` wants them. Raises as `load_data` does."""
    shape = tuple(int(n) for n in raw.x.shape[1:])
    if raw.fields:
        shape = (sum(len(each.inputs) for each in raw.fields),)
    facts = Facts.of(config, {"task": raw.task, "outputs": len(raw.classes) or 1, "shape": shape})
    config = fitted_to(config, facts)
    raw = map_labels(raw, config.label_map)
    splits = split(raw, config.split)
    raw = replace(raw, x=raw.x[:0].clone(), y=raw.y[:0].clone(), test_x=None, test_y=None)  # not in memory twice
    train_x, train_y = splits["train"]
    facts = replace(facts, train=len(train_x))
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
        dtype=dtype_of(config),
        feature_scale=_scale(fields, train_x) if "features" in config.standardise else None,
        target_scale=Scale.fit(train_y.unsqueeze(1)) if "target" in config.standardise else None,
    )
    del train_x, train_y
    parts = {name: _part(*splits.pop(name), inputs) for name in tuple(splits)}
    give_back()
    check_finite(config, inputs, parts)
    check_targets(config, parts)
    if config.predict:
        try:
            inputs.encode(config.predict)  # not when training has ended
        except UserError as error:
            raise ConfigError(f"predict: {error}") from None
    return Data(
        splits={name: part.to(device) for name, part in parts.items()},
        inputs=inputs,
        sha256=fingerprint(parts),
        facts=facts,
        drawn=raw.drawn,
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
