"""Some trials of a search, without listing all of its cells."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from core.errors import ConfigError
from core.experiment.axes import Cell
from core.experiment.schema import RunConfig
from core.experiment.search import SearchConfig


def some_trials(config: SearchConfig, most: int) -> list[RunConfig]:
    """About so many at most, from all over the search, the first and the last cell among them, each with its repeats;
    without cells whose values do not go together."""
    found = []
    repeats = min(config.keys.repeats, most)
    for place, cell in enumerate(_cells(config, max(1, most // repeats))):
        for repeat in range(repeats):
            try:
                found.append(config.trial(config.applicable(cell), 1 + place * repeats + repeat))
            except ConfigError:
                break
    return found


def _cells(config: SearchConfig, most: int) -> Iterator[Cell]:
    n = config.n_trials // config.keys.repeats
    if config.keys.method == "grid" or (config.n_cells is not None and n == config.n_cells):
        places = range(n) if n <= most else [i * (n - 1) // (most - 1) for i in range(most)]
        yield from (_cell(config, place) for place in places)
        return
    rng = np.random.default_rng(config.base.seed)
    for _ in range(min(n, most)):
        yield {axis.key: axis.draw(rng) for axis in config.axes}


def _cell(config: SearchConfig, place: int) -> Cell:
    """The cell of the grid with this number, from 0; the last axis runs fastest."""
    found: Cell = {}
    for axis in reversed(config.axes):
        place, at = divmod(place, len(axis.values))
        found[axis.key] = axis.values[at]
    return {axis.key: found[axis.key] for axis in config.axes}
