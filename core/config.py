"""RunConfig: everything that defines a run, from a preset, a TOML file and `--set`, checked before anything starts.

Component sections (`dataset`, `model`, `loss`, `optimizer`, `schedule`) are plain dicts `{"name": …,
**hyperparameters}` with all defaults filled in by their registry. Needs neither torch nor pandas.
"""

from __future__ import annotations

import difflib
import json
import math
import os
import tomllib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias, get_args, get_origin

import tomli_w
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from core import document_log, presets
from core.datasets import DATASETS
from core.errors import ConfigError
from core.fits import Facts, default_metrics, why_not
from core.folders import user_path
from core.keys import flat
from core.losses import LOSSES
from core.metrics import METRICS
from core.models import MODELS
from core.optimizers import OPTIMIZERS
from core.presets import preset_names
from core.registry import Component, Registry, explain, explain_value
from core.schedules import SCHEDULES
from core.steps import why_no_step
from core.stopping import Target

SECTIONS: dict[str, Registry] = {
    "dataset": DATASETS,
    "model": MODELS,
    "loss": LOSSES,
    "optimizer": OPTIMIZERS,
    "schedule": SCHEDULES,
}

REGISTRIES: dict[str, Registry] = {**SECTIONS, "metric": METRICS}
"""Everything that can be chosen by name."""

Section: TypeAlias = dict[str, Any]


def _resolver(kind: str) -> Callable[[Any], Section]:
    def resolve(given: Any) -> Section:
        if not isinstance(given, dict) or "name" not in given:
            table = "" if isinstance(given, dict) else f": {kind} must be a table, [{kind}]"
            raise ValueError(f"{kind}.name is missing{table}; choose from {', '.join(SECTIONS[kind].names)}")
        component = SECTIONS[kind][given["name"]]
        return {"name": component.name, **component.resolve({k: v for k, v in given.items() if k != "name"})}

    return resolve


def _known_log(name: Any) -> Any:
    if not isinstance(name, str) or name not in document_log.LOGS:
        raise ValueError(f"no log named {name!r}; choose from {', '.join(sorted(document_log.LOGS))}")
    return name


def _known_metric(name: Any) -> Any:
    return METRICS[name].name


def _target(text: Any) -> Any:
    return str(Target.parse(text)) if isinstance(text, str) else text


def _usable_step(h: float | None) -> float | None:
    reason = "" if h is None else why_no_step(h)
    if reason:
        raise ValueError(f"h = {h:g}: {reason}")
    return h


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SplitConfig(_Strict):
    """How one table becomes a train, a validation and a test split, as scikit-learn's `train_test_split` does it."""

    train_size: Annotated[
        float | None,
        Field(gt=0, lt=1, description="share of the samples that is not for testing; 0.8 if not given"),
    ] = None
    validation: Annotated[float, Field(ge=0, lt=1, description="share of those that is held out for validation")] = 0.0
    stratify: Annotated[bool, Field(description="the same share of every class in each split")] = False
    random_state: Annotated[int, Field(ge=0, lt=2**32, description="seed of the split")] = 42


class EvaluateConfig(_Strict):
    """When to measure, and on which splits. A validation split is measured whenever anything is."""

    when: Annotated[
        list[Literal["start", "epoch", "end"]],
        Field(description="before training, after each epoch, at the end"),
    ] = ["epoch"]
    splits: Annotated[list[Literal["train", "validation", "test"]], Field(description="splits to measure")] = [
        "train",
        "test",
    ]
    batch_size: Annotated[int | None, Field(ge=1, description="samples at a time; as in training if not given")] = None


class StopConfig(_Strict):
    """When a run is over before its last epoch, and which weights count as its best."""

    target: Annotated[
        str | None, BeforeValidator(_target), Field(description="stop once this holds, such as test_accuracy>=0.97")
    ] = None
    patience: Annotated[int | None, Field(ge=1, description="stop after so many epochs without a better one")] = None
    min_delta: Annotated[float, Field(ge=0, allow_inf_nan=False, description="what counts as better, at least")] = 0.0
    monitor: Annotated[
        str | None, Field(description="what to compare; validation_loss if there is such a split, else test_loss")
    ] = None
    keep_best: Annotated[bool, Field(description="save the best epoch as best.pt; a search keeps and ranks it")] = False

    @property
    def watches(self) -> bool:
        """Whether epochs are compared."""
        return self.patience is not None or self.keep_best


class RunConfig(_Strict):
    """A whole run, resolved: two equal configs on equal data train to equal weights."""

    name: Annotated[str, Field(min_length=1, max_length=200, description="goes into the run-id")]
    summary: Annotated[str, Field(description="one line on what the experiment shows")] = ""
    log: Annotated[str, BeforeValidator(_known_log), Field(description="whose log to print")] = "plain"
    epochs: Annotated[int, Field(ge=1, description="passes over the train split")] = 10
    batch_size: Annotated[int, Field(ge=1, description="samples per step")] = 64
    shuffle: Annotated[bool, Field(description="new batches in every epoch")] = True
    seed: Annotated[int, Field(ge=0, lt=2**32, description="of the initial weights and the batch order")] = 0
    iterations: Annotated[
        int | None,
        Field(
            ge=1,
            description="steps of the model two-layer; as many as epochs have if not given",
        ),
    ] = None
    gradient: Annotated[
        Literal["numerical", "backprop", "autograd"] | None,
        Field(description="of two-layer: central differences (if not given), the chain rule by hand, or PyTorch"),
    ] = None
    h: Annotated[
        float | None,
        AfterValidator(_usable_step),
        Field(description="step of the numerical gradient, usually 1e-6 to 1e-3; 1e-4 if not given"),
    ] = None
    device: Annotated[Literal["auto", "cpu", "cuda", "mps"], Field(description="auto: a GPU if there is one")] = "auto"
    data_dir: Annotated[str | None, Field(description="where dataset files lie")] = None
    label_map: Annotated[
        list[Annotated[int, Field(ge=0)]] | None,
        Field(min_length=2, description="new label of each class: 0,0,1,1 makes two classes of four"),
    ] = None
    standardise: Annotated[
        list[Literal["features", "target"]],
        Field(description="subtract the mean, divide by the standard deviation of the train split"),
    ] = []
    clip_grad_norm: Annotated[
        float | None, Field(gt=0, allow_inf_nan=False, description="longest gradient; a longer one is scaled down")
    ] = None
    metrics: Annotated[
        list[Annotated[str, BeforeValidator(_known_metric)]] | None,
        Field(
            description="what to measure beside the loss; what suits the data if not given",
            examples=["accuracy", "macro_f1"],
        ),
    ] = None
    predict: Annotated[
        list[list[Annotated[float, Field(allow_inf_nan=False)]]],
        Field(max_length=100, description="inputs to predict when training ends"),
    ] = []
    dataset: Annotated[Section, BeforeValidator(_resolver("dataset"))]
    split: SplitConfig | None = None
    model: Annotated[Section, BeforeValidator(_resolver("model"))]
    loss: Annotated[Section, BeforeValidator(_resolver("loss"))]
    optimizer: Annotated[Section, BeforeValidator(_resolver("optimizer"))]
    schedule: Annotated[Section, BeforeValidator(_resolver("schedule"))] = {"name": "constant"}
    evaluate: EvaluateConfig = EvaluateConfig()
    stop: StopConfig = StopConfig()

    @model_validator(mode="after")
    def _parts_fit_together(self) -> RunConfig:
        """Fill in what depends on other parts, and refuse parts that do not go together."""
        own_splits = bool(self.component("dataset").facts.get("splits"))
        name, split = self.dataset["name"], self.split
        if own_splits and split is not None and split.train_size is not None:
            raise ValueError(f"{name} comes with its own train and test split; leave out split.train_size")
        if own_splits and split is not None and not split.validation:
            split = None  # nothing is split
        if not own_splits:
            split = split or SplitConfig()
            split = split.model_copy(update={"train_size": split.train_size or 0.8})
        _fill(self, "split", split)
        splits = list(dict.fromkeys(self.evaluate.splits))
        if split is not None and split.validation:
            if "validation" not in splits:
                at = splits.index("test") if "test" in splits else len(splits)
                splits.insert(at, "validation")
        elif "validation" in splits:
            raise ValueError("evaluate.splits: there is no validation split; set split.validation, for example to 0.2")
        _fill(self, "evaluate", self.evaluate.model_copy(update={"splits": splits}))
        if self.model["name"] == "two-layer":
            _fill(self, "gradient", self.gradient or "numerical")
            _fill(self, "h", self.h or 1e-4)
            _fill(self, "device", "cpu" if self.device == "auto" else self.device)
        self._fit(self.facts)
        return self

    def _fit(self, facts: Facts) -> None:
        """Complete this config for data with these facts. Raises ValueError for parts that do not fit it."""
        if facts.task is not None and self.metrics is None:
            _fill(self, "metrics", default_metrics(facts.task))
        if self.iterations is not None and facts.train:
            _fill(self, "epochs", math.ceil(self.iterations / math.ceil(facts.train / self.batch_size)))
        if self.stop.watches and self.stop.monitor is None:
            monitor = "validation_loss" if "validation" in self.evaluate.splits else "test_loss"
            _fill(self, "stop", self.stop.model_copy(update={"monitor": monitor}))
        if self.schedule.get("monitor", "") is None:
            monitor = "validation_loss" if "validation" in self.evaluate.splits else "test_loss"
            _fill(self, "schedule", {**self.schedule, "monitor": monitor})
        reason = why_not(self, facts)
        if reason:
            raise ValueError(reason)

    def fitted_to(self, facts: Facts) -> RunConfig:
        """This config completed by what the loaded data tells. Raises ConfigError for parts that do not fit it."""
        fitted = self.model_copy()
        try:
            fitted._fit(facts)
        except ValueError as error:
            raise ConfigError(str(error)) from None
        return fitted

    @property
    def facts(self) -> Facts:
        """What is known of the dataset before it is loaded."""
        known = self.component("dataset").facts_of(self.arguments("dataset"))
        known.setdefault("task", None if self.component("dataset").facts.get("task") else "classification")
        return Facts.of(self, known)

    def total_steps(self, train: int) -> int:
        """Updates of the weights in the whole run, with `train` samples in the train split."""
        return self.iterations or self.epochs * math.ceil(train / self.batch_size)

    def component(self, kind: str) -> Component:
        """The registered component that section `kind` names."""
        section: Section = getattr(self, kind)
        return SECTIONS[kind][section["name"]]

    def arguments(self, kind: str) -> dict[str, Any]:
        """The hyperparameters of section `kind`, as keyword arguments of its component."""
        section: Section = getattr(self, kind)
        return {key: value for key, value in section.items() if key != "name"}

    def with_data_dir(self, data_dir: str | None) -> RunConfig:
        """With the folder of its dataset's files, if it has any, written down as an absolute path.

        That is `data_dir`, else `$NNTUI_DATA_DIR`, else what the config says.
        """
        found = data_dir or os.environ.get("NNTUI_DATA_DIR") or self.data_dir
        if not found or not self.component("dataset").facts.get("files"):
            return self
        return self.model_copy(update={"data_dir": str(user_path(found).absolute())})

    def to_dict(self) -> dict[str, Any]:
        """Plain values, None left out, as TOML and JSON hold them."""
        plain: dict[str, Any] = _without_none(self.model_dump(mode="json"))
        return plain

    def to_toml(self) -> str:
        return tomli_w.dumps(self.to_dict())


OF_TWO_LAYER = {"iterations", "gradient", "h"}
"""Keys of a run as a whole that only the model two-layer has."""

PARTS: dict[str, type[BaseModel]] = {"split": SplitConfig, "evaluate": EvaluateConfig, "stop": StopConfig}


def _fill(config: RunConfig, field: str, value: Any) -> None:
    """Set a field of a config that is still being made."""
    object.__setattr__(config, field, value)


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_none(item) for key, item in value.items() if item is not None}
    return value


def load(experiment: str, settings: Iterable[tuple[str, str]] = ()) -> RunConfig:
    """The config of a preset name or a TOML file, with `KEY=VALUE` settings on top.

    Raises ConfigError in one line for an experiment, key or value that cannot be used.
    """
    return resolve(read(experiment), settings)


def read(experiment: str) -> dict[str, Any]:
    """The tables of a preset or TOML file as they stand there, unchecked, but for paths of data files: a relative one
    is relative to the file it stands in."""
    path = presets.FOLDER / f"{experiment}.toml"
    if experiment not in preset_names():
        try:
            path = Path(experiment).expanduser()
            plausible = path.suffix == ".toml" or path.is_file()
        except (OSError, RuntimeError, ValueError):  # too long, no such home folder, a null byte
            plausible = False
        if not plausible:
            close = difflib.get_close_matches(experiment, preset_names(), n=1)
            raise ConfigError(
                f"no experiment named {experiment!r}: neither a preset ({', '.join(preset_names())}) nor a TOML file"
                + (f"; did you mean {close[0]}?" if close else "")
            )
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8-sig"))  # editors on Windows begin it with a mark
    except OSError as error:
        raise ConfigError(f"cannot read the experiment {experiment!r}: {error.strerror or error}") from None
    except (ValueError, RecursionError) as error:  # not TOML, not UTF-8, nested without end, or a null byte in the name
        raise ConfigError(f"{experiment} is not a TOML file: {str(error).splitlines()[0]}") from None
    tables.setdefault("name", path.stem)
    _find_beside(path, tables)
    return tables


def _find_beside(experiment: Path, tables: dict[str, Any]) -> None:
    """Complete the paths of data files in the tables of the file `experiment`, so that it works from any folder."""
    dataset = tables.get("dataset")
    name = dataset.get("name") if isinstance(dataset, dict) else None
    if not isinstance(dataset, dict) or name not in DATASETS.names:
        return  # refused later on
    for key in DATASETS[name].facts.get("paths", ()):
        if isinstance(dataset.get(key), str) and dataset[key]:
            dataset[key] = _beside(experiment, dataset[key])
        elif isinstance(dataset.get(key), list):  # an axis
            dataset[key] = [_beside(experiment, path) if isinstance(path, str) else path for path in dataset[key]]


def _beside(experiment: Path, path: str) -> str:
    return str(experiment.absolute().parent / user_path(path)) if path else path


def resolve(tables: Mapping[str, Any], settings: Iterable[tuple[str, str]] = ()) -> RunConfig:
    """Check and complete `tables` with `settings` applied. Raises ConfigError.

    The values of `tables` have the types of TOML (True is no number, a text is none either); settings are text.
    """
    tables = {key: dict(value) if isinstance(value, dict) else value for key, value in tables.items()}
    settings = list(settings)
    given = {key for key, _text in settings}
    check_given(given)
    # A component's name comes before its hyperparameters, in whatever order they were given.
    for key, text in sorted(settings, key=lambda setting: not setting[0].endswith(".name")):
        apply(tables, key, text, given)
    try:
        return RunConfig.model_validate_json(_as_json(tables), strict=True)
    except ValidationError as error:
        for each in error.errors():
            if each["type"] == "extra_forbidden":
                raise ConfigError(_no_key(".".join(str(part) for part in each["loc"]), tables)) from None
        first = error.errors()[0]
        if first["type"] == "missing" and first["loc"][0] in SECTIONS:
            kind = str(first["loc"][0])
            choices = ", ".join(SECTIONS[kind].names)
            raise ConfigError(f"{kind} is missing; choose {kind}.name from {choices}") from None
        raise ConfigError(explain(error, RunConfig)) from None


def check_given(given: set[str]) -> None:
    """Raise ConfigError for keys that are set by hand and say the same thing."""
    if {"epochs", "iterations"} <= given:
        raise ConfigError("epochs and iterations say the same thing; leave one out")


def _as_json(tables: Mapping[str, Any]) -> str:
    """Raises ConfigError for a date or a time, which TOML has and no key takes."""
    for key, value in flat(tables).items():
        try:
            json.dumps(value)
        except (TypeError, ValueError):
            shown = value.isoformat() if hasattr(value, "isoformat") else "a list"
            raise ConfigError(f"{key} = {shown}: must be text, a number, true, false or a list of these") from None
    return json.dumps(tables)


def _table(kind: str, tables: Mapping[str, Any]) -> Any:
    """What `tables` hold for one table, or what holds where they say nothing."""
    default = {} if kind in PARTS else RunConfig.model_fields[kind].get_default()
    return tables.get(kind, default if isinstance(default, dict) else {})


def schema_of(kind: str, tables: Mapping[str, Any]) -> type[BaseModel] | None:
    """The fields of one table: of the component it names, of a part of RunConfig, or None where neither is. Raises
    ValueError where a component is not named."""
    if kind not in SECTIONS:
        return PARTS.get(kind)
    table = _table(kind, tables)
    if not isinstance(table, dict) or "name" not in table:
        _resolver(kind)(table)
    return SECTIONS[kind][table["name"]].schema


def apply(tables: dict[str, Any], key: str, text: str, given: Iterable[str] = ()) -> None:
    """Set one dotted key in `tables`. Raises ConfigError.

    Other keys that say the same thing are dropped (`model.hidden` by `model.n_layers`), unless they are among `given`,
    the keys that are set by hand.
    """
    kind, _, name = key.partition(".")
    try:
        if not name:
            if kind in RunConfig.model_fields and kind not in SECTIONS and kind not in PARTS:
                tables[kind] = parse(RunConfig, kind, text, key)
                for other in {"epochs": ["iterations"], "iterations": ["epochs"]}.get(kind, []):
                    tables.pop(other, None)  # says the same thing
                return
        elif kind in SECTIONS and name == "name":
            tables[kind] = {"name": SECTIONS[kind][text].name}
            if kind == "dataset":
                _move_to(tables, SECTIONS[kind][text])
            if kind == "model" and text != "two-layer":
                for own in OF_TWO_LAYER - set(given):
                    tables.pop(own, None)
            return
        elif (schema := schema_of(kind, tables)) and name in schema.model_fields:
            table = _table(kind, tables)
            if not isinstance(table, dict):
                raise ValueError(f"{kind} must be a table, [{kind}], not {table!r}")
            value = parse(schema, name, text, key)
            gone = set() if value is None or kind in PARTS else _said_by(SECTIONS[kind][table["name"]], name)
            kept = {other: old for other, old in table.items() if other not in gone or f"{kind}.{other}" in given}
            tables[kind] = {**kept, name: value}
            return
    except ValueError as error:
        raise ConfigError(str(error)) from None
    raise ConfigError(_no_key(key, tables))


def _said_by(component: Component, name: str) -> set[str]:
    """The hyperparameters that `name` takes the place of."""
    groups: Iterable[Iterable[str]] = component.facts.get("instead", ())
    if not any(name in group for group in groups):
        return set()
    return {other for group in groups if name not in group for other in group}


def _move_to(tables: dict[str, Any], dataset: Component) -> None:
    """Drop from `tables` what belonged to the dataset that was replaced: its labels, and what its task had."""
    tables.pop("label_map", None)
    tables.pop("predict", None)
    split = tables.get("split")
    if not isinstance(split, dict):
        return
    gone = {"train_size"} if dataset.facts.get("splits") else set()
    gone |= {"stratify"} if dataset.facts.get("task") == "regression" else set()
    kept = {key: value for key, value in split.items() if key not in gone}
    if dataset.facts.get("splits") and not kept.get("validation"):
        del tables["split"]
    else:
        tables["split"] = kept


def parse(schema: type[BaseModel], name: str, text: str, key: str) -> Any:
    """The value that a command-line text means for field `name`; `key` is its name for the user.

    Lists are written `512,512` or `[512, 512]`, no value is written `none`. Raises ValueError.
    """
    info = schema.model_fields[name]
    annotation: Any = Annotated[info.annotation, info]
    adapter: TypeAdapter[Any] = TypeAdapter(annotation)
    is_list = any(get_origin(each) in (list, tuple) for each in (info.annotation, *get_args(info.annotation)))
    if any("\ud800" <= char <= "\udfff" for char in text):  # bytes of the command line that are no UTF-8
        raise ValueError(f"{key}: the value is not UTF-8 text")
    try:
        if text.lower() == "none" and type(None) in get_args(info.annotation):
            return adapter.validate_python(None)
        if is_list and text.strip().startswith("["):
            return adapter.validate_json(text.strip(), strict=True)
        return adapter.validate_python([part.strip() for part in text.split(",") if part.strip()] if is_list else text)
    except ValidationError as error:
        first = dict(error.errors(include_url=False)[0])
        if first["type"] == "json_invalid":
            raise ValueError(f"{key} = {text[:60]}: must be a list such as [64, 64]") from None
        if isinstance(first["input"], list):
            first["input"] = text  # as it was written
        raise ValueError(explain_value(first, info, key=key)) from None


def _no_key(key: str, tables: Mapping[str, Any]) -> str:
    kind, _, name = key.partition(".")
    if key in SECTIONS:
        return f"no key '{key}'; write {key}.name=… with one of {', '.join(SECTIONS[key].names)}"
    if kind != key and (schema := schema_of(kind, tables)):
        has = f"{_table(kind, tables)['name'] if kind in SECTIONS else kind} has "
        owners = [component.name for component in SECTIONS.get(kind, ()) if name in component.parameters]
        first = f"; to use it, set {kind}.name to {' or '.join(sorted(owners))}" if owners else ""
        return f"no key '{key}'; {has}{', '.join(schema.model_fields) or 'no keys'}{first}"
    groups = [*SECTIONS, *PARTS]
    bare = [name for name in RunConfig.model_fields if name not in groups]
    return f"no key '{key}'; choose from {', '.join(bare)}, or {', '.join(f'{group}.…' for group in groups)}"
