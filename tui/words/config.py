"""A config in words, for people."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from rich.cells import cell_len

from core.experiment.facts import facts_of
from core.experiment.schema import SECTIONS, RunConfig
from core.experiment.search import SearchConfig
from core.history.dummy import compared
from core.history.history import History
from tui.words.aligned import table_lines
from tui.words.metrics import metric, metric_words
from tui.words.units import count


def section(kind: str, values: Mapping[str, Any]) -> str:
    """`adam, lr 0.01`: the learning rate, and what differs from the defaults of that component."""
    registry = SECTIONS[kind]
    fields = registry[values["name"]].schema.model_fields if values["name"] in registry else {}

    def worth_saying(key: str, value: Any) -> bool:
        default = fields[key].get_default() if key in fields else None
        if value is None or key.startswith("layer_name"):
            return False
        return key == "lr" or _value(value) != _value(default)

    rest = (f"{key.replace('_', ' ')} {_value(value)}" for key, value in values.items() if worth_saying(key, value))
    return ", ".join([str(values["name"]), *(each for each in rest if each != f"name {values['name']}")])


def _value(value: Any) -> str:
    if isinstance(value, list | tuple):
        nested = any(isinstance(item, list | tuple) for item in value)
        return (", " if nested else "-").join(
            f"({_value(item)})" if nested else _value(item) for item in value
        ) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _data(config: RunConfig) -> str:
    dataset = config.component("dataset")
    return _own_table(config.dataset) if "table" in dataset.facts else dataset.summary


def _own_table(section: Mapping[str, Any]) -> str:
    parts = [f"{section['path']}, target {section['target']}"]
    for key, words in (("features", "from {}"), ("leave_out", "without {}"), ("categories", "{} as categories")):
        names = section.get(key) or ()
        if names:
            shown = ", ".join(names[:6]) + (f", … ({len(names)} in all)" if len(names) > 6 else "")
            parts.append(words.format(shown))
    how = {"drop": "rows that lack a value dropped", "fill": "missing values filled in"}
    return "; ".join([*parts, *([how[section["missing"]]] if section.get("missing") in how else [])])


def _split(config: RunConfig) -> str:
    split = config.split
    if split is None:
        return "its own train and test split"
    parts = ["its own test split" if split.train_size is None else f"{100 * (1 - split.train_size):g} % for testing"]
    if split.validation:
        parts.append(f"{100 * split.validation:g} % of the rest for validation")
    return ", ".join([*parts, *(["stratified"] if split.stratify else []), f"random state {split.random_state}"])


def _standardised(config: RunConfig) -> str:
    words = " and ".join(config.standardise)
    return f"{words} (the loss is in standard deviations)" if "target" in config.standardise else words


def _stopping(config: RunConfig) -> str:
    stop, parts = config.stop, []
    if stop.target:
        parts.append(f"at {stop.target}")
    if stop.patience is not None:
        parts.append(f"after {count(stop.patience)} epochs without a better {stop.monitor}")
    return ", ".join(parts)


def _gradient(config: RunConfig) -> str:
    ways = {
        "numerical": f"numerical: central differences, h = {config.h:g}" if config.h else "",
        "backprop": "backpropagation by hand",
        "autograd": "PyTorch's autograd",
    }
    clipped = f"clipped to {config.clip_grad_norm:g}" if config.clip_grad_norm else ""
    return ", ".join(part for part in (ways.get(config.gradient or ""), clipped) if part)


def _length(config: RunConfig, steps: int | None) -> tuple[str, str]:
    of = f" of {count(steps)} steps" if steps else ""
    if config.iterations is not None:
        if steps and config.iterations < steps:
            return "Iterations", f"{count(config.iterations)}, of {count(steps)} in an epoch"
        epochs = f": {count(config.epochs)} epochs{of}" if steps else ""
        return "Iterations", f"{count(config.iterations)}{epochs}"
    return "Epochs", f"{count(config.epochs)}{of}"


def steps_per_epoch(config: RunConfig) -> int | None:
    """Before the data is loaded, from what its dataset is known to hold."""
    train = facts_of(config).train
    return None if train is None else math.ceil(train / config.batch_size)


def describe(config: RunConfig, parameters: str) -> list[tuple[str, str]]:
    """(label, value) rows of what a run of `config` will do; `parameters` is their number, if it is known yet."""
    steps = steps_per_epoch(config)
    model = config.component("model").facts
    order = model.get("order") or ("shuffled" if config.shuffle else "in order")
    each = "the first iteration of each" if model.get("measured") == "first step" else "each"
    splits = config.evaluate.splits
    measured = (
        " and ".join([", ".join(splits[:-1]), splits[-1]] if len(splits) > 1 else splits)
        + " "
        + ", ".join(f"after {each} epoch" if w == "epoch" else f"at the {w}" for w in config.evaluate.when)
    )
    optional = [
        ("Labels", ", ".join(f"{old}→{new}" for old, new in enumerate(config.label_map or []))),
        ("Standardised", _standardised(config)),
        ("Schedule", section("schedule", config.schedule) if config.schedule["name"] != "constant" else ""),
        ("Starts from", config.initial_weights or ""),
        ("Gradient", _gradient(config)),
        ("Ends early", _stopping(config)),
    ]
    return [
        ("Data", _data(config)),
        ("Split", _split(config)),
        ("Network", section("model", config.model)),
        ("Parameters", parameters),
        ("Loss", section("loss", config.loss)),
        ("Optimizer", section("optimizer", config.optimizer)),
        *[(label, value) for label, value in optional if value],
        _length(config, steps),
        ("Batches", f"{count(config.batch_size)} samples, {order}"),
        ("Measured", f"{', '.join(['loss', *(config.metrics or [])])}; {measured}"),
        ("Seed", str(config.seed)),
        ("Device", config.device),
    ]


def describe_search(search: SearchConfig) -> list[tuple[str, str]]:
    """(label, value) rows of what a search tries; the rows of `describe` are then those of its first trial."""
    keys = search.keys
    trials = f"{count(search.n_trials)} networks"
    repeats = f", each cell {keys.repeats} times" if keys.repeats > 1 else ""
    methods = {"grid": "all cells of the grid", "random": "cells at random", "tpe": "cells near good ones (TPE)"}
    rows = [
        ("Search", f"{trials}{repeats}: {methods[keys.method]}"),
        *[(axis.name, axis_values(axis.values, axis.written)) for axis in search.axes],
        (
            "Ranked by",
            metric_words(search.rank) + (", which makes the best one look too good" if search.optimistic else ""),
        ),
    ]
    if keys.prune != "none":
        rows.append(("Pruned", f"early, by {keys.prune}"))
    return [*rows, ("", ""), ("", "Its first network:")]


def axis_values(values: Sequence[Any], written: Any) -> str:
    shown = [_value(value) for value in values]
    if len(shown) > 8:
        shown = [*shown[:3], "…", shown[-1]]
    return ", ".join(shown) or str(written)


def beside_dummy(history: History) -> str:
    """`test accuracy 72.5 % (78.8 % by always answering b)`; empty where one of the two is not known."""
    found = compared(history)
    if found is None:
        return ""
    best = "best " if history.trials is not None else ""
    words = metric_words(found.column)
    answer = found.answer if len(found.answer) <= 40 else f"{found.answer[:39]}…"
    return f"{best}{words} {metric(words, found.value)} ({metric(words, found.dummy)} by always answering {answer})"


def layer_lines(layers: Sequence[Mapping[str, Any]], width: int = 1000) -> list[str]:
    """A table of a network's layers: their output shapes for one sample, their parameters, and the sum of those. In
    fewer columns without their types."""
    rows = [
        (layer["name"], layer["type"], "×".join(str(n) for n in layer["output"]), count(layer["parameters"]))
        for layer in layers
    ]
    total = sum(layer["parameters"] for layer in layers)
    headings = ("layer", "type", "output", "parameters")
    lines = table_lines(headings, [*rows, ("total", "", "", count(total))], right=(2, 3))
    if max(map(cell_len, lines)) <= width:
        return lines
    short = [(name, output, parameters) for name, _type, output, parameters in rows]
    return table_lines(("layer", "output", "parameters"), [*short, ("total", "", count(total))], right=(1, 2))
