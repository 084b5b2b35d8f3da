"""In the smallest window: every key that is shown works, and every key that works can be found."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import on_screen
import pytest
from every_screen import SCREENS, an_app

from tui.dialogs.dialogs import Help, Page
from tui.keys.available import available, commands
from tui.widgets.footer import Keys

FAST = {"search"}
NO_HELP = ("help", "palette")


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
            assert focused.region.overlaps(screen.region), "what has the focus is out of the window"
            seen.add(focused)
            screen.focus_next()
            await pilot.pause()
        assert seen == set(screen.focus_chain)
