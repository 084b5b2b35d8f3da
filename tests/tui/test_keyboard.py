"""Keys as people press them: with another layout switched on, as they were in the version before, where something else
comes first."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from every_screen import opened
from on_screen import notes
from textual.app import App
from textual.geometry import Region
from textual.widgets import Input
from textual.widgets._toast import Toast

from core.experiment.fields import GROUPS
from tui.app import NntuiApp
from tui.dialogs.choose import Choose
from tui.dialogs.dialogs import Help, Prompt, Question
from tui.dialogs.jump import Jump, letters_of
from tui.keys.layouts import letters
from tui.live.trainer import Trainer
from tui.screens.experiment.form import Form
from tui.screens.experiment.screen import ExperimentScreen
from tui.screens.start.screen import StartScreen


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        *[("ㅂ", "q"), ("ㅃ", "Q"), ("ㅜ", "n"), ("ᄇ", "q"), ("й", "q"), ("Й", "Q"), ("ю", ".")],
        *[("바", "qk"), ("각", "rkr"), ("닭", "ekfr"), ("왜", "dho")],  # an input method makes syllables of keys
        *[("φ", ""), ("漢", ""), ("q", ""), ("é", "")],
    ],
)
def test_a_letter_of_another_layout_is_the_key_it_is_on(sent: str, meant: str) -> None:
    assert letters(sent) == meant


async def test_keys_work_with_a_korean_layout(app: NntuiApp, until) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("ctrl+n")
        await until(pilot, lambda: isinstance(app.screen, Choose))
        await pilot.press("ㅓ", "ㅓ")
        assert app.screen.query_one("Picks").highlighted == 2  # type: ignore[attr-defined]
        await pilot.press("φ")
        assert "Latin" in notes(app)[-1]
        await pilot.press("slash", "ㅂ")
        assert app.screen.query_one(Input).value == "ㅂ", "where letters are typed they are letters"
        await pilot.press("escape", "escape")
        await until(pilot, lambda: isinstance(app.screen, StartScreen))
        await pilot.press("ㅂ")
        await until(pilot, lambda: app.return_value == 0)


async def test_a_changed_key_is_said_once(app: NntuiApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("n")
        assert any("New is ^n now" in note for note in notes(app))
        app.clear_notifications()
        await pilot.press("n")
        assert not notes(app)
    again = NntuiApp(app.trainer)
    async with again.run_test(size=(80, 24)) as pilot:
        await pilot.press("n")
        assert not notes(again), "nor the next time"


async def test_help_and_quit_work_on_top_of_a_question(app: NntuiApp, until) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        app.push_screen(Question("Leave?"))
        await pilot.pause()
        await pilot.press("question_mark")
        assert isinstance(app.screen, Help)
        await pilot.press("escape")
        assert isinstance(app.screen, Question)
        app.push_screen(Prompt("A value", "", lambda _text: ""))
        await pilot.pause()
        await pilot.press("q", "question_mark")
        assert app.screen.query_one(Input).value == "q?"
        await pilot.press("f1")
        assert isinstance(app.screen, Help)
        await pilot.press("q")
        await until(pilot, lambda: app.return_value == 0)


async def test_one_note_at_a_time_and_over_the_title(app: NntuiApp, until) -> None:
    async with app.run_test(size=(80, 24), notifications=True) as pilot:

        def rack() -> Region:
            return app.screen.query(Toast).last().region

        for number in range(4):
            app.notify(f"Note {number}")
            await pilot.pause()
        assert notes(app) == ["Note 3"]
        await until(pilot, lambda: (rack().y, rack().height) == (0, 1))
        app.notify("x" * 77)
        await until(pilot, lambda: (rack().y, rack().height, rack().width) == (0, 1, 80))
        app.notify("a long one " * 20, severity="error")
        await until(pilot, lambda: (rack().bottom, rack().height) == (24, 3))
        assert [note.timeout for note in app._notifications] == [8]


@pytest.mark.parametrize("size", [(60, 18), (80, 24)])
async def test_no_note_lies_over_the_numbers_of_a_run(size: tuple[int, int], root: Path, until) -> None:
    app = NntuiApp(Trainer(root))
    async with app.run_test(size=size, notifications=True) as pilot:
        app.notify("a note of the screen before " * 5)
        await pilot.pause()
        await opened(pilot, "done")

        def over() -> set[str]:
            there = app.screen.query(Toast).last().region
            parts = app.screen.query("Status, WhatNext, Numbers")
            return {type(part).__name__ for part in parts if part.region.overlaps(there)}

        await until(pilot, lambda: app.screen.query(Toast) and not over())
        for long in ("two\nlines", "a long one " * 8, "a long one " * 20, "two rows and a half " * 10):
            app.notify(long, severity="error")
            await until(pilot, lambda: app.screen.query(Toast).last().region.height > 1)
            assert not over()
            toast = app.screen.query(Toast).last()
            assert toast.region in toast.screen.region, "all of it is in view"
        app.notify("short again")
        await until(pilot, lambda: app.screen.query(Toast).last().region.y == 0)


async def test_the_palette_makes_a_picture(app: NntuiApp, until, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("ctrl+p")
        await until(pilot, lambda: type(app.screen).__name__ == "CommandPalette")
        await pilot.press(*"screenshot")
        await until(pilot, lambda: any("SVG" in str(option.prompt) for option in options(app)))
        await pilot.press("enter", "enter")
        await until(pilot, lambda: list(tmp_path.glob("*.svg")))
        (picture,) = tmp_path.glob("nntui-*.svg")
        text = re.sub("&#160;", " ", picture.read_text())
        assert "<svg" in text
        assert "Experiments" in text
        assert "Search for commands" not in text


def options(app: App[int]) -> list:
    return list(app.screen.query_one("CommandList").options)  # type: ignore[attr-defined]


async def test_settings_change_theme_and_mouse(app: NntuiApp, until) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("f9")
        await until(pilot, lambda: isinstance(app.screen, Choose))
        await pilot.press("enter")
        await until(pilot, lambda: any(option.id == "okabe-ito" for option in app.screen.query_one("Picks").options))  # type: ignore[attr-defined]
        await pilot.press("slash", *"okabe", "enter")
        await until(pilot, lambda: app.theme == "okabe-ito")
        await pilot.press("f9")
        await until(pilot, lambda: isinstance(app.screen, Choose))
        await pilot.press("j", "enter")
        await until(pilot, lambda: any(option.id == "off" for option in app.screen.query_one("Picks").options))  # type: ignore[attr-defined]
        await pilot.press("G", "enter")
        await until(pilot, lambda: notes(app) == ["Mouse: off"])
    from tui.system import settings

    assert settings.read_theme() == "okabe-ito"
    assert settings.read_mouse() is False


def test_each_section_has_a_letter_of_its_own() -> None:
    places = list(GROUPS.values())
    found = letters_of(places)
    assert list(found.values()) == places
    assert not set(found) & set("jkgGq?/"), "a key of every list"
    assert found["d"] == "Data"


async def test_a_section_of_the_form_is_gone_to_by_its_letter(app: NntuiApp, until) -> None:
    async with app.run_test(size=(60, 18)) as pilot:
        await pilot.press("c")
        await until(pilot, lambda: isinstance(app.screen, ExperimentScreen) and app.screen.query_one(Form).key)
        form = app.screen.query_one(Form)
        await pilot.press("f7")
        await until(pilot, lambda: isinstance(app.screen, Jump))
        await pilot.press("n")  # Network
        await until(pilot, lambda: form.key.startswith("model."))
        await pilot.press("f7", "ㅇ")
        await until(pilot, lambda: form.key.startswith("dataset."))
