"""Components of one's own behind the screens: looked at, chosen in the form, trained, edited meanwhile."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.widgets import OptionList

from core.components.models import MODELS
from core.experiment import named, resolve
from core.runs.event_log import read_started
from tui.app import NntuiApp
from tui.dialogs.choose import Choose
from tui.dialogs.dialogs import Prompt
from tui.live.looker import Looker
from tui.live.trainer import Trainer
from tui.screens.experiment.form import Choice, Form, Line
from tui.screens.experiment.screen import ExperimentScreen

OWN = Path(__file__).parents[2] / "core" / "components" / "own"
SETTINGS = [("model.name", "my-net"), ("epochs", "2"), ("device", "cpu")]


@pytest.fixture(autouse=True)
def nothing_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    yield
    named.forget()


def test_looked_at_and_why_it_cannot_be_built(tmp_path: Path) -> None:
    file = tmp_path / "my_net.py"
    text = (OWN / "my_net.py").read_text()
    looker = Looker(Trainer(tmp_path))
    file.write_text(text)
    named.name(file)
    look = looker.look(resolve.load("iris-net", SETTINGS))
    assert look is not None
    assert look.layers is not None
    assert look.layers[-1]["output"] == [3]
    costed = looker.with_cost(look)
    assert costed is not None
    assert not costed.refusal
    file.write_text(text.replace("return x + ", "return 1 / 0 + "))
    named.name(file)
    look = looker.look(resolve.load("iris-net", SETTINGS))
    assert look is not None
    assert f"{file}, line 22: model my-net: ZeroDivisionError" in look.refusal


def test_a_file_that_was_edited_meanwhile_is_trained_as_it_is_now(tmp_path: Path) -> None:
    file = tmp_path / "my_net.py"
    file.write_text((OWN / "my_net.py").read_text())
    before = named.name(file)
    config = resolve.load("iris-net", SETTINGS)
    file.write_text(file.read_text().replace("relu()", "tanh()"))
    trainer = Trainer(tmp_path / "models")
    trainer.train(config)
    while trainer.busy:
        time.sleep(0.01)
    assert not trainer.refusal
    assert trainer.run_dir is not None
    started = read_started(trainer.run_dir)
    assert started is not None
    assert started.components[0]["sha256"] != before.sha256
    assert (trainer.run_dir.path / "components" / "my_net.py").read_text() == file.read_text()


async def test_not_loaded_while_something_trains(
    app: NntuiApp, until, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It trains with the components as they were when it began."""
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "my_net.py"
    file.write_text((OWN / "my_net.py").read_text())
    named.name(file)
    (tmp_path / "m.toml").write_text(resolve.load("iris-net", SETTINGS).to_toml())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("c")
        await until(pilot, lambda: isinstance(app.screen, ExperimentScreen) and isinstance(app.focused, Choice))

        async def load() -> None:
            await pilot.press("ctrl+o")
            await until(pilot, lambda: isinstance(app.screen, Prompt))
            await pilot.press("m", "full_stop", *"toml", "enter")
            await until(pilot, lambda: isinstance(app.screen, ExperimentScreen))

        with monkeypatch.context() as training:
            told: list[str] = []
            training.setattr(Trainer, "busy", True)
            training.setattr(app.screen, "notify", lambda text, **_: told.append(text))
            await load()
            assert app.screen.draft.base.model["name"] == "my-net", "it runs nothing: the file is loaded as it is"
            before = MODELS["my-net"]
            file.write_text(file.read_text().replace("] = 8", "] = 16"))
            await load()
            assert len(told) == 1
            assert f"is training: load m.toml, which uses {file}," in told[0]
            assert MODELS["my-net"] is before
        await load()
        assert MODELS["my-net"] is not before


@pytest.mark.slow
async def test_chosen_in_the_form(app: NntuiApp, until) -> None:
    named.name(OWN / "my_net.py")
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("c")
        await until(pilot, lambda: isinstance(app.screen, ExperimentScreen) and isinstance(app.focused, Choice))
        screen = app.screen
        screen.query_one(Form).focus_key("model.name")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Choose))
        names = [option.id for option in app.screen.query_one(OptionList).options]
        assert "my-net" in names
        await pilot.press("m", "y", "enter")
        await until(pilot, lambda: "model.width" in [line.row.key for line in screen.query(Line)])
