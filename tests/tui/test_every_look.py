"""Every screen in every theme, without colours and in sixteen: what is to be read can be read, what has the focus can
be seen by more than its colour."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from every_screen import SCREENS, an_app
from rich.color import Color as RichColor
from rich.color import ColorSystem
from rich.segment import Segment
from rich.terminal_theme import DEFAULT_TERMINAL_THEME
from textual.app import App
from textual.screen import Screen
from textual.theme import BUILTIN_THEMES
from textual.widgets import Input

from tui.system import settings
from tui.system.contrast import contrast
from tui.system.themes import THEMES

EVERY_THEME = sorted(name for name in [*BUILTIN_THEMES, *(theme.name for theme in THEMES)] if "ansi" not in name)
SOME_THEMES = ["textual-dark", "textual-light", "solarized-light", "okabe-ito-light"]
SYSTEMS = {"standard": ColorSystem.STANDARD, "256": ColorSystem.EIGHT_BIT, "truecolor": ColorSystem.TRUECOLOR}
QUIET = set("─│╭╮╰╯┌┐└┘├┤┬┴┼╴╵╶╷▏▕▁▔▎▊ ")
"""Thin frames: nothing is told by them alone."""
PIXELS = set("▀▄█▌▐▘▝▖▗▚▞▙▛▜▟░▒▓ ")
FAST = {"start", "search"}
NO_LIST = ("rate", "run", "failed run", "regions", "doctor", "find", "heatmap", "curves", "gradient check", "download")
NO_LIST += ("question", "training", "paused", "too small", "filter", "labels")
"""Where there is nothing to go down in."""


@pytest.fixture
def searched(root: Path, searches: ModuleType) -> Path:
    """The runs, and a search."""
    searches.write(root, 9, "searched", [*searches.whole(), searches.completed()])
    return root


@pytest.fixture(autouse=True)
def a_cursor_that_does_not_blink(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Input, "_toggle_cursor", lambda _input: None)


def segments(screen: Screen[object]) -> Iterator[tuple[int, Segment]]:
    for y, strip in enumerate(screen._compositor.render_strips()):
        for segment in strip:
            yield y, segment


def too_faint(app: App[int]) -> list[str]:
    """What has less than 4.5:1 as text, or 3:1 as a mark, in the colours that this terminal shows."""
    system, found = SYSTEMS[str(app.console.color_system)], []

    def shown(color: RichColor) -> tuple[int, int, int]:
        red, green, blue = color.downgrade(system).get_truecolor(DEFAULT_TERMINAL_THEME)
        return red, green, blue

    for y, segment in segments(app.screen):
        style, text = segment.style, segment.text
        if style is None or style.color is None or style.bgcolor is None or not text.strip() or set(text) <= QUIET:
            continue
        if set(text) <= PIXELS | {"⠀"}:
            continue
        needed = 4.5 if any(char.isalnum() for char in text) else 3.0
        reached = contrast(shown(style.color), shown(style.bgcolor))
        if reached < needed:
            found.append(f"{app.theme}, row {y}: {text.strip()!r} has {reached:.1f}:1")
    return found


def without_colour(screen: Screen[object]) -> list[str]:
    """What is left of a screen where no colour is seen: characters, bold, reversed, underlined."""
    cells = []
    for _y, segment in segments(screen):
        style = segment.style
        look = "" if style is None else f"{style.bold}{style.reverse}{style.underline}"
        cells += [f"{char}{look}" for char in segment.text]
    return cells


def terminal(monkeypatch: pytest.MonkeyPatch, **environ: str) -> None:
    for name in ("NO_COLOR", "COLORTERM", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize("name", [n if n in FAST else pytest.param(n, marks=pytest.mark.slow) for n in SCREENS])
async def test_everything_can_be_read(name: str, searched: Path, nets: Path, monkeypatch) -> None:
    terminal(monkeypatch, TERM="xterm-256color", COLORTERM="truecolor")
    app = an_app(name, searched, nets)
    async with app.run_test(size=(80, 24)) as pilot:
        await SCREENS[name](pilot)
        for theme in SOME_THEMES:
            app.theme = theme
            await pilot.pause()
            assert too_faint(app) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", SCREENS)
async def test_everything_can_be_read_in_every_theme(name: str, searched: Path, nets: Path, monkeypatch) -> None:
    terminal(monkeypatch, TERM="xterm-256color", COLORTERM="truecolor")
    app = an_app(name, searched, nets)
    async with app.run_test(size=(120, 40)) as pilot:
        await SCREENS[name](pilot)
        for theme in EVERY_THEME:
            app.theme = theme
            await pilot.pause()
            assert too_faint(app) == []


@pytest.mark.parametrize("name", [n if n in FAST else pytest.param(n, marks=pytest.mark.slow) for n in SCREENS])
@pytest.mark.parametrize("term", ["xterm", pytest.param("xterm-256color", marks=pytest.mark.slow)])
async def test_everything_can_be_read_in_few_colours(
    term: str, name: str, searched: Path, nets: Path, monkeypatch
) -> None:
    terminal(monkeypatch, TERM=term)
    app = an_app(name, searched, nets)
    async with app.run_test(size=(80, 24)) as pilot:
        await SCREENS[name](pilot)
        for theme in ("textual-dark", "textual-light"):
            app.theme = theme
            await pilot.pause()
            assert too_faint(app) == []


@pytest.mark.parametrize("name", [n if n in FAST else pytest.param(n, marks=pytest.mark.slow) for n in SCREENS])
@pytest.mark.parametrize("colours", ["none", pytest.param("all", marks=pytest.mark.slow)])
async def test_what_the_keys_go_to_is_seen_without_colour(
    colours: str, name: str, searched: Path, nets: Path, monkeypatch
) -> None:
    """The cursor of a list moves, the focus goes to another pane: something else than a colour changes."""
    wanted = {"NO_COLOR": "1"} if colours == "none" else {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
    terminal(monkeypatch, **{"TERM": "xterm-256color", **wanted})
    app = an_app(name, searched, nets)
    async with app.run_test(size=(80, 24)) as pilot:
        await SCREENS[name](pilot)
        screen = app.screen
        if len(screen.focus_chain) > 1 and name not in ("palette", "find"):
            before, focused = without_colour(screen), screen.focused
            screen.focus_next()
            await pilot.pause()
            assert screen.focused is not focused
            assert without_colour(screen) != before, "the focus cannot be seen"
            screen.focus_previous()
            await pilot.pause()
        if colours == "none":
            styles = {(s.style.color, s.style.bgcolor) for _y, s in segments(screen) if s.style is not None}
            assert all(part is None or part.is_default for pair in styles for part in pair), "there is a colour"
            before = without_colour(screen)
            await pilot.press("down" if name != "gradients" else "right")
            await pilot.pause()
            moved = without_colour(app.screen) != before
            assert moved or name in NO_LIST, "no cursor"


@pytest.mark.parametrize("theme", ["okabe-ito", "okabe-ito-light"])
async def test_states_are_in_the_colours_of_the_theme(theme: str, root: Path, nets: Path, monkeypatch) -> None:
    """Blue for good and vermillion for bad, where a theme is made for colour blindness: not the terminal's green."""
    terminal(monkeypatch, TERM="xterm-256color", COLORTERM="truecolor")
    settings.write_theme(theme)
    app = an_app("run", root, nets)
    async with app.run_test(size=(80, 24)) as pilot:
        await SCREENS["run"](pilot)
        signs = [
            s.style.color.triplet for _y, s in segments(app.screen) if s.text.startswith("✓ completed") and s.style
        ]
        assert signs
        assert all(sign is not None and sign.blue > sign.red and sign.blue > sign.green for sign in signs)
