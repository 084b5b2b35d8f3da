"""From nntui to a network trained on one's own table, keyboard only."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import on_screen
import pandas as pd
import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from core.events.events import Evaluated
from core.experiment import resolve
from core.runs.event_log import read_events
from core.runs.find import all_runs
from tui.app import NntuiApp
from tui.dialogs.choose import Choose
from tui.dialogs.dialogs import Question
from tui.screens.experiment.form import Choice, Form
from tui.screens.experiment.screen import ExperimentScreen
from tui.screens.own_table.column_list import ColumnList
from tui.screens.own_table.file_screen import FilesScreen
from tui.screens.own_table.screen import TableScreen
from tui.screens.run.screen import TrainScreen
from tui.screens.start.screen import StartScreen

SIZES = [(80, 24), pytest.param((120, 40), marks=pytest.mark.slow)]


def shown(app: NntuiApp) -> str:
    return on_screen.text(app.screen)


def korean(path: Path) -> Path:
    """Semicolons, decimal commas, CP949; an id, dates, a column with gaps; the class can be learned."""
    rng = np.random.default_rng(0)
    n = 120
    height, weight = rng.normal(170, 8, n).round(1), rng.normal(65, 10, n).round(1)
    table = pd.DataFrame(
        {
            "번호": np.arange(1, n + 1),
            "날짜": [f"2024-03-{1 + i % 28:02}" for i in range(n)],
            "키": height,
            "몸무게": np.where(np.arange(n) % 20 == 0, np.nan, weight),
            "성별": rng.choice(["남", "여"], n),
            "정답": np.where(weight > 65, "무거움", "가벼움"),
            "도시": rng.choice(["서울", "부산"], n),
        }
    )
    table.to_csv(path, index=False, sep=";", decimal=",", encoding="cp949")
    return path


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "데이터"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return korean(folder / "건강 검진.csv")


async def picker(pilot: Pilot[int], until) -> FilesScreen:
    await until(pilot, lambda: isinstance(pilot.app.screen, FilesScreen) and pilot.app.screen._listed is not None)
    screen = pilot.app.screen
    assert isinstance(screen, FilesScreen)
    await pilot.pause()
    return screen


async def columns(pilot: Pilot[int], until) -> TableScreen:
    await until(pilot, lambda: isinstance(pilot.app.screen, TableScreen) and pilot.app.screen.table.survey is not None)
    screen = pilot.app.screen
    assert isinstance(screen, TableScreen)
    await pilot.pause()
    return screen


async def form(pilot: Pilot[int], until) -> ExperimentScreen:
    await until(pilot, lambda: isinstance(pilot.app.screen, ExperimentScreen) and isinstance(pilot.app.focused, Choice))
    screen = pilot.app.screen
    assert isinstance(screen, ExperimentScreen)
    return screen


async def go_to(pilot: Pilot[int], key: str) -> None:
    fields = pilot.app.screen.query_one(Form)
    for _ in range(80):
        if fields.key == key:
            return
        await pilot.press("down")
    pytest.fail(f"no way down to {key}")


@pytest.mark.parametrize("size", SIZES)
async def test_from_nntui_to_a_trained_table(app: NntuiApp, until, table: Path, size, tmp_path: Path) -> None:
    async with app.run_test(size=size) as pilot:
        await pilot.press("o")
        await picker(pilot, until)
        await pilot.press("enter")
        screen = await columns(pilot, until)
        assert "CP949 (Korean), semicolons, decimal comma" in shown(app)
        assert screen.table.choices.target == "정답"
        assert "무거움" in shown(app)
        # Enter goes to what is wrong, one after the other: dates, then gaps.
        await pilot.press("enter")
        assert screen._at == "날짜"
        await pilot.press("space", "n")
        assert screen._at == "몸무게"
        await pilot.press("u", "u", "home", "space", "enter")
        experiment = await form(pilot, until)
        assert "as it comes" in shown(app)
        assert not experiment.draft.problems
        await go_to(pilot, "epochs")
        await pilot.press("end", "backspace", "backspace", *"30")
        await pilot.press("ctrl+r")
        await until(pilot, lambda: isinstance(app.screen, TrainScreen) and app.trainer.phase == "ended")
        await pilot.press("escape")
        assert isinstance(app.screen, StartScreen)

    (run_dir,) = all_runs(tmp_path / "models")
    trained = resolve.load(str(run_dir.config))
    assert trained.name == "건강 검진"
    assert trained.dataset["path"] == str(table)
    assert trained.dataset["target"] == "정답"
    assert trained.dataset["leave_out"] == ["번호", "날짜"]
    assert trained.dataset["missing"] == "fill"
    assert trained.loss["name"] == "cross-entropy"
    last = [event for event in read_events(run_dir.events) if isinstance(event, Evaluated)][-1]
    assert last.metrics["accuracy"] > 0.8


async def test_escape_goes_one_step_back_and_choices_stay(app: NntuiApp, until, table: Path) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("ctrl+n")
        await until(pilot, lambda: isinstance(app.screen, Choose))
        await pilot.press(*"csv", "enter")
        await picker(pilot, until)
        await pilot.press("enter")
        screen = await columns(pilot, until)
        await pilot.press("n", "space", "u", "end", "space", "enter")
        await form(pilot, until)
        await pilot.press("escape")
        again = await columns(pilot, until)
        assert again is not screen
        assert again.table.choices.out == {"날짜", "도시"}
        assert again.table.choices.missing == "drop"
        await pilot.press("escape")
        files = await picker(pilot, until)
        assert files.query_one("FileList").entry.name == table.name
        await pilot.press("escape")
        assert isinstance(app.screen, StartScreen)
        await pilot.press("o")
        await picker(pilot, until)
        await pilot.press("enter")
        once_more = await columns(pilot, until)
        assert once_more.table.choices.out == {"날짜", "도시"}, "chosen for this file before"


@pytest.mark.slow
@pytest.mark.parametrize("size", [(80, 24), pytest.param((120, 40), marks=pytest.mark.slow)])
async def test_the_table_of_an_experiment_is_chosen_and_changed_in_its_form(
    app: NntuiApp, until, table: Path, size, tmp_path: Path
) -> None:
    async with app.run_test(size=size) as pilot:
        await pilot.press("c")
        experiment = await form(pilot, until)
        assert "Table" not in shown(app).splitlines()[-1]
        await pilot.press("ctrl+t")
        assert app.screen is experiment, "iris has no columns to choose"
        for _ in range(20):
            if experiment.draft.text("dataset.name") == "csv":
                break
            await pilot.press("left")
        await go_to(pilot, "dataset.path")
        assert "Enter chooses one" in str(experiment.query_one("#field").render())
        await pilot.press("enter")
        await picker(pilot, until)
        await pilot.press("enter")
        await columns(pilot, until)
        await pilot.press("n", "space", "u", "enter")
        await until(pilot, lambda: app.screen is experiment)
        draft = experiment.draft
        await until(pilot, lambda: draft.text("dataset.target") == "정답")
        assert draft.text("dataset.leave_out") == "날짜"
        assert draft.text("dataset.missing") == "drop"
        assert "정답" in shown(app)

        # Another target later: a value, so another loss.
        await pilot.press("ctrl+t")
        screen = await columns(pilot, until)
        assert screen.table.choices.out == {"날짜"}
        for _ in range(10):
            if screen._at == "키":
                break
            await pilot.press("down")
        await pilot.press("t", "enter")
        await until(pilot, lambda: app.screen is experiment and draft.text("dataset.target") == "키")
        assert draft.text("loss.name") == "mse"
        assert draft.text("standardise") == "features,target"
        assert draft.config is not None, draft.problems

        # Escape changes nothing.
        await pilot.press("ctrl+t")
        await columns(pilot, until)
        await pilot.press("end", "t", "escape")
        await until(pilot, lambda: app.screen is experiment)
        await pilot.pause()
        assert draft.text("dataset.target") == "키"
        await pilot.press("ctrl+g", "escape")
        await until(pilot, lambda: isinstance(app.screen, Question))


async def test_a_path_is_still_typed_in_the_form(
    app: NntuiApp, until, table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("c")
        experiment = await form(pilot, until)
        for _ in range(20):
            if experiment.draft.text("dataset.name") == "csv":
                break
            await pilot.press("left")
        await pilot.press("ctrl+t")
        await picker(pilot, until)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is experiment)
        await go_to(pilot, "dataset.path")
        focused = app.focused
        assert isinstance(focused, Input)
        focused.value = "~nobody-at-all/x.csv"
        await pilot.pause()
        await pilot.press("ctrl+t")
        await picker(pilot, until)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is experiment)
        monkeypatch.setenv("HOME", str(table.parent))
        focused.value = f"~/{table.name}"
        await pilot.pause()
        await pilot.press("ctrl+t")
        screen = await columns(pilot, until)
        assert screen.table.choices.target == "정답"
        assert screen.query_one(ColumnList).column.name == "번호"


async def test_what_the_file_is_refused_for_is_told_before_anything_trains(app: NntuiApp, until, table: Path) -> None:
    """And the form stays, where it can be put right; the columns are a key away."""
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("o")
        await picker(pilot, until)
        await pilot.press("enter")
        screen = await columns(pilot, until)
        await pilot.press("enter", "space", "u", "u", "enter")
        experiment = await form(pilot, until)
        await go_to(pilot, "dataset.target")
        await pilot.press("x", "ctrl+r")
        await until(pilot, lambda: "has no column" in " ".join(shown(app).split()))
        assert app.screen is experiment
        assert app.trainer.phase == "idle"
        await pilot.press("backspace", "enter")
        screen = await columns(pilot, until)
        assert screen.table.choices.target == "정답"
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is experiment)
        await pilot.press("ctrl+r")
        await until(pilot, lambda: isinstance(app.screen, TrainScreen))
