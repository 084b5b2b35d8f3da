"""Keys that come in one burst, as over a slow link."""

from __future__ import annotations

import pytest
from textual import events
from textual.app import App, ComposeResult

from tui.widgets.text_field import TextField


class Field(App[None]):
    def compose(self) -> ComposeResult:
        yield TextField("200")


@pytest.mark.parametrize(
    ("keys", "left"),
    [
        (["end", "backspace", "backspace", "backspace", "1", "2", "3"], "123"),
        (["end", "left", "5", "backspace", "6"], "2060"),
        (["home", "7", "right", "8", "delete"], "7280"),
    ],
)
async def test_keys_in_one_burst_act_in_their_order(keys: list[str], left: str) -> None:
    app = Field()
    async with app.run_test() as pilot:
        app.query_one(TextField).focus()
        await pilot.pause()
        for key in keys:  # all of them before any has acted
            app.post_message(events.Key(key, key if len(key) == 1 else None))
        await pilot.pause()
        await pilot.pause()
        assert app.query_one(TextField).value == left
