"""Components of one's own behind the screens: looked at, chosen in the form, trained, edited meanwhile."""

from __future__ import annotations

import random
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import on_screen
import pytest
import torch
from textual.widgets import OptionList

from core.components.models import MODELS
from core.experiment import named, resolve
from core.experiment import open as search
from core.runs.event_log import read_started
from core.sessions import open as sessions
from tui.app import NntuiApp
from tui.dialogs.choose import Choose
from tui.dialogs.dialogs import Prompt
from tui.live.looker import Looker
from tui.live.trainer import Trainer
from tui.screens.experiment.form import Choice, Form, Line
from tui.screens.experiment.screen import ExperimentScreen
from tui.screens.search.screen import SearchScreen
from tui.screens.start.screen import StartScreen

OWN = Path(__file__).parents[2] / "core" / "components" / "own"
SETTINGS = [("model.name", "my-net"), ("epochs", "2"), ("device", "cpu")]


@pytest.fixture(autouse=True)
def nothing_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    yield
    named.forget()


def _when_built(text: str, line: str) -> str:
    """The same file, but its component runs `line` first."""
    head, at, body = text.partition("S.add(")
    return head + at + body.replace('"""\n', f'"""\n    {line}\n', 1)


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


@pytest.mark.parametrize("kind", ["model", "dataset"])
def test_nothing_of_ones_own_is_looked_at_while_something_trains(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """It may draw from the generators that the run draws from."""
    text = (OWN / "my_net.py").read_text() if kind == "model" else (OWN / "my_data.py").read_text()
    file = tmp_path / "mine.py"
    file.write_text(_when_built(text, f"open({str(tmp_path / 'was-run')!r}, 'a').close()"))
    named.name(file)
    setting = ("model.name", "my-net") if kind == "model" else ("dataset.name", "rings")
    config = resolve.load("iris-net", [setting, *SETTINGS[1:]])
    trainer = Trainer(tmp_path / "models")
    looker, busy = Looker(trainer), True
    monkeypatch.setattr(Trainer, "busy", property(lambda _self: busy))
    look = looker.look(config)
    assert look is not None
    assert (look.waits, look.refusal) == (True, "")
    assert not (tmp_path / "was-run").exists()
    assert looker.with_cost(look) is None
    busy = False
    again = looker.with_cost(look)
    assert again is not None
    assert (again.waits, again.refusal) == (False, "")
    assert again.layers
    assert again.data is not None
    assert (tmp_path / "was-run").exists()


def test_a_look_at_ones_own_draws_no_random_numbers(tmp_path: Path) -> None:
    file = tmp_path / "my_net.py"
    text = (OWN / "my_net.py").read_text()
    file.write_text(_when_built(text, "import random, numpy; random.random(), numpy.random.rand()"))
    named.name(file)
    config = resolve.load("iris-net", SETTINGS)
    before = random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state()
    assert Looker(Trainer(tmp_path)).look(config) is not None
    assert (random.getstate(), np.random.get_state()[1].tolist()) == before[:2]
    assert torch.equal(torch.get_rng_state(), before[2])


@pytest.mark.parametrize("known", [True, False])
async def test_a_trial_of_a_past_search_is_changed(tmp_path: Path, until, *, known: bool) -> None:
    """In a new process, in which nothing of the user's own is loaded yet."""
    named.name(OWN / "my_net.py")
    config = search.load("iris-net", [*SETTINGS, ("model.width", "4,8")])
    session = sessions.start(config, tmp_path / "models")
    assert session.run.execute().status == "completed"
    named.forget()
    if not known:
        shutil.rmtree(tmp_path / "config")
    app = NntuiApp(Trainer(tmp_path / "models"))
    async with app.run_test(size=(80, 24)) as pilot:
        app.post_message(StartScreen.Open(session.run_dir.run_id))
        await until(pilot, lambda: isinstance(app.screen, SearchScreen) and app.screen.is_read)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Choose))
        await pilot.press("c", "enter")
        if known:
            await until(pilot, lambda: isinstance(app.screen, ExperimentScreen))
            assert app.screen.draft.text("model.name") == "my-net"
        else:
            await until(pilot, lambda: any("was never named" in note for note in on_screen.notes(app)))
            assert isinstance(app.screen, SearchScreen)


async def test_settings_with_components_that_are_not_there_are_told(app: NntuiApp, until) -> None:
    named.name(OWN / "my_net.py")
    tables = resolve.load("iris-net", SETTINGS).to_dict()
    named.forget()
    async with app.run_test(size=(120, 40)) as pilot:
        app.post_message(StartScreen.Change(tables))
        await until(pilot, lambda: any("my-net" in note for note in on_screen.notes(app)))
        assert isinstance(app.screen, StartScreen)


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
