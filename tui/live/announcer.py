"""Announcer: how far the run of this process is, in the terminal's title; and its end, wherever one is."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from typing import Literal

from textual.app import App

from tui.live.progress import Progress, progress_of
from tui.live.queue import Waiting
from tui.live.told_end import End, tell
from tui.live.trainer import Trainer
from tui.system.window_title import WindowTitle


class Announcer:
    """`look` now and then. A screen that shows the run itself has the attribute `SHOWS_RUN`."""

    def __init__(self, app: App[int], trainer: Trainer, now: Callable[[], float] = time.monotonic) -> None:
        self._app, self._trainer = app, trainer
        self._title = WindowTitle(self._write)
        self._before = Progress()
        self._now = now
        self._since = 0.0
        """When the run that is live began, or its loading."""

    def look(self) -> None:
        now, before = progress_of(self._trainer), self._before
        self._before = now
        if now.live and not before.live:
            self._since = self._now()
        title = f"{now.brief} · {self._app.TITLE}" if now.state else str(self._app.TITLE)
        self._app.set_reactive(App.title, title)  # set as usual, it would have the whole screen painted again
        self._title.show(title)
        if before.live and not now.live and not getattr(self._app.screen, "SHOWS_RUN", False):
            self._app.notify(str(now), markup=False)
        if before.live and not now.live:
            self._tell_end(now)

    def tell_next(self, begun: Waiting | None) -> None:
        """That one has its turn; with how the one before has ended, which the trainer no longer tells."""
        if begun is None:
            return
        ended, waits = self._before, str(self._trainer.queue)
        told = not getattr(self._app.screen, "SHOWS_RUN", False)  # by `look`, where no run is looked at
        before = f"{ended}\n" if ended.state and not ended.live and not told else ""
        words = f"{begun.title} begins{f', {waits}' if waits else ''}: w shows it"
        severity: Literal["error", "information"] = "error" if ended.state == "failed" else "information"
        self._app.notify(f"{before}{words}", severity=severity, markup=False)
        self._before = progress_of(self._trainer)
        self._since = self._now()

    def _tell_end(self, ended: Progress) -> None:
        """To who looks elsewhere."""
        run_dir = self._trainer.run_dir
        path = str(run_dir.path) if run_dir else ""
        end = End(ended.name, ended.state, ended.reason, self._now() - self._since, path, ended.run)

        def failed(words: str) -> None:
            with contextlib.suppress(RuntimeError):  # the screens are closed by now
                self._app.call_from_thread(self._app.notify, words, severity="warning", markup=False)

        tell(end, self._write, failed)

    def _write(self, codes: str) -> None:
        if self._app._driver is not None:
            self._app._driver.write(codes)
