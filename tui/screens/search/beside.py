"""Beside: what is seen of a search beside the table of its trials: a heatmap of two axes, and curves."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Container

from core.history.trials import Trial, Trials
from tui.screens.search.curves import Curves, curves_picture
from tui.screens.search.heat import HeatAxes, heat
from tui.screens.search.heatmap import Heatmap
from tui.screens.search.listing import Listing
from tui.screens.search.marks import Marks
from tui.screens.search.rows import metrics_of


class Beside(Container):
    """Each part is painted where it is said to, and only if it is in view and something has changed."""

    DEFAULT_CSS = """
    Beside { layout: horizontal; height: 1fr; }
    Beside Curves { width: 1fr; height: 1fr; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.heatmap, self.curves = Heatmap(), Curves("Curves", id="curves")
        self._trials = Trials()
        self._painted: dict[str, object] = {}
        self._axes = HeatAxes()
        self._metric = ""
        """Of the curves; empty for what the trials are ranked by."""
        self._log_y = False

    def compose(self) -> ComposeResult:
        yield self.heatmap
        yield self.curves

    def begin(self, trials: Trials) -> None:
        """Show another search from its beginning, over the same axes if it has them."""
        self._trials, self._axes = trials, self._axes.of(trials)
        self.forget()

    def forget(self) -> None:
        """Both are painted the next time, as in another size."""
        self._painted = {}

    def _changed(self, what: str, *seen: object) -> bool:
        """Whether `seen`, all that a part depends on, differs from when it was last painted."""
        now = (self._trials.version, *seen)
        before, self._painted[what] = self._painted.get(what), now
        return now != before

    @property
    def heat_rows(self) -> int:
        """Of the heatmap, as far as they are known before."""
        return self._axes.rows(self._trials)

    def show_heatmap(self, listing: Listing, chosen: Trial | None, problem: str) -> None:
        """`chosen`: where its cursor is; `problem`: why there is nothing to see, if that is known."""
        if not self.heatmap.display or not self._axes.x:
            self.heatmap.show(None, problem or listing.why_empty())
        elif self._changed("heatmap", self._axes, problem):
            self.heatmap.show(heat(self._trials, listing.groups, self._axes))
            self.place(chosen)

    def place(self, chosen: Trial | None) -> None:
        """The heatmap's cursor to this trial."""
        if chosen is not None:
            self.heatmap.place(chosen.number)

    def show_curves(self, chosen: Trial | None, marks: Marks) -> None:
        """That of `chosen` first, then those of the marked ones."""
        trials = self._trials
        drawn = [] if chosen is None else [chosen]
        drawn += [trials.by_number[number] for number in marks if number in trials.by_number]
        drawn = list({trial.number: trial for trial in drawn}.values())
        signs = [marks.place(trial.number) for trial in drawn]
        metric = self._metric or trials.rank
        seen = (tuple(signs), metric, self._log_y, chosen and chosen.number)
        if self.curves.display and self._changed("curves", *seen):
            self.curves.show(curves_picture(trials, drawn, signs, metric, self._log_y))

    # What is shown of it; it is painted by whoever changes it.

    def next_metric(self) -> None:
        names = metrics_of(self._trials)
        if names:
            metric = self._metric or self._trials.rank
            at = names.index(metric) if metric in names else -1
            self._metric = names[(at + 1) % len(names)]

    def turn_log_y(self) -> None:
        self._log_y = not self._log_y

    def turn_axis(self, which: str) -> None:
        """`x` or `y` of the heatmap."""
        self._axes = self._axes.turned(which, self._trials)
