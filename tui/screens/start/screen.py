"""The start screen: the experiments, the runs so far, and what the chosen one is about."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.screen import Screen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from core.errors import UserError
from core.presets import FIRST, preset_names
from core.system.folders import data_root
from tui.keys.action import bindings
from tui.live.background import in_background
from tui.live.trainer import Trainer
from tui.screens.start import keys
from tui.screens.start.about import About, base_of
from tui.system import responsive
from tui.widgets.footer import Keys
from tui.widgets.options import Options
from tui.widgets.states import SYMBOLS
from tui.widgets.too_small import TooSmall

if TYPE_CHECKING:
    from core.experiment.schema import RunConfig
    from core.experiment.search import SearchConfig
    from core.runs.summary import Summary


RESUMABLE = ("stopped", "failed", "interrupted")


class Choices(Options):
    """A list of fixed height: Textual cannot measure options in a window of one column."""

    DEFAULT_CSS = """
    Choices { height: 1fr; text-wrap: nowrap; text-overflow: ellipsis; }
    """


class Experiments(Choices):
    """Enter trains the highlighted one."""

    ACTIONS = keys.EXPERIMENTS
    BINDINGS = bindings(keys.EXPERIMENTS)


class Runs(Choices):
    """Enter opens the highlighted one."""

    ACTIONS = keys.RUNS
    BINDINGS = bindings(keys.RUNS)


class StartScreen(Screen[None]):
    """Chooses what to train or to look at; the app does it."""

    HORIZONTAL_BREAKPOINTS = TooSmall.HORIZONTAL
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

    def __init__(self, trainer: Trainer) -> None:
        super().__init__()
        self._trainer = trainer
        self._configs: dict[str, RunConfig | SearchConfig] = {}
        self._layers: dict[str, list[dict[str, Any]]] = {}
        self._runs: dict[str, Summary] = {}
        self._list: OptionList | None = None

    def compose(self) -> ComposeResult:
        title = Text("nntui  train neural networks in the terminal", style="bold")
        yield Static(title.append("    o opens your own table", style="not bold dim"), id="title", markup=False)
        with Horizontal():
            with Vertical(id="lists"):
                yield Experiments(*(Option(Text(n), id=n) for n in preset_names()), id="experiments", markup=False)
                yield Runs(id="runs", markup=False)
            yield About(id="about")
        yield Keys()
        yield TooSmall()

    def on_mount(self) -> None:
        self.query_one("#experiments").border_title = "Experiments"
        self.query_one("#runs").border_title = "Runs"
        experiments = self.query_one("#experiments", OptionList)
        experiments.highlighted = preset_names().index(FIRST) if FIRST in preset_names() else 0
        experiments.focus()
        self.call_after_refresh(self._load_configs)

    def on_screen_resume(self) -> None:
        self.call_after_refresh(in_background, self, self._read_runs, self._list_runs, self._cannot_list)

    # Behind the first paint: what the experiments are; PyTorch, which takes seconds; and maybe thousands of runs.

    def _load_configs(self) -> None:
        from core.experiment import open

        if self._configs:
            return
        self._configs = {name: open.load(name) for name in preset_names()}
        self._describe()
        in_background(self, self._build_networks, self._built)

    def _build_networks(self) -> dict[str, list[dict[str, Any]]]:
        from core.network.layers import expected_layers
        from core.sessions import network  # noqa: F401  (loads what a run will need)

        if not self._trainer.busy:  # else what is being trained would be kept with it
            responsive.loaded()
        layers = {name: expected_layers(base_of(preset)) for name, preset in self._configs.items()}
        return {name: each for name, each in layers.items() if each is not None}

    def _built(self, layers: dict[str, list[dict[str, Any]]]) -> None:
        self._layers = layers
        self._describe()

    def _read_runs(self) -> list[Summary]:
        from core.runs import summary
        from core.runs.find import all_runs

        found = []
        for run_dir in all_runs(self._trainer.root):
            try:
                found.append(summary.read(run_dir))
            except (UserError, OSError):  # removed, or not readable: then it is not in the list
                continue
        return summary.oldest_first(found)[::-1]

    def _cannot_list(self, reason: str) -> None:
        self._runs = {}
        runs = self.query_one("#runs", OptionList)
        runs.clear_options()
        runs.add_option(Option(Text(reason, style="dim"), disabled=True))

    def _list_runs(self, found: list[Summary]) -> None:
        runs = self.query_one("#runs", OptionList)
        chosen = runs.highlighted_option.id if runs.highlighted_option else None
        self._runs = {each.run_id: each for each in found}
        runs.clear_options()
        runs.add_options([Option(self._line(each), id=each.run_id) for each in found])
        if not found:
            runs.add_option(Option(Text("none yet: press Enter on an experiment", style="dim"), disabled=True))
        else:
            stays = runs.has_focus and chosen in self._runs
            runs.highlighted = runs.get_option_index(chosen) if chosen and stays else 0
        self._describe()
        self.refresh_bindings()

    @staticmethod
    def _line(run: Summary) -> Text:
        when = f"{run.run_id[4:6]}-{run.run_id[6:8]} {run.run_id[9:11]}:{run.run_id[11:13]}"
        trials = f"{run.trials_ended}/{run.trials} " if run.trials else ""
        return Text(f"{SYMBOLS.get(run.status, ' ')} {when} {trials}{run.name}", overflow="ellipsis", no_wrap=True)

    # What the highlighted one is about.

    @property
    def _chosen(self) -> str | None:
        """The id of the highlighted experiment or run, in the list that has the focus, or had it last."""
        if isinstance(self.focused, OptionList) and self.focused.highlighted_option:
            self._list = self.focused
        option = self._list.highlighted_option if self._list else None
        return option.id if option else None

    @on(OptionList.OptionHighlighted)
    def _highlighted(self) -> None:
        self._describe()
        self.refresh_bindings()  # whether it can be resumed

    def on_descendant_focus(self) -> None:
        self._describe()
        self.refresh_bindings()

    def _describe(self) -> None:
        chosen, about = self._chosen, self.query_one(About)
        if chosen in self._configs:
            about.show_experiment(chosen, self._configs[chosen], self._layers.get(chosen), self._data_dir)
        elif chosen in self._runs:
            about.show_run(self._runs[chosen])

    @property
    def _data_dir(self) -> Path:
        return Path(self._trainer.data_dir) if self._trainer.data_dir else data_root()

    # Keys.

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "watch":
            return self._trainer.busy
        if action == "resume":
            run = self._runs.get(self._chosen or "")
            return run is not None and run.status in RESUMABLE
        return True

    @on(OptionList.OptionSelected)
    def _selected(self) -> None:
        if not self._configs:  # a key that came before the first paint
            self._load_configs()
        chosen = self._chosen
        if chosen in self._configs:
            self.post_message(self.Train(self._configs[chosen]))
        elif chosen in self._runs:
            self.post_message(self.Open(chosen))

    def action_change(self) -> None:
        """The form, with the settings of what is highlighted."""
        from core.experiment.draft import Draft
        from core.experiment.open import tables_of
        from core.runs.folder import RunDir

        chosen = self._chosen
        if chosen in self._runs:
            experiment = str(RunDir(self._trainer.root / chosen).config)
        elif chosen is not None:
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
