"""OneRunScreen: the frame of a screen of one network's run: title, status, what its own view paints of the story."""

from __future__ import annotations

from typing import Protocol

from textual.app import ComposeResult
from textual.widget import Widget
from textual.widgets import Static

from core.runs.folder import RunDir
from tui.live.story import Story
from tui.screens.again import AgainScreen
from tui.widgets.footer import Keys
from tui.widgets.status import Status
from tui.widgets.too_small import TooSmall


class View(Protocol):
    """What is between the status and the keys."""

    def begin(self, story: Story, run_dir: RunDir) -> None:
        """Show another story from its beginning."""

    def show_next(self) -> None:
        """Paint the next part that has its turn."""

    def show_all(self) -> None:
        """Paint whatever has changed."""


class OneRunScreen(AgainScreen):
    """A screen of its own says what its view is, its title beside the run's id, and what it knows of memory."""

    OF = ""
    """What of the run is shown."""
    _shown: object = None

    @property
    def view(self) -> View:
        raise NotImplementedError

    def panes(self) -> ComposeResult:
        """What stands between status and keys."""
        raise NotImplementedError

    @property
    def first(self) -> Widget:
        """What has the focus at the beginning."""
        raise NotImplementedError

    @property
    def memory(self) -> int | None:
        """Of the process that trains, in bytes; None: not told."""
        return None

    def compose(self) -> ComposeResult:
        yield Static(id="title", markup=False)
        yield Status()
        yield from self.panes()
        yield Keys()
        yield TooSmall()

    def on_mount(self) -> None:
        self.first.focus()
        self._follow()
        self.set_interval(self._pace.follow, self._follow)
        self.set_interval(self._pace.paint, self._show_next)

    # Painting.

    def _begin(self, run_dir: RunDir) -> None:
        self._shown = None
        self.view.begin(self._story, run_dir)

    def _paint(self, everything: bool) -> None:
        if everything:
            self.view.show_all()
        else:
            self.view.show_next()
        self._show_words()

    def _show_words(self) -> None:
        history = self._story.history
        seen = (history.seq, self._state, self._problem)
        if seen == self._shown or self._run_dir is None:
            return
        self._shown = seen
        self._show_title(f"{self._run_dir.run_id}  {self.OF}".rstrip())
        if self._problem:
            self.query_one(Status).show_words("failed", self._problem)
        else:
            self.query_one(Status).show(history, self._state, self.memory)
