"""How each screen and its important states look, at 80×24 and 120×40: `pytest --snapshot-update` after a look at the
change. Everything in view is fixed: the runs are written event by event, and the trial's cost is given."""

from __future__ import annotations

import os
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import on_screen
import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from core.events.events import Event
from core.experiment import resolve
from core.gradients.check import GradientCheck, Report, Row, Source
from core.runs.folder import RunDir
from core.runs.summary import cached
from core.sessions.run import Run
from core.sessions.session import Session
from core.training.cost import Cost
from core.two_layer.net import Net
from tui.app import NntuiApp
from tui.live.looker import Look, Looker
from tui.live.queue import Waiting
from tui.live.trainer import Trainer
from tui.screens.experiment.beside import Beside
from tui.screens.experiment.form import Form
from tui.screens.experiment.screen import ExperimentScreen
from tui.screens.gradients.check_screen import GradientCheckScreen
from tui.screens.gradients.gradient_table import GradientTable
from tui.screens.gradients.screen import GradientScreen
from tui.screens.gradients.study import Study, Wanted, study
from tui.screens.gradients.view import GradientView
from tui.screens.own_table.file_screen import FilesScreen
from tui.screens.own_table.screen import TableScreen
from tui.screens.run.figure import FigureView
from tui.screens.run.screen import TrainScreen
from tui.screens.run.view import RunView
from tui.screens.search.screen import SearchScreen
from tui.screens.search.view import SearchView
from tui.screens.start.about import Lines
from tui.screens.start.runs import Runs
from tui.system.terminal import plot_marker

SIZES = [(80, 24), pytest.param((120, 40), marks=pytest.mark.slow)]

Before = Callable[[Pilot[int]], Awaitable[None]]


@pytest.fixture(autouse=True)
def a_cursor_that_does_not_blink(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Input, "_toggle_cursor", lambda _input: None)


@pytest.fixture(autouse=True)
def one_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever terminal the tests run in, the pictures are of this one."""
    for name, value in {"TERM": "xterm-256color", "COLORTERM": "truecolor", "NNTUI_MARKERS": "braille"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("NNTUI_DATA_DIR", "/nowhere")
    plot_marker.cache_clear()


@pytest.fixture(autouse=True)
def one_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    def with_cost(_self: Looker, look: Look) -> Look:
        return replace(look, cost=Cost(10, 2000, 45_000.0, 900_000.0, 0.7))

    monkeypatch.setattr(Looker, "with_cost", with_cost)
    monkeypatch.setattr("tui.system.memory.in_use", lambda: 812_000_000)


VERDICTS = ("agrees", "agrees", "kink", "agrees", "agrees", "truncation", *["agrees"] * 6)


class Checked:
    """A gradient check of weights that nobody trained, in always the same time."""

    def check(self, h: float, seed: int) -> Report:
        tensors = [f"{layer}.{kind}" for layer in ("input", "hidden_1", "output") for kind in ("weight", "bias")]
        rows = []
        for i, verdict in enumerate(VERDICTS):
            index = (7 * i % 16, i % 4) if i // 2 % 2 == 0 else (i,)
            gradient, off = (i - 5.5) / 700, 1e-10 if verdict == "agrees" else 1e-3
            found = gradient * (1 + off * (i + 1))
            rows.append(Row(tensors[i // 2], index, (i - 4) / 9, gradient, found, found, found, verdict))
        return Report(Source("model.pt", 1000, 10), 12, h, 0.2034, 403, False, tuple(rows), 3e-10, 4e-4, 2e-3)


@pytest.fixture(autouse=True)
def one_check(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(GradientCheck, "load", lambda _run_dir, _data_dir: Checked())


async def opened(pilot: Pilot[int], run: str) -> RunView:
    """The train screen of one of the runs, read and painted."""
    app = pilot.app
    assert isinstance(app, NntuiApp)
    (path,) = app.trainer.root.glob(f"*-{run}-*")
    app._show_run(path.name)
    await wait(pilot, lambda: isinstance(app.screen, TrainScreen) and app.screen.is_read)
    view = app.screen.query_one(RunView)
    await painted(pilot, view)
    return view


async def painted(pilot: Pilot[int], view: RunView) -> None:
    """All parts, not only those that have had their turn."""
    view.show_all()
    figure = view.query_one(FigureView)
    await wait(pilot, lambda: not figure.display or figure._figure is not None)
    await pilot.pause()


async def wait(pilot: Pilot[int], condition: Callable[[], bool]) -> None:
    for _ in range(1200):
        if condition():
            return
        await pilot.pause(0.05)
    pytest.fail("the app did not get there in 60 seconds")


async def loaded(pilot: Pilot[int]) -> None:
    """The start screen with all that comes behind its first paint."""
    app = pilot.app
    assert isinstance(app, NntuiApp)
    await wait(pilot, lambda: "versicolor" in on_screen.text(app.screen))
    folders = [path for path in app.trainer.root.glob("*") if path.is_dir()]
    await wait(pilot, lambda: len(app.screen.query_one(Runs).rows) == len(folders))
    await wait(pilot, lambda: all(cached(RunDir(path)) for path in folders))
    await pilot.pause(0.6)


async def form(pilot: Pilot[int]) -> ExperimentScreen:
    await loaded(pilot)
    await pilot.press("c")
    await wait(pilot, lambda: isinstance(pilot.app.screen, ExperimentScreen))
    screen = pilot.app.screen
    assert isinstance(screen, ExperimentScreen)
    await wait(pilot, lambda: screen.query_one(Beside).measured)
    await pilot.pause()
    return screen


async def start_runs(pilot: Pilot[int]) -> None:
    await loaded(pilot)
    pilot.app.screen.query_one("#runs").focus()
    lines = pilot.app.screen.query_one(Lines)
    await wait(pilot, lambda: any("interrupted" in line.plain for line in lines.painted.lines))
    await pilot.pause()


async def form_wrong(pilot: Pilot[int]) -> None:
    screen = await form(pilot)
    screen.draft.set("dataset.name", "diabetes")
    screen.draft.set("epochs", "many")
    screen._show()
    screen.query_one(Form).focus_key("epochs")
    await pilot.pause(0.2)


async def form_changed(pilot: Pilot[int]) -> None:
    screen = await form(pilot)
    screen.draft.set("optimizer.name", "sgd")
    screen.draft.set("model.hidden", "32,8")
    screen.query_one(Beside).forget()
    screen._show()
    screen.query_one(Form).focus_key("optimizer.momentum")
    await wait(pilot, lambda: screen.query_one(Beside).measured)
    await pilot.pause()


async def form_search(pilot: Pilot[int]) -> None:
    screen = await form(pilot)
    for key, text in (("model.n_units", "8,16,24"), ("optimizer.lr", "0.001,0.01,0.1"), ("repeats", "2")):
        screen.draft.set(key, text)
    screen.query_one(Beside).forget()
    screen._show()
    screen.query_one(Form).focus_key("repeats")
    await wait(pilot, lambda: screen.query_one(Beside).measured)
    await pilot.pause()


async def choices(pilot: Pilot[int]) -> None:
    screen = await form(pilot)
    screen.draft.set("dataset.name", "diabetes")
    screen._show()
    screen.query_one(Form).focus_key("loss.name")
    await pilot.pause(0.2)
    await pilot.press("enter")
    await pilot.pause(0.2)


def run(name: str, *keys: str) -> Before:
    async def look(pilot: Pilot[int]) -> None:
        view = await opened(pilot, name)
        await pilot.press(*keys)
        await painted(pilot, view)

    return look


async def gradients(pilot: Pilot[int]) -> None:
    await opened(pilot, "done")
    await pilot.press("D")
    await wait(pilot, lambda: isinstance(pilot.app.screen, GradientCheckScreen))
    screen = pilot.app.screen
    assert isinstance(screen, GradientCheckScreen)
    await wait(pilot, lambda: screen.query_one(GradientTable)._report is not None)
    await pilot.pause()


def live(name: str) -> Before:
    """The run as its own process shows it."""

    async def look(pilot: Pilot[int]) -> None:
        app = pilot.app
        assert isinstance(app, NntuiApp)
        (path,) = app.trainer.root.glob(f"*-{name}-*")
        waiting = Run(path.name, (event for event in list[Event]()))  # type: ignore[arg-type]  # nobody pulls it
        app.trainer._session = Session(waiting, RunDir(path))
        app._show_run()
        await wait(pilot, lambda: isinstance(app.screen, TrainScreen) and app.screen.is_read)
        await painted(pilot, app.screen.query_one(RunView))

    return look


async def queue(pilot: Pilot[int]) -> None:
    """Two wait while one trains."""
    await live("busy")(pilot)
    app = pilot.app
    assert isinstance(app, NntuiApp)
    app.trainer.title = "busy"
    app.trainer.queue.add(Waiting("20260101-120002-half-ab02", run_id="half", settings=(("epochs", "40"),)))
    app.trainer.queue.add(Waiting("iris-net", resolve.load("iris-net")))
    await pilot.press("Q")
    await wait(pilot, lambda: "goes on with" in on_screen.text(app.screen))
    await pilot.pause(0.3)


STATES: dict[str, Before] = {
    "start": loaded,
    "start-runs": start_runs,
    "form": form,
    "form-wrong": form_wrong,
    "form-changed": form_changed,
    "form-search": form_search,
    "form-choices": choices,
    "run-completed": run("done"),
    "run-training": live("busy"),
    "run-queue": queue,
    "run-paused": live("held"),
    "run-interrupted": run("held"),
    "run-stopped": run("half"),
    "run-failed": run("broken"),
    "run-sick": run("sick"),
    "run-zoomed": run("done", "left", "plus", "plus", "y", "x"),
    "run-regions": run("done", "v"),
    "run-doctor": run("sick", "d"),
    "run-help": run("done", "question_mark"),
    "run-search": run("done", "slash"),
    "run-gradients": gradients,
}


@pytest.mark.parametrize("size", SIZES, ids=["80x24", "120x40"])
@pytest.mark.parametrize("state", STATES)
def test_looks_as_it_did(state: str, size: tuple[int, int], root: Path, snap_compare) -> None:
    app = NntuiApp(Trainer(root))
    assert snap_compare(app, terminal_size=size, run_before=STATES[state])


# Gradients of the two-layer net.


def steady(run_dir: RunDir, wanted: Wanted, before: Study | None) -> Study | None:
    """A study whose last digits are no machine's own: errors, losses and the numerical gradient follow formulas."""
    found = study(run_dir, wanted, before)
    if found is None:
        return None
    h, exact, at = found.h, found.comparison.backprop, found.slice
    off = 1e-16 / h + h**2
    comparison = replace(found.comparison, numerical=Net(*(g + off for _name, g in exact)), autograd=exact)
    steps = found.errors.steps
    d = at.xs - at.weight
    losses = [2.5 + at.slope * x + x**2 / 50 + x**3 / 90 for x in (-h, h)]
    along = replace(at, below=losses[0], above=losses[1], losses=2.5 + at.slope * d + d**2 / 50 + d**3 / 90)
    errors = replace(found.errors, errors=1e-16 / steps + steps**2)
    return replace(found, comparison=comparison, errors=errors, slice=along)


def net(run: str, *keys: str) -> Before:
    """The Gradient screen of one of the runs, after some keys."""

    async def look(pilot: Pilot[int]) -> None:
        app = pilot.app
        assert isinstance(app, NntuiApp)
        (path,) = app.trainer.root.glob(f"*-{run}-*")
        app._show_run(path.name)
        await wait(pilot, lambda: isinstance(app.screen, TrainScreen) and app.screen.is_read)
        await pilot.press("D")
        await wait(pilot, lambda: isinstance(app.screen, GradientScreen) and app.screen.is_read)
        view = app.screen.query_one(GradientView)
        if run != "none":
            await wait(pilot, lambda: view._study is not None)
        await pilot.press(*keys)
        view.show_all()
        await wait(pilot, lambda: not view._working)
        await pilot.pause()

    return look


NETS: dict[str, Before] = {
    "unit": net("pictures"),
    "truncation": net("pictures", *["h"] * 7, "v", "v"),
    "held": net("rows", "f", "W", "W", "down"),
    "none": net("none"),
}


@pytest.mark.parametrize("size", SIZES, ids=["80x24", "120x40"])
@pytest.mark.parametrize("state", NETS)
def test_gradients_look_as_they_did(
    state: str, size: tuple[int, int], nets: Path, snap_compare, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.screens.gradients.view.study", steady)
    assert snap_compare(NntuiApp(Trainer(nets)), terminal_size=size, run_before=NETS[state])


# Searches.


@pytest.fixture
def searched(tmp_path: Path, searches: ModuleType) -> Path:
    """A search that is over, one half-way, one with repeats, one that has just begun."""
    root, told = tmp_path / "searches", searches.whole()
    searches.write(root, 1, "done", [*told, searches.completed()])
    some = [*told[:53], *(searches.trial_started(n, cell) for n, cell in enumerate(searches.cells(searches.GRID), 1))]
    some = [*some[:53], *(event for event in some[53:] if event.number in range(17, 25))]
    running = list(range(17, 25))
    ended = [searches.trial_ended(23, 40, "pruned", "below the median"), searches.trial_ended(24, 12, "failed", "NaN")]
    some += [*(searches.progressed(running, [epoch] * 8) for epoch in (10, 20, 30, 40)), *ended]
    searches.write(root, 2, "half", some)
    cells = [searches.axis("model.n_layers", [1, 2, 3]), searches.axis("model.n_units", [8, 16, 32, 64])]
    searches.write(root, 4, "repeats", [*searches.whole(cells, repeats=5), searches.completed()])
    searches.write(root, 3, "begun", told[:1])
    return root


def search(name: str, *keys: str, live: bool = False) -> Before:
    """A search after some keys; `live`: as its own process shows it."""

    async def look(pilot: Pilot[int]) -> None:
        app = pilot.app
        assert isinstance(app, NntuiApp)
        (path,) = app.trainer.root.glob(f"*-{name}-*")
        if live:
            waiting = Run(path.name, (event for event in list[Event]()))  # type: ignore[arg-type]
            app.trainer._session, app.trainer.searching = Session(waiting, RunDir(path)), True
        app._show_run(None if live else path.name)
        await wait(pilot, lambda: isinstance(app.screen, SearchScreen) and app.screen.is_read)
        view = app.screen.query_one(SearchView)
        await pilot.press(*keys)
        view.show_all()
        await pilot.pause()

    return look


SEARCHES: dict[str, Before] = {
    "completed": search("done"),
    "best": search("done", "b", "m", "down", "m", "down", "v"),
    "training": search("half", live=True),
    "repeats": search("repeats", "a"),
    "begun": search("begun", live=True),
    "trial": search("done", "enter"),
}


@pytest.mark.parametrize("size", SIZES, ids=["80x24", "120x40"])
@pytest.mark.parametrize("state", SEARCHES)
def test_searches_look_as_they_did(state: str, size: tuple[int, int], searched: Path, snap_compare) -> None:
    app = NntuiApp(Trainer(searched))
    assert snap_compare(app, terminal_size=size, run_before=SEARCHES[state])


def test_the_first_run_of_all_looks_as_it_did(tmp_path: Path, snap_compare) -> None:
    assert snap_compare(NntuiApp(Trainer(tmp_path / "none")), terminal_size=(80, 24), run_before=loaded)


def test_a_window_that_is_too_small_says_so(tmp_path: Path, snap_compare) -> None:
    assert snap_compare(NntuiApp(Trainer(tmp_path / "none")), terminal_size=(50, 12))


# A table of one's own.

PASSENGERS = """id;age;fare;class;sex;boarded;alone;survived
{}
"""


@pytest.fixture
def passengers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of tables, always of the same day and in the same place; in one of them much is awkward."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    for module in ("file_screen", "texts"):
        monkeypatch.setattr(f"tui.screens.own_table.{module}.end_of", lambda *_: "/home/me/data")
    folder = tmp_path / "data"
    (folder / "older").mkdir(parents=True)
    rows = [
        f"{i};{'' if i % 9 == 2 else 20 + i % 50},5;{i * 7 % 31},25;{i % 3 + 1};{('male', 'female')[i % 2]};"
        f"1912-04-{i % 28 + 1:02};{('no', 'yes')[i * 5 % 3 % 2]};{i * 11 % 7 % 2}"
        for i in range(1, 121)
    ]
    text = PASSENGERS.format("\n".join(rows)).replace(";,5;", ";;")
    (folder / "passengers.csv").write_text(text)
    (folder / "wine 2.csv").write_text("a,b\n1,2\n")
    (folder / "wine 10.tsv.gz").write_bytes(b"x" * 12_345)
    (folder / "설문.csv").write_text("a,b\n1,2\n")
    (folder / "notes.md").write_text("x")
    for path in folder.iterdir():
        os.utime(path, (1_767_225_600, 1_767_225_600))
    return folder


def own_table(*keys: str, files: bool = False) -> Before:
    """The picker, or the columns of the table after some keys."""

    async def look(pilot: Pilot[int]) -> None:
        app = pilot.app
        assert isinstance(app, NntuiApp)
        app._table = app.trainer.root / "passengers.csv"
        await pilot.press("o")
        await wait(pilot, lambda: isinstance(app.screen, FilesScreen) and app.screen._listed is not None)
        await pilot.pause()
        if not files:
            await pilot.press("enter")
            await wait(pilot, lambda: isinstance(app.screen, TableScreen) and app.screen.table.survey is not None)
            screen = app.screen
            assert isinstance(screen, TableScreen)
            for key in keys:
                await pilot.press(key)
                await wait(pilot, lambda: not screen.table.looking)
        await pilot.pause()

    return look


TABLES: dict[str, Before] = {
    "files": own_table(files=True),
    "columns": own_table("n"),
    "columns-ready": own_table("u", "u", "n", "space", "home", "space", "down", "v", "v"),
}


@pytest.mark.parametrize("size", SIZES, ids=["80x24", "120x40"])
@pytest.mark.parametrize("state", TABLES)
def test_a_table_looks_as_it_did(state: str, size: tuple[int, int], passengers: Path, snap_compare) -> None:
    app = NntuiApp(Trainer(passengers))
    assert snap_compare(app, terminal_size=size, run_before=TABLES[state])
