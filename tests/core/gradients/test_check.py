"""Gradient check: every model and loss passes it, against other oracles; what is wrong is found and called by its name;
nothing that trains notices."""

from __future__ import annotations

import copy
import dataclasses
import itertools
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.func import functional_call

from core.components.losses import LOSSES
from core.components.models import MODELS
from core.components.outputs import OUTPUTS
from core.components.registry import Component
from core.data.prepare import load_data
from core.errors import RunError, UserError
from core.experiment import open as search_config
from core.experiment import resolve as config
from core.experiment.schema import RunConfig
from core.gradients.check import COUNT, STEP, GradientCheck, Report, Row, check_gradients, choose
from core.network.build import initial_model
from core.runs.folder import RunDir
from core.search import trial_runs
from core.sessions import network as session
from core.sessions import open

SHAPES = {"cnn": (1, 8, 8)}
"""Of a sample, where a model does not take any."""
SMALL = {"mlp": {"hidden": (5, 4)}, "cnn": {"channels": (2, 3), "hidden": (4,)}}


def made(model: Component, loss: Component, **hyperparameters: Any) -> GradientCheck:
    """A small network of this kind with this loss, on six samples at random."""
    generator = torch.Generator().manual_seed(1)
    reading = OUTPUTS[loss.facts.get("output", "logits")]
    shape, outputs = SHAPES.get(model.name, (4,)), 1 if reading.single else 3
    activation = {"output_activation": reading.activations[0]} if "output_activation" in model.parameters else {}
    given = {**activation, **SMALL.get(model.name, {}), **hyperparameters}
    torch.manual_seed(0)
    network = model.build(shape, outputs, **model.resolve(given))
    x = torch.randn(6, *shape, generator=generator)
    if reading.task == "regression":
        y = torch.randn(6, 1, generator=generator)
    else:
        y = torch.randint(2 if reading.single else 3, (6,), generator=generator)
        y = y.float().unsqueeze(1) if reading.single else y
    return GradientCheck(network, loss.build(**loss.resolve({})), x, y)


def loss_without(check: GradientCheck, row: Row, change: float) -> float:
    """The loss with one weight changed, by a network of its own."""
    network = copy.deepcopy(check.model)
    with torch.no_grad():
        dict(network.named_parameters())[row.tensor][row.index] += change
        return float(check.loss(network(check.x), check.y))


PAIRS = [
    pytest.param(model, loss, id=f"{model.name}-{loss.name}")
    for model, loss in itertools.product(MODELS, LOSSES)
    if model.name != "two-layer" or loss.name == "cross-entropy"
]


@pytest.mark.parametrize(("model", "loss"), PAIRS)
class TestEveryModelAndLoss:
    def test_agrees_with_finite_differences_by_hand(self, model: Component, loss: Component) -> None:
        check = made(model, loss)
        report = check.check()
        assert len(report.rows) == min(COUNT, report.parameters)
        assert report.rounding < 1e-7
        for row in report.rows:
            if row.verdict == "agrees":
                assert row.relative < 1e-6
            else:  # where errors of both signs cancel, mae has the gradient 0
                assert (row.verdict, row.autograd) == ("rounding", pytest.approx(0, abs=1e-15))
            above, below = (loss_without(check, row, h) for h in (STEP, -STEP))
            assert row.numerical == pytest.approx((above - below) / (2 * STEP), rel=1e-7, abs=1e-9)
            assert row.forward == pytest.approx((above - report.loss) / STEP, rel=1e-7, abs=2e-9)
            assert row.backward == pytest.approx((report.loss - below) / STEP, rel=1e-7, abs=2e-9)
            assert row.absolute == abs(row.autograd - row.numerical)

    def test_its_gradients_pass_the_check_of_pytorch(self, model: Component, loss: Component) -> None:
        check = made(model, loss)
        named = {name: p.detach().clone().requires_grad_() for name, p in check.model.named_parameters()}

        def loss_of(*weights: Tensor) -> Tensor:
            return check.loss(functional_call(check.model, dict(zip(named, weights, strict=True)), check.x), check.y)

        assert torch.autograd.gradcheck(loss_of, tuple(named.values()), eps=1e-6, atol=1e-7, rtol=1e-5)
        found = dict(zip(named, torch.autograd.grad(loss_of(*named.values()), list(named.values())), strict=True))
        for row in check.check().rows:
            assert row.autograd == float(found[row.tensor][row.index])
            assert row.value == float(named[row.tensor].detach()[row.index])

    def test_leaves_its_weights_as_they_were(self, model: Component, loss: Component) -> None:
        check = made(model, loss)
        before = copy.deepcopy(check.model.state_dict())
        for h in (1e-12, 0.1):
            check.check(h)
        assert all(torch.equal(tensor, before[name]) for name, tensor in check.model.state_dict().items())


@pytest.mark.parametrize("model", [MODELS["mlp"], MODELS["cnn"]], ids=lambda model: model.name)
def test_dropout_is_off_and_said(model: Component) -> None:
    without, with_dropout = made(model, LOSSES["mse"]).check(), made(model, LOSSES["mse"], dropout=0.5).check()
    assert (without.dropout, with_dropout.dropout) == (False, True)
    assert with_dropout.rows == without.rows


# What is wrong, and what only looks so.


class Forgetful(torch.autograd.Function):
    """x², with the gradient of x² / 2."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        return gradient * x


class Wrong(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.last = nn.Linear(3, 2), nn.Linear(2, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.last(Forgetful.apply(self.first(x)))


@pytest.mark.parametrize("h", [1e-8, 1e-6, 1e-4])
def test_a_wrong_gradient_is_found_where_it_is(h: float) -> None:
    torch.manual_seed(0)
    report = GradientCheck(Wrong(), nn.MSELoss(), torch.randn(5, 3), torch.randn(5, 1)).check(h)
    verdicts = {(row.tensor.partition(".")[0], row.verdict) for row in report.rows}
    assert verdicts == {("first", "differs"), ("last", "agrees")}
    assert report.largest == pytest.approx(0.5, abs=1e-4)


def one_weight(*after: nn.Module, weight: float = 0.5, bias: float = 0.0) -> nn.Module:
    layer = nn.Linear(1, 1).double()
    with torch.no_grad():
        layer.weight.fill_(weight)
        layer.bias.fill_(bias)
    return nn.Sequential(layer, *after)


def verdicts(check: GradientCheck, h: float) -> dict[str, str]:
    return {row.tensor: row.verdict for row in check.check(h).rows}


X, Y = torch.ones(1, 1), torch.zeros(1, 1)


@pytest.mark.parametrize("before", [3e-7, -3e-7, 9e-7])
def test_a_corner_of_relu_within_h_is_a_kink(before: float) -> None:
    """The unit is `before` away from 0, and a step of 1e-6 takes it across."""
    check = GradientCheck(one_weight(nn.ReLU(), bias=before - 0.5), nn.L1Loss(), X, Y - 1)
    assert verdicts(check, 1e-6) == {"0.weight": "kink", "0.bias": "kink"}
    assert verdicts(check, 1e-7) == {"0.weight": "agrees", "0.bias": "agrees"}
    (row, _bias) = check.check(1e-6).rows
    assert row.autograd == (before > 0)
    assert row.numerical == pytest.approx((1 + before / 1e-6) / 2)


def test_a_corner_of_max_pooling_within_h_is_a_kink() -> None:
    layer = nn.Linear(1, 4).double()
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([[0.7], [0.7 - 4e-7], [0.1], [0.2]]))
        layer.bias.zero_()
    network = nn.Sequential(layer, nn.Unflatten(1, (1, 2, 2)), nn.MaxPool2d(2), nn.Flatten())
    check = GradientCheck(network, nn.MSELoss(), X, Y)
    rows = {row.index: row.verdict for row in check.check(1e-6, count=8).rows if row.tensor == "0.weight"}
    assert rows == {(0, 0): "kink", (1, 0): "kink", (2, 0): "agrees", (3, 0): "agrees"}
    assert set(verdicts(check, 1e-8).values()) == {"agrees"}


def test_a_corner_of_the_loss_within_h_is_a_kink() -> None:
    check = GradientCheck(one_weight(), nn.L1Loss(), X, Y + 0.5 + 2e-7)
    assert set(verdicts(check, 1e-6).values()) == {"kink"}
    assert set(verdicts(check, 1e-9).values()) <= {"agrees", "rounding"}


def test_a_curve_without_corners_has_no_kinks_however_large_h_is() -> None:
    check = made(MODELS["mlp"], LOSSES["cross-entropy"], activation="tanh")
    for h in (1e-4, 1e-3, 1e-2, 1e-1):
        assert {row.verdict for row in check.check(h, count=30).rows} <= {"agrees", "truncation"}
    assert "truncation" in {row.verdict for row in check.check(0.1).rows}


def test_rounding_is_told_from_an_error_and_its_size_is_about_right() -> None:
    check = made(MODELS["mlp"], LOSSES["cross-entropy"], activation="tanh")
    report = check.check(1e-12, count=40)
    assert {row.verdict for row in report.rows} <= {"agrees", "rounding"}
    assert sum(row.verdict == "rounding" for row in report.rows) > 20
    largest = max(row.absolute for row in report.rows)
    assert largest < report.rounding < 1000 * largest
    assert report.rounding == pytest.approx(1e6 * check.check(1e-6).rounding)


def test_a_gradient_of_exactly_nothing_agrees() -> None:
    check = GradientCheck(one_weight(nn.ReLU(), bias=-9), nn.MSELoss(), X, Y + 1)
    report = check.check()
    assert [(row.autograd, row.numerical, row.relative, row.verdict) for row in report.rows] == [
        (0, 0, 0, "agrees")
    ] * 2
    assert report.largest == 0


def test_a_parameter_without_influence_has_the_gradient_0() -> None:
    network = one_weight()
    network.register_parameter("idle", nn.Parameter(torch.ones(2)))
    rows = GradientCheck(network, nn.MSELoss(), X, Y).check().rows
    assert [(row.autograd, row.numerical) for row in rows if row.tensor == "idle"] == [(0, 0)] * 2


# Which weights.


@given(st.lists(st.integers(1, 40), min_size=1, max_size=9), st.integers(1, 50), st.integers(0, 1000))
def test_weights_are_spread_over_all_tensors(sizes: list[int], count: int, seed: int) -> None:
    chosen = choose(sizes, count, seed)
    assert len(chosen) == len(set(chosen)) == min(count, sum(sizes))
    assert chosen == sorted(chosen)
    assert all(0 <= at < sizes[i] for i, at in chosen)
    assert len({i for i, _at in chosen}) == min(count, len(sizes))
    of = [sum(i == j for j, _at in chosen) for i in range(len(sizes))]
    assert all(n <= of[j] + 1 or of[j] == sizes[j] for n in of for j in range(len(sizes)))


def test_every_weight_has_its_turn() -> None:
    sizes = [3, 1, 5, 2]
    assert len({each for seed in range(200) for each in choose(sizes, 2, seed)}) == sum(sizes)


def same(report: Report) -> Report:
    """But for the times."""
    return dataclasses.replace(report, autograd_seconds=0, numerical_seconds=0)


def test_the_same_seed_draws_the_same_weights_and_another_one_others() -> None:
    check = made(MODELS["mlp"], LOSSES["cross-entropy"])
    first, again, other = check.check(seed=3), check.check(seed=3), check.check(seed=4)
    assert same(first) == same(again)
    assert [(row.tensor, row.index) for row in other.rows] != [(row.tensor, row.index) for row in first.rows]


@pytest.mark.parametrize("h", [0, -1e-6, float("nan"), float("inf")])
def test_a_step_that_is_none_is_refused(h: float) -> None:
    with pytest.raises(UserError, match=r"^h = .*: must be positive and finite$"):
        made(MODELS["linear"], LOSSES["mse"]).check(h)


def test_no_weights_to_check_are_refused() -> None:
    with pytest.raises(UserError, match="0 weights to check: must be 1 or more"):
        made(MODELS["linear"], LOSSES["mse"]).check(count=0)


# Runs.


def load(preset: str, *pairs: tuple[str, str]) -> RunConfig:
    return config.load(preset, [("device", "cpu"), ("epochs", "2"), *pairs])


RUNS = {
    "iris": load("iris-net"),
    "two classes of four, one probability": load("blobs-binary"),
    "values, standardised, weight decay": load("diabetes-regression"),
    "pictures, dropout": load("digits-mlp", ("model.name", "cnn"), ("model.dropout", "0.5"), ("batch_size", "16")),
    "clipped, smoothed labels": load("iris-net", ("clip_grad_norm", "0.1"), ("loss.label_smoothing", "0.2")),
}


def trained(run_config: RunConfig, root: Path) -> RunDir:
    begun = session.start(run_config, root)
    begun.run.execute()
    return begun.run_dir


@pytest.fixture(scope="module")
def iris(tmp_path_factory: pytest.TempPathFactory) -> RunDir:
    """Do not write to it: copy."""
    return trained(RUNS["iris"], tmp_path_factory.mktemp("runs"))


@pytest.mark.parametrize("name", RUNS)
def test_a_run_is_checked_on_its_own_loss_and_first_batch(name: str, tmp_path: Path) -> None:
    run_config = RUNS[name]
    run_dir = trained(run_config, tmp_path)
    report = check_gradients(run_dir)
    assert {row.verdict for row in report.rows} == {"agrees"}
    data = load_data(run_config)
    network = initial_model(run_config, data.inputs)
    network.load_state_dict(torch.load(run_dir.model, weights_only=True))
    network = network.double().eval()
    part, n = data.splits["train"], run_config.batch_size
    y = part.y[:n].double() if part.y.is_floating_point() else part.y[:n]
    loss = run_config.component("loss").build(**run_config.arguments("loss"))(network(part.x[:n].double()), y)
    loss.backward()
    assert report.loss == float(loss.detach())
    assert report.batch == min(n, len(part))
    assert report.parameters == sum(p.numel() for p in network.parameters())
    assert report.tensors == len(list(network.parameters()))
    for row in report.rows:
        gradient = dict(network.named_parameters())[row.tensor].grad
        assert gradient is not None
        assert row.autograd == pytest.approx(float(gradient[row.index]), rel=1e-12, abs=1e-18)
    per_epoch = -(-len(part) // n)
    assert dataclasses.astuple(report.source) == ("model.pt", 2 * per_epoch, 2)


def test_a_trial_of_a_search_is_checked_too(tmp_path: Path) -> None:
    chosen = search_config.load("iris-net", [("model.n_units", "4,8"), ("epochs", "2"), ("device", "cpu")])
    begun = open.start(chosen, tmp_path)
    begun.run.execute()
    report = check_gradients(trial_runs.open_trial(begun.run_dir, 2))
    assert {row.verdict for row in report.rows} == {"agrees"}
    assert dataclasses.astuple(report.source) == ("model.pt", 20, 2)


def test_no_generator_notices(iris: RunDir) -> None:
    """Another run may be drawing from them in another thread."""
    torch.manual_seed(5)
    before = torch.get_rng_state(), np.random.get_state()[1].tolist(), random.getstate()
    check_gradients(iris)
    assert torch.equal(before[0], torch.get_rng_state())
    assert (before[1], before[2]) == (np.random.get_state()[1].tolist(), random.getstate())


def test_the_batch_does_not_keep_the_whole_split_in_memory(iris: RunDir) -> None:
    check = GradientCheck.load(iris)
    assert check.x.untyped_storage().nbytes() == 12 * 4 * 8
    assert check.model.training is False


def test_data_that_is_missing_is_said(tmp_path: Path) -> None:
    rows = "".join(f"{x},{x % 7},{'ab'[x % 2]}\n" for x in range(40))
    (tmp_path / "t.csv").write_text(f"u,v,y\n{rows}")
    csv = {"name": "csv", "path": str(tmp_path / "t.csv"), "target": "y"}
    run_config = config.resolve({**load("iris-net").to_dict(), "dataset": csv})
    run_dir = trained(run_config, tmp_path)
    assert {row.verdict for row in check_gradients(run_dir).rows} == {"agrees"}
    (tmp_path / "t.csv").write_text(f"u,v,y\n{rows}".replace("3,3,", "3,4,"))
    with pytest.raises(RunError, match=r"the data of .* has changed since it was started"):
        check_gradients(run_dir)
    (tmp_path / "t.csv").unlink()
    with pytest.raises(UserError, match=r"t\.csv") as error:
        check_gradients(run_dir)
    assert "\n" not in str(error.value)


def test_data_is_looked_for_where_a_resume_would(fashion_dir: Path, tmp_path: Path) -> None:
    run_config = load("mnist-softmax", ("epochs", "1")).with_data_dir(str(fashion_dir))
    run_dir = trained(run_config, tmp_path)
    moved = run_dir.config.read_text().replace(str(fashion_dir), str(tmp_path / "gone"))
    run_dir.config.write_text(moved)
    with pytest.raises(UserError, match=r"MNIST"):
        check_gradients(run_dir, data_dir=str(tmp_path / "nowhere"))
    assert {row.verdict for row in check_gradients(run_dir, data_dir=str(fashion_dir)).rows} == {"agrees"}


def spoilt(run_dir: RunDir, tmp_path: Path, weights: dict[str, Tensor]) -> RunDir:
    """A run with these weights and none else."""
    other = RunDir(tmp_path / "other")
    other.path.mkdir()
    for path in (run_dir.config, run_dir.inputs, run_dir.events):
        (other.path / path.name).write_bytes(path.read_bytes())
    torch.save(weights, other.model)
    return other


def test_weights_that_are_not_finite_are_said(iris: RunDir, tmp_path: Path) -> None:
    weights = torch.load(iris.model, weights_only=True)
    weights["hidden_1.bias"][2] = float("nan")
    with pytest.raises(RunError, match=r"model\.pt: hidden_1\.bias holds values that are not finite"):
        check_gradients(spoilt(iris, tmp_path, weights))


def test_weights_of_another_network_are_said_in_one_line(iris: RunDir, tmp_path: Path) -> None:
    weights = torch.load(iris.model, weights_only=True)
    del weights["hidden_1.bias"]
    with pytest.raises(
        RunError, match=r"model\.pt does not fit the network of .*config\.toml: .*hidden_1\.bias"
    ) as error:
        check_gradients(spoilt(iris, tmp_path, weights))
    assert "\n" not in str(error.value)


def test_a_loss_that_is_not_finite_is_said(iris: RunDir, tmp_path: Path) -> None:
    weights = {name: 0 * w + 1e38 for name, w in torch.load(iris.model, weights_only=True).items()}
    run_dir = spoilt(iris, tmp_path, {name: w.double() ** 8 for name, w in weights.items()})
    with pytest.raises(RunError, match=r"the loss of these weights is (nan|inf): it has no gradient to check"):
        check_gradients(run_dir)
