"""From a file to an experiment on it, screen by screen; Esc goes one step back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tui.live.trainer import Trainer
from tui.screens.start.screen import StartScreen
from tui.shell import Shell

if TYPE_CHECKING:
    from core.experiment.schema import RunConfig
    from core.experiment.search import SearchConfig
    from core.tables.choices import Choices
    from tui.screens.own_table.rows import Outcome


class FromATable(Shell):
    """The app's way with tables of one's own; at its end it trains."""

    def __init__(self, trainer: Trainer) -> None:
        super().__init__()
        self.trainer = trainer
        self._table: Path | None = None
        """The file that was chosen last."""
        self._reader = ""
        """The dataset that is to read a table, where it is not the usual one."""
        self._tables: dict[Path, Choices] = {}
        """What was chosen about each."""

    def _train(self, config: RunConfig | SearchConfig) -> None:
        raise NotImplementedError

    def on_start_screen_open_table(self, message: StartScreen.OpenTable) -> None:
        self._reader = message.dataset
        self._choose_table()

    def _choose_table(self) -> None:
        from tui.screens.own_table.file_screen import FilesScreen

        if not isinstance(self.screen, FilesScreen):
            self.push_screen(FilesScreen(self._table), self._look_at_table)

    def _look_at_table(self, path: Path | None) -> None:
        from core.tables.choices import Choices

        if path is not None:
            self._table = path
            known = self._tables.get(path) or Choices(str(path))
            self._choose_columns(replace(known, dataset=self._reader or Choices.dataset))

    def _choose_columns(self, choices: Choices) -> None:
        from tui.screens.own_table.screen import TableScreen

        self.push_screen(TableScreen(choices), self._experiment_on)

    def _experiment_on(self, outcome: Outcome | None) -> None:
        from core.experiment.begin import experiment_on
        from tui.screens.experiment.screen import ExperimentScreen

        if outcome is None:
            return
        choices = self._tables[Path(outcome.choices.path)] = outcome.choices
        if outcome.section is None:
            self._choose_table()
            return

        def left(config: RunConfig | SearchConfig | None) -> None:
            if config is None:
                self._choose_columns(choices)
            else:
                self._train(config)

        tables = experiment_on(outcome.section, outcome.task, outcome.rows)
        self.push_screen(ExperimentScreen(self.trainer, tables), left)
