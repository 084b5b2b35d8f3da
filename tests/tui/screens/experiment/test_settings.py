"""Which settings the form shows, how they are chosen from lists, and that a change can be taken back."""

from __future__ import annotations

import on_screen
import pytest
from on_screen import go_to, retype
from rich.style import Style
from textual.pilot import Pilot
from textual.widgets import Input

from core.components.keys import keys_of
from core.experiment.schema import PARTS, SECTIONS, RunConfig
from core.experiment.search_keys import SearchKeys
from tui.app import NntuiApp
from tui.dialogs.choose_several import ChooseSeveral
from tui.screens.experiment.form import Choice, Form
from tui.screens.experiment.screen import ExperimentScreen
from tui.words import experiment


async def open_form(app: NntuiApp, pilot: Pilot[int], until) -> ExperimentScreen:
    await pilot.press("c")
    await until(pilot, lambda: isinstance(app.screen, ExperimentScreen) and isinstance(app.focused, Choice))
    assert isinstance(app.screen, ExperimentScreen)
    return app.screen


def whole(app: NntuiApp) -> str:
    """The screen's words in one line."""
    return " ".join(on_screen.screen_text(app).replace("│", " ").split())


def reversed_words(app: NntuiApp) -> list[str]:
    """What stands in the form on reversed ground, as the label under the cursor does."""
    found = []
    for strip in app.screen._compositor.render_strips():
        for segment in strip:
            style = segment.style or Style()
            if segment.text.strip() and style.reverse:
                found.append(segment.text.strip())
    return found


async def test_the_label_under_the_cursor_is_the_one_that_stands_out(app: NntuiApp, until) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await open_form(app, pilot, until)
        fields = {field.key: field.label for field in screen.draft.fields()}
        for way in ["down"] * 4 + ["up"] + ["f3"] + ["down"] * 2:
            await pilot.press(way)
            await pilot.pause()
            label = fields[screen.query_one(Form).key]
            standing_out = [line for line in screen.query("Line") if line.has_class("-current")]
            assert [line.row.label for line in standing_out] == [label]
            assert label in reversed_words(app), way
            assert not set(reversed_words(app)) & (set(fields.values()) - {label})


@pytest.mark.parametrize("size", [(80, 24), pytest.param((60, 18), marks=pytest.mark.slow)])
async def test_the_few_that_matter_come_first_and_the_rest_behind_a_key(app: NntuiApp, until, size) -> None:
    async with app.run_test(size=size) as pilot:
        screen = await open_form(app, pilot, until)
        form, every = screen.query_one(Form), {field.key for field in screen.draft.fields()}
        first = form.keys
        assert len(first) < 15 < len(every)
        assert {"dataset.name", "model.hidden", "optimizer.lr", "epochs", "batch_size"} <= set(first)
        assert any(
            f"{len(every) - len(first)} more settings: F3" in str(each.render()) for each in form.query(".below")
        )
        if size == (80, 24):
            assert "more settings: F3" in on_screen.text(screen)
        await pilot.press("f3")
        assert set(form.keys) == every
        assert "model.n_units" not in first
        await retype(pilot, "optimizer.weight_decay", "0.1")
        await retype(pilot, "split.validation", "2")
        await pilot.press("f3")
        assert set(form.keys) == {*first, "optimizer.weight_decay", "split.validation"}, "changed, and wrong"
        await go_to(pilot, "optimizer.weight_decay")
        await pilot.press("ctrl+g")
        await pilot.pause()
        assert form.key == "optimizer.weight_decay", "it does not go from under the cursor"


SLOW = pytest.mark.slow


@pytest.mark.slow
@pytest.mark.parametrize("back", ["ctrl+g", pytest.param("backspace", marks=SLOW), pytest.param("f4", marks=SLOW)])
async def test_typing_into_n_units_is_undone_whole(app: NntuiApp, until, back: str) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await open_form(app, pilot, until)
        form = screen.query_one(Form)

        def shown(key: str) -> str:
            return next(str(line.query_one(Input).value) for line in form.query("Line") if line.row.key == key)

        await pilot.press("f3")
        form.focus_key("model.n_units")
        await pilot.press("8")
        await until(pilot, lambda: shown("model.hidden") == "")
        assert "n units instead" in on_screen.text(screen)
        await pilot.press(back)
        await until(pilot, lambda: shown("model.hidden") == "16,16")
        assert shown("model.n_units") == ""
        assert not screen.unsaved
        await pilot.press("8")
        await go_to(pilot, "model.hidden")
        assert "^g brings 16,16 back" in whole(app)
        await pilot.press("ctrl+g")
        await until(pilot, lambda: shown("model.hidden") == "16,16")
        assert screen.draft.changes == []


async def test_changes_are_taken_back_one_by_one_and_made_again(app: NntuiApp, until) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await open_form(app, pilot, until)
        form = screen.query_one(Form)
        await retype(pilot, "epochs", "30")
        await retype(pilot, "seed", "7")
        assert "2 changes, F4 undoes" in on_screen.text(screen)
        await pilot.press("f4")
        assert form.key == "seed"
        assert [key for key, _before, _after in screen.draft.changes] == ["epochs"]
        await pilot.press("f4")
        assert screen.draft.changes == []
        assert "as it comes" in on_screen.text(screen)
        focused = app.focused
        assert isinstance(focused, Input)
        assert focused.value == "200"
        await pilot.press("f6", "f6")
        assert [after for _key, _before, after in screen.draft.changes] == ["30", "7"]
        await pilot.press("f6")
        assert any("Nothing more" in note for note in on_screen.notes(app))


@pytest.mark.slow
async def test_what_a_load_replaced_is_there_again(app: NntuiApp, until) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await open_form(app, pilot, until)
        await retype(pilot, "epochs", "30")
        await pilot.press("ctrl+o")
        await pilot.pause()
        await pilot.press(*"long", "enter")
        await until(pilot, lambda: screen.draft.base.name == "long")
        await pilot.press("f4")
        assert screen.draft.base.name == "iris-net"
        assert [after for _key, _before, after in screen.draft.changes] == ["30"]
        await pilot.press("f6")
        assert screen.draft.base.name == "long"


@pytest.mark.slow
async def test_lists_to_choose_from(app: NntuiApp, until) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await open_form(app, pilot, until)
        await go_to(pilot, "metrics")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ChooseSeveral))
        assert "macro_f1" in on_screen.screen_text(app)
        assert "rmse" not in on_screen.screen_text(app), "it is for values, and iris has classes"
        await pilot.press("space", "down", "space", "enter")
        await until(pilot, lambda: app.screen is screen)
        assert screen.draft.text("metrics") == "accuracy,macro_f1"
        await go_to(pilot, "evaluate.when")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ChooseSeveral))
        await pilot.press("up", "enter")
        await until(pilot, lambda: app.screen is screen)
        assert screen.draft.text("evaluate.when") == "start"
        await retype(pilot, "stop.patience", "5")
        await go_to(pilot, "stop.monitor")
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is not screen)
        assert "test_accuracy" in on_screen.screen_text(app)


async def test_a_chooser_is_whole_at_80_by_24(app: NntuiApp, until) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await open_form(app, pilot, until)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ChooseSeveral))
        await pilot.pause()
        seen = on_screen.lines(app.screen)
        assert all(any(f" {name} " in line for line in seen) for name in SECTIONS["dataset"].names)
        assert any(line.strip().startswith("╰") for line in seen), "its lower edge"
        await pilot.press("home", "down", "down", "down", "down")  # diabetes, which does not fit
        await until(pilot, lambda: "diabetes has values; use" in whole(app) and "loss.name=mse" in whole(app))


KEYS = [
    *(key for component in (c for kind in SECTIONS.values() for c in kind) for key in keys_of(component.schema)),
    *(key for schema in (RunConfig, SearchKeys, *PARTS.values()) for key in keys_of(schema)),
]


def test_no_help_says_two_defaults() -> None:
    for said in map(experiment.about, KEYS):
        assert not ("if not given" in said and "default" in said), said
        assert "default none" not in said, said
