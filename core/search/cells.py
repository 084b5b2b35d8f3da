"""The cells of a search, listed: of a grid all of them, of lists the distinct ones."""

from __future__ import annotations

import json

import numpy as np

from core.experiment.axes import Cell
from core.experiment.search import SearchConfig


def listed_cells(config: SearchConfig) -> list[Cell]:
    """The cells of a grid, or of a search at random: the same ones whenever it is asked."""
    most = config.keys.trials
    if config.keys.method == "grid":
        cells = distinct(config)
        return cells if most is None else cells[:most]
    if config.n_cells is not None and config.n_cells <= 10**6:
        cells = distinct(config)
        order = np.random.default_rng(np.random.SeedSequence([config.base.seed, 0])).permutation(len(cells))
        return [cells[i] for i in order[:most]]
    if config.n_cells is not None:
        most = min(most or config.n_cells, config.n_cells)
    rng, found, tried = np.random.default_rng(np.random.SeedSequence([config.base.seed, 0])), list[Cell](), set[str]()
    assert most is not None  # the config is refused without it
    in_vain = 0
    while len(found) < most and in_vain < 1000:
        cell = config.applicable({axis.key: axis.draw(rng) for axis in config.axes})
        in_vain += 1
        if identity(cell) not in tried:
            tried.add(identity(cell))
            found.append(cell)
            in_vain = 0
    return found


def distinct(config: SearchConfig) -> list[Cell]:
    """The cells of the grid, each experiment once: a linear model has no `n_units`, so all its cells are the same."""
    if not any(axis.key.endswith(".name") for axis in config.axes):
        return list(config.grid())
    found: dict[str, Cell] = {}
    for cell in map(config.applicable, config.grid()):
        found.setdefault(identity(cell), cell)
    return list(found.values())


def identity(cell: Cell) -> str:
    """Equal for equal cells."""
    return json.dumps(cell, sort_keys=True)
