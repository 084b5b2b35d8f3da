"""Looker: what the experiment of a form would be: its network, its data, its cost. Slow, for a thread behind the
screen."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import UserError
from core.system.files import is_file
from tui.live.trainer import Trainer

if TYPE_CHECKING:
    from core.data.parts import Data
    from core.data.preview import Preview
    from core.experiment.schema import RunConfig
    from core.training.cost import Cost


@dataclass(frozen=True)
class Look:
    """What was found. `refusal`: why the data cannot be loaded, or the network cannot be built. `waits`: something of
    the user's own is not looked at before what trains is over, whose random numbers it could draw."""

    config: RunConfig
    layers: list[dict[str, Any]] | None = None
    preview: Preview | None = None
    data: Data | None = None
    cost: Cost | None = None
    refusal: str = ""
    waits: bool = False


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

    def look(self, config: RunConfig) -> Look | None:
        """Network and data, loaded if they are not those of the latest look; None where it was cancelled."""
        asked = self._asked
        with self._lock:  # one look at a time
            if asked != self._asked:
                return None
            try:
                return self._look(config)
            except UserError as error:
                return Look(config, layers=self._layers_if_any(config), refusal=str(error))

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
        from core.training.cost import measure

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
            cost = None if cancelled() else measure(look.config, look.data, cancelled)
        except UserError as error:
            return replace(look, refusal=str(error))
        finally:
            trainer.quiet.release()
        return None if cost is None else replace(look, cost=cost)


def _written(config: RunConfig) -> list[int]:
    """When the dataset's own files were written last."""
    found = []
    for key in config.component("dataset").facts.get("paths", ()):
        path = Path(str(config.dataset.get(key, "")))
        found.append(path.stat().st_mtime_ns if is_file(path) else 0)
    return found
