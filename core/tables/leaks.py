"""Columns that give the target away: that say it in other words, or from which it was computed. Needs no torch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core.tables.checks import target_values, values_of
from core.tables.finding import Finding, as_value
from core.tables.wishes import Wishes

if TYPE_CHECKING:
    import pandas as pd

    from core.tables.wishes import Plan

FEWEST = 20
"""Rows in which both are known that tell something."""
ROWS_EACH = 5
"""Rows of each value of a column, on average, that it takes where several values are one class."""
MOSTLY = 0.99
"""Rows in which a column says the target, from which on it is told of."""
LOOKED_AT, MOST_COLUMNS, MOST_TERMS = 2000, 60, 12
"""Rows that are looked at first; columns of numbers that a sum is looked for in; and those that make one."""
EXACT, ROUNDED = 1e-6, 1e-3
"""Of the deviation of the target, by which a sum may miss it: as it is, and where it was rounded before or after."""


def note_leaks(plan: Plan, table: pd.DataFrame, wishes: Wishes) -> None:
    """On each column that is learned from and says the target; and on columns of numbers that together do."""
    assert plan.values is not None
    target = target_values(plan)
    known = ~np.isnan(target) if target.dtype == np.float64 else target >= 0
    name = str(plan.values.name)
    if int(known.sum()) < FEWEST:
        return
    classes = plan.task == "classification"
    numbers: dict[str, NDArray[np.float64]] = {}
    columns = {column.name: column for column in plan.columns}
    for made in plan.fields:
        values = values_of(plan, table, made.name)
        is_number = made.kind == "number"
        both = known & (~np.isnan(values) if values.dtype == np.float64 else values >= 0)
        told = "" if columns[made.name].an_id else _says(values, target, both, name, of_numbers=is_number)
        if not told and is_number and not classes:
            told = _repeats(values, target, both, name)
        if told:
            remedy = as_value(*wishes.leave_out, made.name)
            what = f"{told}: if it is known only with the target, that is no test"
            plan.notes.append(Finding(what, made.name, {"leave-out": remedy}))
        elif is_number and not classes and len(numbers) < MOST_COLUMNS:
            numbers[made.name] = values
    if not classes and numbers:
        _note_sum(plan, numbers, target, known, name, wishes)


def _says(values: NDArray[Any], target: NDArray[Any], both: NDArray[np.bool_], name: str, *, of_numbers: bool) -> str:
    """That a column says the target, in how many rows; empty where it does not."""
    n = int(both.sum())
    if n < FEWEST or n < 0.5 * len(values):
        return ""
    some = np.flatnonzero(both)[:: max(1, n // LOOKED_AT)]
    if not _determined(values[some], target[some], of_numbers=of_numbers):
        return ""
    right = _determined(values[both], target[both], of_numbers=of_numbers)
    rows = "every row" if right == n else f"{right:,} of {n:,} rows"
    return f"says {name!r} in {rows}" if right else ""


def _repeats(values: NDArray[Any], target: NDArray[Any], both: NDArray[np.bool_], name: str) -> str:
    """That a column of numbers is the target, but for few rows; the most frequent number, such as 0, tells nothing."""
    some = np.flatnonzero(both)
    some = some[:: max(1, len(some) // LOOKED_AT)]
    if len(some) < FEWEST:
        return ""
    found, counts = np.unique(target[some], return_counts=True)
    usual = found[counts.argmax()]
    if (values[some] == target[some])[target[some] != usual].sum() < MOSTLY * max(
        FEWEST, (target[some] != usual).sum()
    ):
        return ""
    n, right = int(both.sum()), int((values[both] == target[both]).sum())
    return (
        f"is {name!r} in " + ("every row" if right == n else f"{right:,} of {n:,} rows") if right > MOSTLY * n else ""
    )


def _determined(values: NDArray[Any], target: NDArray[Any], *, of_numbers: bool) -> int:
    """Rows in which the most frequent target beside a value is the target; 0 where that tells nothing."""
    import pandas as pd

    codes, different = pd.factorize(values)
    wanted, classes = pd.factorize(target)
    n, k, d = len(values), len(classes), len(different)
    few = d == k if of_numbers else d <= max(k, n / ROWS_EACH)
    if k < 2 or d < k or not few or (d > k and k > n / ROWS_EACH) or k > n / 2:
        return 0
    pairs, counts = np.unique(codes * np.int64(k) + wanted, return_counts=True)
    best = np.zeros(d, dtype=np.int64)
    np.maximum.at(best, pairs // k, counts)
    right, usual = int(best.sum()), int(np.bincount(wanted).max())
    enough = right == n or (d == k and right >= MOSTLY * n and n - right < 0.1 * (n - usual))
    return right if enough else 0


def _note_sum(
    plan: Plan,
    numbers: dict[str, NDArray[np.float64]],
    target: NDArray[np.float64],
    known: NDArray[np.bool_],
    name: str,
    wishes: Wishes,
) -> None:
    """Columns whose sum, with factors, is the target: by least squares on some rows, then on all."""
    names = list(numbers)
    rows = np.flatnonzero(known)
    rows = rows[:: max(1, len(rows) // LOOKED_AT)]
    x = np.column_stack([numbers[each][rows] for each in names])
    whole = ~np.isnan(x).any(axis=1)
    x, y = x[whole], target[rows][whole]
    moving = [i for i in range(len(names)) if len(x) and x[:, i].std() > 0 and np.isfinite(x[:, i]).all()]
    if len(y) < FEWEST + 2 * len(moving) or not moving or not y.std() or not np.isfinite(y).all():
        return
    for miss in (EXACT, ROUNDED):
        terms, found = _terms(x, y, moving, miss)
        if terms:
            break
    else:
        return
    shown = [names[i] for i in terms]
    factors = found * y.std() / x[:, terms].std(axis=0)
    constant = float(y.mean() - (factors * x[:, terms].mean(axis=0)).sum())
    of_all = sum(factor * numbers[each] for factor, each in zip(factors, shown, strict=True)) + constant
    size = max(1.0, float(np.nanmax(np.abs(target)))) if miss == EXACT else float(y.std())
    wrong = known & ~(np.abs(of_all - target) <= miss * size)
    if int(wrong.sum()) > (1 - MOSTLY) * int(known.sum()):
        return
    constant = 0.0 if abs(constant) <= miss * y.std() else constant  # of rounding
    what = f"{formula(shown, factors.tolist(), constant)} is {name!r} in "
    what += "every row" if not wrong.any() else f"{int((known & ~wrong).sum()):,} of {int(known.sum()):,} rows"
    remedy = as_value(*wishes.leave_out, *shown)
    what += f": if {'it is' if len(shown) == 1 else 'they are'} known only with the target, that is no test"
    plan.notes.append(Finding(what, remedies={"leave-out": remedy}))


def _terms(
    x: NDArray[np.float64], y: NDArray[np.float64], moving: list[int], miss: float
) -> tuple[list[int], NDArray[np.float64]]:
    """Those of the columns `moving` whose sum is y (rows,), and their factors, both standardised; none where it misses
    y by more than `miss`. What was rounded leaves traces in all columns: there only terms that matter count."""
    scaled, wanted = (x - x.mean(axis=0)) / np.where(x.std(axis=0) > 0, x.std(axis=0), 1.0), (y - y.mean()) / y.std()
    found = np.linalg.lstsq(scaled[:, moving], wanted, rcond=None)[0]
    terms = [i for i, factor in zip(moving, found, strict=True) if abs(factor) > (miss if miss == EXACT else 10 * miss)]
    if not 0 < len(terms) <= MOST_TERMS:
        return [], found
    found = np.linalg.lstsq(scaled[:, terms], wanted, rcond=None)[0]
    return (terms if np.abs(scaled[:, terms] @ found - wanted).max() <= miss else []), found


def formula(names: list[str], factors: list[float], constant: float) -> str:
    """`casual + registered`, `2 · width - 1`."""
    text = ""
    for name, factor in zip(names, factors, strict=True):
        size = "" if abs(abs(factor) - 1) < 1e-6 else f"{abs(factor):.6g} · "
        text += f"{' - ' if factor < 0 else ' + ' if text else ''}{size}{name}"
    if abs(constant) > 1e-6 * max(1.0, *map(abs, factors)):
        text += f" {'-' if constant < 0 else '+'} {abs(constant):.6g}"
    return text.strip()
