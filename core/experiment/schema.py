"""RunConfig: everything that defines a run, from a preset, a TOML file and `--set`, checked before anything starts.

Component sections (`dataset`, `model`, `loss`, `optimizer`, `schedule`) are plain dicts `{"name": …,
**hyperparameters}` with all defaults filled in by their registry. Needs neither torch nor pandas.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from typing import Annotated, Any, Literal, TypeAlias

import tomli_w
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
)

from core.components.losses import LOSSES
from core.components.metrics import METRICS
from core.components.models import MODELS
from core.components.optimizers import OPTIMIZERS
from core.components.registry import Component, Registry
from core.components.schedules import SCHEDULES
from core.datasets import DATASETS
from core.experiment.step_sizes import why_no_step
from core.experiment.target import Target
from core.logs import documents
from core.system.folders import user_path

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


def resolver(kind: str) -> Callable[[Any], Section]:
    def resolve(given: Any) -> Section:
        if not isinstance(given, dict) or "name" not in given:
            table = "" if isinstance(given, dict) else f": {kind} must be a table, [{kind}]"
            raise ValueError(f"{kind}.name is missing{table}; choose from {', '.join(SECTIONS[kind].names)}")
        component = SECTIONS[kind][given["name"]]
        return {"name": component.name, **component.resolve({k: v for k, v in given.items() if k != "name"})}

    return resolve


def _known_log(name: Any) -> Any:
    if not isinstance(name, str) or name not in documents.LOGS:
        raise ValueError(f"no log named {name!r}; choose from {', '.join(sorted(documents.LOGS))}")
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
    threads: Annotated[
        int | None, Field(ge=1, le=1024, description="that PyTorch computes on; tried out at the start if not given")
    ] = None
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
    initial_weights: Annotated[
        str | None,
        Field(min_length=1, description="a file of weights to start from, or a run: RUN, RUN@best, RUN@100; as --from"),
    ] = None
    use: Annotated[
        list[str] | None, Field(description="files of components of one's own that it chooses; with --use FILE")
    ] = None
    dataset: Annotated[Section, BeforeValidator(resolver("dataset"))]
    split: SplitConfig | None = None
    model: Annotated[Section, BeforeValidator(resolver("model"))]
    loss: Annotated[Section, BeforeValidator(resolver("loss"))]
    optimizer: Annotated[Section, BeforeValidator(resolver("optimizer"))]
    schedule: Annotated[Section, BeforeValidator(resolver("schedule"))] = {"name": "constant"}
    evaluate: EvaluateConfig = EvaluateConfig()
    stop: StopConfig = StopConfig()

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
        return self.moved_to(str(user_path(found).absolute()))

    def moved_to(self, data_dir: str | None) -> RunConfig:
        """With the dataset's files in this folder; None: where they lie by default."""
        return self.model_copy(update={"data_dir": data_dir})

    def to_dict(self) -> dict[str, Any]:
        """Plain values, None left out, as TOML and JSON hold them."""
        plain: dict[str, Any] = _without_none(self.model_dump(mode="json"))
        return plain

    def to_toml(self) -> str:
        return tomli_w.dumps(self.to_dict())


PARTS: dict[str, type[BaseModel]] = {"split": SplitConfig, "evaluate": EvaluateConfig, "stop": StopConfig}


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_none(item) for key, item in value.items() if item is not None}
    return value
