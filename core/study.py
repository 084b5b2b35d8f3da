"""Which cell of a search is tried next: all of a grid, some at random, or those that Optuna's TPE thinks good.

No cell is tried twice. A trial's number follows from its cell's place and its repeat alone, and so does its seed.
"""

from __future__ import annotations

import json
import logging
import math
import statistics
import warnings
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, cast

import numpy as np

from core.events import TrialStatus
from core.search_config import Axis, Cell, SearchConfig
from core.trials import Trial, Trials

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.trial import FrozenTrial
    from optuna.trial import Trial as OptunaTrial

BATCH = 10
"""Cells that TPE proposes at a time: they train side by side."""
SIDE_BY_SIDE = 2048
"""Trials of a list that are given out at a time."""
ATTEMPTS = 50
"""Proposals, until one is taken at random instead that has not been tried."""


@dataclass(frozen=True)
class Asked:
    """A trial to train."""

    number: int
    cell: Cell


@dataclass(frozen=True)
class Told:
    """What has become of one. `score` is what it is ranked by after `epochs`, NaN where there is none."""

    status: TrialStatus
    epochs: int
    score: float
    reason: str = ""


class Study(Protocol):
    """Gives out the trials of a search."""

    total: int
    """Networks that it will have trained, at most."""

    def ask(self) -> list[Asked] | None:
        """Trials to train now. An empty list: there will be no more; None: not now, ask again."""

    def tell(self, number: int, told: Told) -> None: ...


class Listed:
    """The cells are known from the beginning. One repeat of all cells comes before the next."""

    def __init__(self, cells: list[Cell], repeats: int, known: Iterable[int] = ()) -> None:
        """`known` are the numbers of trials that are over or under way already."""
        self.total = len(cells) * repeats
        known = set(known)
        self._todo = [Asked(i + 1, cells[i % len(cells)]) for i in range(self.total) if i + 1 not in known]

    def ask(self) -> list[Asked]:
        given, self._todo = self._todo[:SIDE_BY_SIDE], self._todo[SIDE_BY_SIDE:]
        return given

    def tell(self, number: int, told: Told) -> None:
        """Changes nothing."""


class Proposed:
    """Cells near good ones, by the tree-structured Parzen estimator (Bergstra et al., 2011) of Optuna."""

    def __init__(
        self,
        config: SearchConfig,
        trials: Trials,
        under_way: Mapping[int, Cell],
        given: Collection[int] | None = None,
    ) -> None:
        """`given` are the numbers that were given out; if not told, of all that are known. Of the others `trials` may
        know the cells: those of a batch that is proposed once more."""
        self._config, self._repeats = config, config.keys.repeats
        self._n = config.n_trials // self._repeats
        self.total = config.n_trials
        self._cells: dict[int, Cell] = {}
        """By place, from 0."""
        self._logged: dict[int, Cell] = {}
        """Of places that are not given out."""
        self._tried: set[str] = set()
        self._told: dict[int, Told] = {}
        known = set(under_way)
        cells = {trial.number: trial.cell for trial in trials} | dict(under_way)
        for number in sorted(cells):
            if given is None or number in given:
                self._remember(self._place(number), cells[number])
            else:
                self._logged.setdefault(self._place(number), cells[number])
        for trial in trials:
            if trial.over and trial.number not in under_way and (given is None or trial.number in given):
                known.add(trial.number)
                self.tell(trial.number, told_of(trial, trials))
        self._again = [
            Asked(n, self._cells[p]) for p in sorted(self._cells) for n in self._numbers(p) if n not in known
        ]

    def _place(self, number: int) -> int:
        return (number - 1) // self._repeats

    def _numbers(self, place: int) -> range:
        return range(place * self._repeats + 1, (place + 1) * self._repeats + 1)

    def _remember(self, place: int, cell: Cell) -> None:
        self._cells[place] = cell
        self._tried.add(identity(cell))

    def tell(self, number: int, told: Told) -> None:
        self._told[number] = told

    def ask(self, most: int | None = None) -> list[Asked]:
        """`most` new cells, all repeats of each; if not given, the rest of a batch.

        A batch of which not all is known is proposed once more, from what was known before it: so its cells are the
        same as if the search had not been cut off. Where the log tells of one, that one holds.
        """
        if self._again:
            again, self._again = self._again, []
            return again
        missing = next((place for place in range(self._n) if place not in self._cells), self._n)
        first = missing if most is not None else missing - missing % BATCH
        later = {place: self._cells.pop(place) for place in list(self._cells) if place >= first}
        self._tried = {identity(cell) for cell in self._cells.values()}
        proposed = list(self._propose(first, min(most or BATCH, self._n - first)))
        taken = {identity(cell) for cell in (*later.values(), *self._logged.values())}
        for place, cell in later.items():
            self._remember(place, cell)
        asked: list[Asked] = []
        for place, cell in enumerate(proposed, first):
            if place in later:
                continue
            if place in self._logged:
                cell = self._logged.pop(place)
            elif identity(cell) in taken:  # proposed by another version of Optuna
                fresh = next(self._propose(self._n + place, 1), None)
                if fresh is None:
                    break
                cell = fresh
            self._remember(place, cell)
            asked += [Asked(number, cell) for number in self._numbers(place)]
        return asked

    def _propose(self, first: int, most: int) -> Iterator[Cell]:
        import optuna

        optuna.logging.set_verbosity(logging.WARNING)
        seed = [self._config.base.seed, first]
        rng = np.random.default_rng(np.random.SeedSequence(seed))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            sampler = optuna.samplers.TPESampler(
                seed=int(rng.integers(2**31)), multivariate=True, constant_liar=True, n_startup_trials=BATCH
            )
        study = optuna.create_study(
            sampler=sampler, direction="minimize" if self._config.lower_is_better else "maximize"
        )
        spaces = {axis.key: Space.of(axis) for axis in self._config.axes}
        study.add_trials([found for place in sorted(self._cells) if (found := self._frozen(place, spaces)) is not None])
        for _ in range(most):
            cell = self._one(study, spaces, rng)
            if cell is None:
                return
            self._tried.add(identity(cell))
            yield cell

    def _one(self, study: Any, spaces: dict[str, Space], rng: np.random.Generator) -> Cell | None:
        """A cell that has not been tried; None when there is none left."""
        for attempt in range(2 * ATTEMPTS):
            trial: OptunaTrial = study.ask({key: space.distribution for key, space in spaces.items()})
            if attempt < ATTEMPTS:
                drawn = {key: space.value(trial.params[key]) for key, space in spaces.items()}
            else:
                drawn = {axis.key: axis.draw(rng) for axis in self._config.axes}
            cell = self._config.applicable(drawn)
            if identity(cell) not in self._tried:
                return cell
            study.tell(trial, state=_states().FAIL)
        left = [cell for cell in distinct(self._config) if identity(cell) not in self._tried]
        return left[int(rng.integers(len(left)))] if left else None

    def _frozen(self, place: int, spaces: dict[str, Space]) -> FrozenTrial | None:
        """A cell that has been tried, as Optuna knows it, or is under way elsewhere; None where nothing came of it."""
        from optuna.trial import create_trial

        every = [self._told[number] for number in self._numbers(place) if number in self._told]
        told = [each for each in every if each.status != "failed" and math.isfinite(each.score)]
        if every and not told:
            return None
        params = {key: space.parameter(self._cells[place].get(key)) for key, space in spaces.items()}
        distributions = {key: space.distribution for key, space in spaces.items()}
        if not told:
            return create_trial(state=_states().RUNNING, params=params, distributions=distributions)
        score = statistics.fmean(each.score for each in told)
        pruned = all(each.status == "pruned" for each in told)
        return create_trial(
            state=_states().PRUNED if pruned else _states().COMPLETE,
            value=score,
            params=params,
            distributions=distributions,
            intermediate_values={max(each.epochs for each in told): score},
        )


@dataclass(frozen=True)
class Space:
    """An axis as Optuna sees it: numbers of a list by their place in order, other values by name."""

    distribution: BaseDistribution
    values: tuple[Any, ...] = ()

    @classmethod
    def of(cls, axis: Axis) -> Space:
        from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

        if not axis.values:
            return cls(FloatDistribution(axis.low, axis.high, log=axis.log))
        if all(isinstance(value, int | float) and not isinstance(value, bool) for value in axis.values):
            return cls(IntDistribution(0, len(axis.values) - 1), tuple(sorted(axis.values)))
        return cls(CategoricalDistribution([str(i) for i in range(len(axis.values))]), axis.values)

    def value(self, parameter: Any) -> Any:
        return self.values[int(parameter)] if self.values else parameter

    def parameter(self, value: Any) -> Any:
        """None, where the axis does not apply, is like its first value."""
        from optuna.distributions import CategoricalDistribution, FloatDistribution

        if isinstance(self.distribution, FloatDistribution):
            return self.distribution.low if value is None else value
        place = 0 if value is None else self.values.index(value)
        return str(place) if isinstance(self.distribution, CategoricalDistribution) else place


def _states() -> Any:
    from optuna.trial import TrialState

    return TrialState


def open_study(
    config: SearchConfig, trials: Trials, under_way: Mapping[int, Cell], given: Collection[int] | None = None
) -> Study:
    """The study of a search on this machine, where earlier sessions came to `trials`, and those of the numbers and
    cells `under_way` need not be given out again. `given`: all that were given out; if not told, what is over or under
    way."""
    if config.keys.method == "tpe":
        return Proposed(config, trials, under_way, given)
    if given is None:
        given = {trial.number for trial in trials if trial.over} | set(under_way)
    return Listed(listed_cells(config), config.keys.repeats, given)


def told_of(trial: Trial, trials: Trials) -> Told:
    """What has become of a trial that is over."""
    assert trial.over
    return Told(cast("TrialStatus", trial.state), trial.epoch, trials.score(trial), trial.reason)


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
