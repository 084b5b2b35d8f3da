"""Whether the parts of an experiment go together: data, network, loss, metrics. If not, why, and what would."""

from __future__ import annotations

import math
from typing import Any

from core.components.losses import LOSSES
from core.components.metrics import METRICS
from core.components.models import MODELS, own_keys
from core.components.outputs import OUTPUTS, Output, Task
from core.errors import ConfigError
from core.events.events import LARGEST, SMALLEST
from core.experiment.facts import Facts, facts_of, output_of
from core.experiment.schema import RunConfig, SplitConfig
from core.experiment.target import Target
from core.logs.documents import open_log

COMPUTED = ("model", "loss", "optimizer", "schedule")
"""Sections whose numbers the network is computed with."""


def completed(config: RunConfig) -> RunConfig:
    """With what depends on other parts filled in. Raises ConfigError for parts that do not go together."""
    own_splits, split = bool(config.component("dataset").facts.get("splits")), config.split
    if own_splits and split is not None and split.train_size is not None:
        name = config.dataset["name"]
        raise ConfigError(f"{name} comes with its own train and test split; leave out split.train_size")
    if own_splits and split is not None and not split.validation:
        split = None  # nothing is split
    if not own_splits:
        split = split or SplitConfig()
        split = split.model_copy(update={"train_size": split.train_size or 0.8})
    splits = list(dict.fromkeys(config.evaluate.splits))
    if split is not None and split.validation:
        if "validation" not in splits:
            at = splits.index("test") if "test" in splits else len(splits)
            splits.insert(at, "validation")
    elif "validation" in splits:
        raise ConfigError("evaluate.splits: there is no validation split; set split.validation, for example to 0.2")
    found: dict[str, Any] = {"split": split, "evaluate": config.evaluate.model_copy(update={"splits": splits})}
    if fill_in := config.component("model").brings("completed"):
        found |= fill_in(config)
    config = config.model_copy(update=found)
    return fitted_to(config, facts_of(config))


def fitted_to(config: RunConfig, facts: Facts) -> RunConfig:
    """Completed by what is known of the data. Raises ConfigError for parts that do not fit it."""
    found: dict[str, Any] = {}
    if facts.task is not None and config.metrics is None:
        found["metrics"] = default_metrics(facts.task)
    if config.iterations is not None and facts.train:
        found["epochs"] = math.ceil(config.iterations / math.ceil(facts.train / config.batch_size))
    monitor = "validation_loss" if "validation" in config.evaluate.splits else "test_loss"
    if config.stop.watches and config.stop.monitor is None:
        found["stop"] = config.stop.model_copy(update={"monitor": monitor})
    if config.schedule.get("monitor", "") is None:
        found["schedule"] = {**config.schedule, "monitor": monitor}
    fitted = config.model_copy(update=found)
    if reason := why_not(fitted, facts):
        raise ConfigError(reason)
    return fitted


def default_metrics(task: Task) -> list[str]:
    return ["accuracy"] if task == "classification" else ["mae", "rmse", "r2"]


def why_not(config: RunConfig, facts: Facts) -> str:
    """In one line, naming the key and what would fit; empty where all fits as far as is known."""
    return (
        _numbers(config)
        or _labels(config, facts)
        or _own(config, facts)
        or _loss(config, facts)
        or _model(config, facts)
        or _metrics(config, facts)
        or _log(config, facts)
        or _stopping(config)
        or _schedule(config)
        or _predictions(config, facts)
    )


def _numbers(config: RunConfig) -> str:
    """A hyperparameter that the network could not be computed with: in float32 it is infinite, or 0."""
    given = {f"{kind}.{key}": value for kind in COMPUTED for key, value in config.arguments(kind).items()}
    given["clip_grad_norm"] = config.clip_grad_norm
    for key, value in given.items():
        for number in value if isinstance(value, list | tuple) else [value]:
            if isinstance(number, float) and number and not SMALLEST <= abs(number) <= LARGEST:
                return f"{key} = {number:g}: float32 holds numbers of {SMALLEST:.2g} to {LARGEST:.2g}, and 0; " + (
                    "use a smaller one" if abs(number) > LARGEST else "use a larger one"
                )
    return ""


def _labels(config: RunConfig, facts: Facts) -> str:
    name, labels = config.dataset["name"], config.label_map
    if facts.task == "regression" and (labels is not None or (config.split and config.split.stratify)):
        key = "split.stratify" if labels is None else "label_map"
        return f"{key} is for classes, but {name} has values to predict; leave it out"
    if facts.task == "classification" and "target" in config.standardise:
        return f"standardise: {name} has classes, only values can be standardised as target; use standardise=features"
    if labels is None:
        return ""
    if facts.raw_classes is not None and len(labels) != facts.raw_classes:
        return f"label_map has {len(labels)} labels, but {name} has {facts.raw_classes} classes; give one for each"
    if set(labels) != set(range(max(labels) + 1)) or max(labels) == 0:
        return f"label_map = {labels}: the new labels must be 0, 1, … without gaps, and at least two"
    return ""


def _loss(config: RunConfig, facts: Facts) -> str:
    output, name, data = output_of(config), config.loss["name"], config.dataset["name"]
    activation = config.model.get("output_activation", "none")
    if facts.task is not None and facts.task != output.task:
        has = "classes" if facts.task == "classification" else "values"
        wants = "values" if output.task == "regression" else "classes"
        fitting = _fitting_losses(facts.task, facts.classes, activation) or _fitting_losses(
            facts.task, facts.classes, "none"
        )
        use = f"loss.name={fitting}"
        if "table" in config.component("dataset").facts:
            data = f"column {config.dataset['target']!r} of {config.dataset['path']}"
            use += " or dataset.task=classification" if facts.task == "regression" else ""
        return f"loss {name} is for {wants}, but {data} has {has}; use {use}"
    if output.task == "classification" and output.single and facts.classes not in (None, 2):
        fitting = _fitting_losses("classification", facts.classes, "none")
        return f"loss {name} tells two classes apart, but {data} has {facts.classes}; use loss.name={fitting}"
    if activation not in output.activations:
        fitting = _fitting_losses(output.task, facts.classes, activation, like=output)
        gives = "a last layer without activation" if activation == "none" else f"the {activation} of the last layer"
        instead = [f"model.output_activation={output.activations[0]}", *([f"loss.name={fitting}"] if fitting else [])]
        return f"loss {name} takes {output.takes}, but gets {gives}; use {' or '.join(instead)}"
    return ""


def _fitting_losses(task: Task, classes: int | None, activation: str, like: Output | None = None) -> str:
    """The name of a loss that fits, if possible one that reads as many numbers per sample as `like`; empty if none."""
    names = list(dict.fromkeys(["cross-entropy", "bce-logits", "bce", "nll", "mse", *LOSSES.names]))
    outputs = {name: OUTPUTS[LOSSES[name].facts.get("output", "logits")] for name in names}
    fitting = [
        name
        for name, output in outputs.items()
        if output.task == task
        and activation in output.activations
        and (task == "regression" or not output.single or classes in (None, 2))
    ]
    fitting.sort(key=lambda name: like is not None and outputs[name].single != like.single)
    return fitting[0] if fitting else ""


def _model(config: RunConfig, facts: Facts) -> str:
    wanted = MODELS[config.model["name"]].facts.get("dimensions")
    if wanted is None or facts.shape is None or len(facts.shape) == wanted:
        return ""
    size = "×".join(str(n) for n in facts.shape)
    return (
        f"model {config.model['name']} takes pictures (channels × height × width), but a sample of "
        f"{config.dataset['name']} has the shape {size}; use model.name=mlp"
    )


def _own(config: RunConfig, facts: Facts) -> str:
    """What only some models have, and what does not go with this one."""
    model = config.component("model")
    for key, instead in own_keys().items():
        if key not in model.facts.get("keys", {}) and getattr(config, key, None) is not None:
            owners = [each.name for each in MODELS if key in each.facts.get("keys", {})]
            return f"{key} is for the model {' or '.join(owners)}, not for {model.name}; {instead}"
    judge = model.brings("why_not")
    return judge(config, facts) if judge else ""


def _metrics(config: RunConfig, facts: Facts) -> str:
    for name in config.metrics or []:
        task = METRICS[name].facts.get("task", "classification")
        if facts.task is not None and task != facts.task:
            fitting = [m.name for m in METRICS if m.facts.get("task", "classification") == facts.task]
            has = "classes" if facts.task == "classification" else "values"
            return (
                f"metric {name} is for {task}, but {config.dataset['name']} has {has}; choose from {', '.join(fitting)}"
            )
    return ""


def _log(config: RunConfig, facts: Facts) -> str:
    for column in open_log(config.log).measures:
        split, _, metric = column.partition("_")
        prints = f"log {config.log} prints the {metric} on the {split} split"
        if config.metrics is not None and metric not in ("loss", *config.metrics):
            add = "" if facts.task == "regression" else f"add {metric} to metrics or "
            return f"{prints}, but {metric} is not measured; {add}use log=plain"
        if split not in config.evaluate.splits or not config.evaluate.when:
            key = "splits" if split not in config.evaluate.splits else "when"
            return f"{prints}, but that is never measured; see evaluate.{key}, or use log=plain"
    return ""


def _stopping(config: RunConfig) -> str:

    wanted = []
    if config.stop.monitor is not None:
        wanted.append(("stop.monitor", config.stop.monitor, config.stop.watches))
    if config.schedule.get("monitor"):
        wanted.append(("schedule.monitor", config.schedule["monitor"], True))
    if config.stop.target:
        target = Target.parse(config.stop.target)
        if reason := target.never():
            return f"stop.target = {config.stop.target}: {reason}"
        wanted.append(("stop.target", target.column, True))
    for key, column, used in wanted:
        split, _, metric = column.partition("_")
        if split not in ("train", "validation", "test") or not metric:
            return f"{key} = {column}: write a split and what is measured on it, such as test_accuracy or train_loss"
        if config.metrics is not None and metric not in ("loss", *config.metrics):
            return f"{key} = {column}: {metric} is not measured; choose from {', '.join(['loss', *config.metrics])}"
        measured = split == "train" or (split in config.evaluate.splits and "epoch" in config.evaluate.when)
        if used and not measured:
            return f"{key} = {column}: {split} is not measured after each epoch; see evaluate.splits and evaluate.when"
    return ""


def warnings(config: RunConfig) -> list[str]:
    """What can be trained, but should be known before it is: epochs that are chosen on the test split."""

    stop, by = config.stop, dict[str, str]()
    if stop.monitor is not None and stop.monitor.startswith("test_"):
        by = {f"stop.{key}": stop.monitor for key in ("keep_best", "patience") if getattr(stop, key)}
    if stop.target and (column := Target.parse(stop.target).column).startswith("test_"):
        by["stop.target"] = column
    if not by:
        return []
    validation = config.split is not None and bool(config.split.validation)
    columns = " and ".join(dict.fromkeys(by.values()))
    return [
        f"{' and '.join(by)} choose{'s' if len(by) == 1 else ''} an epoch by {columns}, on the very samples that the "
        "result is measured on, so it will look too good; "
        + ("choose by a validation_… column" if validation else "hold some out: split.validation=0.2")
    ]


def _schedule(config: RunConfig) -> str:
    rise = config.schedule.get("warmup_epochs", 0)
    if rise > config.epochs:
        whole = f"the run has {config.epochs} epochs" if config.epochs > 1 else "the run has one epoch"
        return f"schedule.warmup_epochs = {rise:g}: {whole}, so it would end before the warm-up does; use fewer"
    return ""


def _predictions(config: RunConfig, facts: Facts) -> str:
    if facts.shape is None:
        return ""
    n = 1
    for size in facts.shape:
        n *= size
    for row in config.predict:
        if len(row) != n:
            return f"predict: an input of {len(row)} values, but a sample of {config.dataset['name']} has {n}"
    return ""
