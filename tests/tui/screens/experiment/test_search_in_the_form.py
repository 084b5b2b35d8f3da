"""A search is made, changed, trained, saved and loaded in the form as a run is."""

from __future__ import annotations

import shlex
from pathlib import Path

import on_screen
import pytest
from on_screen import go_to, retype
from textual.pilot import Pilot

from core import presets
from core.experiment import open as experiment_open
from core.experiment.search import SearchConfig
from core.runs.find import all_runs
from core.runs.folder import RunDir
from tui.app import NntuiApp
from tui.dialogs.choose import Choose
from tui.dialogs.choose_several import ChooseSeveral
from tui.dialogs.dialogs import Note, Prompt
from tui.screens.experiment.form import Choice, Form
from tui.screens.experiment.screen import ExperimentScreen
from tui.screens.search.screen import SearchScreen
from tui.screens.start.experiments import Experiments
from tui.screens.start.screen import StartScreen


async def open_form(app: NntuiApp, pilot: Pilot[int], until) -> ExperimentScreen:
    await pilot.press("c")
    await until(pilot, lambda: isinstance(app.screen, ExperimentScreen) and isinstance(app.focused, Choice))
    assert isinstance(app.screen, ExperimentScreen)
    return app.screen


@pytest.mark.slow
async def test_several_values_make_a_search_that_trains_from_here(app: NntuiApp, until) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await open_form(app, pilot, until)
        assert "method" not in on_screen.text(screen)
        await retype(pilot, "epochs", "2")
        await retype(pilot, "optimizer.lr", "0.1,0.01")
        assert "a search over lr" in on_screen.text(screen)
        assert "2 networks, grid" in on_screen.text(screen)
        assert "lr: 0.1, 0.01" in on_screen.text(screen)
        await go_to(pilot, "repeats")
        await pilot.press("2")
        assert "4 networks: 2 cells × 2, grid" in on_screen.text(screen)
        await pilot.press("ctrl+y")
        await until(pilot, lambda: isinstance(app.screen, Note))
        line = app.clipboard
        assert line == "nntui run iris-net --set epochs=2 --set optimizer.lr=0.1,0.01 --set repeats=2"
        await pilot.press("escape", "ctrl+r")
        await until(pilot, lambda: isinstance(app.screen, SearchScreen) and app.trainer.phase == "ended")
        run = app.trainer.run_dir
        assert run is not None
        pairs = [("epochs", "2"), ("optimizer.lr", "0.1,0.01"), ("repeats", "2")]
        trained, told = experiment_open.load(str(run.config)), experiment_open.load("iris-net", pairs)
        assert trained.to_dict() == told.to_dict()
        assert len(list((run.path / "trials").iterdir())) == 4


async def test_a_range_its_method_its_trials_and_its_rank_are_set_by_keys(app: NntuiApp, until) -> None:
    """And are those of the command line that tells the same."""
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await open_form(app, pilot, until)
        await pilot.press("f7", "t")  # the section of training
        await retype(pilot, "optimizer.lr", "1e-4..1e-1 log")
        assert "a grid needs a list" in on_screen.text(screen)
        assert "✗ lr" in on_screen.text(screen)
        await go_to(pilot, "method")
        await until(pilot, lambda: screen.query_one(Form).key == "method" and "‹ grid ›" in on_screen.text(screen))
        await pilot.press("right")
        await until(pilot, lambda: "‹ random ›" in on_screen.text(screen))
        await retype(pilot, "trials", "7")
        await go_to(pilot, "rank")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Choose))
        assert "test_loss" in on_screen.text(app.screen)
        await pilot.press("home")
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is screen and "7 networks, random" in on_screen.text(screen))
        assert "✗" not in on_screen.text(screen)
        await pilot.press("ctrl+y")
        await until(pilot, lambda: isinstance(app.screen, Note))
        words = shlex.split(app.clipboard)
        assert words[:3] == ["nntui", "run", "iris-net"]
        told = experiment_open.load("iris-net", [tuple(word.split("=", 1)) for word in words[4::2]])
    assert isinstance(told, SearchConfig)
    assert screen.draft.config is not None
    assert told.to_dict() == screen.draft.config.to_dict()
    tables = told.to_dict()
    assert tables["optimizer"]["lr"] == "0.0001..0.1 log"
    assert (tables["method"], tables["trials"], tables["rank"]) == ("random", 7, "test_loss")


@pytest.mark.slow
async def test_one_value_again_is_a_run_again(app: NntuiApp, until) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await open_form(app, pilot, until)
        await retype(pilot, "seed", "1,2")
        assert "method" in screen.query_one(Form).keys
        await pilot.press("f4")
        assert "method" not in screen.query_one(Form).keys
        assert not screen.unsaved


async def test_components_are_searched_by_marking_them(app: NntuiApp, until) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await open_form(app, pilot, until)
        await go_to(pilot, "optimizer.name")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ChooseSeveral))
        await pilot.press("space", "end", "space", "enter")
        await until(pilot, lambda: app.screen is screen)
        assert screen.draft.text("optimizer.name") == "adam,sgd"
        assert isinstance(screen.draft.config, SearchConfig)
        assert {"optimizer.betas", "optimizer.momentum"} <= {field.key for field in screen.draft.fields()}
        await pilot.press("right")
        assert not isinstance(screen.draft.config, SearchConfig)


@pytest.mark.slow
async def test_a_search_is_saved_and_loaded(
    app: NntuiApp, until, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await open_form(app, pilot, until)
        await retype(pilot, "seed", "1,2")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, Prompt))
        await pilot.press("enter")
        await until(pilot, lambda: (tmp_path / "iris-net.toml").is_file())
        saved = screen.draft.config
        assert saved is not None
        await pilot.press("f4", "ctrl+o")
        await until(pilot, lambda: isinstance(app.screen, Prompt))
        await pilot.press(*"iris-net", "full_stop", *"toml", "enter")
        await until(pilot, lambda: app.screen is screen and screen.draft.axes == ["seed"])
        assert screen.draft.config is not None
        assert screen.draft.config.to_dict() == saved.to_dict()
        assert screen.draft.changes == []


@pytest.mark.slow
async def test_a_preset_and_a_past_search_are_changed_from_the_start_screen(
    app: NntuiApp, until, preset_folder: Path
) -> None:
    text = (presets.FOLDER / "iris-net.toml").read_text()
    (preset_folder / "a-search.toml").write_text(text.replace("hidden = [16, 16]", 'n_units = "8..24:8"'))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, StartScreen))
        app.screen.query_one(Experiments).choose("a-search")
        screen = await open_form(app, pilot, until)
        assert screen.draft.base.name == "a-search"
        assert screen.draft.text("model.n_units") == "8..24:8"
        await retype(pilot, "model.n_units", "8,16")
        await retype(pilot, "epochs", "1")
        await pilot.press("ctrl+r")
        await until(pilot, lambda: isinstance(app.screen, SearchScreen) and app.trainer.phase == "ended")
        config = RunDir(next(iter(all_runs(app.trainer.root))).path).config
        again = experiment_open.tables_of(str(config))
        app.screen.post_message(SearchScreen.Change(again))
        await until(pilot, lambda: isinstance(app.screen, ExperimentScreen))
        assert app.screen.draft.axes == ["model.n_units"]
        assert app.screen.draft.text("model.n_units") == "8,16"
        assert app.screen.draft.changes == []
