"""Names that come from data, files and people: whatever they hold, every screen shows them as text."""

from __future__ import annotations

import csv
import unicodedata
from pathlib import Path

import on_screen
import pytest
import tomli_w
from on_screen import choose

from core.experiment import resolve
from core.runs.find import all_runs
from tui.app import NntuiApp
from tui.dialogs.dialogs import Note, Prompt
from tui.live.trainer import Trainer
from tui.screens.experiment.beside import Beside
from tui.screens.experiment.form import Choice
from tui.screens.experiment.screen import ExperimentScreen
from tui.screens.run.screen import TrainScreen
from tui.screens.start.runs import Runs
from tui.screens.start.screen import StartScreen

HOSTILE = {
    "markup": "[/]",
    "open": "[bold red]",
    "link": "[@click=app.quit]x[/]",
    "todo": "[TODO] fix",
    "clipboard": "a\x1b]52;c;aGk=\x07b",
    "colour": "\x1b[31mred\x1b[0m",
    "c1": "a\x9b31mb",
    "bidi": "abc\u202edef\u2066ghi",
    "long": "x" * 10_000,
    "wide": "이름 한글 열" * 20,
    "emoji": "👩‍👩‍👧‍👦 é ＦＵＬＬ",
    "tab": "a\tb",
    "separator": "a\u2028b",
    "percent": "{0} %s ${x} \\",
    "empty": " ",
}
USUAL = ("markup",)
"""Those that `make test` tries on every screen; the others are for `make check`."""


def write_csv(path: Path, name: str) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([f"{name}1", f"{name}2", "target"])
        for i in range(40):
            writer.writerow([i % 7, i % 5, f"{name} a" if i % 2 else f"{name} b"])
    return path


def shown(app: NntuiApp) -> str:
    return on_screen.text(app.screen)


def assert_clean(app: NntuiApp, where: str) -> None:
    for char in shown(app):
        assert char == "\n" or unicodedata.category(char) not in ("Cc", "Cs"), f"{char!r} reaches the terminal: {where}"
        assert char not in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f", where


@pytest.mark.parametrize(
    "kind",
    [kind if kind in USUAL else pytest.param(kind, marks=pytest.mark.slow) for kind in HOSTILE],
)
async def test_every_screen(kind: str, preset_folder: Path, tmp_path: Path, until) -> None:
    name = HOSTILE[kind]
    table = write_csv(tmp_path / "data.csv", name)
    tables = {
        "name": name[:200] if name.strip() else "x",
        "summary": name,
        "epochs": 3,
        "dataset": {"name": "csv", "path": str(table), "target": "target"},
        "model": {"name": "mlp", "hidden": [4]},
        "loss": {"name": "cross-entropy"},
        "optimizer": {"name": "adam"},
    }
    (preset_folder / "aaa.toml").write_text(tomli_w.dumps(tables), encoding="utf-8")
    app = NntuiApp(Trainer(tmp_path / "models"))
    async with app.run_test(size=(80, 24)) as pilot:
        choose(app, "aaa")
        await until(pilot, lambda: "Network" in shown(app))
        await pilot.pause()
        assert_clean(app, "start screen")

        await pilot.press("c")
        await until(pilot, lambda: isinstance(app.focused, Choice))
        assert isinstance(app.screen, ExperimentScreen)
        await until(pilot, lambda: app.screen.query_one(Beside).measured)
        await pilot.press("pagedown", "pagedown")
        assert_clean(app, "experiment screen")
        if kind == "todo":
            app.screen.query_one("#beside").scroll_end(animate=False)
            await until(pilot, lambda: "[TODO] fix" in shown(app))
        await pilot.press("ctrl+y")
        await until(pilot, lambda: isinstance(app.screen, Note))
        assert_clean(app, "command line")
        await pilot.press("escape", "ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, Prompt))
        assert_clean(app, "prompt")
        await pilot.press("escape", "ctrl+r")

        await until(pilot, lambda: isinstance(app.screen, TrainScreen) and app.screen.history.state == "completed")
        await until(pilot, lambda: "completed" in shown(app))
        assert_clean(app, "train screen")
        await pilot.press("slash")
        await until(pilot, lambda: isinstance(app.screen, Prompt))
        app.screen.query_one("Input").value = name[:500]
        await pilot.press("enter")
        assert_clean(app, "search")
        await pilot.press("question_mark")
        assert_clean(app, "help")
        await pilot.press("escape", "ctrl+p")
        await pilot.pause(0.1)
        assert_clean(app, "palette")
        await pilot.press("escape")

        await pilot.press("escape", "escape")  # the first one forgets what was searched
        assert isinstance(app.screen, StartScreen)
        runs = app.screen.query_one(Runs)
        await until(pilot, lambda: len(runs.rows) == 1)
        runs.focus()
        await pilot.pause()
        assert_clean(app, "runs")
        await pilot.press("q")
        await pilot.pause()
    assert app.return_value == 0, "a name did something"
    (run_dir,) = all_runs(tmp_path / "models")
    assert resolve.load(str(run_dir.config)).name == tables["name"]
