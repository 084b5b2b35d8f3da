"""`make screenshots`: the README's pictures, from real runs in the real app.

Writes docs/*.png; needs rsvg-convert (Debian: librsvg2-bin, fonts-dejavu). With NNTUI_DATA_DIR set, the train screen
shows fashion-mlp, else iris-net.
"""

from __future__ import annotations

import asyncio
import html
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from rich.cells import cell_len
from textual.pilot import Pilot

from core.experiment import resolve
from core.experiment.schema import RunConfig
from core.runs import labels
from core.runs.folder import RunDir
from core.sessions import network
from tui.app import NntuiApp
from tui.dialogs.choose import Choose
from tui.live.trainer import Trainer
from tui.screens.compare.screen import CompareScreen
from tui.screens.experiment.beside import Beside
from tui.screens.experiment.form import Choice, Form
from tui.screens.experiment.screen import ExperimentScreen
from tui.screens.gradients.screen import GradientScreen
from tui.screens.gradients.view import GradientView
from tui.screens.own_table.file_screen import FilesScreen
from tui.screens.own_table.screen import TableScreen
from tui.screens.run.figure import FigureView
from tui.screens.run.screen import TrainScreen
from tui.screens.runs.screen import RunsScreen
from tui.screens.search.screen import SearchScreen
from tui.screens.start.experiments import Experiments
from tui.screens.start.screen import StartScreen
from tui.system import responsive

DOCS = Path(__file__).parent.parent / "docs"
SIZES = ((80, 24), (120, 40))
SHOWN = (
    *("start-80x24", "iris-80x24", "train-80x24", "train-120x40", "form-120x40", "regions-120x40"),
    *("search-80x24", "search-120x40", "searched-80x24", "searched-120x40"),
    *("gradients-80x24", "gradients-120x40", "files-80x24", "table-80x24", "table-120x40"),
    *("runs-80x24", "runs-120x40", "compare-80x24", "compare-120x40"),
)
"""The pictures that the README shows; another folder on the command line gets all."""
CELL = 12.2
"""Width of a column in Textual's pictures."""


async def wait_for(pilot: Pilot[int], condition: Callable[[], bool], seconds: float = 120) -> None:
    for _ in range(int(seconds / 0.05)):
        if condition():
            return
        await pilot.pause(0.05)
    raise TimeoutError("the app did not get there")


def save(app: NntuiApp, name: str, folder: Path) -> None:
    if folder == DOCS and name not in SHOWN:
        return
    svg = folder / f"{name}.svg"
    svg.write_text(still(app), encoding="utf-8")
    subprocess.run(["rsvg-convert", "-o", folder / f"{name}.png", svg], check=True)
    svg.unlink()
    print(folder / f"{name}.png")


def still(app: NntuiApp) -> str:
    """The screen as SVG, in a font that has all its characters."""
    picture = app.export_screenshot().replace("Fira Code", "DejaVu Sans Mono")
    return re.sub(r"<text ([^>]*)>([^<]*)</text>", _by_character, picture)


def _by_character(match: re.Match[str]) -> str:
    """One element per character, each in its own cell: braille comes from a font of another width."""
    attributes, text = match[1], html.unescape(match[2])
    if "textLength" not in attributes:
        return match[0]
    x = float(re.search(r'x="([\d.]+)"', attributes)[1])  # type: ignore[index]
    rest = re.sub(r'(x|textLength)="[\d.]+" ?', "", attributes)
    elements, column = [], 0
    for character in text:
        if not character.isspace():
            elements.append(f'<text x="{x + CELL * column:.1f}" {rest}>{html.escape(character)}</text>')
        column += cell_len(character)
    return "".join(elements)


async def picture(width: int, height: int, folder: Path, models: Path) -> None:
    fashion = bool(os.environ.get("NNTUI_DATA_DIR"))
    trainer = Trainer(models)
    app = NntuiApp(trainer)

    def ended() -> bool:
        return trainer.phase == "ended"

    def trained() -> bool:
        return app.screen.history.step >= (2600 if fashion else 600)  # type: ignore[attr-defined,no-any-return]

    async with app.run_test(size=(width, height)) as pilot:
        await wait_for(pilot, lambda: "core.sessions.network" in sys.modules)  # PyTorch loads behind the paint
        await pilot.press("enter")
        await wait_for(pilot, ended)
        await pilot.pause(1)
        save(app, f"iris-{width}x{height}", folder)
        await pilot.press("escape")
        if fashion:
            app.screen.query_one(Experiments).choose("fashion-mlp")
        await pilot.pause(1)
        save(app, f"start-{width}x{height}", folder)
        await pilot.press("enter")
        await wait_for(pilot, trained)
        await pilot.pause(0.5)
        save(app, f"train-{width}x{height}", folder)
        await pilot.press("s")
        await wait_for(pilot, ended)
        await pilot.press("question_mark")
        await pilot.pause(0.5)
        save(app, f"help-{width}x{height}", folder)
        await pilot.press("escape", "escape")
        await form(app, pilot, f"form-{width}x{height}", folder)
        await regions(app, pilot, f"regions-{width}x{height}", folder)
        await pilot.press("escape", "escape")
        await gradients(app, pilot, f"gradients-{width}x{height}", folder)
        await own_table(app, pilot, f"{width}x{height}", folder)
        await search(app, pilot, f"{width}x{height}", folder)
        await runs(app, pilot, f"{width}x{height}", folder)


async def own_table(app: NntuiApp, pilot: Pilot[int], size: str, folder: Path) -> None:
    """A table as people have it: found, and with a column of dates that nothing can be done with yet."""
    await wait_for(pilot, lambda: isinstance(app.screen, StartScreen))
    data = Path(tempfile.gettempdir()) / "survey"  # its path is in view
    write_tables(data)
    app._table = data / "penguins.csv"
    await pilot.press("o")
    await wait_for(pilot, lambda: isinstance(app.screen, FilesScreen) and app.screen._listed is not None)
    await pilot.pause(0.5)
    save(app, f"files-{size}", folder)
    await pilot.press("enter")
    await wait_for(pilot, lambda: isinstance(app.screen, TableScreen) and app.screen.table.survey is not None)
    screen = app.screen
    assert isinstance(screen, TableScreen)
    await pilot.press("u", "u", "n")
    await wait_for(pilot, lambda: not screen.table.looking)
    await pilot.press("n")
    await pilot.pause(0.5)
    save(app, f"table-{size}", folder)
    await pilot.press("escape")
    await wait_for(pilot, lambda: isinstance(app.screen, FilesScreen))
    await pilot.press("escape")


def write_tables(folder: Path) -> None:
    """Drawn, not measured: numbers with decimal commas, gaps, dates, a column that counts the rows."""
    (folder / "2025").mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    n = 344
    kind = rng.integers(0, 3, n)
    table = pd.DataFrame(
        {
            "id": np.arange(1, n + 1),
            "island": np.array(["Biscoe", "Dream", "Torgersen"])[rng.integers(0, 3, n)],
            "bill_mm": (np.array([38.8, 48.8, 47.5])[kind] + rng.normal(0, 2.8, n)).round(1),
            "flipper_mm": (np.array([190, 196, 217])[kind] + rng.normal(0, 6.5, n)).round(),
            "mass_g": (np.array([3700, 3733, 5076])[kind] + rng.normal(0, 420, n)).round(-1),
            "sex": np.array(["female", "male"])[rng.integers(0, 2, n)],
            "ringed": np.array(["yes", "no"])[rng.integers(0, 2, n)],
            "seen": [f"2025-{1 + i % 12:02}-{1 + i % 28:02}" for i in range(n)],
            "species": np.array(["Adelie", "Chinstrap", "Gentoo"])[kind],
        }
    )
    table.loc[::43, ["bill_mm", "mass_g"]] = np.nan
    table.loc[::31, "sex"] = None
    table.to_csv(folder / "penguins.csv", index=False, sep=";", decimal=",")
    table.to_csv(folder / "2025" / "spring.csv", index=False)
    table.iloc[:80].to_csv(folder / "penguins 2.tsv", index=False, sep="\t")
    table.to_csv(folder / "survey 10.csv.gz", index=False)
    table.to_csv(folder / "survey 9.csv.gz", index=False)
    (folder / "notes.md").write_text("Where they were seen.\n")


async def form(app: NntuiApp, pilot: Pilot[int], name: str, folder: Path) -> None:
    """An experiment on two moons, changed: more hidden units, another learning rate."""
    await pilot.press("ctrl+n")
    await wait_for(pilot, lambda: isinstance(app.screen, Choose))
    await pilot.press(*"moons", "enter")
    await wait_for(pilot, lambda: isinstance(app.screen, ExperimentScreen) and isinstance(app.focused, Choice))
    screen = app.screen
    assert isinstance(screen, ExperimentScreen)
    await go_to(pilot, "model.hidden")
    await pilot.press("end", *["backspace"] * 5, *"16", "comma", *"16")
    await go_to(pilot, "optimizer.lr")
    await pilot.press("end", *["backspace"] * 6, "0", "full_stop", "0", "1")
    await wait_for(pilot, lambda: screen.query_one(Beside).measured)
    await pilot.pause(1)
    save(app, name, folder)


async def go_to(pilot: Pilot[int], key: str) -> None:
    while pilot.app.screen.query_one(Form).key != key:
        await pilot.press("down")


async def regions(app: NntuiApp, pilot: Pilot[int], name: str, folder: Path) -> None:
    """What is in the form, trained."""
    await pilot.press("ctrl+r")
    await wait_for(pilot, lambda: app.trainer.phase == "ended")
    await pilot.pause(1)
    if not app.screen.query_one(FigureView).display:  # there is no room beside the plots
        await pilot.press("v")
    await wait_for(pilot, lambda: app.screen.query_one(FigureView)._figure is not None)
    await pilot.pause(1)
    save(app, name, folder)


async def gradients(app: NntuiApp, pilot: Pilot[int], name: str, folder: Path) -> None:
    """The two-layer net after some steps of its numerical gradient, with a step h that is too large for one weight."""
    await wait_for(pilot, lambda: isinstance(app.screen, StartScreen))
    settings = [] if os.environ.get("NNTUI_DATA_DIR") else [("dataset.name", "digits")]
    app._train(resolve.load("two-layer", settings))
    await wait_for(pilot, lambda: isinstance(app.screen, TrainScreen))
    await wait_for(pilot, lambda: app.screen.history.step >= 700)  # type: ignore[attr-defined]
    await pilot.press("D")
    await wait_for(pilot, lambda: isinstance(app.screen, GradientScreen))
    view = app.screen.query_one(GradientView)
    await wait_for(pilot, lambda: view._study is not None)
    await pilot.press("f", *["h"] * 7)
    await pilot.pause(2)
    save(app, name, folder)
    await pilot.press("s")
    await wait_for(pilot, lambda: app.trainer.phase == "ended")
    await pilot.press("escape", "escape")


async def search(app: NntuiApp, pilot: Pilot[int], size: str, folder: Path) -> None:
    """The document's search, half way, and at its end with the curves of two trials."""
    await wait_for(pilot, lambda: isinstance(app.screen, StartScreen))
    listed = app.screen.query_one(Experiments)
    listed.focus()
    listed.choose("iris-search")
    await pilot.press("enter")
    await wait_for(pilot, lambda: isinstance(app.screen, SearchScreen))
    screen = app.screen
    assert isinstance(screen, SearchScreen)

    def share() -> float:
        trials = screen.history.trials
        return trials.share if trials is not None else 0.0

    await wait_for(pilot, lambda: share() > 0.4)
    await pilot.pause(0.5)
    save(app, f"search-{size}", folder)
    await wait_for(pilot, lambda: app.trainer.phase == "ended")
    await pilot.press("m", *["down"] * 20, "m")
    await pilot.pause(1)
    save(app, f"searched-{size}", folder)


async def runs(app: NntuiApp, pilot: Pilot[int], size: str, folder: Path) -> None:
    """All runs, some of them labelled; and two learning rates over three seeds each, side by side."""
    for lr in ("0.01", "0.003"):
        for seed in range(3):
            config = resolve.load("iris-net", [("optimizer.lr", lr), ("seed", str(seed)), ("epochs", "100")])
            labels.change(_trained(config, app.trainer.root), add=["paper"] if lr == "0.003" else ["paper", "first"])
    await pilot.press("escape")
    await wait_for(pilot, lambda: isinstance(app.screen, StartScreen))
    await pilot.press("v")
    await wait_for(pilot, lambda: isinstance(app.screen, RunsScreen) and app.screen.is_read)
    screen = app.screen
    assert isinstance(screen, RunsScreen)
    screen.listing.look_for("tag:paper")
    await pilot.press("A", "down")
    await pilot.pause(0.5)
    save(app, f"runs-{size}", folder)
    await pilot.press("B")
    await wait_for(pilot, lambda: isinstance(app.screen, CompareScreen) and bool(app.screen.comparison.entries))
    await pilot.pause(2)
    save(app, f"compare-{size}", folder)


def _trained(config: RunConfig, root: Path) -> RunDir:
    session = network.start(config, root)
    session.run.execute()
    return session.run_dir


async def moving(folder: Path) -> None:
    path = Path(__file__).with_name("moving_picture.py")  # tests/ must not be on the path
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with tempfile.TemporaryDirectory() as models:
        await module.film(folder / "nntui.gif", Path(models), still, wait_for)


async def main(folder: Path) -> None:
    os.environ.update(TERM="xterm-256color", COLORTERM="truecolor")
    os.environ.pop("NO_COLOR", None)
    for width, height in SIZES:
        with tempfile.TemporaryDirectory() as models:
            await picture(width, height, folder, Path(models))
    await moving(folder)
    responsive.leaving()


if __name__ == "__main__":
    if not shutil.which("rsvg-convert"):
        sys.exit("rsvg-convert is missing (Debian: apt-get install librsvg2-bin fonts-dejavu)")
    os.environ["XDG_CONFIG_HOME"] = tempfile.mkdtemp()  # in the colours that nntui begins with
    folders = [argument for argument in sys.argv[1:] if argument != "--moving"]
    target = Path(folders[0]) if folders else DOCS
    target.mkdir(exist_ok=True)
    asyncio.run(moving(target) if "--moving" in sys.argv else main(target))
