"""Every screen and dialog, opened as a user opens it, for tests that look at all of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import on_screen
import pytest
from textual.pilot import Pilot
from textual.widgets import OptionList

from core.experiment import resolve
from core.sessions import network
from tui.app import NntuiApp
from tui.dialogs.download import DownloadDialog
from tui.live.trainer import Trainer
from tui.screens.compare.screen import CompareScreen
from tui.screens.experiment.form import Form
from tui.screens.experiment.screen import ExperimentScreen
from tui.screens.gradients.check_screen import GradientCheckScreen
from tui.screens.gradients.screen import GradientScreen
from tui.screens.gradients.view import GradientView
from tui.screens.own_table.file_screen import FilesScreen
from tui.screens.own_table.screen import TableScreen
from tui.screens.run.screen import TrainScreen
from tui.screens.runs.screen import RunsScreen
from tui.screens.search.screen import SearchScreen

Way = Callable[[Pilot[int]], Awaitable[None]]


async def wait(pilot: Pilot[int], condition: Callable[[], object]) -> None:
    for _ in range(1200):
        if condition():
            return
        await pilot.pause(0.05)
    pytest.fail("the app did not get there in 60 seconds")


def app_of(pilot: Pilot[int]) -> NntuiApp:
    assert isinstance(pilot.app, NntuiApp)
    return pilot.app


async def opened(pilot: Pilot[int], name: str) -> None:
    """A run of the app's folder."""
    app = app_of(pilot)
    (path,) = app.trainer.root.glob(f"*-{name}-*")
    app._show_run(path.name)
    await wait(pilot, lambda: isinstance(app.screen, TrainScreen | SearchScreen) and app.screen.is_read)
    await pilot.pause()


def keys(*pressed: str) -> Way:
    """From the start screen."""

    async def way(pilot: Pilot[int]) -> None:
        await pilot.pause()
        await pilot.press(*pressed)
        await pilot.pause()

    return way


def run(name: str, *pressed: str) -> Way:
    async def way(pilot: Pilot[int]) -> None:
        await opened(pilot, name)
        await pilot.press(*pressed)
        await pilot.pause()

    return way


async def _form(pilot: Pilot[int]) -> None:
    await pilot.pause()
    await pilot.press("c")
    await wait(pilot, lambda: isinstance(pilot.app.screen, ExperimentScreen) and pilot.app.screen.focused)
    await pilot.pause(0.2)


async def _choice(pilot: Pilot[int]) -> None:
    await _form(pilot)
    await pilot.press("enter")
    await wait(pilot, lambda: pilot.app.screen.query(OptionList))
    await pilot.pause()


async def _files(pilot: Pilot[int]) -> None:
    await pilot.pause()
    folder = app_of(pilot).trainer.root.parent / "own"
    folder.mkdir(exist_ok=True)
    rows = "\n".join(f"{i},{i % 7},{'ab'[i % 2]},{'' if i == 3 else i * 2}" for i in range(30))
    for name in ("own", "yours"):
        (folder / f"{name}.csv").write_text(f"id,x,kind,y\n{rows}\n")
    app_of(pilot)._table = folder / "own.csv"
    await pilot.press("o")
    await wait(
        pilot, lambda: isinstance(pilot.app.screen, FilesScreen) and "own.csv" in on_screen.text(pilot.app.screen)
    )


async def _table(pilot: Pilot[int]) -> None:
    await _files(pilot)
    await pilot.press("enter")
    await wait(pilot, lambda: isinstance(pilot.app.screen, TableScreen) and pilot.app.screen.table.survey)
    await pilot.pause()


async def _gradients(pilot: Pilot[int]) -> None:
    await opened(pilot, "pictures")
    await pilot.press("D")
    await wait(pilot, lambda: isinstance(pilot.app.screen, GradientScreen) and pilot.app.screen.is_read)
    view = pilot.app.screen.query_one(GradientView)
    await wait(pilot, lambda: "W1" in on_screen.text(view.screen) or "b1" in on_screen.text(view.screen))
    await pilot.pause()


async def _check(pilot: Pilot[int]) -> None:
    """Of a run that was trained in earnest."""
    trained = resolve.load("iris-net", [("device", "cpu"), ("epochs", "2"), ("name", "trained")])
    network.start(trained, app_of(pilot).trainer.root).run.execute()
    await opened(pilot, "trained")
    await pilot.press("D")
    await wait(pilot, lambda: isinstance(pilot.app.screen, GradientCheckScreen))
    await wait(pilot, lambda: "float64" in on_screen.text(pilot.app.screen))
    await pilot.pause(0.2)


async def _download(pilot: Pilot[int]) -> None:
    await wait(pilot, lambda: "No download" in on_screen.text(pilot.app.screen))
    on_screen.choose(app_of(pilot), "mnist-softmax")
    await wait(pilot, lambda: "Lacks" in on_screen.text(pilot.app.screen))
    await pilot.press("enter")
    await wait(pilot, lambda: isinstance(pilot.app.screen, DownloadDialog))
    await pilot.pause()


async def _compare(pilot: Pilot[int]) -> None:
    """All runs of the folder, a search among them."""
    app = app_of(pilot)
    await pilot.pause()
    app.push_screen(CompareScreen(app.trainer.root, sorted(path.name for path in app.trainer.root.glob("2*"))))
    await wait(pilot, lambda: isinstance(app.screen, CompareScreen) and app.screen.is_read)
    await pilot.pause()


def form(*pressed: str, **typed: str) -> Way:
    """With these values in its fields, and then these keys."""

    async def way(pilot: Pilot[int]) -> None:
        await _form(pilot)
        for name, value in typed.items():
            pilot.app.screen.query_one(Form).focus_key(name.replace("__", "."))
            await pilot.pause()
            await on_screen.retype(pilot, name.replace("__", "."), value)
        await pilot.press(*pressed)
        await pilot.pause(0.3)

    return way


def training(*pressed: str) -> Way:
    """A run that goes on for as long as the test does, and these keys."""

    async def way(pilot: Pilot[int]) -> None:
        await pilot.pause()
        app_of(pilot)._train(resolve.load("iris-net", [("epochs", "100000")]))
        await wait(pilot, lambda: isinstance(pilot.app.screen, TrainScreen) and pilot.app.screen.history.step > 50)
        screen = pilot.app.screen
        assert isinstance(screen, TrainScreen)
        await pilot.press(*pressed)
        await wait(pilot, lambda: screen.history.state == "paused" or not pressed)
        await pilot.pause(0.5)

    return way


async def _queue(pilot: Pilot[int]) -> None:
    await training()(pilot)
    for epochs in ("10", "20"):
        app_of(pilot)._train(resolve.load("iris-net", [("epochs", epochs), ("name", f"iris-{epochs}")]))
    await pilot.press("Q")
    await wait(pilot, lambda: "iris-20" in on_screen.text(pilot.app.screen))
    await pilot.pause(0.3)


def runs(*pressed: str) -> Way:
    """All of them in a table, and these keys."""

    async def way(pilot: Pilot[int]) -> None:
        await pilot.pause()
        await pilot.press("v")
        await wait(pilot, lambda: isinstance(pilot.app.screen, RunsScreen) and pilot.app.screen.is_read)
        await pilot.press(*pressed)
        await pilot.pause(0.3)

    return way


async def _too_small(pilot: Pilot[int]) -> None:
    await pilot.pause()
    await pilot.resize_terminal(50, 12)
    await wait(pilot, lambda: "60×18 needed" in on_screen.text(pilot.app.screen))


SCREENS: dict[str, Way] = {
    "start": keys(),
    "runs": keys("tab"),
    "all runs": runs("m"),
    "filter": runs("slash"),
    "labels": runs("ctrl+l"),
    "help": keys("question_mark"),
    "dataset": keys("ctrl+n"),
    "find": keys("ctrl+n", "slash", "i"),
    "settings": keys("f9"),
    "palette": keys("ctrl+p"),
    "form": _form,
    "choice": _choice,
    "files": _files,
    "table": _table,
    "run": run("done"),
    "failed run": run("broken"),
    "regions": run("done", "v"),
    "doctor": run("sick", "d"),
    "rate": run("half", "l"),
    "search": run("searched"),
    "heatmap": run("searched", "v", "v", "v"),
    "curves": run("searched", "v", "v", "v", "v"),
    "compare": _compare,
    "gradients": _gradients,
    "gradient check": _check,
    "download": _download,
    "form of a search": form(optimizer__lr="0.1,0.01"),
    "form with an error": form(optimizer__lr="-1"),
    "sections": form("f7"),
    "question": form("escape", optimizer__lr="0.1"),
    "training": training(),
    "paused": training("space"),
    "queue": _queue,
    "too small": _too_small,
}


def an_app(name: str, root: Path, nets: Path) -> NntuiApp:
    """For one of them."""
    nothing = str(root.parent / "no data") if name == "download" else None
    return NntuiApp(Trainer(nets if name == "gradients" else root, nothing))
