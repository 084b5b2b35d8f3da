"""In the smallest window: every key that is shown works, and every key that works can be found."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from types import ModuleType

import on_screen
import pytest
from every_screen import SCREENS, an_app
from textual.widgets import Input

from tui.app import NntuiApp
from tui.dialogs.dialogs import Help, Page
from tui.keys.available import available, commands
from tui.widgets.footer import Entry, Keys

FAST = {"search"}
FAST_KEYS = {"help"}
NO_HELP = ("help", "palette", "too small")
SECONDS = 5.0
"""Within which something has changed."""


@pytest.fixture
def searched(root: Path, searches: ModuleType) -> Path:
    """The runs, and a search."""
    searches.write(root, 9, "searched", [*searches.whole(), searches.completed()])
    return root


@pytest.mark.parametrize("name", [n if n in FAST else pytest.param(n, marks=pytest.mark.slow) for n in SCREENS])
async def test_all_keys_can_be_found_in_the_smallest_window(
    name: str, searched: Path, nets: Path, until, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = an_app(name, searched, nets)
    async with app.run_test(size=(60, 18)) as pilot:
        await SCREENS[name](pilot)
        if name in NO_HELP:
            return
        screen = app.screen
        footer = screen.query_one(Keys)
        await until(pilot, lambda: bool(footer.shown))
        assert "Help" in [entry.name for entry in footer.shown]
        assert on_screen.lines(screen)[-1].split() == " ".join(f"{e.written} {e.name}" for e in footer.shown).split()
        for entry in footer.shown:
            assert screen.active_bindings[entry.key].enabled, entry

        names = [action.name for _node, action in commands(screen)]
        assert len(names) == len(set(names))
        expected = {action.written for _node, action in available(screen)}
        await pilot.press("f1")
        await until(pilot, lambda: isinstance(app.screen, Help))
        assert {key for key, _name, _help in app.screen.keys} == expected
        page = app.screen.query_one(Page)
        await pilot.press("G")
        await until(pilot, lambda: page.is_vertical_scroll_end and "Ctrl+Z" in on_screen.text(app.screen))
        await pilot.press("escape")
        assert app.screen is screen

        seen = set()
        for _ in screen.focus_chain:
            focused = screen.focused
            assert focused is not None
            await until(
                pilot, lambda where=focused: where.region.overlaps(screen.region)
            )  # else it is out of the window
            seen.add(focused)
            screen.focus_next()
            await pilot.pause()
        assert seen == set(screen.focus_chain)


def _state(app: NntuiApp, *, moves: bool) -> object:
    """All that a key may change: what is painted, what has the focus, which screens there are, what lies at the edge.
    Where the screen `moves` by itself, of what is painted only which panes there are and the keys below."""
    screen = app.screen
    if moves:
        painted: object = [(each.id, str(each.border_title)[:4]) for each in screen.query("*") if each.region.area]
        painted = painted, on_screen.lines(screen)[-1]
    else:
        painted = [list(strip) for strip in screen._compositor.render_strips()]
    return painted, screen.focused, list(app.screen_stack), on_screen.notes(app), app._exit


def _root_for(name: str, searched: Path, nets: Path, to: Path) -> NntuiApp:
    shutil.copytree(searched, to / "runs")
    shutil.copytree(nets, to / "nets")
    return an_app(name, to / "runs", to / "nets")


async def _keys_of(name: str, app: NntuiApp) -> list[Entry]:
    async with app.run_test(size=(120, 40)) as pilot:
        await SCREENS[name](pilot)
        footer = app.screen.query(Keys)
        return footer.first().shown if footer else []


async def _does_something(name: str, key: str, app: NntuiApp) -> bool:
    moves = name == "training"
    async with app.run_test(size=(120, 40)) as pilot:
        await SCREENS[name](pilot)
        before: object = None
        for _ in range(40):  # until what was begun behind the screen is over
            before, last = _state(app, moves=moves), before
            if before == last:
                break
            await pilot.pause(0.25)
        await pilot.press(key)
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            if app._exit or _state(app, moves=moves) != before:
                return True
            await pilot.pause(0.05)
        return False


@pytest.mark.parametrize("name", [n if n in FAST_KEYS else pytest.param(n, marks=pytest.mark.slow) for n in SCREENS])
async def test_every_key_that_is_shown_does_something(
    name: str, searched: Path, nets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Input, "_toggle_cursor", lambda _input: None)
    monkeypatch.setenv("NNTUI_OFFLINE", "1")
    monkeypatch.chdir(tmp_path)
    entries = await _keys_of(name, _root_for(name, searched, nets, tmp_path / "first"))
    without = []
    for i, entry in enumerate(entries):
        if not await _does_something(name, entry.key, _root_for(name, searched, nets, tmp_path / str(i))):
            without.append(entry)
    assert not without
