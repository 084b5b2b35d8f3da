"""What tests of several screens do and see: what a screen shows, as a user sees it (the one place where tests look at
Textual's own compositor), the run that it shows, a way through the form."""

from __future__ import annotations

from textual.app import App
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Input

from core.history.history import History
from tui.app import NntuiApp
from tui.screens.experiment.form import Form
from tui.screens.run.screen import TrainScreen
from tui.screens.start.experiments import Experiments


def lines(screen: Screen[object]) -> list[str]:
    """Every line of the terminal, cell by cell."""
    return ["".join(segment.text for segment in strip) for strip in screen._compositor.render_strips()]


def text(screen: Screen[object]) -> str:
    return "\n".join(lines(screen))


def notes(app: App[object]) -> list[str]:
    """What lies at the edge just now, until it goes away by itself."""
    return [str(note.message) for note in app._notifications]


def screen_text(app: NntuiApp) -> str:
    return text(app.screen)


def words(app: NntuiApp) -> str:
    """The status line."""
    return str(app.screen.query_one("#words").render())


def history(app: NntuiApp) -> History:
    assert isinstance(app.screen, TrainScreen)
    return app.screen.history


def shown_keys(app: NntuiApp) -> set[str]:
    return {b.binding.description for b in app.screen.active_bindings.values() if b.binding.show and b.enabled}


def choose(app: NntuiApp, experiment: str) -> None:
    """The cursor of the start screen on that one."""
    assert app.screen.query_one(Experiments).choose(experiment)


async def stopped_long_run(app: NntuiApp, until, pilot: Pilot[int]) -> None:
    """Train `long` for a moment, stop it, and stay on its screen."""
    await pilot.press("down", "enter")
    await until(pilot, lambda: isinstance(app.screen, TrainScreen) and history(app).step > 20)
    await pilot.press("s")
    await until(pilot, lambda: "Resume" in shown_keys(app))


async def go_to(pilot: Pilot[int], key: str) -> None:
    """The cursor in a field, with all of them if it is not among the first. The way there by keys is another test's."""
    form = pilot.app.screen.query_one(Form)
    if key not in form.keys:
        await pilot.press("f3")
    form.focus_key(key)
    await pilot.pause()
    assert form.key == key


async def retype(pilot: Pilot[int], key: str, text: str) -> None:
    await go_to(pilot, key)
    focused = pilot.app.focused
    assert isinstance(focused, Input)
    await pilot.press("end", *["backspace"] * len(focused.value))
    await pilot.press(*["full_stop" if c == "." else "minus" if c == "-" else "comma" if c == "," else c for c in text])
