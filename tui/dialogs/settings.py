"""Settings: what is chosen for all screens and remembered: the theme, whether the mouse is reported,
how the end of a long run is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from textual.app import App

from tui.dialogs.choose import Choose
from tui.dialogs.dialogs import Prompt
from tui.system import on_end, settings
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
        ("notify", f"{settings.read_notify()}, at the end of a long run", ""),
        ("on_end", settings.read_on_end() or "none: a command to start then", ""),
        ("plots", f"{MARKERS[plot_marker()]}; or NNTUI_MARKERS=braille, blocks, ascii", ""),
    ]
    then: dict[str | None, Callable[[App[Any]], None]] = {
        "theme": choose_theme,
        "mouse": _mouse,
        "notify": _notify,
        "on_end": _on_end,
    }

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


def _notify(app: App[Any]) -> None:
    choices = [
        ("off", "nothing", ""),
        ("bell", "the terminal's bell", ""),
        (
            "desktop",
            "a notification where the terminal has them (kitty, iTerm2, WezTerm, Ghostty, foot), else bell",
            "",
        ),
    ]

    def chosen(way: str | None) -> None:
        if way is not None:
            settings.write_notify(way)
            app.notify(f"At the end of a long run: {way}")

    question = "How is the end of a run told that took longer than a minute?"
    app.push_screen(Choose(question, choices, settings.read_notify()), chosen)


def _on_end(app: App[Any]) -> None:
    def entered(command: str | None) -> None:
        if command is not None:
            settings.write_on_end(command)
            app.notify("on_end: none" if not command.strip() else f"on_end: {command}", markup=False)

    words = (
        "A command to start at the end of a run that took longer than a minute; empty for none.\n"
        "Without a shell; in its environment: NNTUI_RUN, NNTUI_STATE, NNTUI_REASON, NNTUI_SCORE, …"
    )
    app.push_screen(Prompt(words, settings.read_on_end(), on_end.why_not), entered)
