"""The two-layer net as a run: the document's script to its last digit, and everything that other runs can."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

from core.data.parts import Data
from core.data.prepare import load_data
from core.errors import ConfigError
from core.events.commands import Set, Stop, TrainingFailed
from core.events.events import EpochEnded, Evaluated, Event, RunEnded, SettingChanged, StepsEnded
from core.experiment import resolve
from core.experiment.rules import fitted_to
from core.experiment.schema import RunConfig
from core.history.history import History
from core.logs.documents import open_log
from core.network import build
from core.runs.event_log import read_events
from core.runs.folder import RunDir
from core.sessions import network, savers, session
from core.training import checkpoint, steering
from core.training import two_layer as two_layer_train
from core.training.fit import fit
from core.training.state import TrainState
from core.training.two_layer import Batches
from core.two_layer.module import TwoLayer
from core.two_layer.net import Net

Document = Callable[[str], ModuleType]

IRIS = [("dataset.name", "iris"), ("model.hidden", "5"), ("batch_size", "10"), ("optimizer.lr", "0.5"), ("seed", "3")]


def iris(*pairs: tuple[str, str]) -> RunConfig:
    """12 iterations an epoch."""
    return resolve.load("two-layer", [*IRIS, *pairs])


def told(
    resolved: RunConfig, state: TrainState | None = None, data: Data | None = None
) -> tuple[TrainState, list[Event]]:
    data = data or load_data(resolved)
    state = state or TrainState.new(fitted_to(resolved, data.facts), data)
    return state, [event for event in fit(resolved, state, data) if event is not None]


def losses_of(events: list[Event]) -> list[float]:
    return [loss for event in events if isinstance(event, StepsEnded) for loss in event.losses]


def arrays(data: Data) -> tuple[Any, ...]:
    return tuple(
        array
        for part in (data.splits["train"], data.splits["test"])
        for array in (part.x.flatten(1).numpy(), part.target.numpy())
    )


def log_of(resolved: RunConfig, events: list[Event]) -> list[str]:
    log = open_log(resolved.log)
    return [line for event in events for line in log.lines(event)]


def assert_same(state: TrainState, params: dict[str, Any], tolerance: float) -> None:
    assert isinstance(state.model, TwoLayer)
    for name, weights in state.model.net:
        np.testing.assert_allclose(weights, params[name], rtol=tolerance, atol=tolerance)


class TestTheDocumentsScript:
    def test_with_numerical_gradients(self, document: Document) -> None:
        """40 iterations of the document's own loop, literal differences and all."""
        resolved, lines = iris(("iterations", "40")), []
        data = load_data(resolved)
        params, losses = document("two_layer_net").main(
            3, arrays(data), iters_num=40, hidden_size=5, batch_size=10, learning_rate=0.5, tell=lines.append
        )
        state, events = told(resolved, data=data)
        assert_same(state, params, 1e-9)
        np.testing.assert_allclose(losses_of(events), losses, rtol=1e-9)
        assert log_of(resolved, events) == lines
        assert len(lines) == 4

    @pytest.mark.parametrize(
        "any_mnist_dir", ["synthetic", pytest.param("real", marks=pytest.mark.slow)], indirect=True
    )
    def test_on_pictures(self, document: Document, any_mnist_dir: Path) -> None:
        """784-50-10 as it stands in the document; by backpropagation, or 650 iterations would take two hours."""
        resolved = resolve.load("two-layer", [("iterations", "650"), ("gradient", "backprop"), ("seed", "7")])
        resolved = resolved.with_data_dir(str(any_mnist_dir))
        data, lines = load_data(resolved), []
        params, losses = document("two_layer_net").main(
            7, arrays(data), iters_num=650, gradient="gradient", tell=lines.append
        )
        state, events = told(resolved, data=data)
        assert_same(state, params, 1e-10)
        np.testing.assert_allclose(losses_of(events), losses, rtol=1e-10)
        assert log_of(resolved, events) == lines
        assert lines[0].startswith("train acc, test acc | 0.")

    def test_batches_are_those_of_its_random_numbers(self) -> None:
        model = TwoLayer((4,), 3, 5, 0.01)
        np.random.seed(9)
        np.random.randn(4, 5), np.random.randn(5, 3)
        expected = [np.random.choice(120, 10) for _iteration in range(30)]
        batches = Batches(model, 9, 120, 10)
        np.testing.assert_array_equal([batches.next() for _iteration in range(30)], expected)

    def test_batches_from_the_middle_on(self, monkeypatch: pytest.MonkeyPatch) -> None:
        model = TwoLayer((4,), 3, 5, 0.01)
        monkeypatch.setattr(two_layer_train, "PIECE", 64)  # 170 numbers to skip: not a whole number of pieces
        whole = Batches(model, 9, 60000, 10)
        expected = [whole.next() for _iteration in range(30)][17:]
        later = Batches(model, 9, 60000, 10, step=17)
        np.testing.assert_array_equal([later.next() for _iteration in range(13)], expected)

    def test_pixels_are_whole_numbers_divided_by_255_in_float64(self, fashion_dir: Path) -> None:
        data = load_data(resolve.load("two-layer").with_data_dir(str(fashion_dir)))
        x = data.splits["train"].x
        assert x.dtype == torch.float64
        assert torch.equal(x, (x * 255).round() / 255)
        raw = (fashion_dir / "MNIST" / "raw" / "train-images-idx3-ubyte").read_bytes()[16:]
        assert torch.equal(x.flatten(), torch.frombuffer(bytearray(raw), dtype=torch.uint8).double() / 255)


@pytest.mark.parametrize("gradient", ["numerical", "backprop", "autograd"])
class TestEveryGradient:
    def test_trains_to_the_same_weights(self, gradient: str) -> None:
        by_hand, _events = told(iris(("iterations", "60"), ("gradient", "backprop")))
        state, events = told(iris(("iterations", "60"), ("gradient", gradient)))
        assert_same(state, dict(by_hand.model.state_dict()), 1e-6)
        assert losses_of(events)[-1] < losses_of(events)[0]

    def test_stops_anywhere_and_goes_on_as_if_it_had_not(self, gradient: str, every_step: None, tmp_path: Path) -> None:
        """At each yield of 26 iterations, in the middle of a gradient too."""
        resolved = iris(("iterations", "26"), ("gradient", gradient))
        data = load_data(resolved)
        resolved = fitted_to(resolved, data.facts)
        expected, events = told(resolved, data=data)
        places = sum(1 for _event in fit(resolved, TrainState.new(resolved, data), data))
        assert places > (26 * 5 if gradient == "numerical" else 26)
        for place in range(0, places, 7 if gradient == "numerical" else 1):
            state = TrainState.new(resolved, data)
            stream, before = fit(resolved, state, data), []
            for _pull in range(place + 1):
                before.append(next(stream))
            with pytest.raises(StopIteration) as end:
                before.append(stream.send(Stop()))
            assert end.value.value is None
            checkpoint.save(state, tmp_path / "c.pt")
            again = TrainState.new(resolved, data)
            checkpoint.load(again, tmp_path / "c.pt")
            again, after = told(resolved, again, data)
            assert losses_of([e for e in before if e]) + losses_of(after) == losses_of(events), place
            for name, tensor in expected.model.state_dict().items():
                assert torch.equal(tensor, again.model.state_dict()[name]), place

    def test_is_refused_for_other_models(self, gradient: str) -> None:
        with pytest.raises(ConfigError, match="gradient is for the model two-layer, not for mlp"):
            resolve.load("iris-net", [("gradient", gradient)])


class TestEpochsAndIterations:
    def test_measured_after_the_first_iteration_of_each_epoch(self) -> None:
        _state, events = told(iris(("iterations", "30")))
        assert [(e.epoch, e.step, e.split) for e in events if isinstance(e, Evaluated)] == [
            (epoch, step, split) for epoch, step in ((1, 1), (2, 13), (3, 25)) for split in ("train", "test")
        ]
        assert [(e.epoch, e.step) for e in events if isinstance(e, EpochEnded)] == [(1, 12), (2, 24), (3, 30)]

    def test_the_documents_has_17_lines(self) -> None:
        preset = resolve.load("two-layer")
        assert (preset.iterations, preset.epochs, preset.total_steps(60000)) == (10000, 17, 10000)

    @pytest.mark.parametrize(("given", "iterations", "epochs"), [("iterations", 25, 3), ("epochs", None, 25)])
    def test_each_replaces_the_other(self, given: str, iterations: int | None, epochs: int) -> None:
        resolved = iris((given, "25"))
        assert (resolved.iterations, resolved.epochs) == (iterations, epochs)

    def test_not_both(self) -> None:
        with pytest.raises(ConfigError, match="say the same thing"):
            iris(("iterations", "25"), ("epochs", "3"))

    def test_not_both_in_a_search(self) -> None:
        from core.experiment import open

        with pytest.raises(ConfigError, match="say the same thing"):
            open.load("two-layer", [("iterations", "25"), ("epochs", "3")])

    def test_whole_epochs(self) -> None:
        state, events = told(iris(("epochs", "2")))
        assert (state.step, state.epoch) == (24, 2)
        assert len(log_of(iris(), events)) == 2

    def test_batches_larger_than_the_data(self) -> None:
        """Each iteration is an epoch then, as `max(train_size / batch_size, 1)` in the document says."""
        state, events = told(iris(("iterations", "5"), ("batch_size", "500")))
        assert (state.step, state.epoch) == (5, 5)
        assert len(log_of(iris(), events)) == 5

    def test_at_the_end_too_where_it_is_asked_for(self) -> None:
        _state, events = told(iris(("iterations", "14"), ("evaluate.when", "start,epoch,end")))
        assert [e.step for e in events if isinstance(e, Evaluated) and e.split == "test"] == [0, 1, 13, 14]

    def test_running_metrics_where_the_train_split_is_not_measured(self) -> None:
        resolved = iris(("iterations", "14"), ("evaluate.splits", "test"), ("log", "plain"), ("gradient", "backprop"))
        _state, events = told(resolved)
        running = [e for e in events if isinstance(e, Evaluated) and e.split == "train"]
        assert [(e.epoch, e.step, e.n) for e in running] == [(1, 12, 120), (2, 14, 20)]
        assert running[0].metrics["loss"] == pytest.approx(np.mean(losses_of(events)[:12]))
        assert running[1].metrics["loss"] == pytest.approx(np.mean(losses_of(events)[12:]))

    def test_progress_and_time_left(self) -> None:
        resolved = iris(("iterations", "30"))
        data = load_data(resolved)
        resolved = fitted_to(resolved, data.facts)
        state = TrainState.new(resolved, data)
        history = History()
        history.apply(network.run_started(RunDir(Path("x")), resolved, state, data, []))
        assert (history.total_steps, history.epochs) == (30, 3)
        history.apply(
            StepsEnded(epoch=1, first_step=1, losses=[1.0] * 10, lr=0.1, samples=100, seconds=2.0, grad_norm=1)
        )
        history.evaluation_seconds = {"train": 0.5, "test": 0.25}
        assert history.seconds_left == pytest.approx(20 * 10 / 50 + 3 * 0.75)


class TestSteering:
    def test_the_learning_rate_changes_within_a_gradient(self, every_step: None) -> None:
        resolved = iris(("iterations", "3"))
        data = load_data(resolved)
        stream = fit(resolved, TrainState.new(resolved, data), data)
        assert next(stream) is None, "a turn, before the first step"
        assert stream.send(Set("optimizer.lr", 0.25)) == SettingChanged(step=0, key="optimizer.lr", old=0.5, new=0.25)
        assert {event.lr for event in stream if isinstance(event, StepsEnded)} == {0.25}

    @pytest.mark.parametrize(("tick", "within"), [(0.006, False), (0.03, True)])
    def test_steps_before_are_told_before_a_turn_is_offered(self, tick: float, within: bool) -> None:
        """Or a checkpoint that is saved then would lack their losses. A clock that ticks at every look: 50 ms are over
        in every second gradient, where a step waits to be told, or twice in each."""
        ticks = iter(range(1_000_000))
        resolved = iris(("iterations", "30"), ("evaluate.when", "end"), ("log", "plain"))
        data = load_data(resolved)
        state = TrainState.new(resolved, data)
        state.now = lambda: next(ticks) * tick
        seen = turns = 0
        for event in fit(resolved, state, data):
            seen += len(event.losses) if isinstance(event, StepsEnded) else 0
            turns += event is None
            assert seen == state.step
        assert bool(turns) == within

    def test_a_pause_within_a_gradient_is_no_training(self, every_step: None, monkeypatch: pytest.MonkeyPatch) -> None:
        clock = [0.0]
        monkeypatch.setattr(steering, "REPORT_EVERY", 0.0)
        resolved = iris(("iterations", "3"))
        data = load_data(resolved)
        state = TrainState.new(resolved, data)
        state.now = lambda: clock[0]
        seconds = []
        for event in fit(resolved, state, data):
            clock[0] += 1000.0  # the consumer sleeps
            seconds += [event.seconds] if isinstance(event, StepsEnded) else []
        assert seconds == [0.0] * 3

    def test_numpy_gets_its_threads_back(self) -> None:
        from threadpoolctl import threadpool_info

        def threads() -> list[int]:
            return [pool["num_threads"] for pool in threadpool_info() if pool["internal_api"] == "openblas"]

        before = threads()
        stream = fit(iris(("iterations", "30")))
        next(stream)
        assert set(threads()) <= {1}
        stream.close()
        assert threads() == before

    def test_a_loss_that_is_not_finite_fails_the_run(self) -> None:
        """Only weights that are not numbers can do it: log(y + eps) is finite."""
        resolved = iris(("iterations", "30"), ("evaluate.when", "end"), ("log", "plain"))
        data = load_data(resolved)
        state = TrainState.new(resolved, data)
        state.model.get_parameter("W2").data[0, 0] = np.nan
        with pytest.raises(TrainingFailed, match="loss became NaN at step 1; try a lower learning rate"):
            for _event in fit(resolved, state, data):
                pass


class TestARunOnDisk:
    @pytest.fixture
    def finished(self, tmp_path: Path) -> RunDir:
        opened = network.start(iris(("iterations", "200"), ("gradient", "backprop")), tmp_path)
        assert opened.run.execute().status == "completed"
        return opened.run_dir

    def test_the_weights_are_the_documents_four_arrays(self, finished: RunDir) -> None:
        weights = torch.load(finished.model, weights_only=True)
        assert {name: tuple(tensor.shape) for name, tensor in weights.items()} == {
            "W1": (4, 5),
            "b1": (5,),
            "W2": (5, 3),
            "b2": (3,),
        }
        assert {tensor.dtype for tensor in weights.values()} == {torch.float64}

    def test_what_they_predict_is_what_was_measured(self, finished: RunDir) -> None:
        net = Net(*(tensor.numpy() for tensor in torch.load(finished.model, weights_only=True).values()))
        resolved = resolve.load(str(finished.config))
        data = load_data(resolved)
        state, _events = told(resolved, data=data)
        test = data.splits["test"]
        with torch.inference_mode():
            accuracy = float((state.model(test.x).argmax(1) == test.target).double().mean())
        assert net.accuracy(test.x.numpy(), test.target.numpy()) == accuracy

    def test_the_config_says_it_again(self, finished: RunDir) -> None:
        resolved = resolve.load(str(finished.config))
        assert (resolved.iterations, resolved.epochs, resolved.gradient, resolved.h) == (200, 17, "backprop", 1e-4)
        assert resolved.device == "cpu"

    def test_stopped_and_resumed_it_folds_to_the_same(self, tmp_path: Path, every_step: None) -> None:
        def history(run_dir: RunDir) -> tuple[Any, ...]:
            found = History.fold(read_events(run_dir.events))
            metrics = {name: (list(series.x), list(series.low)) for name, series in found.metrics.items()}
            return found.step, found.epoch, list(found.losses.low), metrics, found.last

        resolved = iris(("iterations", "30"))
        whole = network.start(resolved, tmp_path / "a")
        whole.run.execute()
        for stop_after in range(1, 34, 3):
            opened = network.start(resolved, tmp_path / "b")
            seen = 0

            def stop(event: Event, opened: session.Session = opened, stop_after: int = stop_after) -> None:
                nonlocal seen
                seen += isinstance(event, StepsEnded | Evaluated)
                if seen == stop_after:
                    opened.run.stop()

            opened.run._recorders = [*opened.run._recorders, stop]
            assert opened.run.execute().status == "stopped"
            again = network.resume(opened.run_dir)
            assert again.run.execute().status == "completed"
            assert history(opened.run_dir) == history(whole.run_dir), stop_after
            ours, theirs = (torch.load(each.model, weights_only=True) for each in (opened.run_dir, whole.run_dir))
            assert all(torch.equal(ours[name], theirs[name]) for name in theirs)

    def test_a_checkpoint_in_the_middle_of_a_long_epoch(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(savers, "CHECKPOINT_LATEST", -savers.CHECKPOINT_EVERY)
        monkeypatch.setattr(steering, "REPORT_EVERY", 0.0)
        opened = network.start(iris(("iterations", "12")), tmp_path)
        opened.run.execute()
        text = opened.run_dir.events.read_text()
        assert any(int(step) % 12 for step in re.findall(r'"CheckpointSaved", "epoch": \d+, "step": (\d+)', text))

    def test_a_search_over_iterations(self, tmp_path: Path) -> None:
        from core.experiment import open
        from core.runs import summary
        from core.sessions import open as experiment

        pairs = [*IRIS, ("iterations", "20,30"), ("gradient", "backprop")]
        opened = experiment.start(open.load("two-layer", pairs), tmp_path)
        assert opened.run.execute().status == "completed"
        found = summary.read(opened.run_dir)
        assert (found.trials, found.trials_ended, found.steps) == (2, 2, 0)
        trials = History.fold(read_events(opened.run_dir.events)).trials
        assert trials is not None
        assert [trial.epoch for trial in trials] == [2, 3]

    def test_a_trial_cut_off_after_its_epoch_was_measured_keeps_what_was(self, every_step: None) -> None:
        """Measured as an epoch begins, saved in its middle: the first epoch's values are no ones before training."""
        from core.search.groups import Alone, Measured, Member, load_group

        resolved = iris(("iterations", "10"), ("gradient", "backprop"))
        data = load_data(resolved)
        resolved = fitted_to(resolved, data.facts)

        def measured(group: Any) -> list[tuple[int, dict[str, list[float]]]]:
            return [(turn.epoch, dict(turn.columns)) for turn in group.turns() if isinstance(turn, Measured)]

        whole, cut = (Alone(Member(1, {}, resolved, data)) for _group in range(2))
        turns = cut.turns()
        while cut._state.step < 3:
            next(turns)
        again = load_group([Member(1, {}, resolved, data)], cut.state_dict())
        expected = measured(whole)
        assert [epoch for epoch, _columns in expected] == [1]
        assert "test_accuracy" in expected[0][1]
        assert measured(again) == expected

    def test_a_search_over_it(self, tmp_path: Path) -> None:
        from core.experiment import open
        from core.sessions import open as experiment

        pairs = [*IRIS, ("iterations", "20"), ("gradient", "numerical,backprop"), ("model.hidden", "3,4")]
        opened = experiment.start(open.load("two-layer", pairs), tmp_path)
        ended: RunEnded = opened.run.execute()
        assert ended.status == "completed", ended.reason
        history = History.fold(read_events(opened.run_dir.events))
        assert history.trials is not None
        trials = list(history.trials)
        assert [trial.state for trial in trials] == ["completed"] * 4
        by_cell = {(t.cell["gradient"], t.cell["model.hidden"]): t for t in trials}
        assert set(by_cell) == {(g, n) for g in ("numerical", "backprop") for n in (3, 4)}
        assert all("test_accuracy" in trial.metrics for trial in trials)


class TestWhatIsRefused:
    @pytest.mark.parametrize("h", ["0", "-1e-4", "nan", "inf"])
    def test_a_step_that_is_no_step(self, h: str) -> None:
        with pytest.raises(ConfigError, match=r"^h = .*positive and finite.*usual are 1e-6 to 1e-3$"):
            iris(("h", h))

    def test_a_step_that_is_noise(self) -> None:
        with pytest.raises(ConfigError, match=r"^h = 1e-14: too small, .*rounding noise; usual are 1e-6 to 1e-3$"):
            iris(("h", "1e-14"))

    def test_a_step_that_is_no_slope(self) -> None:
        with pytest.raises(ConfigError, match=r"^h = 5: too large for the slope.*; usual are"):
            iris(("h", "5"))

    def test_a_hidden_layer_that_does_not_fit(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match=r"needs [\d,.]+ GB of memory to train, .*use a smaller model\.hidden"):
            network.start(iris(("model.hidden", "1000000000")), tmp_path)
        with pytest.raises(ConfigError, match=r"model\.hidden = 10+: must be less than or equal to 1000000000"):
            iris(("model.hidden", "10000000000000000000"))
        assert list(tmp_path.iterdir()) == []

    def test_how_much_it_would_need(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(build, "free_memory", lambda: 2e9)
        # 4·20,000,000 + 20,000,000 + 20,000,000·3 + 3 weights of 8 bytes, four times
        with pytest.raises(ConfigError, match=r"needs 5\.1 GB of memory to train, of 2\.0 GB free"):
            network.start(iris(("model.hidden", "20000000")), tmp_path)

    @pytest.mark.parametrize(
        ("pairs", "words"),
        [
            ([("loss.name", "nll")], "use loss.name=cross-entropy"),
            ([("loss.eps", "0"), ("loss.label_smoothing", "0.1")], "not label_smoothing; use loss.name=cross-entropy"),
            ([("loss.label_smoothing", "0.1")], "loss.eps and loss.label_smoothing do not go together"),
            ([("device", "cuda")], "device = cuda: model two-layer computes with NumPy; use device=cpu"),
            ([("iterations", "0")], "iterations = 0: must be greater than or equal to 1"),
            ([("gradient", "magic")], "gradient = magic: must be 'numerical', 'backprop' or 'autograd'"),
            (
                [("dataset.name", "diabetes")],
                "two-layer tells classes apart, but diabetes has values; use",
            ),
        ],
    )
    def test_parts_that_do_not_go_together(self, pairs: list[tuple[str, str]], words: str) -> None:
        with pytest.raises(ConfigError, match=re.escape(words)):
            iris(*pairs)

    def test_another_model_takes_its_keys_along(self) -> None:
        resolved = iris(("model.name", "mlp"))
        assert (resolved.iterations, resolved.gradient, resolved.h) == (None, None, None)
        assert resolved.model["name"] == "mlp"
