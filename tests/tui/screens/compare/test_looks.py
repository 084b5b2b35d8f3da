"""How the compare screen looks, at 80×24 and 120×40: `pytest --snapshot-update` after a look at the change."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from tui.app import NntuiApp
from tui.live.trainer import Trainer
from tui.screens.compare.screen import CompareScreen
from tui.system.terminal import plot_marker

STATES = {
    "folded": (),
    "each-seed": ("S", "down", "down", "shift+left", "shift+left", "shift+left"),
    "batches": ("M", "M", "M", "M", "down", "x"),
    "settings": ("v",),
}
SIZES = [(80, 24), pytest.param((120, 40), marks=pytest.mark.slow)]


@pytest.fixture(autouse=True)
def one_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever terminal the tests run in, the pictures are of this one."""
    for name, value in {"TERM": "xterm-256color", "COLORTERM": "truecolor", "NNTUI_MARKERS": "braille"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("NO_COLOR", raising=False)
    plot_marker.cache_clear()


@pytest.mark.parametrize("size", SIZES, ids=["80x24", "120x40"])
@pytest.mark.parametrize(
    "state", ["folded", *(pytest.param(s, marks=pytest.mark.slow) for s in STATES if s != "folded")]
)
def test_looks_as_it_did(state: str, size: tuple[int, int], compared: Path, snap_compare: Any) -> None:
    app = NntuiApp(Trainer(compared))
    names = sorted(path.name for path in compared.iterdir() if "-net-" in path.name)

    async def look(pilot: Pilot[int]) -> None:
        await pilot.pause()
        app.push_screen(CompareScreen(compared, names))
        for _ in range(1200):
            if isinstance(app.screen, CompareScreen) and app.screen.is_read:
                break
            await pilot.pause(0.05)
        await pilot.pause()
        for key in STATES[state]:
            await pilot.press(key)
            await pilot.pause(0.05)
        await pilot.pause(0.6)

    assert snap_compare(app, terminal_size=size, run_before=look)
