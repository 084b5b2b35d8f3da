"""A new experiment: a dataset is chosen from a list, by arrows or by its letters."""

from __future__ import annotations

from pathlib import Path

from on_screen import retype, screen_text

from core.runs.find import all_runs
from tui.app import NntuiApp
from tui.dialogs.choose import Choose, Picks
from tui.dialogs.dialogs import Help
from tui.screens.experiment.form import Choice
from tui.screens.experiment.screen import ExperimentScreen
from tui.screens.run.screen import TrainScreen


async def test_a_new_experiment_from_a_dataset(app: NntuiApp, until, tmp_path: Path) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("ctrl+n")
        await until(pilot, lambda: type(app.screen).__name__ == "Choose")
        assert "blobs" in screen_text(app)
        for _ in range(20):
            option = app.screen.query_one("OptionList").highlighted_option
            if option.id == "moons":
                break
            await pilot.press("down")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.focused, Choice))
        assert app.screen.draft.text("dataset.name") == "moons"
        await retype(pilot, "epochs", "2")
        await pilot.press("ctrl+r")
        await until(pilot, lambda: isinstance(app.screen, TrainScreen) and app.trainer.phase == "ended")
        (run_dir,) = all_runs(tmp_path / "models")
        assert "my-moons" in run_dir.run_id


async def test_a_letter_finds_a_choice(app: NntuiApp, until) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("ctrl+n")
        await until(pilot, lambda: isinstance(app.screen, Choose))
        picks = app.screen.query_one(Picks)

        def found() -> list[str | None]:
            return [option.id for option in picks.options]

        everything = found()
        await pilot.press("j", "j", "k", "G", "g")
        assert picks.highlighted == 0
        await pilot.press("m", "o")
        assert found()[0] == "moons"
        await pilot.press("o", "n")  # letters in the line
        assert found() == ["moons"]
        await pilot.press("escape")
        assert isinstance(app.screen, Choose), "Escape first clears"
        assert found() == everything
        assert app.focused is picks
        await pilot.press("slash", *"flowers", "enter")
        await until(pilot, lambda: isinstance(app.screen, ExperimentScreen))
        assert app.screen.draft.text("dataset.name") == "iris"


async def test_help_and_quit_work_in_a_choice(app: NntuiApp, until) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("ctrl+n")
        await until(pilot, lambda: isinstance(app.screen, Choose))
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(app.screen, Help))
        assert {"Choose", "Find", "Cancel", "Quit"} <= {name for _key, name, _help in app.screen.keys}
        await pilot.press("question_mark")
        assert isinstance(app.screen, Choose)
        await pilot.press("q")
        await until(pilot, lambda: app.return_value == 0)
