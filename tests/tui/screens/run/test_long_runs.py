"""Runs of a million steps: nothing is hidden, nothing is slow, nothing grows."""

from __future__ import annotations

import gc
import json
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import on_screen
import pytest
from made import run_started

from core.events import codec, events
from core.events.events import EpochEnded, Evaluated, RunEnded, StepsEnded
from core.experiment import resolve
from core.history.history import History
from core.runs.event_log import read_losses
from core.runs.folder import RunDir
from tui.app import NntuiApp
from tui.charts.line_chart import LineChart
from tui.charts.of_a_run import loss_picture
from tui.charts.view import View
from tui.live.story import Story
from tui.live.trainer import Trainer
from tui.screens.run.screen import TrainScreen
from tui.screens.run.view import RunView

STEPS, PER_EPOCH, SPIKE = 1_000_000, 10_000, 654_321


def write_run(root: Path, steps: int = STEPS, chunk: int = 500) -> RunDir:
    """A finished run with one spike: one batch of `steps`, ten times as high as all others."""
    run_dir = RunDir.create(root, "long", resolve.load("iris-net").to_toml())
    losses = 0.2 + 0.1 * np.random.default_rng(0).random(steps)
    if steps > SPIKE:
        losses[SPIKE - 1] = 3.21098765
    epochs = steps // PER_EPOCH
    started = run_started(
        {**resolve.load("iris-net").to_dict(), "epochs": epochs},
        run_id=run_dir.run_id,
        parameters=403,
        steps_per_epoch=PER_EPOCH,
        started="2026-01-01T00:00:00+00:00",
    )
    with run_dir.events.open("w") as file:
        seq = 0

        def write(event: events.Event) -> None:
            nonlocal seq
            file.write(codec.encode(type(event)(**{**vars(event), "seq": seq, "t": seq * 0.05})) + "\n")
            seq += 1

        write(started)
        for start in range(0, steps, chunk):
            part = [round(x, 8) for x in losses[start : start + chunk].tolist()]
            epoch = start // PER_EPOCH + 1
            write(
                StepsEnded(
                    epoch=epoch, first_step=start + 1, losses=part, lr=0.01, samples=chunk, seconds=0.05, grad_norm=1
                )
            )
            if (start + chunk) % PER_EPOCH == 0:
                step = start + chunk
                metrics = {"loss": 0.25, "accuracy": 0.9}
                write(
                    Evaluated(
                        epoch=epoch,
                        step=step,
                        split="test",
                        n=30,
                        metrics=metrics,
                        batch_loss_sum=0.25,
                        batches=1,
                        seconds=0.01,
                    )
                )
                write(EpochEnded(epoch=epoch, step=step, seconds=1.0))
        write(RunEnded(status="completed", reason="", run_id=run_dir.run_id))
    return run_dir


@pytest.fixture(scope="module")
def long_run(tmp_path_factory: pytest.TempPathFactory) -> RunDir:
    return write_run(tmp_path_factory.mktemp("long"))


def test_a_stretch_of_the_log_is_what_was_written(long_run: RunDir) -> None:
    losses = 0.2 + 0.1 * np.random.default_rng(0).random(STEPS)
    losses[SPIKE - 1] = 3.21098765
    began = time.perf_counter()
    start, found = read_losses(long_run.events, SPIKE - 700, SPIKE + 700)
    seconds = time.perf_counter() - began
    assert start == SPIKE - 700
    assert found == pytest.approx(losses[SPIKE - 701 : SPIKE + 700], abs=1e-8)
    assert seconds < 2, "it decodes what it does not need"


@pytest.mark.parametrize("size", [(80, 24), pytest.param((120, 40), marks=pytest.mark.slow)])
async def test_one_spike_in_a_million_steps_is_seen_and_read_exactly(long_run: RunDir, until, size) -> None:
    app = NntuiApp(Trainer(long_run.path.parent))
    async with app.run_test(size=size) as pilot:
        app._show_run(long_run.run_id)
        await until(pilot, lambda: isinstance(app.screen, TrainScreen) and app.screen.is_read)
        view, chart = app.screen.query_one(RunView), app.screen.query_one("#loss", LineChart)
        await until(pilot, lambda: bool(chart._visible))
        assert "▲" in chart.painted.lines[0].plain, "the spike is not seen"
        assert "▲ to 3.211" in str(chart.border_subtitle)
        assert "0.3" in "".join(row.plain for row in chart.painted.lines), "it flattens the rest"
        await pilot.press("p")
        await until(pilot, lambda: view.plots.view.cursor == SPIKE)
        for _ in range(14):
            await pilot.press("plus")
        await until(pilot, lambda: "batch 3.21099" in str(chart.border_subtitle))
        assert f"step {SPIKE:,}" in str(chart.border_subtitle)
        first, last = view.plots.window
        assert last - first < 100
        await pilot.press("left")
        await until(pilot, lambda: "batch 0." in str(chart.border_subtitle))
        assert view.plots.view.cursor == SPIKE - max(1, round((last - first) / chart.columns))


async def test_a_redraw_of_a_million_points_takes_at_most_40_ms(long_run: RunDir, until, pace) -> None:
    app = NntuiApp(Trainer(long_run.path.parent))
    async with app.run_test(size=(120, 40)) as pilot:
        app._show_run(long_run.run_id)
        await until(pilot, lambda: isinstance(app.screen, TrainScreen) and app.screen.is_read)
        await pilot.pause(1)
        history, chart = app.screen.history, app.screen.query_one("#loss", LineChart)
        assert history.step == STEPS
        times = []
        for i in range(15):
            began = time.thread_time()  # what other programs do on these cores is not its own
            chart.show(loss_picture(history, View(log_y=bool(i % 2))))
            times.append(time.thread_time() - began)
        assert statistics.median(times) < 0.040 * pace(), times


FOLLOWED = """
import asyncio, gc, json, sys
from dataclasses import replace
from pathlib import Path
from core.events.events import RunEnded
from core.sessions.run import Run
from core.runs.event_log import EventLog, read_events
from core.runs.folder import RunDir
from core.sessions.session import Session
from tui.app import NntuiApp
from tui.system.memory import in_use
from tui.screens.run.screen import TrainScreen
from tui.live.trainer import Trainer

sys.path.append(sys.argv[2])
import on_screen

source = RunDir(Path(sys.argv[1]))

async def main():
    trainer = Trainer(source.path.parent / "live")
    app = NntuiApp(trainer)
    async with app.run_test(size=(120, 40)) as pilot:

        async def until(condition):
            for _ in range(3000):
                if condition():
                    return
                await pilot.pause(0.1)
            sys.exit("the app did not get there in five minutes: " + on_screen.text(app.screen))

        await until(lambda: "403 parameters" in on_screen.text(app.screen))  # PyTorch has been loaded
        gc.collect()
        idle = most = in_use()

        def stream():
            for event in read_events(source.events):
                if not isinstance(event, RunEnded):
                    yield event
            return ""

        run_dir = RunDir.create(trainer.root, "live", source.config.read_text())
        log = EventLog(run_dir)
        run = Run(run_dir.run_id, stream(), recorders=[log.append], on_end=log.close)
        trainer._session = Session(run, run_dir)
        app._show_run()
        run.start()

        def over():
            nonlocal most
            most = max(most, in_use())
            return trainer.phase == "ended" and app.screen.is_read and app.screen.history.step == 2_000_000

        await until(over)
        print(json.dumps([app.screen.history.step, most - idle]))

asyncio.run(main())
"""


@pytest.mark.slow
def test_following_two_million_losses_needs_little_memory(tmp_path: Path) -> None:
    """In a process of its own: the most that an app needs while its screen follows a run of 2,000,000 steps, above what
    the same app needs idle."""
    run_dir = write_run(tmp_path, 2_000_000)
    command = [sys.executable, "-c", FOLLOWED, str(run_dir.path), str(Path(on_screen.__file__).parent)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    step, grown = json.loads(done.stdout)
    assert step == 2_000_000
    assert 0 < grown < 150e6


@pytest.mark.parametrize("kind", ["inf", "nan", "zero", "flat", "wild"])
async def test_a_hundred_frames_of_awkward_losses(tmp_path: Path, kind: str) -> None:
    rng = np.random.default_rng(1)
    values = {
        "inf": np.where(rng.random(5000) < 0.1, np.inf, 1.0),
        "nan": np.full(5000, np.nan),
        "zero": np.where(rng.random(5000) < 0.5, 0.0, 1e-3),
        "flat": np.full(5000, 0.7),
        "wild": 10.0 ** rng.uniform(-300, 300, 5000) * rng.choice([-1, 1], 5000),
    }[kind]
    app = NntuiApp(Trainer(tmp_path))
    async with app.run_test(size=(100, 30)) as pilot:
        app._show_run("none")
        await pilot.pause()
        chart = app.screen.query_one("#loss", LineChart)
        history = History()
        for frame in range(100):
            part = values[50 * frame : 50 * frame + 50].tolist()
            history.apply(
                StepsEnded(
                    seq=frame,
                    t=frame / 10,
                    epoch=1,
                    first_step=50 * frame + 1,
                    losses=part,
                    lr=0.1,
                    samples=50,
                    seconds=0.1,
                    grad_norm=1,
                )
            )
            view = View(log_y=frame % 2 == 0, log_x=frame % 3 == 0, unit=("epoch", "step", "time")[frame % 3])
            chart.show(loss_picture(history, view.zoom(0.5, history.step, history.step) if frame % 5 == 0 else view))
            assert len(chart.painted.lines) >= 1
        await pilot.pause()


def test_what_was_measured_here_is_memory() -> None:
    """The figure that the status line shows is that of the system."""
    from tui.system.memory import in_use

    gc.collect()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    block = np.ones(50_000_000 // 8)
    grown = in_use()
    assert block.nbytes < grown <= max(peak * 1.5, peak + 60e6)


def test_reading_a_log_can_be_cancelled(long_run: RunDir) -> None:
    from tui.live.story import Reading

    reading = Reading(cancelled=True)
    assert Story.of(long_run, reading).history.step < STEPS
    assert json.dumps(reading.step)
