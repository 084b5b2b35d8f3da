"""Catalogue: what is known of the experiments: their settings, networks and data, what they teach, lack and take."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from core.presets import lesson_of, preset_names
from core.system.folders import data_root
from tui.live.download import Lacking, lacking_files
from tui.live.trainer import Trainer
from tui.screens.start.experiments import Entry
from tui.screens.start.pages import Known, base_of
from tui.system import responsive
from tui.words.units import about, size

if TYPE_CHECKING:
    from core.components.registry import Component
    from core.experiment.schema import RunConfig
    from core.experiment.search import SearchConfig
    from core.runs.summary import Summary


class Catalogue:
    """`load` it after the first paint; `networks` and `data` are for a thread behind the screen."""

    def __init__(self, trainer: Trainer) -> None:
        self._trainer = trainer
        self.configs: dict[str, RunConfig | SearchConfig] = {}
        self._known: dict[str, Known] = {}
        self._lacks: dict[str, int] = {}
        self._looked_at: set[str] = set()
        """Those whose data were looked for."""
        self._took: dict[str, float] = {}

    def load(self) -> None:
        from core.experiment import open

        if not self.configs:
            self.configs = {name: open.load(name) for name in preset_names()}
            self.look_for_files()

    # What can be said at once.

    def entries(self) -> list[Entry]:
        """For the list, in the order of learning."""
        return [self.entry(name) for name in preset_names()]

    def entry(self, name: str) -> Entry:
        lesson, took = lesson_of(name), self._took.get(name)
        seconds = lesson.seconds if took is None else took
        return Entry(name, lesson.teaches, self._lacks.get(name, 0), seconds, took is not None)

    def take_times(self, runs: Iterable[Summary]) -> None:
        """How long each took the last time that it was trained to its end."""
        self._took = {}
        for run in sorted(runs, key=lambda each: each.run_id):
            if run.status == "completed" and self._as_long(run):
                self._took[run.name] = run.seconds

    def _as_long(self, run: Summary) -> bool:
        """Whether it was to be trained for as long as the preset of its name."""
        config = self.configs.get(run.name)
        if config is None:
            return False
        wanted = config.to_dict()
        return all(run.config.get(key) == wanted.get(key) for key in ("epochs", "iterations", "repeats", "trials"))

    def needs(self, name: str) -> str:
        """What it takes before it can be trained, and how long that will."""
        entry = self.entry(name)
        dataset = self.dataset(name).name
        files = "No download"
        if entry.missing > 0:
            files = f"Lacks the files of {dataset}, {size(entry.missing)}: F fetches them into {self.data_dir}"
        elif entry.missing < 0:
            files = f"The files of {dataset} are not in {self.data_dir}"
        elif self.dataset(name).facts.get("files"):
            files = f"The files of {dataset} are here"
        if entry.seconds is None:
            return files
        return f"{files}; took {entry.time} here" if entry.measured else f"{files}; about {about(entry.seconds)}"

    # Files.

    @property
    def data_dir(self) -> Path:
        return Path(self._trainer.data_dir) if self._trainer.data_dir else data_root()

    def dataset(self, name: str) -> Component:
        return base_of(self.configs[name]).component("dataset")

    def lacking(self, name: str) -> Lacking | None:
        """What has to be fetched for it, as of now."""
        return lacking_files(base_of(self.configs[name]), self._trainer.data_dir)

    def lacks(self, name: str) -> bool:
        """Whether files must be fetched before it can be trained, and can be."""
        return self._lacks.get(name, 0) > 0

    def look_for_files(self) -> None:
        """Again, after they may have come or gone."""
        self._lacks = {name: self._missing(name) for name in self.configs}

    def _missing(self, name: str) -> int:
        """Bytes; -1 where there is nowhere to fetch them."""
        from core.system.files import is_file

        lacking = self.lacking(name)
        if lacking is not None:
            return lacking.download.size or 1
        files = self.dataset(name).facts.get("files", ())
        return 0 if all(is_file(self.data_dir / file) for file in files) else -1

    # What takes a while.

    def known(self, name: str) -> Known:
        return self._known.get(name, Known())

    def networks(self) -> dict[str, Known]:
        """Loads PyTorch, which takes seconds."""
        from core.experiment.facts import facts_of
        from core.network.layers import expected_layers
        from core.sessions import network  # noqa: F401  (loads what a run will need)

        if not self._trainer.busy:  # else what is being trained would be kept with it
            responsive.loaded()
        bases = {name: base_of(config) for name, config in self.configs.items()}
        return {name: Known(expected_layers(base), True, facts_of(base).shape) for name, base in bases.items()}

    def take(self, known: dict[str, Known]) -> None:
        self._known = known

    @property
    def complete(self) -> bool:
        """Whether the networks are known."""
        return bool(self._known)

    def wants_data(self, name: str) -> bool:
        """Whether it is time to look at its data: not while something trains, from whose random numbers it might
        draw."""
        idle = self.complete and not self._trainer.busy and name not in self._looked_at
        return idle and self._lacks.get(name, 0) == 0

    def data(self, name: str) -> Known:
        """With a glimpse of its data. Raises DataError."""
        from core.data.glimpse import glimpse

        self._looked_at.add(name)
        config = base_of(self.configs[name]).with_data_dir(self._trainer.data_dir)
        return replace(self.known(name), data=glimpse(config))

    def take_data(self, name: str, known: Known) -> None:
        self._known[name] = known
