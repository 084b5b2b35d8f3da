"""The panes of the start screen: two lists that are filled behind it, and what there is to know of the chosen one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.widgets import Input, Static

from core.presets import FIRST, preset_names
from tui.live.background import in_background
from tui.live.pace import Pace
from tui.live.progress import progress_of
from tui.live.run_list import RunList
from tui.live.trainer import Trainer
from tui.screens.start import keys
from tui.screens.start.about import About
from tui.screens.start.catalogue import Catalogue
from tui.screens.start.experiments import Entry, Experiments
from tui.screens.start.listing import Listing
from tui.screens.start.pages import Known
from tui.screens.start.runs import Runs
from tui.widgets.find_line import FindLine
from tui.widgets.footer import Keys
from tui.widgets.too_small import TooSmall

if TYPE_CHECKING:
    from core.runs.summary import Summary


NONE_YET = (
    ("", "Your runs will stand here, with their score, their loss and their time."),
    ("", ""),
    *((each.display or each.keys, each.help) for each in (*keys.EXPERIMENTS[:2], *keys.START[:2])),
)
"""What to do first."""


class Panes(Screen[None]):
    """All that is seen of it; a screen of its own says what the keys do."""

    SHOWS_RUN = True
    HORIZONTAL_BREAKPOINTS = [*TooSmall.HORIZONTAL, (76, "-usual"), (100, "-medium"), (160, "-wide")]
    VERTICAL_BREAKPOINTS = TooSmall.VERTICAL

    def __init__(self, trainer: Trainer, pace: Pace | None = None) -> None:
        super().__init__()
        self._trainer, self._pace = trainer, pace or Pace()
        self._catalogue = Catalogue(trainer)
        self._run_list = RunList(trainer.root, lambda: trainer.busy)
        self._runs: dict[str, Summary] = {}
        self._list: Listing[Any] | None = None
        self._told = ""
        self._loading = False
        """Whether PyTorch is, or was."""

    def compose(self) -> ComposeResult:
        with Horizontal(id="title"):
            yield Static(Text("nntui  ", "bold").append("train neural networks in the terminal", "not bold"), id="name")
            yield Static(id="now", markup=False)
        with Horizontal():
            with Vertical(id="lists"):
                yield Experiments(id="experiments")
                yield FindLine(placeholder="a name, or what it teaches", compact=True, id="find-experiments")
                yield Runs(self._run_list, id="runs")
                yield FindLine(placeholder="a name, date, state or score", compact=True, id="find-runs")
            yield About(id="about")
        yield Keys()
        yield TooSmall()

    def on_mount(self) -> None:
        experiments = self.query_one(Experiments)
        experiments.show([Entry(name) for name in preset_names()])
        experiments.choose(FIRST)
        experiments.focus()
        self._list = experiments
        self.set_interval(max(1.0, self._pace.paint), self._look_again)

    def on_screen_resume(self) -> None:
        self._show_now()
        self.call_after_refresh(self._look)

    # Behind the first paint: what the experiments are; PyTorch, which takes seconds; their data.

    def _look(self) -> None:
        self.query_one(Runs).read()
        self._load_configs()

    def _load_configs(self) -> None:
        if self._catalogue.configs:
            return
        self._catalogue.load()
        self._list_experiments()
        self._describe()

    @on(Runs.Listed)
    def _load_networks(self) -> None:
        """Not sooner: while PyTorch is loaded little else gets its turn."""
        self._load_configs()
        if not self._loading:
            self._loading = True
            in_background(self, self._catalogue.networks, self._built)

    def _built(self, known: dict[str, Known]) -> None:
        self._catalogue.take(known)
        self._describe()

    # The runs.

    def _look_again(self) -> None:
        if self.app.screen is self:  # is_current is also the one below it, and would be painted
            self._show_now()
            self.query_one(Runs).look_again()

    @on(Runs.Unreadable)
    def _cannot_list(self, message: Runs.Unreadable) -> None:
        self._runs = {}
        self.query_one(Runs).show([], [("", message.reason)])
        self._load_networks()

    @on(Runs.Found)
    def _list_runs(self, message: Runs.Found) -> None:
        from core.runs.summary import oldest_first

        before, found = self._runs.get(self._chosen), message.runs
        self._runs = {each.run_id: each for each in found}
        self.query_one(Runs).show(oldest_first(found)[::-1], NONE_YET)
        known = self._catalogue.entry(self._chosen) if self._an_experiment else None
        self._list_experiments()
        if self._an_experiment:
            changed = known != self._catalogue.entry(self._chosen)  # it took another time
        else:
            changed = before != self._runs.get(self._chosen)
        if changed:
            self._describe()
        self.refresh_bindings()

    def _list_experiments(self) -> None:
        """With what they lack, and how long they took here the last time."""
        self._catalogue.take_times(self._runs.values())
        self.query_one(Experiments).show(self._catalogue.entries())

    def _show_now(self) -> None:
        """What trains, or has ended last, beside the name of the program."""
        now = progress_of(self._trainer)
        text = str(now) if now.state else "o  opens your own table"
        text += f"  {waits}" if (waits := str(self._trainer.queue)) else ""
        if text != self._told:
            self._told = text
            self.query_one("#now", Static).update(Text(text))
            self.refresh_bindings()  # whether something can be watched

    # Finding.

    @property
    def TYPING(self) -> bool:
        """Whether a letter is a letter."""
        return isinstance(self.focused, Input)

    def line_of(self, listing: Listing[Any]) -> FindLine:
        """That in which is typed what is to be found in a list."""
        return self.query_one(f"#find-{listing.id}", FindLine)

    @on(Input.Changed)
    def _find(self, event: Input.Changed) -> None:
        event.stop()
        listing = next(each for each in self.query(Listing) if self.line_of(each) is event.input)
        listing.find(event.value)

    @on(FindLine.Done)
    def _found(self) -> None:
        if self._list is not None:
            self._list.focus()

    # What the chosen one is about.

    @property
    def _chosen(self) -> str:
        """The experiment or run under the cursor of the list that has the focus, or had it last."""
        return self._list.key if self._list else ""

    @property
    def _an_experiment(self) -> bool:
        """Whether that is an experiment which is known."""
        return isinstance(self._list, Experiments) and self._chosen in self._catalogue.configs

    @on(Listing.Moved)
    def _moved(self) -> None:
        self._describe()
        self.refresh_bindings()  # whether it can be resumed

    def on_descendant_focus(self) -> None:
        if isinstance(self.focused, Listing):
            self._list = self.focused
        for line in self.query(FindLine):
            line.display = line is self.focused  # the list says what was typed
        self._describe()
        self.refresh_bindings()

    def _describe(self) -> None:
        chosen, about = self._chosen, self.query_one(About)
        if self._an_experiment:
            about.show_experiment(chosen, self._catalogue)
        elif chosen in self._runs:
            self._run_list.want(chosen)
            about.show_run(self._runs[chosen], self._trainer.root, self._run_list.labels.get(chosen))
