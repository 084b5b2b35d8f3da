"""The start screen: what there is to train, the runs so far, and what the chosen one is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Static

from core.errors import UserError
from core.presets import FIRST, preset_names
from tui.keys.action import bindings
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
from tui.widgets.footer import Keys
from tui.widgets.too_small import TooSmall

if TYPE_CHECKING:
    from core.experiment.schema import RunConfig
    from core.experiment.search import SearchConfig
    from core.runs.summary import Summary


RESUMABLE = ("stopped", "failed", "interrupted")
NONE_YET = (
    "Your runs will stand here, with their score, their loss and their time.",
    "",
    "Enter   trains the chosen experiment",
    "c       changes its settings first",
    "n       a new experiment on any dataset",
    "o       on a table of your own",
    "?       all keys",
)


class StartScreen(Screen[None]):
    """Chooses what to train or to look at; the app does it."""

    HORIZONTAL_BREAKPOINTS = [*TooSmall.HORIZONTAL, (100, "-medium"), (160, "-wide")]
    VERTICAL_BREAKPOINTS = TooSmall.VERTICAL
    ACTIONS = keys.START
    BINDINGS = bindings(keys.START)

    @dataclass
    class Train(Message):
        """Start a run of this config."""

        config: RunConfig | SearchConfig

    @dataclass
    class Change(Message):
        """Open the form for these settings."""

        tables: dict[str, Any]

    @dataclass
    class Open(Message):
        """Show this run."""

        run_id: str

    @dataclass
    class Resume(Message):
        """Go on with this run."""

        run_id: str

    class OpenTable(Message):
        """Choose a table of one's own, and begin an experiment on it."""

        def __init__(self, dataset: str = "") -> None:
            """`dataset`: which is to read it; empty: the usual one."""
            super().__init__()
            self.dataset = dataset

    class Watch(Message):
        """Show the run that is training."""

    def __init__(self, trainer: Trainer, pace: Pace | None = None) -> None:
        super().__init__()
        self._trainer, self._pace = trainer, pace or Pace()
        self._catalogue = Catalogue(trainer)
        self._run_list = RunList(trainer.root, lambda: trainer.busy)
        self._runs: dict[str, Summary] = {}
        self._list: Listing[Any] | None = None
        self._told = ""

    def compose(self) -> ComposeResult:
        with Horizontal(id="title"):
            yield Static(Text("nntui  ", "bold").append("train neural networks in the terminal", "not bold"), id="name")
            yield Static(id="now", markup=False)
        with Horizontal():
            with Vertical(id="lists"):
                yield Experiments(id="experiments")
                yield Runs(self._run_list, id="runs")
            yield About(id="about")
        yield Keys()
        yield TooSmall()

    def on_mount(self) -> None:
        experiments, runs = self.query_one(Experiments), self.query_one(Runs)
        experiments.border_title, runs.border_title = "Experiments", "Runs"
        experiments.show([Entry(name) for name in preset_names()])
        experiments.choose(FIRST)
        experiments.focus()
        self._list = experiments
        self.call_after_refresh(self._load_configs)
        self.set_interval(max(1.0, self._pace.paint), self._look_again)

    def on_screen_resume(self) -> None:
        self._show_now()
        self.call_after_refresh(self.query_one(Runs).read)

    # Behind the first paint: what the experiments are; PyTorch, which takes seconds; their data.

    def _load_configs(self) -> None:
        if self._catalogue.configs:
            return
        self._catalogue.load()
        self._list_experiments()
        self._describe()
        in_background(self, self._catalogue.networks, self._built)

    def _built(self, known: dict[str, Known]) -> None:
        self._catalogue.take(known)
        self._describe()

    # The runs.

    def _look_again(self) -> None:
        if self.is_current:
            self._show_now()
            self.query_one(Runs).look_again()

    @on(Runs.Unreadable)
    def _cannot_list(self, message: Runs.Unreadable) -> None:
        self._runs = {}
        self.query_one(Runs).show([], [Text(message.reason)])

    @on(Runs.Found)
    def _list_runs(self, message: Runs.Found) -> None:
        from core.runs.summary import oldest_first

        before, found = self._runs.get(self._chosen), message.runs
        self._runs = {each.run_id: each for each in found}
        self.query_one(Runs).show(oldest_first(found)[::-1], [Text(line) for line in NONE_YET])
        self._list_experiments()
        if isinstance(self._list, Runs) and self._runs.get(self._chosen) != before:
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
        if text != self._told:
            self._told = text
            self.query_one("#now", Static).update(Text(text))
            self.refresh_bindings()  # whether something can be watched

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
        self._describe()
        self.refresh_bindings()

    def _describe(self) -> None:
        chosen, about = self._chosen, self.query_one(About)
        if self._an_experiment:
            about.show_experiment(chosen, self._catalogue)
        elif chosen in self._runs:
            self._run_list.want(chosen)
            about.show_run(self._runs[chosen], self._trainer.root)

    # Keys.

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        match action:
            case "watch":
                return self._trainer.busy
            case "resume":
                run = self._runs.get(self._chosen)
                return run is not None and run.status in RESUMABLE
            case "fetch":
                return self._an_experiment and self._catalogue.lacks(self._chosen)
            case _:
                return True

    @on(Listing.Opened)
    def _opened(self) -> None:
        self._load_configs()  # else for a key that came before the first paint
        chosen = self._chosen
        if not self._an_experiment:
            if chosen in self._runs:
                self.post_message(self.Open(chosen))
        elif self._catalogue.lacks(chosen):
            self._fetch(chosen, then_train=True)
        else:
            self.post_message(self.Train(self._catalogue.configs[chosen]))

    def action_fetch(self) -> None:
        self._fetch(self._chosen, then_train=False)

    def _fetch(self, name: str, *, then_train: bool) -> None:
        """Ask, unless that was asked for, and fetch the files of an experiment."""
        from tui.dialogs.download import DownloadDialog

        lacking = self._catalogue.lacking(name)

        def fetched(there: bool | None) -> None:
            self._catalogue.look_for_files()
            self._list_experiments()
            self._describe()
            self.refresh_bindings()
            if there and then_train:
                self.post_message(self.Train(self._catalogue.configs[name]))

        if lacking is None:  # they have come meanwhile
            fetched(True)
        else:
            self.app.push_screen(DownloadDialog(name, lacking, at_once=not then_train), fetched)

    def action_change(self) -> None:
        """The form, with the settings of what is chosen."""
        from core.experiment.draft import Draft
        from core.experiment.resolve import read
        from core.experiment.search import SearchConfig, resolve
        from core.runs.folder import RunDir

        chosen = self._chosen
        if chosen in self._runs:
            experiment = str(RunDir(self._trainer.root / chosen).config)
        elif chosen:
            experiment = chosen
        else:
            return
        try:
            tables = read(experiment)
            found = resolve(tables)
            if isinstance(found, SearchConfig):
                axis = found.axes[0].key
                self.notify(
                    f"A search is changed in its TOML file, or with --set: nntui run {experiment} --set {axis}=…",
                    markup=False,
                )
                return
            Draft(tables)  # one that this version knows
        except UserError as error:
            self.notify(str(error), severity="error", markup=False)
            return
        self.post_message(self.Change(tables))

    def action_new(self) -> None:
        """Ask for a dataset, then the form with what suits it."""
        from core.datasets import DATASETS
        from core.experiment.begin import new_experiment
        from tui.dialogs.choose import Choose

        def chosen(name: str | None) -> None:
            if name is None:
                return
            if "table" in DATASETS[name].facts:  # nothing suits it before its columns are known
                self.post_message(self.OpenTable(name))
            else:
                self.post_message(self.Change(new_experiment(name)))

        self.app.push_screen(Choose("A new experiment on which dataset?", datasets()), chosen)

    def action_open_table(self) -> None:
        self.post_message(self.OpenTable())

    def action_resume(self) -> None:
        if self._chosen in self._runs:
            self.post_message(self.Resume(self._chosen))

    def action_watch(self) -> None:
        self.post_message(self.Watch())


def datasets() -> list[tuple[str, str, str]]:
    """To begin a new experiment on."""
    from core.datasets import DATASETS

    return [(name, DATASETS[name].summary, "") for name in DATASETS.names]
