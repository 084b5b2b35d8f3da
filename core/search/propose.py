"""Cells by Optuna's samplers: what is asked of a study, and what it is told."""

from __future__ import annotations

import logging
import math
import statistics
import warnings
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from core.experiment.axes import Axis, Cell
from core.experiment.search import SearchConfig
from core.history.trials import Trials
from core.search.cells import distinct, identity, listed_cells
from core.search.study import Asked, Listed, Study, Told, told_of

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.trial import FrozenTrial
    from optuna.trial import Trial as OptunaTrial


BATCH = 10
"""Cells that TPE proposes at a time: they train side by side."""
ATTEMPTS = 50
"""Proposals, until one is taken at random instead that has not been tried."""


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
