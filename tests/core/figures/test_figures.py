"""Figures: they show what the network says, cost training next to nothing, and never change it."""

from __future__ import annotations

import dataclasses
import itertools
import json
import random
import struct
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from core.data.prepare import load_data, load_raw
from core.data.scale import Scale
from core.datasets.base import RawData
from core.events.events import EpochEnded, Event, RunStarted, StepsEnded
from core.experiment import resolve as config
from core.experiment.rules import fitted_to
from core.experiment.schema import RunConfig
from core.figures import draw as figures
from core.figures import kinds
from core.figures.kinds import Confusion, Figure, Predictions, Regions, Samples, Weights
from core.history.history import History
from core.network.predict import Predictor
from core.runs.event_log import read_events
from core.runs.folder import RunDir
from core.sessions import network, pacing, pictures
from core.sessions.session import Session
from core.training.state import TrainState

Register = Callable[..., None]


def begin(run_config: RunConfig, root: Path, act: Callable[[Event, Session], None] | None = None) -> RunDir:
    """Train in this thread; `act(event, session)` is called at every event."""
    made: list[Session] = []
    recorders = [lambda event: act(event, made[0])] if act else []
    made.append(network.start(run_config, root, recorders=recorders))
    made[0].run.execute()
    return made[0].run_dir


def load(preset: str, *pairs: tuple[str, str]) -> RunConfig:
    return config.load(preset, [("device", "cpu"), *pairs])


MOONS = (
    *(("dataset.name", "moons"), ("label_map", "[0, 1]"), ("predict", "[]")),
    *(("model.hidden", "[8]"), ("optimizer.lr", "0.3"), ("epochs", "40")),
)
BLOBS3 = (
    ("dataset.centers", "[[100, 1e-3], [-100, 0], [0, 2e-3]]"),
    *(("dataset.std", "1e-4"), ("label_map", "[0, 1, 2]"), ("predict", "[]"), ("loss.name", "cross-entropy")),
    *(("model.output_activation", "none"), ("epochs", "30"), ("standardise", '["features"]')),
)
PLANES = {
    "blobs": load("blobs-binary", ("epochs", "50")),
    "moons, standardised": load("blobs-binary", *MOONS, ("standardise", '["features"]')),
    "moons, logits": load("blobs-binary", *MOONS, ("loss.name", "bce-logits"), ("model.output_activation", "none")),
    "three classes on two scales": load("blobs-binary", *BLOBS3),
    "more points than are drawn": load("blobs-binary", ("epochs", "2"), ("dataset.train", "1003")),
}


def drawn(run_config: RunConfig) -> dict[str, Figure]:
    """The figures of fresh weights."""
    data = load_data(run_config)
    run_config = fitted_to(run_config, data.facts)
    return figures.figures(TrainState.new(run_config, data), data)


def final(run_dir: RunDir, name: str) -> Any:
    figure = kinds.read(run_dir, name)
    history = History.fold(read_events(run_dir.events))
    assert figure is not None
    assert (figure.epoch, figure.step) == (history.epoch, history.step)
    return figure


# They show what the network says.


@pytest.mark.parametrize("name", PLANES)
def test_regions_are_what_the_saved_network_predicts(name: str, tmp_path: Path) -> None:
    run_dir = begin(PLANES[name], tmp_path)
    assert sorted(path.name for path in run_dir.figures.iterdir()) == ["confusion.json", "regions.json"]
    figure = final(run_dir, "regions")
    assert isinstance(figure, Regions)
    n_rows, n_columns = len(figure.cells), len(figure.cells[0])
    (left, right), (low, high) = figure.x_range, figure.y_range
    rng = random.Random(0)
    places = [(rng.randrange(n_rows), rng.randrange(n_columns)) for _ in range(300)]
    places += [(0, 0), (n_rows - 1, n_columns - 1)]
    raw = [
        (left + (right - left) * (2 * j + 1) / (2 * n_columns), high - (high - low) * (2 * i + 1) / (2 * n_rows))
        for i, j in places
    ]
    for (i, j), said in zip(places, Predictor.load(run_dir).predict(raw), strict=True):
        label = figure.classes.index(said.label)
        assert figure.probability[i][j] == pytest.approx(max(said.probabilities), abs=6e-4)
        assert label == figure.cells[i][j] or max(said.probabilities) < 0.501, "a tie in the last bit"


@pytest.mark.parametrize("name", PLANES)
def test_points_are_those_of_the_data_in_their_own_units(name: str) -> None:
    run_config = PLANES[name]
    figure = drawn(run_config)["regions"]
    assert isinstance(figure, Regions)
    raw = load_raw(run_config)
    known = raw.x.double() if raw.test_x is None else torch.cat([raw.x, raw.test_x]).double()
    labels = load_data(run_config).splits
    spans = known.amax(0) - known.amin(0)
    for split, most in (("train", 400), ("test", 200)):
        points = [point for point in figure.points if point[3] == split]
        n = len(labels[split])
        assert len(points) == min(n, most)
        chosen = [i * n // len(points) for i in range(len(points))]
        assert [label for _x, _y, label, _split in points] == labels[split].target[chosen].tolist()
        for x, y, _label, _split in points:
            distance = ((known - torch.tensor([x, y], dtype=torch.float64)).abs() / spans).amax(1).min()
            assert distance < 1e-6
            assert figure.x_range[0] < x < figure.x_range[1]
            assert figure.y_range[0] < y < figure.y_range[1]
    assert figure.features == ("x1", "x2")


def idx(path: Path, header: int) -> np.ndarray:
    return np.frombuffer(path.read_bytes()[header:], np.uint8)


@pytest.mark.parametrize("standardise", ["[]", '["features"]'])
def test_samples_are_what_a_hand_written_network_says(standardise: str, fashion_dir: Path, tmp_path: Path) -> None:
    run_dir = begin(
        load("mnist-softmax", ("data_dir", str(fashion_dir)), ("epochs", "1"), ("standardise", standardise)), tmp_path
    )
    figure = final(run_dir, "samples")
    assert isinstance(figure, Samples)
    raw = fashion_dir / "MNIST" / "raw"
    pixels = idx(raw / "t10k-images-idx3-ubyte", 16).reshape(-1, 28, 28)
    assert struct.unpack(">I", (raw / "t10k-images-idx3-ubyte").read_bytes()[4:8]) == (len(pixels),)
    x = torch.tensor(pixels[:12].copy()).double().flatten(1) / 255
    if standardise != "[]":
        train = torch.tensor(idx(raw / "train-images-idx3-ubyte", 16).copy()).double().view(-1, 784) / 255
        x = (x - train.mean(0)) / train.std(0, correction=0)
    saved = torch.load(run_dir.model, weights_only=True)
    said = (x.float() @ saved["layer.weight"].T + saved["layer.bias"]).softmax(1)
    assert figure.predicted == said.argmax(1).tolist()
    assert figure.probability == pytest.approx(said.amax(1).tolist(), abs=6e-4)
    assert figure.true == idx(raw / "t10k-labels-idx1-ubyte", 8)[:12].tolist()
    assert figure.classes == [str(digit) for digit in range(10)]
    assert np.allclose(figure.pictures, pixels[:12] / 255, atol=6e-4)


MAPS = {
    "softmax": (load("mnist-softmax"), "layer", "units", 10, [str(digit) for digit in range(10)]),
    "mlp": (load("mnist-mlp"), "", "units", 256, []),
    "lenet": (load("mnist-lenet"), "conv_1", "kernels", 8, []),
}


@pytest.mark.parametrize("name", MAPS)
def test_weights_are_those_of_the_state_dict(name: str, fashion_dir: Path, tmp_path: Path) -> None:
    run_config, layer, kind, total, classes = MAPS[name]
    run_dir = begin(run_config.model_copy(update={"data_dir": str(fashion_dir), "epochs": 1}), tmp_path)
    figure = final(run_dir, "weights")
    assert isinstance(figure, Weights)
    saved = torch.load(run_dir.model, weights_only=True)
    first = next(iter(saved))
    assert figure.layer == (layer or first.removesuffix(".weight"))
    assert (figure.kind, figure.total, figure.classes) == (kind, total, classes)
    weight = saved[first][:16]
    maps = weight[:, 0] if kind == "kernels" else weight.view(-1, 28, 28)
    assert figure.scale == float(maps.abs().max())
    assert torch.allclose(torch.tensor(figure.maps) * figure.scale, maps, rtol=0, atol=6e-5 * figure.scale)
    assert np.abs(figure.maps).max() == 1.0


def _colour_pictures(source: object) -> RawData:
    generator = torch.Generator().manual_seed(1)
    x = torch.rand(40, 3, 6, 4, generator=generator)
    return RawData(x=x, y=torch.arange(40) % 2, classes=("a", "b"), divided_by=255)


@pytest.mark.parametrize("model", ["cnn", "mlp"])
def test_pictures_of_three_channels_are_shown_as_their_mean(model: str, register: Register) -> None:
    register("dataset", "colours", _colour_pictures, shape=(3, 6, 4), outputs=2)
    run_config = load("mnist-lenet", ("dataset.name", "colours"), ("model.name", model), ("batch_size", "4"))
    data = load_data(run_config)
    state = TrainState.new(fitted_to(run_config, data.facts), data)
    both = figures.figures(state, data)
    samples, weights = both["samples"], both["weights"]
    assert isinstance(samples, Samples)
    assert isinstance(weights, Weights)
    assert torch.allclose(torch.tensor(samples.pictures), data.splits["test"].x[:8].mean(1), rtol=0, atol=6e-4)
    (weight, *_rest) = state.model.parameters()
    maps = (weight.view(-1, 3, 6, 4) if model == "mlp" else weight)[:16].mean(1)
    assert torch.allclose(torch.tensor(weights.maps) * weights.scale, maps, rtol=0, atol=6e-5)


@pytest.mark.parametrize(
    ("run_config", "names"),
    [
        (load("iris-net"), ["confusion"]),
        (load("diabetes-regression"), ["predictions"]),
        (load("blobs-binary"), ["regions", "confusion"]),
        (load("digits-mlp"), ["samples", "confusion", "weights"]),
        (load("blobs-binary", ("dataset.centers", "[[1], [2], [3], [4]]"), ("predict", "[]")), ["confusion"]),
    ],
    ids=lambda value: value.name if isinstance(value, RunConfig) else "",
)
def test_which_figures_there_are(run_config: RunConfig, names: list[str], tmp_path: Path) -> None:
    assert list(drawn(run_config)) == names
    run_dir = begin(run_config.model_copy(update={"epochs": 1}), tmp_path)
    assert sorted(path.stem for path in run_dir.figures.glob("*")) == sorted(names)


def test_a_plane_where_all_points_are_one_can_be_drawn(register: Register) -> None:
    def one(source: object) -> RawData:
        return RawData(x=torch.tensor([[3.0, 1e20]] * 20), y=torch.arange(20) % 2, classes=("a", "b"))

    register("dataset", "one", one, shape=(2,), outputs=2)
    pairs = (("dataset.name", "one"), ("label_map", "[0, 1]"), ("predict", "[]"), ("standardise", '["features"]'))
    figure = drawn(load("blobs-binary", *pairs))["regions"]
    assert isinstance(figure, Regions)
    assert figure.x_range == pytest.approx((2.7, 3.3))
    assert figure.features == ("x1", "x2")


def test_what_it_gets_wrong_is_what_the_saved_network_gets_wrong(tmp_path: Path) -> None:
    run_config = load("iris-net", ("epochs", "3"))
    run_dir = begin(run_config, tmp_path)
    figure = final(run_dir, "confusion")
    assert isinstance(figure, Confusion)
    data = load_data(run_config)
    part, raw = data.splits["test"], data.inputs.decode(data.splits["test"].x)
    said = [each.label for each in Predictor.load(run_dir).predict(raw.tolist())]
    expected = Counter(zip((data.classes[i] for i in part.target), said, strict=True))
    assert {(figure.classes[t], figure.classes[p]): n for t, p, n in figure.counts} == dict(expected)
    assert figure.n == figure.total == len(part)
    history = History.fold(read_events(run_dir.events))
    right = sum(n for true, predicted, n in figure.counts if true == predicted)
    assert right / figure.n == pytest.approx(history.last["test_accuracy"])


def test_of_a_large_split_some_are_asked_evenly(register: Register) -> None:
    def many(source: object) -> RawData:
        return RawData(x=torch.arange(20_000.0)[:, None], y=torch.arange(20_000) % 2, classes=("a", "b"))

    register("dataset", "many", many, shape=(1,), outputs=2)
    pairs = (("dataset.name", "many"), ("label_map", "[0, 1]"), ("predict", "[]"), ("split.train_size", "0.5"))
    figure = drawn(load("blobs-binary", *pairs))["confusion"]
    assert isinstance(figure, Confusion)
    assert (figure.n, figure.total) == (figures.ASKED, 10_000)


def test_predicted_values_are_in_the_units_of_the_data(tmp_path: Path) -> None:
    run_config = load("diabetes-regression", ("epochs", "2"))
    run_dir = begin(run_config, tmp_path)
    figure = final(run_dir, "predictions")
    assert isinstance(figure, Predictions)
    data = load_data(run_config)
    part = data.splits["test"]
    assert figure.true == part.target.tolist()
    said = [each.value for each in Predictor.load(run_dir).predict(data.inputs.decode(part.x).tolist())]
    assert figure.predicted == pytest.approx(said, rel=1e-4)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 3e38])
def test_what_is_not_finite_is_left_out(value: float, fashion_dir: Path) -> None:
    for run_config in (load("blobs-binary"), load("mnist-softmax", ("data_dir", str(fashion_dir)))):
        data = load_data(run_config)
        state = TrainState.new(fitted_to(run_config, data.facts), data)
        with torch.no_grad():
            for parameter in state.model.parameters():
                parameter.fill_(value)
        for figure in figures.figures(state, data).values():
            json.dumps(figure.to_dict(), allow_nan=False)
            assert isinstance(figure, Weights | Regions | Confusion)


@given(values=st.lists(st.tuples(*[st.floats(-1e6, 1e6)] * 2), min_size=2, max_size=20))
def test_a_scale_is_undone(values: list[tuple[float, float]]) -> None:
    raw = torch.tensor(values, dtype=torch.float64)
    scale = Scale.fit(raw)
    assert torch.allclose(scale.undo(scale.apply(raw)), raw, rtol=1e-9, atol=1e-6)


# They change nothing.


class Watching(nn.Module):
    """Draws random numbers in training, and has buffers that training changes."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(2, 8), nn.BatchNorm1d(8), nn.Dropout(0.5), nn.Linear(8, 1), nn.Sigmoid())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        result: torch.Tensor = self.layers(x)
        return result


@pytest.mark.parametrize("training", [True, False])
def test_drawing_leaves_the_network_and_the_generators_alone(training: bool, register: Register) -> None:
    register("model", "watching", lambda shape, outputs: Watching())
    tables = {**load("blobs-binary").to_dict(), "model": {"name": "watching"}, "loss": {"name": "bce-logits"}}
    run_config = config.resolve(tables)
    data = load_data(run_config)
    state = TrainState.new(fitted_to(run_config, data.facts), data)
    state.model.train(training)
    before = {name: tensor.clone() for name, tensor in state.model.state_dict().items()}
    generators = torch.get_rng_state(), np.random.get_state()[1].copy(), random.getstate()
    first, second = figures.figures(state, data), figures.figures(state, data)
    assert first == second
    assert [module.training for module in state.model.modules()] == [training] * 7
    assert all(torch.equal(before[name], tensor) for name, tensor in state.model.state_dict().items())
    assert torch.equal(torch.get_rng_state(), generators[0])
    assert (np.random.get_state()[1] == generators[1]).all()
    assert random.getstate() == generators[2]
    assert not any(tensor.is_inference() for tensor in state.model.state_dict().values())
    assert not torch.is_inference_mode_enabled()


@pytest.mark.parametrize(
    "run_config",
    [PLANES["moons, standardised"], load("digits-mlp", ("epochs", "3"), ("model.dropout", "0.3"))],
    ids=["moons", "digits"],
)
def test_a_run_with_figures_and_one_without_end_alike(
    run_config: RunConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "FIGURES_EVERY", 0.0)
    monkeypatch.setattr(pictures, "FIGURES_SHARE", 1e9)
    many = begin(run_config, tmp_path / "many")
    assert many.figures.is_dir()
    monkeypatch.setattr(figures, "figures", lambda state, data: {})
    none = begin(run_config, tmp_path / "none")
    assert not none.figures.exists()
    for path in ("model", "checkpoint"):
        one, other = (torch.load(getattr(run_dir, path), weights_only=True) for run_dir in (many, none))
        assert tensors(one)
        assert all(torch.equal(a, b) for a, b in zip(tensors(one), tensors(other), strict=True))
    histories = [History.fold(read_events(run_dir.events)) for run_dir in (many, none)]
    assert histories[0].metrics == histories[1].metrics
    assert histories[0].losses == histories[1].losses


def tensors(saved: Any) -> list[torch.Tensor]:
    """Every tensor in what was saved."""
    if isinstance(saved, torch.Tensor):
        return [saved]
    values = saved.values() if isinstance(saved, dict) else saved if isinstance(saved, list | tuple) else []
    return [tensor for value in values for tensor in tensors(value)]


# When they are drawn.


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """`clock.now`, `clock.cost` of drawing once, `clock.drawn`: (when, step) of each time."""
    clock = SimpleNamespace(now=100.0, cost=0.0, drawn=[])

    def draw(state: TrainState, data: object) -> dict[str, Figure]:
        clock.drawn.append((clock.now, state.step))
        clock.now += clock.cost
        return {}

    monkeypatch.setattr(pacing, "monotonic", lambda: clock.now)
    monkeypatch.setattr(figures, "figures", draw)
    return clock


@pytest.mark.parametrize(
    ("cost", "epoch", "gap"),
    [(0.0, 0.3, 1.0), (0.001, 0.25, 1.0), (0.1, 0.5, 5.0), (1.0, 7.0, 50.0), (0.0, 30.0, 1.0)],
)
def test_they_take_two_percent_of_the_time_and_never_come_twice_a_second(
    cost: float, epoch: float, gap: float, clock: SimpleNamespace, tmp_path: Path
) -> None:
    clock.cost = cost
    ends: list[float] = []

    def lasting(event: Event, _made: Session) -> None:
        if isinstance(event, EpochEnded):
            clock.now += epoch
            ends.append(clock.now)

    run_dir = begin(load("iris-net", ("epochs", "60")), tmp_path, lasting)
    whens = [when for when, _step in clock.drawn]
    assert clock.drawn[0] == (100.0, 0)
    assert clock.drawn[-1][1] == History.fold(read_events(run_dir.events)).step
    for before, after in itertools.pairwise(whens[:-1]):
        assert after - before - cost >= gap - 1e-9
        waited = [end for end in ends if before + cost + gap + 1e-9 < end < after - cost - 1e-9]
        assert not waited, "it was due at the end of an earlier epoch"
    assert cost * (len(whens) - 2) <= 0.02 * (ends[-1] - 100.0) + 1e-9


def test_one_is_there_before_the_first_step_and_the_last_is_of_the_stop(tmp_path: Path, every_step: None) -> None:
    seen: list[Figure | None] = []

    def act(event: Event, made: Session) -> None:
        if isinstance(event, StepsEnded):
            seen.append(kinds.read(made.run_dir, "samples"))
            if event.first_step == 7:
                made.run.stop()

    run_dir = begin(load("digits-mlp"), tmp_path, act)
    assert len(seen) == 7
    assert seen[0] is not None
    assert (seen[0].epoch, seen[0].step) == (0, 0)
    last = kinds.read(run_dir, "samples")
    assert last is not None
    assert (last.epoch, last.step) == (0, 7)


def test_a_resumed_run_shows_what_it_resumes_from(tmp_path: Path) -> None:
    """A run that was killed may have left figures of steps that are now taken back."""

    def stop(event: Event, made: Session) -> None:
        if isinstance(event, EpochEnded) and event.epoch == 2:
            made.run.stop()

    run_dir = begin(load("digits-mlp"), tmp_path, stop)
    kept = kinds.read(run_dir, "weights")
    assert kept is not None
    kinds.write(run_dir, {"weights": dataclasses.replace(kept, epoch=9, step=999)})
    again = network.resume(run_dir)
    again.run.stop()
    again.run.execute()
    assert kinds.read(run_dir, "weights") == kept


def test_they_are_written_while_a_run_trains(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "FIGURES_EVERY", 0.0)
    monkeypatch.setattr(pictures, "FIGURES_SHARE", 1e9)
    seen: list[int] = []

    def act(event: Event, made: Session) -> None:
        if not isinstance(event, RunStarted):
            figure = kinds.read(made.run_dir, "regions")
            assert figure is not None
            seen.append(figure.epoch)

    begin(load("blobs-binary", ("epochs", "5")), tmp_path, act)
    assert sorted(set(seen)) == [0, 1, 2, 3, 4, 5]


# Where they cannot be.


@pytest.mark.parametrize("in_the_way", ["file", OSError(28, "No space left on device"), PermissionError(13, "no")])
def test_a_figure_that_cannot_be_written_does_not_end_the_run(
    in_the_way: str | OSError, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[RunDir] = []

    real_write = kinds.write

    def write(run_dir: RunDir, drawn: dict[str, Figure]) -> None:
        tries.append(run_dir)
        if in_the_way != "file":
            raise in_the_way
        run_dir.figures.write_text("in the way")
        real_write(run_dir, drawn)

    monkeypatch.setattr(kinds, "write", write)
    monkeypatch.setattr(pictures, "FIGURES_EVERY", 0.0)
    monkeypatch.setattr(pictures, "FIGURES_SHARE", 1e9)
    run_dir = begin(load("blobs-binary", ("epochs", "5")), tmp_path)
    history = History.fold(read_events(run_dir.events))
    assert (history.state, history.epoch, history.reason) == ("completed", 5, "")
    assert not (run_dir.path / "error.txt").exists()
    assert len(tries) == 7, "at the start, after each epoch, and once more at the end"


def test_a_defect_in_drawing_is_reported_and_does_not_end_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[int] = []

    def broken(state: TrainState, data: object) -> dict[str, Figure]:
        tries.append(state.step)
        raise ZeroDivisionError("a defect of ours")

    monkeypatch.setattr(figures, "figures", broken)
    monkeypatch.setattr(pictures, "FIGURES_EVERY", 0.0)
    run_dir = begin(load("blobs-binary", ("epochs", "5")), tmp_path)
    assert History.fold(read_events(run_dir.events)).state == "completed"
    assert "in broken" in (run_dir.path / "error.txt").read_text()
    assert tries == [0]


# On disk.


@pytest.fixture(scope="module")
def some(fashion_dir: Path) -> dict[str, Figure]:
    """One of each kind."""
    pictures = drawn(load("mnist-softmax", ("data_dir", str(fashion_dir))))
    return {**drawn(load("blobs-binary")), **pictures, **drawn(load("diabetes-regression"))}


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[RunDir]:
    return RunDir(tmp_path)


@pytest.mark.parametrize("name", kinds.KINDS)
def test_a_figure_survives_json_and_disk(name: str, some: dict[str, Figure], folder: RunDir) -> None:
    figure = some[name]
    assert type(figure) is kinds.KINDS[name]
    assert type(figure).from_dict(json.loads(json.dumps(figure.to_dict(), allow_nan=False))) == figure
    kinds.write(folder, {name: figure})
    assert kinds.read(folder, name) == figure
    assert [path.name for path in folder.figures.iterdir()] == [f"{name}.json"]


names = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
numbers = st.floats(-1e300, 1e300)
shares = st.floats(0, 1)


@st.composite
def samples(draw: st.DrawFn) -> Samples:
    classes = draw(st.lists(names, min_size=1, max_size=5))
    n, height, width = (draw(st.integers(1, 4)) for _ in range(3))
    index = st.integers(0, len(classes) - 1)

    def many(values: st.SearchStrategy[Any], count: int) -> st.SearchStrategy[Any]:
        return st.lists(values, min_size=count, max_size=count)

    return Samples(
        epoch=draw(st.integers(0, 10**9)),
        step=draw(st.integers(0, 10**12)),
        pictures=draw(many(many(many(shares, width), height), n)),
        predicted=draw(many(index, n)),
        probability=draw(many(shares, n)),
        true=draw(many(index, n)),
        classes=classes,
    )


@given(figure=samples())
def test_any_samples_survive_json(figure: Samples) -> None:
    assert Samples.from_dict(json.loads(json.dumps(figure.to_dict(), ensure_ascii=False))) == figure


@pytest.mark.parametrize("name", kinds.KINDS)
def test_a_torn_file_is_no_figure(name: str, some: dict[str, Figure], folder: RunDir) -> None:
    kinds.write(folder, {name: some[name]})
    path = folder.figures / f"{name}.json"
    whole = path.read_bytes()
    for length in (0, 1, 2, 10, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        assert kinds.read(folder, name) is None
    path.unlink()
    assert kinds.read(folder, name) is None
    path.mkdir()
    assert kinds.read(folder, name) is None


@settings(max_examples=200)
@given(data=st.data())
def test_a_foreign_file_is_no_figure_or_a_whole_one(
    data: st.DataObject, some: dict[str, Figure], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """One value of a real one replaced by something else: it is refused, or all its parts still fit together."""
    name = data.draw(st.sampled_from(list(kinds.KINDS)))
    saved = json.loads(json.dumps(some[name].to_dict()))
    key = data.draw(st.sampled_from(list(saved)))
    odd = st.sampled_from(
        [
            None,
            -1,
            99,
            1e308,
            "x",
            [],
            [[]],
            [[[]]],
            {},
            [1, 2],
            [[0.5]],
            [[[9e99]]],
            [-1e308, 1e308],
            [9e99, 0, 0, "test"],
        ]
    )
    if isinstance(saved[key], list) and data.draw(st.booleans()):
        saved[key][0] = data.draw(odd)
    else:
        saved[key] = data.draw(odd)
    folder = RunDir(tmp_path_factory.mktemp("foreign"))
    folder.figures.mkdir()
    (folder.figures / f"{name}.json").write_text(json.dumps(saved))
    figure = kinds.read(folder, name)
    if figure is not None:
        json.dumps(figure.to_dict(), allow_nan=False)
        assert type(figure)(**figure.to_dict()) == figure


@pytest.mark.parametrize(
    "content", [b"null", b"[]", b"{}", b"\xff\xfe", b"[" * 100_000, b"1" * 5000, b'{"epoch": NaN}']
)
def test_nonsense_is_no_figure(content: bytes, folder: RunDir) -> None:
    folder.figures.mkdir()
    for name in kinds.KINDS:
        (folder.figures / f"{name}.json").write_bytes(content)
        assert kinds.read(folder, name) is None
