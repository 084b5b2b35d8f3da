"""Looker: what the experiment of a form would be: its network, its data, its cost. Slow, for a thread behind the
screen."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import UserError
from core.experiment.search import SearchConfig, run_of
from core.system.files import is_file
from tui.live.trainer import Trainer

if TYPE_CHECKING:
    from core.data.parts import Data
    from core.data.preview import Preview
    from core.experiment.schema import RunConfig
    from core.training.cost import Cost


TRIALS = 64
"""Networks of a search that are looked at, at most."""


@dataclass(frozen=True)
class Look:
    """What was found. `refusal`: why the data cannot be loaded, or the network cannot be built. `waits`: something of
    the user's own is not looked at before what trains is over, whose random numbers it could draw."""

    config: RunConfig | SearchConfig
    layers: list[dict[str, Any]] | None = None
    """Of the network; of a search of the largest one."""
    preview: Preview | None = None
    data: Data | None = None
    cost: Cost | None = None
    refusal: str = ""
    waits: bool = False
    parameters: tuple[int, int] | None = None
    """Of a search's smallest and largest network."""


class Looker:
    """Keeps the data of the latest look: most changes leave it as it is."""

    def __init__(self, trainer: Trainer) -> None:
        self._trainer = trainer
        self._asked = 0
        self._lock = threading.Lock()
        self._data_of: object = None
        self._preview: Preview | None = None
        self._data: Data | None = None

    def cancel(self) -> None:
        """What is being looked at is no longer wanted."""
        self._asked += 1

    def close(self) -> None:
        """No more looks: pictures are hundreds of megabytes."""
        self.cancel()
        self._data = self._preview = self._data_of = None

    def look(self, config: RunConfig | SearchConfig) -> Look | None:
        """Network and data, loaded if they are not those of the latest look; None where it was cancelled."""
        asked = self._asked
        with self._lock:  # one look at a time
            if asked != self._asked:
                return None
            run = run_of(config)
            try:
                found = self._look(run)
                return self._of_all(config, found, asked) if isinstance(config, SearchConfig) else found
            except UserError as error:
                return Look(config, layers=self._layers_if_any(run), refusal=str(error))

    def _of_all(self, config: SearchConfig, found: Look, asked: int) -> Look | None:
        """`found` of the first network of a search: the others may be larger."""
        from core.experiment.sample import some_trials

        sizes = []
        if not found.waits:
            for run in some_trials(config, TRIALS):
                if asked != self._asked:
                    return None
                layers = self._layers(run, found.data) if run.dataset == config.base.dataset else None
                sizes += [(sum(layer["parameters"] for layer in layers), layers)] if layers else []
        if not sizes:
            return replace(found, config=config)
        sizes.sort(key=lambda each: each[0])
        return replace(found, config=config, layers=sizes[-1][1], parameters=(sizes[0][0], sizes[-1][0]))

    def _look(self, config: RunConfig) -> Look:
        from core.data.depends import data_key
        from core.data.prepare import load_raw, prepare
        from core.data.preview import preview
        from core.network.build import pick_device

        there = config.with_data_dir(self._trainer.data_dir)
        written = _written(there)
        drawn = self._data is None or self._data.drawn
        looked, data = self._preview, self._data
        if data is None or self._data_of != (data_key(there, drawn=drawn), written):
            own = config.component("dataset").origin is not None
            with self._quiet() if own else nullcontext(True) as may:
                if not may:
                    return Look(config, self._layers(config, None), waits=True)
                raw = load_raw(there)
            looked = preview(raw, config.split, config.label_map)
            data = prepare(there, raw, pick_device(there.device))
            self._preview, self._data = looked, data
            self._data_of = (data_key(there, drawn=data.drawn), written)
        layers = self._layers(config, data)
        waits = layers is None and config.component("model").origin is not None
        return Look(config, layers, looked, data, waits=waits)

    @contextmanager
    def _quiet(self) -> Iterator[bool]:
        """Held while something of the user's own may draw random numbers; False: not now, something trains."""
        trainer = self._trainer
        while not trainer.quiet.acquire(timeout=0.1):
            if trainer.busy:
                yield False
                return
        try:
            yield not trainer.busy
        finally:
            trainer.quiet.release()

    def _layers(self, config: RunConfig, data: Data | None) -> list[dict[str, Any]] | None:
        """None where they are not known, or not now."""
        from core.network.layers import expected_layers

        facts = data.facts if data else None
        if config.component("model").origin is None:
            return expected_layers(config, facts)
        with self._quiet() as may:
            return expected_layers(config, facts) if may else None

    def _layers_if_any(self, config: RunConfig) -> list[dict[str, Any]] | None:
        """What is known of the network where something cannot be used; it may be the network."""
        try:
            return self._layers(config, None)
        except UserError:
            return None

    def with_cost(self, look: Look) -> Look | None:
        """After a short trial; None where it was cancelled, or something trains. One that waits is looked at again."""
        asked, trainer = self._asked, self._trainer

        def cancelled() -> bool:
            return asked != self._asked or trainer.busy

        if look.waits:
            again = None if cancelled() else self.look(look.config)
            return None if again is None or again.waits else again
        if look.data is None:
            return None
        while not trainer.quiet.acquire(timeout=0.1):  # a trial that was cancelled ends its step first
            if cancelled():
                return None
        try:
            cost = None if cancelled() else _measure(look, cancelled)
        except UserError as error:
            return replace(look, refusal=str(error))
        finally:
            trainer.quiet.release()
        return None if cost is None else replace(look, cost=cost)


def _measure(look: Look, cancelled: Callable[[], bool]) -> Cost | None:
    assert look.data is not None
    if isinstance(look.config, SearchConfig):
        from core.search.cost import measure_search

        return measure_search(look.config, look.data, cancelled)
    from core.sessions.cost import measure

    return measure(look.config, look.data, cancelled)


def _written(config: RunConfig) -> list[int]:
    """When the dataset's own files were written last."""
    found = []
    for key in config.component("dataset").facts.get("paths", ()):
        path = Path(str(config.dataset.get(key, "")))
        found.append(path.stat().st_mtime_ns if is_file(path) else 0)
    return found
