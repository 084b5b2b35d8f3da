"""A new experiment: a dataset is chosen from a list, by arrows or by its letters."""

from __future__ import annotations

from pathlib import Path

from on_screen import retype, screen_text
from textual.widgets import OptionList

from core.runs.find import all_runs
from tui.app import NntuiApp
from tui.dialogs.choose import Choose
from tui.screens.experiment.form import Choice
from tui.screens.experiment.screen import ExperimentScreen
from tui.screens.run.screen import TrainScreen


async def test_a_new_experiment_from_a_dataset(app: NntuiApp, until, tmp_path: Path) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("n")
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


async def test_letters_go_to_a_choice(app: NntuiApp, until) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, Choose))
        choices = app.screen.query_one(OptionList)

        def highlighted() -> str | None:
            return choices.get_option_at_index(choices.highlighted or 0).id

        await pilot.press("m")
        assert highlighted() == "mnist"
        await pilot.press("o")
        assert highlighted() == "moons"
        await pilot.press("w")  # no name begins with mow
        assert highlighted() == "wine"
        await pilot.press("z", "question_mark", "q")  # nor with these, and they are letters here
        assert highlighted() == "wine"
        assert isinstance(app.screen, Choose)
        await pilot.press("up", "enter")
        await until(pilot, lambda: isinstance(app.screen, ExperimentScreen))
        assert app.screen.draft.text("dataset.name") == "moons"
