"""The form: what is changed in it, what stands beside it, and the files that it is saved to and loaded from."""

from __future__ import annotations

from pathlib import Path

import pytest
from on_screen import go_to, retype, screen_text

from core.experiment import resolve
from core.experiment.begin import experiment_on
from tui.app import NntuiApp
from tui.dialogs.dialogs import Note, Prompt, Question
from tui.screens.experiment.form import Choice, Form
from tui.screens.experiment.screen import ExperimentScreen
from tui.screens.start.screen import StartScreen

SIZES = [(80, 24), pytest.param((120, 40), marks=pytest.mark.slow)]


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES)
async def test_components_are_chosen_and_their_fields_come_and_go(app: NntuiApp, until, size) -> None:
    async with app.run_test(size=size) as pilot:
        await pilot.press("c")
        await until(pilot, lambda: isinstance(app.focused, Choice))
        form = app.screen.query_one(Form)
        await go_to(pilot, "optimizer.betas")
        await go_to(pilot, "dataset.name")
        await pilot.press("f3")
        assert "optimizer.betas" not in form.keys
        await go_to(pilot, "optimizer.name")
        await pilot.press("enter")
        await until(pilot, lambda: type(app.screen).__name__.startswith("Choose"))
        assert "sgd" in screen_text(app)
        assert "gradient descent" in screen_text(app), "what it is stands beside its name"
        await pilot.press("end", "enter")
        await pilot.press("f3")
        await until(pilot, lambda: "optimizer.momentum" in form.keys)
        assert "optimizer.betas" not in form.keys
        assert form._lines["optimizer.name"].row.text == "sgd"
        await pilot.press("left")
        await until(pilot, lambda: form._lines["optimizer.name"].row.text == "rmsprop")
        await pilot.press("ctrl+g")
        await until(pilot, lambda: form._lines["optimizer.name"].row.text == "adam")
        order = [child.row.key for child in form.children if hasattr(child, "row")]
        assert order == [field.key for field in app.screen.draft.fields()], "rows stand in the order of the fields"


@pytest.mark.slow
async def test_what_stands_beside_the_form_is_alive(app: NntuiApp, until) -> None:
    async with app.run_test(size=(120, 50)) as pilot:
        await pilot.press("c")
        await until(pilot, lambda: isinstance(app.focused, Choice))
        await until(pilot, lambda: "403" in screen_text(app) and "versicolor" in screen_text(app))
        await until(pilot, lambda: "from a short trial" in screen_text(app) and "samples a second" in screen_text(app))
        assert "2,000 steps, 10 an epoch" in screen_text(app)
        await retype(pilot, "model.hidden", "32")
        await until(pilot, lambda: "model.hidden  16,16 → 32" in screen_text(app))
        await until(pilot, lambda: "259" in screen_text(app))  # 4·32 + 32 + 32·3 + 3
        for _ in range(60):
            await pilot.press("up")
            if form_key(app) == "dataset.name":
                break
        await pilot.press("right", "right", "right")  # iris, mnist, moons, wine: the next ones by name
        name = app.screen.draft.text("dataset.name")
        assert name == "wine"
        await until(pilot, lambda: "alcohol" in screen_text(app))


def form_key(app: NntuiApp) -> str:
    return app.screen.query_one(Form).key


async def test_save_load_and_command_line(
    app: NntuiApp, until, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("c")
        await until(pilot, lambda: isinstance(app.focused, Choice))
        await retype(pilot, "epochs", "3")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, Prompt))
        await pilot.press("enter")
        await until(pilot, lambda: (tmp_path / "iris-net.toml").is_file())
        assert resolve.load(str(tmp_path / "iris-net.toml")).epochs == 3

        await pilot.press("ctrl+y")
        await until(pilot, lambda: isinstance(app.screen, Note))
        assert "nntui run iris-net --set epochs=3" in screen_text(app)
        assert app.clipboard == "nntui run iris-net --set epochs=3"
        await pilot.press("escape")

        await retype(pilot, "batch_size", "30")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, Prompt))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Question))
        assert "there already" in screen_text(app)
        await pilot.press("escape")
        assert resolve.load(str(tmp_path / "iris-net.toml")).batch_size == 12, "replaced without being asked to"

        await pilot.press("ctrl+o")
        await until(pilot, lambda: isinstance(app.screen, Prompt))
        await pilot.press(*"nowhere", "enter")
        await until(pilot, lambda: "neither a preset" in screen_text(app))
        await pilot.press(*["backspace"] * 7, *"iris-net", "full_stop", *"toml", "enter")
        await until(pilot, lambda: isinstance(app.screen, ExperimentScreen))
        assert app.screen.draft.base.epochs == 3

        await retype(pilot, "seed", "5")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, Question))
        assert "1 change will be forgotten" in screen_text(app)
        await pilot.press("escape")
        assert isinstance(app.screen, ExperimentScreen)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, Question))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, StartScreen))


async def test_letters_are_letters_in_a_form(app: NntuiApp, until) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("c")
        await until(pilot, lambda: isinstance(app.focused, Choice))
        await pilot.press("q", "question_mark")
        assert isinstance(app.screen, ExperimentScreen)
        assert app.return_value is None
        await pilot.press("f1")
        await until(pilot, lambda: "Keys that work here" in screen_text(app))
        await pilot.press("escape", "ctrl+q")
        await pilot.pause()
    assert app.return_value == 0


async def test_of_a_long_path_its_end_is_seen_unless_it_is_edited(app: NntuiApp, until, tmp_path: Path) -> None:
    table = tmp_path / "a-folder-with-quite-a-long-name" / "deep" / "folder" / "table.csv"
    table.parent.mkdir(parents=True)
    table.write_text("a,b\n1,x\n2,y\n3,x\n4,y\n")
    section = {"name": "csv", "path": str(table), "target": "b"}
    async with app.run_test(size=(80, 24)) as pilot:
        app.push_screen(ExperimentScreen(app.trainer, experiment_on(section, "classification", 4)))
        await until(pilot, lambda: isinstance(app.screen, ExperimentScreen) and app.focused)

        def path() -> str:
            rows = screen_text(app).splitlines()
            return next((line[20:40].rstrip() for line in rows if line[2:7] == "path "), "")

        await until(pilot, lambda: path() == "…/folder/table.csv")
        await go_to(pilot, "dataset.path")
        await pilot.press("home")
        await until(pilot, lambda: path() and str(tmp_path).startswith(path()[:15]))
        await pilot.press("down")
        await until(pilot, lambda: path() == "…/folder/table.csv")
        assert app.screen.draft.text("dataset.path") == str(table)  # type: ignore[attr-defined]
