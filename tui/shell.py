"""Shell: what the app is whatever its screens show: colours, help, palette, settings, notes at the edge, keys of other
layouts, suspension."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from textual import events
from textual.app import App, SystemCommand
from textual.dom import DOMNode
from textual.filter import LineFilter
from textual.screen import Screen
from textual.theme import Theme
from textual.widgets import Input
from textual.widgets._toast import ToastHolder

from core.system.files import write_atomically
from tui.dialogs.dialogs import Help
from tui.dialogs.settings import choose_theme, open_settings
from tui.keys import common
from tui.keys.action import bindings
from tui.keys.available import available, commands
from tui.system import settings, suspending
from tui.system.contrast import Legible
from tui.system.filters import ControlFilter, EncodingFilter, Together
from tui.system.keyboard import Told, as_latin, moved
from tui.system.terminal import encoding
from tui.system.themes import THEMES
from tui.widgets import notes, states
from tui.words.units import duration

LONG_NOTE = 8.0
"""Seconds that one lasts which takes more than a row, or says that a key has moved."""


class Shell(App[int]):
    """The app without its screens."""

    TITLE = "nntui"
    ACTIONS = common.APP
    BINDINGS = bindings(common.APP)
    COMMAND_PALETTE_BINDING = "ctrl+p"
    NOTIFICATION_TIMEOUT = 4.0

    def __init__(self) -> None:
        # Textual makes greys of colours under NO_COLOR, unless colours are the terminal's own: then it leaves them out.
        super().__init__(ansi_color=True if os.environ.get("NO_COLOR") else None)
        self._told = Told()
        self._note = ""
        """That was told last."""
        self._suspended = 0.0
        """When it was, last."""
        unicode = encoding().lower().replace("-", "").startswith("utf")
        legible = None if self.no_color else Legible.on(self.console)
        self._ours = [ControlFilter(), *([] if unicode else [EncodingFilter()]), *([legible] if legible else [])]
        self._filter = Together(self._ours)
        for theme in THEMES:
            self.register_theme(theme)
        for name in self.available_themes:  # of the terminal's 16 colours; plots are drawn in colours of their own
            if name.startswith("ansi-"):
                self.unregister_theme(name)
        wanted = settings.read_theme()
        if wanted in self.available_themes:
            self.theme = wanted

    @property
    def training(self) -> str:
        """What trains in this process; an empty string where nothing does."""
        return ""

    def on_mount(self) -> None:
        suspending.prepare(self._driver, self._while_suspended)
        self.app_resume_signal.subscribe(self, self._go_on)
        self.theme_changed_signal.subscribe(self, self._with_theme)
        self._states_in_theme()

    def _with_theme(self, theme: Theme) -> None:
        settings.write_theme(theme.name)
        self._states_in_theme()

    def _states_in_theme(self) -> None:
        colours = self.theme_variables
        states.use(colours["success"], colours["warning"], colours["error"])

    def get_line_filters(self) -> Sequence[LineFilter]:
        wanted = (*super().get_line_filters(), *self._ours)
        if self._filter.filters != wanted:
            self._filter = Together(wanted)
        return [self._filter]  # the same one as long as nothing changes: what it has made of a line is remembered by it

    # What can be done here: help, palette, settings.

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        for node, action in commands(screen):
            yield SystemCommand(action.name, f"{action.written}  {action.help}", self._later(node, action.action))
        yield SystemCommand("Theme", "colours; okabe-ito is made for colour blindness", lambda: choose_theme(self))
        yield SystemCommand("Screenshot", "this screen as an SVG picture, in this folder", self._later(self, "picture"))

    def _later(self, node: DOMNode, action: str) -> Callable[[], None]:
        return lambda: self.call_later(self.run_action, action, node)  # type: ignore[return-value]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        typing = getattr(self.screen, "TYPING", False)  # then a letter is a letter
        return not (typing and action in ("keys", "leave", "queue"))

    def action_keys(self) -> None:
        self.action_help()

    def action_help(self) -> None:
        if not isinstance(self.screen, Help):
            found = available(self.screen)
            self.push_screen(Help([(action.written, action.name, action.help) for _node, action in found]))

    def action_settings(self) -> None:
        open_settings(self)

    def action_picture(self) -> None:
        """What a picture of this screen is called says when it was made."""
        name = f"nntui-{time.strftime('%Y%m%d-%H%M%S')}.svg"
        try:
            write_atomically(Path(name), lambda file: file.write(self.export_screenshot().encode()))
        except OSError as error:
            self.notify(f"cannot write {name}: {error.strerror or error}", severity="error", markup=False)
        else:
            self.notify(f"Picture: {name}", markup=False)

    def notify(self, message: str, **options: Any) -> None:
        """One note at a time: it takes the place of the one before. One of several rows lies at the lower edge: under
        the title stand the numbers that are looked at."""
        self.clear_notifications()
        self._note = f"{options['title']}\n{message}" if options.get("title") else message
        self._place_note()
        if self.has_class(notes.LONG):
            options.setdefault("timeout", LONG_NOTE)
        super().notify(message, **options)
        self.call_later(self.call_later, self._close_ranks)  # when the new one is there

    def _place_note(self) -> None:
        self.set_class(notes.is_long(self._note, self.size.width), notes.LONG)
        notes.keep_clear(self.screen)

    def on_resize(self) -> None:
        self._place_note()

    def _close_ranks(self) -> None:
        """Textual keeps a row for each note that was taken away."""
        for holder in [*self.screen.query(ToastHolder)][:-1]:
            holder.remove()

    # Keys, as they were meant.

    async def on_event(self, event: events.Event) -> None:
        if not isinstance(event, events.Key) or event.is_forwarded or isinstance(self.focused, Input):
            await super().on_event(event)
            return
        keys = as_latin(event)
        if keys is None:
            self.notify(f"{event.character}: keys are Latin letters; switch the keyboard's layout", markup=False)
            return
        for key in keys:
            if key.key == "escape" and self.screen.get_selected_text():
                self.screen.clear_selection()
                continue
            self._tell_if_moved(key.key)
            await super().on_event(key)

    def _tell_if_moved(self, key: str) -> None:
        focused = self.focused
        nodes = list(focused.ancestors_with_self) if focused else [self.screen]
        for node, action in moved(key, nodes):
            if (node, action) in available(self.screen) and (words := self._told.first(key, action)):
                self.notify(words, timeout=LONG_NOTE, markup=False)

    # Suspending.

    def action_suspend_process(self) -> None:
        reason = suspending.why_not()
        if reason:
            self.notify(reason, severity="warning", markup=False)
            return
        self._suspended = time.monotonic()
        suspending.suspend()

    def _while_suspended(self) -> str:
        what = f"{self.training} stands still" if self.training else "nntui is suspended"
        return f"{what}; fg goes on"

    def _go_on(self, _app: App[object]) -> None:
        self.refresh(layout=True)
        self.screen.refresh(layout=True)
        if self.training:
            seconds = duration(time.monotonic() - self._suspended)
            self.notify(f"{self.training} goes on; it stood still for {seconds}", markup=False)
