"""Announcer: how far the run of this process is, in the terminal's title; and its end, wherever one is."""

from __future__ import annotations

from textual.app import App

from tui.live.progress import Progress, progress_of
from tui.live.trainer import Trainer
from tui.system.window_title import WindowTitle


class Announcer:
    """`look` now and then. A screen that shows the run itself has the attribute `SHOWS_RUN`."""

    def __init__(self, app: App[int], trainer: Trainer) -> None:
        self._app, self._trainer = app, trainer
        self._title = WindowTitle(self._write)
        self._before = Progress()

    def look(self) -> None:
        now, before = progress_of(self._trainer), self._before
        self._before = now
        self._app.title = f"{now.brief} · {self._app.TITLE}" if now.state else str(self._app.TITLE)
        self._title.show(self._app.title)
        if before.live and not now.live and not getattr(self._app.screen, "SHOWS_RUN", False):
            self._app.notify(str(now), markup=False)

    def _write(self, codes: str) -> None:
        if self._app._driver is not None:
            self._app._driver.write(codes)
