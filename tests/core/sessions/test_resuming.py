"""Going on with other settings: what steers training is taken, told and kept, what makes another run is refused."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tomli_w
import torch

from core.components.keys import as_text
from core.errors import RunError, UserError
from core.events.events import Event, RunResumed, RunStarted, SettingChanged, StepsEnded
from core.experiment import resolve, schema
from core.history.history import History
from core.runs.event_log import read_events
from core.runs.folder import RunDir
from core.sessions import network
from core.sessions.session import Session

Settings = list[tuple[str, str]]


def iris(*pairs: tuple[str, str]) -> schema.RunConfig:
    return resolve.load("iris-net", [("device", "cpu"), ("epochs", "3"), *pairs])


def begin(resolved: schema.RunConfig, root: Path, stop_at: int | None = None) -> RunDir:
    """Trained in this thread, and stopped after so many steps."""
    return _execute(lambda recorders: network.start(resolved, root, recorders=recorders), stop_at)


def go_on(run_dir: RunDir, *settings: tuple[str, str], stop_at: int | None = None) -> RunDir:
    return _execute(lambda recorders: network.resume(run_dir, None, recorders, list(settings)), stop_at)


def _execute(make: Callable[[list[Any]], Session], stop_at: int | None) -> RunDir:
    made: list[Session] = []

    def act(event: Event) -> None:
        if isinstance(event, StepsEnded) and event.first_step + len(event.losses) - 1 == stop_at:
            made[0].run.stop()

    made.append(make([act]))
    made[0].run.execute()
    return made[0].run_dir


def edit(run_dir: RunDir, key: str, value: Any) -> None:
    """As with an editor."""
    tables = tomllib.loads(run_dir.config.read_text())
    table, _, name = key.rpartition(".")
    (tables.setdefault(table, {}) if table else tables)[name] = value
    run_dir.config.write_text(tomli_w.dumps(tables))


def logged(run_dir: RunDir) -> list[Event]:
    return list(read_events(run_dir.events))


def weights(run_dir: RunDir) -> list[torch.Tensor]:
    return list(torch.load(run_dir.model, weights_only=True).values())


def same_weights(one: RunDir, other: RunDir) -> bool:
    return all(torch.equal(a, b) for a, b in zip(weights(one), weights(other), strict=True))


def changed(run_dir: RunDir) -> list[tuple[int, str, float | str, float | str]]:
    return [(e.step, e.key, e.old, e.new) for e in logged(run_dir) if isinstance(e, SettingChanged)]


@pytest.fixture
def stopped(tmp_path: Path, every_step: None) -> RunDir:
    return begin(iris(), tmp_path, stop_at=13)


@pytest.mark.parametrize("how", ["by hand", "--set"])
def test_a_learning_rate_changed_between_sessions_is_that_of_one_changed_while_training(
    how: str, stopped: RunDir, tmp_path: Path
) -> None:
    if how == "--set":
        go_on(stopped, ("optimizer.lr", "0.05"))
    else:
        edit(stopped, "optimizer.lr", 0.05)
        go_on(stopped)

    made: list[Session] = []

    def act(event: Event) -> None:
        if isinstance(event, StepsEnded) and event.first_step == 13:
            made[0].run.set("optimizer.lr", 0.05)

    made.append(network.start(iris(), tmp_path / "whole", recorders=[act]))
    made[0].run.execute()
    assert same_weights(stopped, made[0].run_dir)
    assert changed(stopped) == [(13, "optimizer.lr", 0.01, 0.05)]
    assert tomllib.loads(stopped.config.read_text())["optimizer"]["lr"] == 0.05
    history = History.fold(logged(stopped))
    assert history.base_lr == history.lr == 0.05
    assert history.run is not None
    assert history.run.config["optimizer"]["lr"] == 0.05, "what show tells"
    started = next(event for event in logged(stopped) if isinstance(event, RunStarted))
    assert started.config["optimizer"]["lr"] == 0.01, "the log forgets nothing"


def test_what_was_set_holds_for_later_sessions_and_is_told_once(stopped: RunDir) -> None:
    go_on(stopped, ("optimizer.lr", "0.05"), stop_at=17)
    go_on(stopped, stop_at=22)
    go_on(stopped, ("epochs", "4"), stop_at=31)
    go_on(stopped)
    assert [e.lr for e in logged(stopped) if isinstance(e, StepsEnded)] == [0.01] * 13 + [0.05] * 27
    assert changed(stopped) == [(13, "optimizer.lr", 0.01, 0.05), (22, "epochs", 3.0, 4.0)]
    assert History.fold(logged(stopped)).epochs == 4


def test_a_rate_changed_while_training_is_not_undone_by_the_next_session(stopped: RunDir) -> None:
    """config.toml still has the one before: that is no edit."""
    go_on(stopped, ("optimizer.lr", "0.05"), stop_at=15)
    made: list[Session] = []

    def act(event: Event) -> None:
        if isinstance(event, StepsEnded) and event.first_step == 18:
            made[0].run.set("optimizer.lr", 0.002)
        if isinstance(event, StepsEnded) and event.first_step == 20:
            made[0].run.stop()

    made.append(network.resume(stopped, recorders=[act]))
    made[0].run.execute()
    go_on(stopped)
    assert [e.lr for e in logged(stopped) if isinstance(e, StepsEnded)] == [0.01] * 13 + [0.05] * 5 + [0.002] * 12


def test_a_stop_before_the_first_step_keeps_what_was_set(stopped: RunDir) -> None:
    made = network.resume(stopped, None, [], [("optimizer.lr", "0.05"), ("stop.patience", "9")])
    made.run.stop()
    made.run.execute()
    assert [key for _step, key, *_values in changed(stopped)] == ["optimizer.lr", "stop.patience", "stop.monitor"]
    go_on(stopped)
    assert [e.lr for e in logged(stopped) if isinstance(e, StepsEnded)] == [0.01] * 13 + [0.05] * 17


REFUSED = [
    *[("batch_size", 6), ("seed", 1), ("shuffle", False), ("model.hidden", [16, 8]), ("model.dropout", 0.5)],
    *[("loss.name", "nll"), ("loss.label_smoothing", 0.1), ("optimizer.name", "sgd"), ("optimizer.betas", [0.8, 0.9])],
    *[("optimizer.weight_decay", 0.1), ("split.random_state", 1), ("split.validation", 0.2), ("dataset.name", "wine")],
    *[("standardise", ["features"]), ("label_map", [0, 1, 1])],
]


@pytest.mark.parametrize(("key", "value"), REFUSED, ids=[key for key, _value in REFUSED])
def test_what_would_make_another_run_is_refused(key: str, value: Any, stopped: RunDir) -> None:
    before, text = stopped.events.read_bytes(), stopped.config.read_text()
    wanted = [(key, as_text(value))] + [("model.output_activation", "log-softmax")] * (key == "loss.name")
    for settings in ([], wanted):
        if not settings:
            stopped.config.write_text(resolve.load(str(stopped.config), wanted).to_toml())
        with pytest.raises(RunError) as error:
            network.resume(stopped, None, [], settings)
        message = str(error.value)
        assert message.splitlines() == [message]
        assert key in message or "output_activation" in message
        assert "another run's" in message
        assert "nntui run" in message
        stopped.config.write_text(text)
    assert stopped.events.read_bytes() == before
    go_on(stopped)
    assert History.fold(logged(stopped)).state == "completed"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *[("epochs", "5"), ("epochs", "2"), ("clip_grad_norm", "0.5"), ("stop.target", "test_accuracy>=0.99")],
        *[("evaluate.splits", "test"), ("evaluate.when", "end"), ("metrics", "macro_f1"), ("schedule.name", "cosine")],
        *[("log", "plain"), ("predict", "[[5.9, 3.0, 5.1, 1.8]]"), ("stop.keep_best", "true"), ("summary", "a")],
    ],
)
def test_what_steers_training_is_taken_and_told(key: str, value: str, stopped: RunDir) -> None:
    wanted = resolve.load(str(stopped.config), [(key, value)])
    go_on(stopped, (key, value))
    history = History.fold(logged(stopped))
    assert history.state == "completed"
    assert (history.epoch, history.step) == (wanted.epochs, 10 * wanted.epochs) or key == "stop.target"
    assert key in [key for _step, key, *_values in changed(stopped)]
    assert resolve.load(str(stopped.config)) == wanted


def test_nothing_changed_nothing_told(stopped: RunDir, tmp_path: Path) -> None:
    stopped.config.write_text("# a remark\n" + stopped.config.read_text() + "\n")
    go_on(stopped)
    (resumed,) = [event for event in logged(stopped) if isinstance(event, RunResumed)]
    assert (resumed.config, resumed.notes) == ({}, [])
    assert changed(stopped) == []
    assert same_weights(stopped, begin(iris(), tmp_path / "whole"))


@pytest.mark.parametrize("setting", [("epochs", "1"), ("epochs", "0"), ("optimizer.rate", "1"), ("optimizer.lr", "-1")])
def test_a_setting_that_cannot_be_is_refused(setting: tuple[str, str], stopped: RunDir) -> None:
    before = stopped.events.read_bytes(), stopped.config.read_text()
    with pytest.raises(UserError, match=setting[0]):
        network.resume(stopped, None, [], [setting])
    assert (stopped.events.read_bytes(), stopped.config.read_text()) == before


def test_a_complete_run_can_be_made_longer(tmp_path: Path, every_step: None) -> None:
    made = begin(iris(("epochs", "2")), tmp_path)
    with pytest.raises(RunError, match="is complete"):
        network.resume(made, None, [], [("optimizer.lr", "0.1")])
    go_on(made, ("epochs", "3"))
    assert same_weights(made, begin(iris(), tmp_path / "whole"))
    assert History.fold(logged(made)).epoch == 3


def test_a_run_that_ended_early_goes_on_with_more_patience(tmp_path: Path, every_step: None) -> None:
    target = ("stop.target", "train_loss<=0.9")
    made = begin(iris(target, ("epochs", "9")), tmp_path)
    assert 0 < History.fold(logged(made)).epoch < 9
    with pytest.raises(RunError, match="is complete"):
        network.resume(made, None, [], [("epochs", "12")])
    go_on(made, ("stop.target", "none"))
    assert same_weights(made, begin(iris(("epochs", "9")), tmp_path / "whole"))


# After a loss that became NaN.


def test_a_diverged_run_goes_on_from_its_last_good_checkpoint_with_another_rate(
    tmp_path: Path, every_step: None
) -> None:
    """The rate that spoils it comes in the second session; a checkpoint is asked for at the spoilt step too."""
    sgd = [("optimizer.name", "sgd"), ("optimizer.lr", "0.01"), ("evaluate.when", "end")]
    run_dir = begin(iris(*sgd, ("epochs", "5")), tmp_path, stop_at=14)
    made: list[Session] = []

    def act(event: Event) -> None:
        if isinstance(event, StepsEnded):
            made[0].run.checkpoint()

    made.append(network.resume(run_dir, None, [act], [("optimizer.lr", "1e25")]))
    assert made[0].run.execute().status == "failed"
    history = History.fold(logged(run_dir))
    assert history.checkpoint_step is not None
    saved = torch.load(run_dir.checkpoint, weights_only=True)
    assert all(tensor.isfinite().all() for tensor in saved["model"].values())
    go_on(run_dir, ("optimizer.lr", "0.001"))
    ended = History.fold(logged(run_dir))
    assert (ended.state, ended.epoch) == ("completed", 5)
    assert all(tensor.isfinite().all() for tensor in weights(run_dir))


def test_a_diverged_run_that_is_resumed_as_it_was_is_told_so(tmp_path: Path, every_step: None) -> None:
    made = begin(iris(("optimizer.name", "sgd"), ("optimizer.lr", "1e30")), tmp_path)
    go_on(made)
    (resumed,) = [event for event in logged(made) if isinstance(event, RunResumed)]
    assert "will again" in resumed.notes[0]
    assert f"nntui resume {made.run_id} --set optimizer.lr=" in resumed.notes[0]
    go_on(made, ("optimizer.lr", "0.01"))
    assert History.fold(logged(made)).state == "completed"


def test_the_best_weights_of_epochs_that_are_no_part_of_the_run_any_more_are_not_kept(
    tmp_path: Path, every_step: None
) -> None:
    """Killed after a better epoch than any to come: its checkpoint was older."""
    made = begin(iris(("stop.keep_best", "true"), ("epochs", "6")), tmp_path)
    lines = made.events.read_bytes().splitlines(keepends=True)
    keep = max(i for i, line in enumerate(lines) if b'"BestModelSaved"' in line) + 1
    made.events.write_bytes(b"".join(lines[:keep]))
    other = begin(iris(("stop.keep_best", "true"), ("epochs", "6")), tmp_path / "other", stop_at=23)
    made.checkpoint.write_bytes(other.checkpoint.read_bytes())
    go_on(made, ("optimizer.lr", "1e-9"), stop_at=29)
    assert not made.best.exists()
    go_on(made)
    best = torch.load(made.best, weights_only=True)
    saved = torch.load(made.checkpoint, weights_only=True)
    assert saved["stopping"]["best_epoch"] >= 3
    assert all(torch.allclose(best[name], tensor, atol=1e-5) for name, tensor in saved["model"].items())


# From the beginning.


PRESETS: dict[str, Settings] = {
    "iris-net": [("device", "cpu"), ("epochs", "2"), ("model.dropout", "0.3"), ("evaluate.when", "start,epoch")],
    "two-layer": [
        *[("dataset.name", "digits"), ("iterations", "40"), ("gradient", "backprop"), ("batch_size", "40")],
        *[("device", "cpu"), ("evaluate.splits", "train,test")],
    ],
}


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("kept", [0, 1, 2, 5, 9])
def test_a_run_killed_before_its_first_checkpoint_starts_again_in_its_folder(
    kept: int, preset: str, tmp_path: Path, every_step: None
) -> None:
    """`kept`: lines of its log that were written; 0: not even the first one."""
    resolved = resolve.load(preset, PRESETS[preset])
    made, whole = begin(resolved, tmp_path / "killed"), begin(resolved, tmp_path / "whole")
    lines = made.events.read_bytes().splitlines(keepends=True)
    made.events.write_bytes(b"".join(lines[:kept]) + lines[kept][:20])
    for path in (made.checkpoint, made.model, made.summary):
        path.unlink()
    if kept == 0:
        made.inputs.unlink()
    torch.rand(9)
    go_on(made)
    assert same_weights(made, whole)
    one, other = History.fold(logged(made)), History.fold(logged(whole))
    assert one.losses == other.losses
    assert one.metrics == other.metrics
    assert one.state == "completed"
    assert made.inputs.is_file()
    assert [event.step for event in logged(made) if isinstance(event, RunResumed)] == [0][: min(1, kept)]
    assert [path.name for path in (tmp_path / "killed").iterdir()] == [made.path.name]


def test_a_checkpoint_that_is_gone_is_no_beginning(stopped: RunDir) -> None:
    stopped.checkpoint.unlink()
    with pytest.raises(RunError, match="no checkpoint"):
        network.resume(stopped)


# The number of threads.


def test_it_goes_on_on_as_many_threads_as_before(stopped: RunDir) -> None:
    started = logged(stopped)[0]
    assert isinstance(started, RunStarted)
    assert started.threads == 1, "it is small"
    lines = stopped.events.read_bytes().splitlines(keepends=True)
    lines[0] = lines[0].replace(b'"threads": %d' % started.threads, b'"threads": 7')
    stopped.events.write_bytes(b"".join(lines))
    go_on(stopped, stop_at=17)
    go_on(stopped)
    resumed = [event for event in logged(stopped) if isinstance(event, RunResumed)]
    assert [(event.threads, event.notes) for event in resumed] == [(7, []), (7, [])]


def test_a_log_that_tells_of_no_threads_is_no_reason_to_warn(stopped: RunDir) -> None:
    lines = stopped.events.read_bytes().splitlines(keepends=True)
    lines[0] = lines[0].replace(b', "threads": %d' % torch.get_num_threads(), b"")
    stopped.events.write_bytes(b"".join(lines))
    assert logged(stopped)[0].threads == 0  # type: ignore[attr-defined]
    go_on(stopped)
    assert all(not event.notes for event in logged(stopped) if isinstance(event, RunResumed))
