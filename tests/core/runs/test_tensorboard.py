"""What is exported for TensorBoard, by TensorBoard's own reader."""

from __future__ import annotations

import builtins
import math
from pathlib import Path
from typing import Any

import pytest

from core.errors import RunError
from core.experiment import open as experiment_open
from core.history.trials import Trials
from core.runs import tensorboard as board
from core.runs.event_log import read_events, read_started
from core.runs.export import rows, trial_rows
from core.runs.folder import RunDir
from core.sessions import open as sessions_open

reader = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator", reason="tensorboard is an extra")
ALL = {"scalars": 0, "tensors": 0}


def read(folder: Path) -> Any:
    found = reader.EventAccumulator(str(folder), size_guidance=ALL)
    found.Reload()
    return found


def scalars(found: Any, tag: str) -> list[tuple[int, float]]:
    return [(each.step, each.value) for each in found.Scalars(tag)]


def trained(root: Path, *pairs: tuple[str, str]) -> RunDir:
    config = experiment_open.load("iris-net", [("epochs", "3"), ("device", "cpu"), *pairs])
    session = sessions_open.start(config, root)
    session.run.execute()
    return session.run_dir


def near(value: Any) -> Any:
    """They are kept in float32."""
    return pytest.approx(value, rel=1e-6, abs=1e-30, nan_ok=True)


def hparams(found: Any) -> Any:
    from tensorboard.plugins.hparams import metadata

    content = found.summary_metadata[metadata.SESSION_START_INFO_TAG].plugin_data.content
    return metadata.parse_session_start_info_plugin_data(content)


def test_every_scalar_of_a_run_is_there(tmp_path: Path) -> None:
    runs = [trained(tmp_path, ("schedule.name", "cosine")), trained(tmp_path, ("seed", "1"))]
    n = board.write(runs, tmp_path / "board")
    for run_dir in runs:
        found = read(tmp_path / "board" / run_dir.run_id)
        steps = list(rows(read_events(run_dir.events), "steps"))
        assert len(steps) == 30
        for tag in ("loss", "lr"):
            assert scalars(found, tag) == [(row["step"], near(row[tag])) for row in steps]
        epochs = list(rows(read_events(run_dir.events), "epochs"))
        columns = [name for name in epochs[0] if name not in ("epoch", "step", "lr", "seconds")]
        assert {"train_loss", "test_accuracy", "last_batch_accuracy"} <= set(columns)
        for name in [*columns, "seconds", "epoch"]:
            assert scalars(found, name) == [(row["step"], near(row[name])) for row in epochs]
        assert set(found.Tags()["scalars"]) == {"loss", "lr", "epoch", "seconds", *columns}
        started = read_started(run_dir)
        assert started is not None
        told = hparams(found).hparams
        assert told["optimizer.lr"].number_value == 0.01
        assert told["model.hidden"].string_value == "16,16"
        times = [each.wall_time for each in found.Scalars("loss")]
        assert times == sorted(times)
    assert n == sum(2 * 30 + 3 * (len(columns) + 2) for _run in runs)


def test_a_search_has_a_run_for_each_trial(tmp_path: Path) -> None:
    search = trained(tmp_path, ("model.hidden", "[[4],[5,5]]"), ("optimizer.lr", "0.01,0.1"))
    board.write([search], tmp_path / "board")
    trials = Trials.fold(read_events(search.events))
    table = {row["trial"]: row for row in trial_rows(trials)}
    assert sorted(path.name for path in (tmp_path / "board" / search.run_id).iterdir() if path.is_dir()) == list("1234")
    for trial in trials:
        found = read(tmp_path / "board" / search.run_id / str(trial.number))
        row = table[trial.number]
        for name, value in trial.metrics.items():
            assert scalars(found, f"{board.RESULT}{name}") == [(trial.kept_epoch, near(value))]
            assert near(row[name]) == value
        for name, values in trial.curves.columns.items():
            curve = [(e, v) for e, v in zip(trial.curves.epochs, values, strict=True) if not math.isnan(v)]
            assert scalars(found, name) == [(epoch, near(value)) for epoch, value in curve]
        told = hparams(found).hparams
        assert told["lr"].number_value == row["lr"]
        assert told["seed"].number_value == row["seed"]
    from tensorboard.plugins.hparams import metadata

    about = read(tmp_path / "board" / search.run_id).summary_metadata[metadata.EXPERIMENT_TAG].plugin_data.content
    experiment = metadata.parse_experiment_plugin_data(about)
    assert {each.name for each in experiment.hparam_infos} == {"hidden", "lr", "seed"}
    assert "result/test_accuracy" in {each.name.tag for each in experiment.metric_infos}


def test_what_is_exported_again_takes_its_place(tmp_path: Path) -> None:
    run_dir = trained(tmp_path)
    for _time in range(2):
        board.write([run_dir, run_dir], tmp_path / "board")
    assert len(scalars(read(tmp_path / "board" / run_dir.run_id), "loss")) == 30
    assert [path.name for path in (tmp_path / "board" / run_dir.run_id).iterdir()] == [board.FILE]


def test_a_loss_that_became_nan_is_there(tmp_path: Path) -> None:
    run_dir = trained(tmp_path, ("optimizer.name", "sgd"), ("optimizer.lr", "1e30"))
    board.write([run_dir], tmp_path / "board")
    steps = list(rows(read_events(run_dir.events), "steps"))
    found = scalars(read(tmp_path / "board" / run_dir.run_id), "loss")
    assert [math.isfinite(value) for _step, value in found] == [math.isfinite(row["loss"]) for row in steps]


def test_where_it_cannot_be_written_or_is_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_dir = trained(tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="cannot write"):
        board.write([run_dir], tmp_path / "file")
    real = builtins.__import__

    def without(name: str, *arguments: Any, **options: Any) -> Any:
        if name == "tensorboard":
            raise ImportError(name)
        return real(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(RunError, match=r"TensorBoard is not installed; .*nntui\[tensorboard\]"):
        board.write([run_dir], tmp_path / "board")
