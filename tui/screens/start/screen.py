"""The start screen: what its keys do with what is chosen in its panes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from textual import on
from textual.message import Message

from core.errors import UserError
from tui.keys.action import bindings
from tui.screens.start import keys
from tui.screens.start.listing import Listing
from tui.screens.start.panes import Panes

if TYPE_CHECKING:
    from core.experiment.schema import RunConfig
    from core.experiment.search import SearchConfig
    from core.runs.labels import Labels
    from core.runs.summary import Summary


RESUMABLE = ("stopped", "failed", "interrupted")


class StartScreen(Panes):
    """Chooses what to train or to look at; the app does it."""

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

    @dataclass
    class AllRuns(Message):
        """Show the runs in a table of their own."""

        known: list[tuple[Summary, Labels]]
        """As far as they have been read here: of long logs maybe only a glance."""

    # Keys.

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if self.TYPING:
            return action not in {each.action for each in keys.START}
        match action:
            case "clear":
                return self._filtered is not None
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
        from core.experiment.open import tables_of
        from core.runs.folder import RunDir

        chosen = self._chosen
        if chosen in self._runs:
            experiment = str(RunDir(self._trainer.root / chosen).config)
        elif chosen:
            experiment = chosen
        else:
            return
        try:
            tables = tables_of(experiment)
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

    def action_find(self) -> None:
        if self._list is not None:
            self.line_of(self._list).open()

    @property
    def _filtered(self) -> Listing[Any] | None:
        """The list whose rows are not all there: the one that is looked at, else the other."""
        lists = sorted(self.query(Listing), key=lambda each: each is not self._list)
        return next((each for each in lists if each.wanted), None)

    def action_clear(self) -> None:
        if (listing := self._filtered) is not None:
            self.line_of(listing).value = ""

    def action_open_table(self) -> None:
        self.post_message(self.OpenTable())

    def action_resume(self) -> None:
        if self._chosen in self._runs:
            self.post_message(self.Resume(self._chosen))

    def action_all_runs(self) -> None:
        from core.runs.labels import NONE

        given = self._run_list.labels
        self.post_message(self.AllRuns([(run, given.get(run.run_id, NONE)) for run in self._runs.values()]))

    def action_watch(self) -> None:
        self.post_message(self.Watch())


def datasets() -> list[tuple[str, str, str]]:
    """To begin a new experiment on."""
    from core.datasets import DATASETS

    return [(name, DATASETS[name].summary, "") for name in DATASETS.names]
