"""GradientView: the table of a batch's gradients, one unit, one weight, the error of the step h; curves and log."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from textual.app import ComposeResult
from textual.containers import Container
from textual.widget import Widget

from core.gradients.snapshot import FILE, written
from core.runs.folder import RunDir
from tui.charts.drawing import Drawing
from tui.charts.line_chart import LineChart
from tui.charts.of_a_run import loss_picture, metric_picture
from tui.charts.view import View
from tui.keys.action import bindings
from tui.live.background import in_background
from tui.live.story import Story
from tui.screens.gradients import four_gradients, keys, loss_slope, step_error, unit_picture
from tui.screens.gradients.four_gradients import Run
from tui.screens.gradients.study import Choice, Study, Wanted, study, turned
from tui.widgets.run_log import RunLog

WIDE, TALL = 100, 32
"""Columns from which on panes stand side by side, rows from which on they stand one above the other; with both there is
room for all."""
LOG_BESIDE = 118
"""Columns from which on the log stands beside the table."""
ALL = "unit weight step training"
SINGLE = ("unit", "weight", "step", "training")
PICTURE = 19
"""Rows that a unit needs at most: where both rows of panes are seen, the rest is for the curves."""
FARTHEST = 26
"""Half decades of zoom from 1e-12 on."""
OF_A_STUDY = {each.action.partition("(")[0] for each in keys.GRADIENT_PANES} - {"next_view"}
"""Actions that need one."""
NOT_YET = "no gradients yet: the first step is under way"
NONE_LEFT = "this run has left no gradients: they are kept while a two-layer net trains, but not of a search's trials"
UNREADABLE = f"its snapshot cannot be read: figures/{FILE}"


class GradientView(Container, can_focus=True):
    """`show` it a story as often as you like: what is seen of a snapshot is computed behind the screen, once for each
    snapshot and choice, and only what has changed is painted."""

    ACTIONS = keys.GRADIENT_PANES
    BINDINGS = bindings(keys.GRADIENT_PANES)
    DEFAULT_CSS = """
    GradientView { height: 1fr; }
    GradientView #top { height: auto; }
    GradientView #table { width: 1fr; height: 8; border: round $accent; }
    GradientView RunLog, GradientView LineChart { width: 1fr; height: 1fr; }
    GradientView #panes { height: 1fr; }
    GradientView #unit, GradientView #weight, GradientView #step { width: 1fr; height: 1fr; }
    GradientView #middle { height: 3fr; }
    GradientView #bottom { height: 2fr; }
    GradientView #training { layout: horizontal; width: 1fr; height: 1fr; }
    GradientView .-beside { layout: horizontal; }
    GradientView #bottom.-beside #training { width: 3fr; }
    GradientView #bottom.-beside #step { width: 2fr; }
    GradientView #middle.-beside #unit { min-width: 50; }
    GradientView.-roomy #middle.-beside #unit { min-width: 63; }
    GradientView #top.-beside { height: 8; }
    GradientView #top.-beside #table { width: 80; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.training = False
        """Whether another snapshot may come."""
        self._story = Story()
        self._run_dir: RunDir | None = None
        self._study: Study | None = None
        self._wanted = Wanted(0)
        self._asked: Wanted | None = None
        self._working = False
        self._held = False
        self._view = 0
        self._painted: dict[str, object] = {}

    def compose(self) -> ComposeResult:
        with Container(id="top"):
            yield Drawing("Gradients", id="table")
            yield RunLog()
        with Container(id="panes"):
            with Container(id="middle"):
                yield Drawing("Hidden unit", id="unit")
                yield Drawing("Loss along one weight", id="weight")
            with Container(id="bottom"):
                yield Drawing("Step size h", id="step")
                with Container(id="training"):
                    yield LineChart("Loss", id="loss")
                    yield LineChart("Accuracy %", id="metric")

    # Showing.

    def begin(self, story: Story, run_dir: RunDir) -> None:
        """Show another story from its beginning; the same weight of it, where it is the same run."""
        if self._run_dir is None or run_dir.path != self._run_dir.path:
            self._study, self._wanted, self._held = None, Wanted(0), False
        self._story, self._run_dir, self._painted, self._asked = story, run_dir, {}, None
        self.query_one(RunLog).show([], afresh=True)
        self._lay_out()

    def say(self, reason: str) -> None:
        """Why there is nothing to see."""
        if self._study is None:
            self._drawing("table").say(reason)

    def show_next(self) -> None:
        """Whatever has changed."""
        self._look()
        self._show_training()

    show_all = show_next

    def _drawing(self, name: str) -> Drawing:
        return self.query_one(f"#{name}", Drawing)

    def _changed(self, what: str, seen: object) -> bool:
        """Whether `seen`, all that a part depends on, differs from when it was last painted."""
        before, self._painted[what] = self._painted.get(what), seen
        return seen != before

    def _show_training(self) -> None:
        history = self._story.history
        if self._story.lines:
            self.query_one(RunLog).show(self._story.lines)
            self._story.lines = []
        measured = [len(series) for series in history.metrics.values()]
        visible = self.query_one("#training").display and self.query_one("#bottom").display
        if visible and self._changed("training", (history.step, history.session, history.state, measured)):
            self.query_one("#loss", LineChart).show(loss_picture(history, View()))
            self.query_one("#metric", LineChart).show(metric_picture(history, View()))

    # From a snapshot to what is seen of it.

    def _look(self) -> None:
        """Compute what is wanted now, unless that has been done or something else is under way."""
        run_dir, before = self._run_dir, self._study
        if run_dir is None or self._working:
            return
        newest = before.wanted.written if self._held and before else written(run_dir)
        if newest is None:
            if before is None:
                self.say(NOT_YET if self.training else NONE_LEFT)
            return
        wanted = replace(self._wanted, written=newest)
        if wanted == self._asked:
            return
        self._asked, self._working = wanted, True

        def done(found: Study | None) -> None:
            self._working = False
            if run_dir is self._run_dir:
                self._take(found)
            self._look()

        def failed(reason: str) -> None:
            self._working = False
            self.say(reason)

        in_background(self, lambda: study(run_dir, wanted, before), done, failed)

    def _take(self, found: Study | None) -> None:
        if found is None:
            self.say(UNREADABLE + ("; the next one takes its place" if self.training else ""))
            return
        if self._held and self._study and found.wanted.written != self._study.wanted.written:
            return  # read when that was no longer wanted
        if self._wanted.choice is None:
            self._wanted = replace(self._wanted, choice=found.choice)
            self._asked = replace(found.wanted, choice=found.choice)
        first, self._study = self._study is None, found
        if first:
            self.refresh_bindings()
        self._show_study()

    def _show_study(self) -> None:
        found, history = self._study, self._story.history
        if found is None:
            return
        trains_by = history.run.config.get("gradient", "numerical") if history.run else "numerical"
        run = Run(history.total_steps, str(trains_by))
        with self.app.batch_update():
            self._drawing("table").show(
                lambda width, height, look: four_gradients.table(found, run, width, height, look),
                four_gradients.title(found, run, self._held),
                four_gradients.below(found, self._drawing("table").size.width),
            )
            self._drawing("unit").show(
                lambda width, height, look: unit_picture.unit(found, width, height, look),
                unit_picture.title(found),
                unit_picture.below(found),
            )
            self._drawing("weight").show(
                lambda width, height, look: loss_slope.slope(found, width, height, look),
                loss_slope.title(found),
                loss_slope.below(found),
            )
            self._drawing("step").show(
                lambda width, height, look: step_error.error(found, width, height, look),
                step_error.title(found),
                step_error.below(found, run.trains_by),
            )

    # Which panes there are.

    def on_resize(self) -> None:
        self.call_after_refresh(self._lay_out)

    @property
    def _views(self) -> Sequence[str]:
        """What can be seen at a time, beside the table."""
        wide, tall = self.size.width >= WIDE, self.size.height >= TALL
        log = () if self.size.width >= LOG_BESIDE else ("log",)
        if wide and tall:
            return (ALL, *SINGLE, *log)
        return ("unit weight", "step training", *SINGLE, *log) if wide or tall else (*SINGLE, *log)

    def _lay_out(self) -> None:
        shown = self._views[self._view % len(self._views)].split()
        wide, beside = self.size.width >= WIDE, self.size.width >= LOG_BESIDE
        top, log = self.query_one("#top"), self.query_one(RunLog)
        top.set_class(beside, "-beside")
        self.set_class(beside, "-roomy")
        log.display = beside or "log" in shown
        top.styles.height = None if beside or "log" not in shown else "1fr"
        self.query_one("#panes").display = "log" not in shown
        for row, names in (("#middle", ("unit", "weight")), ("#bottom", ("step", "training"))):
            container = self.query_one(row)
            container.set_class(wide, "-beside")
            container.display = any(name in shown for name in names)
            for name in names:
                self.query_one(f"#{name}", Widget).display = name in shown
        if "log" in shown:
            log.focus()
        elif self.screen.focused is None or not (beside and self.screen.focused is log):
            self.focus()
        self.query_one("#middle").styles.max_height = PICTURE if wide and shown == ALL.split() else None
        self.call_after_refresh(self._show_study)  # what is told depends on the width
        self._show_training()

    # Keys.

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self._study is not None or action not in OF_A_STUDY

    def _want(self, **changes: object) -> None:
        self._wanted = replace(self._wanted, **changes)  # type: ignore[arg-type]
        self._look()

    def _choose(self, change: Callable[[Choice, Study], Choice]) -> None:
        """Another weight, from the one that was asked for last: keys may come faster than what they ask for."""
        if self._study is not None and self._wanted.choice is not None:
            self._want(choice=change(self._wanted.choice, self._study))

    def action_next_view(self, by: int) -> None:
        self._view = (self._view + by) % len(self._views)
        self._lay_out()

    def action_hold(self) -> None:
        self._held = not self._held
        self._show_study()
        self._look()

    def action_turn(self, by: int) -> None:
        if self._study is not None:
            own = self._study.snapshot.h
            self._want(h=turned(self._wanted.h or own, by, own))

    def action_own_step(self) -> None:
        self._want(h=None)

    def action_next_unit(self, by: int) -> None:
        self._choose(lambda choice, found: choice.next_unit(by, found.snapshot.net))

    def action_next_array(self) -> None:
        self._choose(lambda choice, _found: choice.next_array())

    def action_largest(self) -> None:
        self._choose(lambda choice, found: choice.largest(found.comparison.backprop))

    def action_move(self, columns: int, rows: int) -> None:
        self._choose(lambda choice, found: choice.move(columns, rows, found.snapshot))

    def action_end(self, last: bool) -> None:
        self._choose(lambda choice, found: choice.to_end(last, found.snapshot.net))

    def action_zoom(self, by: int) -> None:
        self._want(zoomed_out=min(max(0, self._wanted.zoomed_out + by), FARTHEST))
