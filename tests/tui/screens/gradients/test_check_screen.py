"""The gradient check by keyboard: on a run that trains, on one that has ended, and where there is nothing to check."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import get_args

import on_screen
import pytest
from rich.cells import cell_len
from rich.console import Console
from textual.pilot import Pilot
from textual.widgets import Static

from core.experiment import resolve
from core.gradients.check import GradientCheck, Report, Row, Source
from core.gradients.finite_differences import Verdict
from core.runs.folder import RunDir
from core.sessions import network, session
from tui.app import NntuiApp
from tui.live.trainer import Trainer
from tui.screens.gradients.check_screen import EXPONENTS, GradientCheckScreen
from tui.screens.gradients.gradient_table import GradientTable, report_text, summary
from tui.screens.run.screen import TrainScreen

SIZES = [(80, 24), pytest.param((120, 40), marks=pytest.mark.slow)]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> RunDir:
    """A run of two epochs. Do not write to it: copy."""
    chosen = resolve.load("iris-net", [("device", "cpu"), ("epochs", "2"), ("model.dropout", "0.1")])
    begun = network.start(chosen, tmp_path_factory.mktemp("runs"))
    begun.run.execute()
    return begun.run_dir


@pytest.fixture
def past(trained: RunDir, tmp_path: Path) -> NntuiApp:
    """The models folder's name is markup, in case that an error tells it."""
    root = tmp_path / "[red]runs[/]"
    shutil.copytree(trained.path, root / trained.run_id)
    return NntuiApp(Trainer(root))


def shown(app: NntuiApp) -> str:
    """All that is in view."""
    return on_screen.text(app.screen)


def report(app: NntuiApp) -> Report | None:
    """The one on the screen, if it is there and nothing is being computed."""
    screen = app.screen
    if not isinstance(screen, GradientCheckScreen) or not screen.is_mounted or screen._computing:
        return None
    return screen.query_one(GradientTable)._report


def keys(app: NntuiApp) -> set[str]:
    return {each.binding.description for each in app.screen.active_bindings.values() if each.enabled}


@pytest.fixture
def open_check(trained: RunDir, until) -> Callable[..., object]:
    async def open_check(pilot: Pilot[int], ready: Callable[[], bool] | None = None) -> None:
        app = pilot.app
        assert isinstance(app, NntuiApp)
        app._show_run(trained.run_id)
        await until(pilot, lambda: isinstance(app.screen, TrainScreen) and app.screen.is_read)
        await pilot.press("D")
        await until(pilot, ready or (lambda: report(app) is not None))
        await pilot.pause()

    return open_check


async def test_a_run_that_trains_saves_its_weights_first_and_trains_on(app: NntuiApp, until) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(app.screen, TrainScreen) and app.screen.history.step > 0)
        train = app.screen
        assert isinstance(train, TrainScreen)
        await until(pilot, lambda: "Gradients" in keys(app))
        step = train.history.step
        await pilot.press("D")
        await until(pilot, lambda: report(app) is not None)
        await pilot.pause()
        found = report(app)
        assert found is not None
        assert found.source.file == "checkpoint.pt"
        assert found.source.step is not None
        assert found.source.step >= step
        assert len(found.rows) == 12
        text = shown(app)
        assert f"after step {found.source.step:,}, epoch {found.source.epoch}" in text
        assert "12 weights of 6 tensors, h = 1e-06, float64, batch of 12:" in text
        for row in found.rows:
            (line,) = [line for line in text.splitlines() if f"{row.tensor}[{','.join(map(str, row.index))}]" in line]
            assert row.verdict in line
        assert app.trainer.phase == "running"
        step = train.history.step
        await until(pilot, lambda: train.history.step > step)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is train)
        app.trainer.stop()
        await until(pilot, lambda: app.trainer.phase == "ended")


async def test_a_paused_run_stays_paused(app: NntuiApp, until) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(app.screen, TrainScreen) and app.screen.history.step > 0)
        train = app.screen
        assert isinstance(train, TrainScreen)
        await pilot.press("space")
        await until(pilot, lambda: train.history.state == "paused")
        await pilot.press("D")
        await until(pilot, lambda: report(app) is not None)
        found = report(app)
        assert found is not None
        assert found.source.step == train.history.step
        assert train.history.state == "paused"
        app.trainer.stop()
        await until(pilot, lambda: app.trainer.phase == "ended")


async def test_it_waits_for_the_checkpoint_and_a_run_that_ends_meanwhile_is_enough(
    past: NntuiApp, trained: RunDir, until
) -> None:
    there = threading.Event()
    run_dir = RunDir(past.trainer.root / trained.run_id)
    async with past.run_test(size=(80, 24)) as pilot:
        past.push_screen(GradientCheckScreen(run_dir, None, there.is_set))
        await until(pilot, lambda: "waits for a checkpoint of the run" in shown(past))
        await pilot.press("h", "f5")
        assert "waits for a checkpoint of the run" in shown(past)
        there.set()
        await until(pilot, lambda: report(past) is not None)
        found = report(past)
        assert found is not None
        assert found.h == 1e-5


@pytest.mark.parametrize("size", SIZES)
async def test_a_run_that_has_ended(past: NntuiApp, open_check, size) -> None:
    async with past.run_test(size=size) as pilot:
        await open_check(pilot)
        text = shown(past)
        for part in (
            *("Gradient check of model.pt after step 20, epoch 2, loss ", "batch of 12, dropout off", "all agree"),
            *("weight", "value", "autograd", "numerical", "rel.diff", "verdict", "(L(w + h) - L(w - h)) / 2h"),
            *(" for all 403; numerical ", "Larger h", "Smaller h", "Other weights", "Close"),
        ):
            assert part in " ".join(text.split()).replace("│ │ ", ""), part


@pytest.mark.slow
async def test_h_goes_from_rounding_to_truncation_without_another_reading(
    past: NntuiApp, open_check, until, monkeypatch: pytest.MonkeyPatch
) -> None:
    loads: list[RunDir] = []
    load = GradientCheck.load

    def counting(run_dir: RunDir, data_dir: str | None = None) -> GradientCheck:
        loads.append(run_dir)
        return load(run_dir, data_dir)

    monkeypatch.setattr(GradientCheck, "load", counting)
    async with past.run_test(size=(80, 24)) as pilot:
        await open_check(pilot)

        async def turn(*presses: str, h: float) -> Report:
            await pilot.press(*presses)
            await until(pilot, lambda: (found := report(past)) is not None and found.h == h)
            await pilot.pause()
            found = report(past)
            assert found is not None
            return found

        first = report(past)
        assert first is not None
        assert first.h == 1e-6
        small = await turn(*["H"] * 6, h=1e-12)
        assert "rounding" in {row.verdict for row in small.rows}
        assert "rounding: it alone makes up to " in shown(past)
        assert "Smaller h" not in keys(past)
        assert "Larger h" in keys(past)
        large = await turn(*["right"] * 11, h=0.1)
        assert {"truncation", "kink"} & {row.verdict for row in large.rows}
        assert "Larger h" not in keys(past)
        await pilot.press("h")
        assert past.screen._exponent == EXPONENTS[1]
        back = await turn(*["left"] * 5, h=1e-6)
        assert back.rows == first.rows
        assert "12 weights of 6 tensors, h = 1e-06, float64" in shown(past)
        assert len(loads) == 1


async def test_other_weights(past: NntuiApp, open_check, until) -> None:
    async with past.run_test(size=(80, 24)) as pilot:
        await open_check(pilot)
        first = report(past)
        assert first is not None
        await pilot.press("f5")
        await until(pilot, lambda: (found := report(past)) is not None and found.rows != first.rows)
        await pilot.pause()
        second = report(past)
        assert second is not None
        for row in second.rows:
            assert f"{row.tensor}[{','.join(map(str, row.index))}]" in shown(past)


async def test_keys_that_come_while_it_computes_are_answered_at_once_afterwards(
    past: NntuiApp, open_check, until, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, threads, steps = threading.Event(), set[threading.Thread](), list[float]()
    check = GradientCheck.check

    def slow(self: GradientCheck, h: float, seed: int) -> Report:
        threads.add(threading.current_thread())
        steps.append(h)
        assert gate.wait(60)
        return check(self, h, seed=seed)

    monkeypatch.setattr(GradientCheck, "check", slow)
    async with past.run_test(size=(80, 24)) as pilot:
        await open_check(pilot, lambda: bool(steps))
        await pilot.press("h", "h", "H", "f5", "h")  # the screen answers while it computes
        gate.set()
        await until(pilot, lambda: report(past) is not None)
        assert steps == [1e-6, 1e-4]
        assert threading.main_thread() not in threads
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(past.screen, TrainScreen))


async def test_what_is_wrong_is_said_in_the_dialog_and_can_be_tried_again(
    past: NntuiApp, trained: RunDir, open_check, until
) -> None:
    run_dir = RunDir(past.trainer.root / trained.run_id)
    run_dir.checkpoint.unlink()
    run_dir.model.unlink()
    async with past.run_test(size=(80, 24)) as pilot:
        await open_check(pilot, lambda: "ended before it saved any weights" in shown(past))
        said = str(past.screen.query_one("#words", Static).render())
        assert f"nntui run {past.trainer.root}" in said, "markup in a path is text"
        shutil.copy(trained.model, run_dir.model)
        await pilot.press("f5")
        await until(pilot, lambda: report(past) is not None)
        await pilot.pause()
        assert "ended before" not in shown(past)


async def test_a_defect_is_said_too(past: NntuiApp, open_check, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_run_dir: RunDir, _data_dir: str | None) -> GradientCheck:
        raise ZeroDivisionError("[/] by zero")

    monkeypatch.setattr(GradientCheck, "load", broken)
    async with past.run_test(size=(80, 24)) as pilot:
        await open_check(pilot, lambda: "✗ ZeroDivisionError: [/] by zero" in shown(past))


async def test_there_is_no_key_for_it_where_there_is_nothing_to_check(
    tmp_path: Path, until, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, start = threading.Event(), network.start

    def slow(*arguments: object) -> session.Session:
        assert gate.wait(60)
        return start(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(network, "start", slow)
    app = NntuiApp(Trainer(tmp_path / "models", str(tmp_path / "no-data")))
    async with app.run_test(size=(80, 24)) as pilot:
        app._train(resolve.load("mnist-softmax"))
        await until(pilot, lambda: isinstance(app.screen, TrainScreen) and app.trainer.phase == "loading")
        assert "Gradients" not in keys(app)
        await pilot.press("D")
        assert isinstance(app.screen, TrainScreen)
        gate.set()
        await until(pilot, lambda: app.trainer.phase == "refused")
        await until(pilot, lambda: isinstance(app.screen, TrainScreen) and bool(app.screen._problem))
        assert "Gradients" not in keys(app)


async def test_pressed_twice_it_opens_once(past: NntuiApp, trained: RunDir, until) -> None:
    async with past.run_test(size=(80, 24)) as pilot:
        past._show_run(trained.run_id)
        await until(pilot, lambda: isinstance(past.screen, TrainScreen) and past.screen.is_read)
        await pilot.press("D", "D")
        await until(pilot, lambda: report(past) is not None)
        assert sum(isinstance(screen, GradientCheckScreen) for screen in past.screen_stack) == 1


# The table.


def row(tensor: str, index: tuple[int, ...], verdict: str = "agrees", autograd: float = -1.2345678e-5) -> Row:
    numerical = autograd * (1 + 3.1e-10)
    return Row(tensor, index, -0.0123456, autograd, numerical, numerical, numerical, verdict)  # type: ignore[arg-type]


def canned(*rows: Row) -> Report:
    return Report(
        source=Source("model.pt", 2000, 200),
        batch=12,
        h=1e-6,
        loss=0.0512,
        parameters=403,
        dropout=False,
        rows=rows,
        rounding=3e-10,
        autograd_seconds=0.0004,
        numerical_seconds=0.0021,
    )


ROWS = (
    row("input.weight", (15, 3)),
    row("a_layer_with_quite_a_long_name.weight", (511, 783), "truncation"),
    row("층.bias", (2,), "kink", 0.0),
    row("scalar", (), "differs", 1e300),
)


def test_the_summary_says_it_all() -> None:
    assert summary(canned(*[ROWS[0]] * 2)) == (
        "2 weights of 1 tensor, h = 1e-06, float64, batch of 12: all agree; largest relative difference 3.1e-10"
    )
    assert ": 1 agree, 1 truncation, 1 kink, 1 differs; largest" in summary(canned(*ROWS))
    assert "1 weight of 1 tensor" in summary(canned(ROWS[0]))
    assert "batch of 12, dropout off: all agree" in summary(replace(canned(ROWS[0]), dropout=True))


@pytest.mark.parametrize("width", [56, 70, 76, 90, 106])
def test_the_table_is_aligned_and_fits(width: int) -> None:
    console = Console(width=width)
    lines = [line.plain.rstrip() for line in report_text(canned(*ROWS), width).wrap(console, width)]
    (at,) = [i for i, line in enumerate(lines) if line.startswith("weight ")]
    headings, table = lines[at], lines[at + 1 : at + 5]
    for heading in ("value", "autograd", "numerical", "rel.diff", "verdict"):
        assert heading in headings or (heading, width) == ("value", 56)
    assert all(cell_len(line) <= width for line in lines)
    for line, each in zip(table, ROWS, strict=True):
        assert line.endswith(each.verdict)
        assert cell_len(line.removesuffix(each.verdict)) == headings.index("verdict")
        assert f"[{','.join(map(str, each.index))}]" in line, "the index is never cut"
    assert ("a_layer_with_quite_a_long_name.weight[511,783]" in table[1]) == (width == 106)
    assert ("…" in table[1]) == (width < 106)
    assert ("-1.23457e-05" if width == 106 else "-1.23e-05") in table[0]
    for verdict in ("kink", "truncation", "differs"):
        assert any(line.startswith(f"{verdict}: ") for line in lines)
    assert not any(line.startswith("rounding: ") for line in lines), "no row is"


def test_what_the_verdicts_mean_fits_on_a_line_each() -> None:
    rows = [row("input.weight", (i, 0), verdict) for i, verdict in enumerate(get_args(Verdict))]
    text = report_text(canned(*rows), 76).plain
    for verdict in get_args(Verdict):
        meanings = [line for line in text.splitlines() if line.startswith(f"{verdict}: ")]
        assert len(meanings) == (verdict != "agrees")
        assert all(cell_len(line) <= 75 for line in meanings)


def test_times_say_what_all_of_them_would_take() -> None:
    text = report_text(canned(*ROWS), 100).plain
    assert "autograd 0.4 ms for all 403; numerical 2.1 ms for 4, 0.2 s for all" in text
