"""Two people's work, from the start screen, keys only, at 80×24; all that they go by is what stands on the screen: a
learner whose network overfits, and a practitioner with a table of their own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from on_screen import lines, screen_text
from textual.pilot import Pilot

from tui.app import NntuiApp
from tui.live.trainer import Trainer

pytestmark = pytest.mark.slow


class Person:
    """Reads the screen and presses keys."""

    def __init__(self, pilot: Pilot[int]) -> None:
        assert isinstance(pilot.app, NntuiApp)
        self._pilot, self._app = pilot, pilot.app

    @property
    def screen(self) -> str:
        return screen_text(self._app)

    @property
    def lines(self) -> list[str]:
        return lines(self._app.screen)

    async def press(self, *keys: str) -> None:
        await self._pilot.press(*keys)

    async def sees(self, *texts: str) -> None:
        """Wait until all of them are there."""
        await self._sees(lambda: all(text in self.screen for text in texts), " and ".join(texts))

    async def no_longer(self, text: str) -> None:
        await self._sees(lambda: text not in self.screen, f"no {text}")

    async def _sees(self, condition: Callable[[], bool], what: str) -> None:
        for _ in range(400):
            if condition():
                return
            await self._pilot.pause(0.05)
        pytest.fail(f"{what} was not seen within 20 seconds, but\n{self.screen}")

    async def to_field(self, key: str) -> None:
        """Down the form until the line below it names that setting; all of the settings where it is not among the
        first."""
        for _more in (False, True):
            for _ in range(80):
                if any(line.startswith(f" {key}  ") for line in self.lines):
                    return
                await self.press("down")
            await self.press("f3")
        pytest.fail(f"there is no {key} in the form")

    async def sets(self, key: str, text: str) -> None:
        await self.to_field(key)
        await self.press("end", *["backspace"] * 24, *text)
        await self.sees(text)


async def test_a_learner_sees_that_it_overfits_and_trains_again_with_other_settings(tmp_path: Path) -> None:
    app = NntuiApp(Trainer(tmp_path / "models"))
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        learner = Person(pilot)
        await learner.sees("▸iris-net", "Enter Train")
        await learner.press("enter")
        await learner.sees("✓ completed", "c change it")
        assert "d: " not in learner.screen, "nothing is wrong with iris-net as it comes"

        # Few flowers and a large network.
        await learner.press("c")
        await learner.sees("as it comes", "^r Train", "F3 More")
        await learner.sets("model.hidden", "64,64")
        await learner.sets("split.train_size", "0.3")
        await learner.sees("2 changes")
        await learner.press("ctrl+r")
        await learner.sees("✓ completed", "! test loss rose from", "d: ")
        await learner.press("d")
        await learner.sees("overfitting: test loss rose from", "while train loss fell from", "split.validation=0.2")
        await learner.press("escape", "e", "v")
        await learner.sees("What it gets wrong", "test samples right")
        await learner.press("v")
        await learner.sees("Accuracy %")

        # A small one, for a shorter time.
        await learner.press("c")
        await learner.sees("64,64", "800 steps, 4 an epoch", "^r Train")
        await learner.sets("model.hidden", "8")
        await learner.sets("epochs", "100")
        await learner.press("ctrl+r")
        await learner.sees("✓ completed", "Next")
        assert "! test loss rose" not in learner.screen
        await learner.press("d")
        await learner.sees("Nothing is wrong")
        await learner.press("escape", "e")
        await learner.sees("100 epochs")
        await learner.press("escape")
        await learner.sees("Experiments", "Runs")
        assert sum(line.startswith("│ ✓ iris-net") for line in learner.lines) == 3, learner.screen

    tables = [pd.read_csv(path) for path in sorted((tmp_path / "models").glob("*/epochs.csv"))]
    large, small = (table.iloc[-1] for table in tables)
    assert small["test_loss"] < large["test_loss"]
    assert small["train_loss"] > large["train_loss"]


def people(path: Path) -> None:
    """A column of categories, one with gaps, and a class that can be learned."""
    rng, n = np.random.default_rng(0), 120
    weight = rng.normal(0, 1, n).round(2)
    table = pd.DataFrame(
        {
            "height": rng.normal(0, 1, n).round(2),
            "weight": np.where(np.arange(n) % 20 == 0, np.nan, weight),
            "colour": rng.choice(["red", "green", "blue"], n),
            "kind": np.where(weight > 0, "heavy", "light"),
        }
    )
    table.to_csv(path, index=False)


async def test_a_practitioner_searches_on_an_own_table_and_exports_the_trials(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    people(folder / "people.csv")
    app = NntuiApp(Trainer(tmp_path / "models"))
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        user = Person(pilot)
        await user.sees("o  opens your own table")
        await user.press("o")
        await user.sees("people.csv", "Enter Open")
        await user.press("enter")
        await user.sees(
            "120 rows × 4 columns", "category", "one-hot: 3 inputs", "✗ column 'weight' has no value in 6 rows"
        )
        await user.press("n")
        await user.sees("u: drop leaves 114")
        await user.press("u")
        await user.sees("6 of 120 rows are left out")
        await user.press("u")
        await user.sees("filled in, 120 left", "Enter goes on to the experiment")
        await user.press("enter")
        await user.sees("people  as it comes", "^r Train")

        # Hidden sizes × learning rates.
        await user.sets("epochs", "5")
        await user.sets("model.hidden", "[[8],[16,16]]")
        await user.sees("a search over hidden", "2 networks, grid")
        await user.sets("optimizer.lr", "1e-3..1e-1 log")
        await user.sees("a grid needs a list")
        await user.to_field("method")
        await user.press("right")
        await user.sees("‹ random ›")
        await user.sets("trials", "6")
        await user.sees("6 networks, random")
        assert "✗" not in user.screen, user.screen
        await user.press("ctrl+r")
        await user.sees("6 trials")
        await user.sees("✓ completed")

        await user.press("e")
        await user.sees("Write one row per trial to")
        await user.press("end", *["backspace"] * 300, *str(tmp_path / "trials of mine.csv"), "enter")
        await user.sees("6 trials written")
        await user.press("escape")
        await user.sees("Experiments", "✓ 6/6 people")

    trials = pd.read_csv(tmp_path / "trials of mine.csv").sort_values("trial")
    assert trials["trial"].tolist() == [1, 2, 3, 4, 5, 6]
    assert set(map(str, trials["hidden"])) == {"[8]", "[16, 16]"}
    assert trials["lr"].between(1e-3, 1e-1).all()
    assert trials["lr"].nunique() == 6
    assert trials["test_accuracy"].max() > 0.9
    assert trials["test_accuracy"].notna().all()
