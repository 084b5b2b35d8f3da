"""About: the pane that says and draws what there is to know of the chosen experiment or run; what takes a while it
looks for behind the screen."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.strip import Strip
from textual.widget import Widget

from tui.keys.action import bindings
from tui.keys.common import SCROLLS
from tui.live.background import in_background
from tui.screens.start.catalogue import Catalogue
from tui.screens.start.page import Page
from tui.screens.start.pages import Known, Left, experiment_page, run_page
from tui.system.terminal import plot_marker
from tui.widgets.painted import Painted

if TYPE_CHECKING:
    from core.runs.labels import Labels
    from core.runs.summary import Summary
    from tui.screens.start.pictures import Eye


class Lines(Widget):
    """Lines of text, of which only those that differ are painted again."""

    DEFAULT_CSS = """
    Lines { height: 1; width: 1fr; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.painted = Painted(self)

    def show(self, lines: Sequence[Text]) -> None:
        height = max(1, len(lines))
        if self.styles.height is None or self.styles.height.value != height:
            self.styles.height = height
        self.painted.show(lines)

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self.painted.forget()

    def render_line(self, y: int) -> Strip:
        return self.painted.strip(y)


class About(VerticalScroll):
    """`show_experiment` or `show_run`, as often as you like."""

    ACTIONS = SCROLLS
    BINDINGS = bindings(SCROLLS)
    COMPONENT_CLASSES = {"about--label"}
    DEFAULT_CSS = """
    About > .about--label { color: $text-muted; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._page: Page | None = None
        self._of = ""
        self._left: tuple[tuple[object, ...], Left] = ((), Left())
        """What the run has left that was shown last, and as of when."""

    def compose(self) -> ComposeResult:
        yield Lines()

    def on_resize(self) -> None:
        self._paint()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        if self.is_mounted:
            self.call_after_refresh(self._paint)  # when the styles of its parts are the new ones, too

    # Of an experiment.

    def show_experiment(self, name: str, catalogue: Catalogue) -> None:
        entry, known = catalogue.entry(name), catalogue.known(name)
        page = experiment_page(name, entry.teaches, catalogue.needs(name), catalogue.configs[name], known, self._eye)
        self._show(name, page)
        if not catalogue.wants_data(name):
            return

        def seen(known: Known) -> None:
            catalogue.take_data(name, known)
            if self._of == name:
                self.show_experiment(name, catalogue)

        in_background(self, lambda: catalogue.data(name), seen, lambda _reason: None)  # it is told when it is trained

    # Of a run.

    def show_run(self, run: Summary, root: Path, labels: Labels | None = None) -> None:
        """`root`: the folder that its folder is in; `labels`: what it was given by hand."""
        as_of = run.run_id, run.step, run.status
        before, left = self._left
        if before[:1] != as_of[:1]:
            left = Left()
        if before != as_of:
            self._look_at_what_is_left(run, root, labels, as_of, left)
        self._show(run.run_id, run_page(run, left, self._eye, labels))

    def _look_at_what_is_left(
        self, run: Summary, root: Path, labels: Labels | None, as_of: tuple[object, ...], before: Left
    ) -> None:
        """Its latest figure, else its layers; again whenever the run has gone on."""
        from core.runs.folder import RunDir
        from tui.screens.start.left import left_by

        self._left = as_of, before

        def found(left: Left) -> None:
            if self._left[0] == as_of:
                self._left = as_of, left
                if self._of == run.run_id:
                    self._show(run.run_id, run_page(run, left, self._eye, labels))

        in_background(self, lambda: left_by(RunDir(root / run.run_id)), found, lambda _reason: None)

    # Showing.

    def _show(self, of: str, page: Page) -> None:
        """This page from now on; from its top where it is of something else than the one before."""
        if of != self._of:
            self._of = of
            self.scroll_home(animate=False)
        self._page = page
        self._paint()

    def _paint(self) -> None:
        width, height = self.scrollable_content_region.size
        if self._page is not None and width > 0 and height > 0:
            muted = self.get_component_rich_style("about--label")
            self.query_one(Lines).show(self._page.lines(width, height, muted))

    @property
    def _eye(self) -> Eye:
        from tui.charts.ink import Look  # with NumPy: not before the first paint
        from tui.screens.start.pictures import Eye

        colours = self.app.console.color_system in ("256", "truecolor") and not self.app.no_color
        plain = plot_marker() == "."
        return Eye(Look(plain, colours and not plain), self.background_colors[1].rgb)
