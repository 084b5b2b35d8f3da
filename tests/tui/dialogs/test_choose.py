"""One of several named things."""

from __future__ import annotations

import on_screen
import pytest
from textual.app import App

from tui.dialogs.choose import Choose

LONG = "a description that goes on and on, further than any window of eighty columns has room for, to its END"


@pytest.mark.parametrize(("what", "whole"), [(LONG, True), ("short", False)])
async def test_what_does_not_fit_the_line_of_the_highlighted_one_stands_below(what: str, whole: bool) -> None:
    app = App[None]()
    async with app.run_test(size=(80, 24)) as pilot:
        app.push_screen(Choose("Which?", [("one", "the first", ""), ("two", what, "")]))
        await pilot.pause()
        assert app.screen.query_one("#what").display is whole
        await pilot.press("down")
        await pilot.pause()
        shown = on_screen.text(app.screen)
        assert ("END" in shown) is whole
        await pilot.resize_terminal(200, 24)
        await pilot.pause()
        await pilot.pause()
        assert ("END" in on_screen.text(app.screen)) is whole
        assert app.screen.query_one("#what").display is (whole and len(LONG) + 12 > 110 - 6)
