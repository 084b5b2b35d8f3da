"""Settings: what is chosen for all screens and remembered: the theme, and whether the mouse is reported."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from textual.app import App

from tui.dialogs.choose import Choose
from tui.system import settings
from tui.system.terminal import in_gnu_screen, mouse_wanted, plot_marker, report_mouse

WORDS = {True: "on", False: "off", None: "auto"}
MARKERS = {"braille": "braille", "hd": "blocks", ".": "ascii"}


def open_settings(app: App[Any]) -> None:
    """A list of them; Enter changes one, then the list is there again."""
    if isinstance(app.screen, Choose):
        return
    mouse = settings.read_mouse()
    now = "on" if mouse_wanted(None, mouse) else "off"
    choices = [
        ("theme", app.theme, ""),
        ("mouse", f"{WORDS[mouse]}{f', now {now}' if mouse is None else ''}", ""),
        ("plots", f"{MARKERS[plot_marker()]}; or NNTUI_MARKERS=braille, blocks, ascii", ""),
    ]
    then: dict[str | None, Callable[[App[Any]], None]] = {"theme": choose_theme, "mouse": _mouse}

    def chosen(name: str | None) -> None:
        if name in then:
            then[name](app)

    app.push_screen(Choose("Settings", choices), chosen)


def choose_theme(app: App[Any]) -> None:
    names = sorted(app.available_themes, key=lambda name: (not app.available_themes[name].dark, name))
    choices = [(name, "dark" if app.available_themes[name].dark else "light", "") for name in names]
    notes = {"okabe-ito": "dark, for every kind of colour blindness", "okabe-ito-light": "light, the same"}

    def chosen(name: str | None) -> None:
        if name is not None:
            app.theme = name

    app.push_screen(
        Choose("Theme", [(name, notes.get(name, what), why) for name, what, why in choices], app.theme), chosen
    )


def _mouse(app: App[Any]) -> None:
    screen = " (off within GNU screen, which holds Esc back)" if in_gnu_screen() else " (on, but off in GNU screen)"
    choices = [
        ("auto", f"as the terminal suggests{screen}", ""),
        ("on", "click for the cursor, wheel to zoom; Shift with the mouse selects text", ""),
        ("off", "the terminal's own selection of text works as it does elsewhere", ""),
    ]

    def chosen(name: str | None) -> None:
        if name is not None:
            mouse = {"on": True, "off": False}.get(name)
            settings.write_mouse(mouse)
            report_mouse(app._driver, mouse_wanted(None, mouse))
            app.notify(f"Mouse: {name}")

    app.push_screen(Choose("Is the mouse reported?", choices, WORDS[settings.read_mouse()]), chosen)
