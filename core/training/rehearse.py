"""Components of the user's own, tried on a few samples before anything trains: what they return is what training needs,
or the reason is told in one line with file, line and what was expected.

Nothing is advanced by it: the generators stand afterwards where they stood.
"""

from __future__ import annotations

import contextlib
import inspect
import math
from collections.abc import Iterator
from typing import Any, NoReturn

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.parameter import UninitializedParameter
from torch.optim import Optimizer

from core.components.blame import place_of, told, where
from core.components.learning_rate import LearningRate
from core.components.metrics import METRICS
from core.components.optimizers import do_not_compile, step_of
from core.components.plateau import Plateau
from core.components.registry import Component
from core.data.parts import Data
from core.errors import ConfigError, UserError
from core.events.commands import TrainingFailed
from core.experiment.schema import SECTIONS, RunConfig
from core.network.build import initial_model
from core.network.generators import seeded

SAMPLES = 4


def has_own(config: RunConfig) -> bool:
    """Whether any of its components did not come with nntui."""
    components = [config.component(kind) for kind in SECTIONS]
    return any(each.origin is not None for each in [*components, *(METRICS[name] for name in config.metrics or ())])


def rehearse(config: RunConfig, data: Data, device: torch.device) -> None:
    """Build, forward, loss, backward, step, measure, on the first samples. Raises ConfigError."""
    gpus = [device] if device.type == "cuda" else []
    with seeded(config.seed, gpus), torch.enable_grad():
        _rehearse(config, data, device)


def _rehearse(config: RunConfig, data: Data, device: torch.device) -> None:
    part = data.splits["train"]
    n = min(len(part), config.batch_size, SAMPLES)
    x, y = part.x[:n], part.y[:n]
    model = _model(config, data, device)
    component = config.component("model")
    for training in (False, True):
        model.train(training)
        with _blaming(component):
            output = model(x)
        _check_output(component, output, n, data)
    loss = _loss(config, output, y, device)
    optimizer = _optimizer(config, model)
    with _blaming(config.component("loss")):
        optimizer.zero_grad()
        torch.autograd.backward(loss)
    with _blaming(config.component("optimizer")):
        step_of(optimizer)()
    if found := _cannot_be_saved(optimizer.state_dict()):
        _refuse(
            config.component("optimizer"),
            f"it keeps a {found} in its state, which a checkpoint cannot hold; keep tensors and plain numbers",
        )
    _metrics(config, data, model, x, part.target)
    _schedule(config, len(part))


def _model(config: RunConfig, data: Data, device: torch.device) -> nn.Module:
    component = config.component("model")
    model: Any = initial_model(config, data.inputs)
    if not isinstance(model, nn.Module):
        _refuse(component, f"it returns {_kind(model)}; a model returns a torch.nn.Module")
    parameters = list(model.parameters())
    if any(isinstance(each, UninitializedParameter) for each in parameters):
        _refuse(component, "it has lazy layers, whose sizes are not known yet; give them: shape is that of a sample")
    if not any(each.requires_grad for each in parameters):
        _refuse(component, "it has no weights that can be trained; layers are attributes, or in a nn.ModuleList")
    moved: nn.Module = model.to(device)
    return moved


def _check_output(component: Component, output: Any, n: int, data: Data) -> None:
    expected = (n, data.inputs.outputs)
    if not isinstance(output, Tensor):
        _refuse(component, f"its forward returns {_kind(output)}; a tensor of the shape {_shape(expected)} is expected")
    if tuple(output.shape) != expected:
        each = "one number for each class" if data.inputs.outputs > 1 else "one number for each sample"
        _refuse(
            component,
            f"its output has the shape {_shape(output.shape)} for {n} sample{'s' * (n > 1)} of the shape "
            f"{_shape(data.inputs.shape)}, but {_shape(expected)} is expected: {each}",
        )
    if not output.is_floating_point():
        _refuse(component, f"its output is {output.dtype}; floating-point numbers are expected")


def _loss(config: RunConfig, output: Tensor, y: Tensor, device: torch.device) -> Tensor:
    component = config.component("loss")
    made: Any = component.build(**config.arguments("loss"))
    if not isinstance(made, nn.Module):
        _refuse(component, f"it returns {_kind(made)}; a loss returns a torch.nn.Module: (output, target) → mean loss")
    with _blaming(component):
        value = made.to(device)(output, y)
    if not isinstance(value, Tensor):
        _refuse(component, f"of a batch it makes {_kind(value)}; a tensor with one number is expected, the mean loss")
    if value.dim() != 0:
        _refuse(
            component,
            f"of a batch it makes a tensor of the shape {_shape(value.shape)}; one number is expected: take the mean()",
        )
    if not value.requires_grad:
        _refuse(
            component, "no gradient comes through it; compute it with torch from the output, without detach or item"
        )
    return value


def _optimizer(config: RunConfig, model: nn.Module) -> Optimizer:
    component = config.component("optimizer")
    do_not_compile()
    made: Any = component.build(model.parameters(), **config.arguments("optimizer"))
    if not isinstance(made, Optimizer):
        _refuse(component, f"it returns {_kind(made)}; an optimizer returns a torch.optim.Optimizer")
    if any("lr" not in group for group in made.param_groups):
        _refuse(component, "its parameter groups have no lr; pass defaults={'lr': lr} to torch.optim.Optimizer")
    try:
        inspect.signature(made.step).bind()
    except TypeError:
        _refuse(component, "its step needs an argument; step() is called after loss.backward(), without a closure")
    return made


def _metrics(config: RunConfig, data: Data, model: nn.Module, x: Tensor, target: Tensor) -> None:
    model.eval()
    with torch.inference_mode():
        predicted = data.inputs.predictions(model(x)).cpu()
    for name in config.metrics or ():
        value = _measured(METRICS[name], predicted, target.cpu())
        number = isinstance(value, int | float | np.number) or (isinstance(value, Tensor) and value.numel() == 1)
        if not number:
            shape = f" of the shape {_shape(value.shape)}" if isinstance(value, Tensor) else ""
            _refuse(METRICS[name], f"it returns {_kind(value)}{shape}; a metric returns one number")


def _measured(metric: Component, predicted: Tensor, target: Tensor) -> Any:
    """What a metric makes of the first samples; where it raises, of all of `target` instead: some need every class,
    some need errors. Raises ConfigError where it can be handed nothing that it takes."""
    try:
        return metric.build(predicted, target[: len(predicted)])
    except ConfigError as error:
        for guessed in (target.roll(1), target):
            try:
                return metric.build(guessed.clone(), target)
            except ConfigError:
                continue
        raise error


def _schedule(config: RunConfig, train: int) -> None:
    component = config.component("schedule")
    if component.origin is None:
        return
    steps, lr = config.total_steps(train), 0.1
    made = component.build(steps, math.ceil(train / config.batch_size), **config.arguments("schedule"))
    if isinstance(made, Plateau) and not component.facts.get("watches"):
        _refuse(component, "it returns a Plateau; register it with watches=True")
    if not callable(made):
        _refuse(component, f"it returns {_kind(made)}; a schedule returns a function: step → factor")
    with _blaming(component):
        rate = LearningRate.of(config, train)
        for step in sorted({0, steps // 2, steps - 1}):
            factor = rate.at(lr, step) / lr
            if not (math.isfinite(factor) and factor >= 0):
                _refuse(component, f"its factor of step {step} is {factor:g}; a number of at least 0 is expected")


@contextlib.contextmanager
def _blaming(component: Component) -> Iterator[None]:
    try:
        yield
    except UserError:
        raise
    except Exception as error:
        at = where(error)
        if not at and component.origin is None:
            at = component.kind
        raise ConfigError(f"{at or place_of(component)}: {component.kind} {component.name}: {told(error)}") from error


def _refuse(component: Component, reason: str) -> NoReturn:
    at = f"{place_of(component)}: " if component.origin is not None else ""
    raise ConfigError(f"{at}{component.kind} {component.name}: {reason}")


def _cannot_be_saved(state: Any) -> str:
    """The type of something in it that only pickle could hold; empty where there is none."""
    if isinstance(state, dict):
        return next((found for each in (*state.keys(), *state.values()) if (found := _cannot_be_saved(each))), "")
    if isinstance(state, list | tuple):
        return next((found for each in state if (found := _cannot_be_saved(each))), "")
    return "" if state is None or type(state) in (Tensor, nn.Parameter, bool, int, float, str) else type(state).__name__


def _kind(value: Any) -> str:
    return "nothing" if value is None else f"a {type(value).__name__}"


def _shape(shape: Any) -> str:
    return f"({', '.join(str(n) for n in shape)}{',' * (len(shape) == 1)})"


@contextlib.contextmanager
def told_as_failed() -> Iterator[None]:
    """What a component of one's own raises while it trains ends the run as failed, in one line with file and line."""
    try:
        yield
    except UserError as error:
        raise TrainingFailed(str(error)) from error
    except TrainingFailed:
        raise
    except Exception as error:
        if at := where(error):
            raise TrainingFailed(f"{at}: {told(error)}") from error
        raise
