"""What stands in the rows of a table that makes a test say too much: rows that occur twice, and a last row that is the
total of those above. Needs no torch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core.tables.columns import Texts, is_numeric
from core.tables.fields import codes_of_column
from core.tables.finding import Finding, Remedy

if TYPE_CHECKING:
    import pandas as pd

    from core.tables.read import TableFile
    from core.tables.wishes import Plan

SHARE, FEWEST = 0.1, 10
"""Rows that occur before, of all, and at least, that people are told of."""
TIMES = 3
"""As many rows as would occur before by chance, below which nobody needs to be told."""
TOTALS = {
    *("total", "totals", "grand total", "subtotal", "sum", "mean", "average", "avg", "overall", "all"),
    *(
        "합계",
        "총계",
        "총합",
        "총합계",
        "소계",
        "계",
        "평균",
        "전체",
        "합",
        "gesamt",
        "insgesamt",
        "summe",
        "mittelwert",
    ),
    *("somme", "moyenne", "ensemble", "итого", "всего", "сумма", "среднее", "合計", "小計", "平均", "总计", "合计"),
    *("小计", "總計", "suma", "promedio", "totale", "media", "totaal", "gemiddelde", "toplam", "ortalama"),
}
LAST = 5
"""Rows at the end that may be totals."""


def values_of(plan: Plan, table: pd.DataFrame, name: str) -> NDArray[Any]:
    """A column as numbers (n,): of texts which of them, or what they stand for; NaN or -1 where missing."""
    texts = plan.texts.get(name)
    if texts is None:
        if not is_numeric(table[name]):
            return Texts.of(table[name]).of_row
        numbers: NDArray[Any] = table[name].to_numpy(dtype="float64", na_value=np.nan)
        return numbers
    made = next((made for made in plan.fields if made.name == name), None)
    if made is None or made.kind != "number":
        return texts.of_row
    return codes_of_column(made, table[name], lambda row: f"row {row + 1}", texts)


def target_values(plan: Plan) -> NDArray[Any]:
    """Of the target, as `values_of` has others."""
    assert plan.values is not None
    if is_numeric(plan.values):
        numbers: NDArray[Any] = plan.values.to_numpy(dtype="float64", na_value=np.nan)
        return numbers
    return (plan.classes or Texts.of(plan.values)).of_row


def repeated(plan: Plan, table: pd.DataFrame) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """(rows,) which of them occur before, with the target; and which do so but for the target. What seems to be an id
    does not count."""
    import pandas as pd

    used = _compared(plan)
    hashed = np.zeros(len(table), dtype="uint64")
    for name in used:
        _mix(hashed, values_of(plan, table, name))
    if not used:
        nothing = np.zeros(len(table), dtype=bool)
        return nothing, nothing
    features = pd.Series(hashed).duplicated().to_numpy()
    if not features.any():
        return features, features
    _mix(hashed, target_values(plan))
    return pd.Series(hashed).duplicated().to_numpy(), features


def _mix(hashed: NDArray[np.uint64], values: NDArray[Any]) -> None:
    """Take the values of one more column (n,) into the hashes (n,) of rows."""
    import pandas as pd

    if values.dtype == np.float64:
        values = values + 0.0  # of -0.0 the other one
    hashed *= np.uint64(0x9E3779B97F4A7C15)
    hashed ^= pd.util.hash_array(values, categorize=False)


def note_repeated(plan: Plan, table: pd.DataFrame, *, drop: bool) -> None:
    """Leave rows that occur before out (`drop`), or tell of them."""
    assert plan.keep is not None
    n = int(plan.keep.sum())
    again, features = repeated(plan, table)
    again = again & plan.keep
    twice = int(again.sum())
    if drop:
        plan.keep = plan.keep & ~again
        plan.dropped += twice
        if twice:
            plan.notes.append(Finding(f"{twice:,} rows that occur before are left out"))
        return
    if twice < max(FEWEST, SHARE * n) or twice < TIMES * _by_chance(plan, table):
        return
    what = f"{twice:,} of {n:,} rows occur before: in a random split, test rows are train rows"
    contrary = int((features & plan.keep & ~again).sum())
    if contrary:
        what += f", and {contrary:,} more are as another one but for {plan.values.name!r}"  # type: ignore[union-attr]
    plan.notes.append(Finding(what, remedies={"duplicates": f"{n - twice:,} of {n:,} rows"}))


def _by_chance(plan: Plan, table: pd.DataFrame) -> int:
    """Rows that would occur before if the columns had nothing to do with each other: of few short columns many do."""
    import pandas as pd

    random = np.random.default_rng(0)
    hashed = np.zeros(len(table), dtype="uint64")
    for name in _compared(plan):
        _mix(hashed, random.permutation(values_of(plan, table, name)))
    _mix(hashed, random.permutation(target_values(plan)))
    return int(pd.Series(hashed).duplicated().sum())


def _compared(plan: Plan) -> list[str]:
    """Columns that are learned from, without what seems to be an id."""
    ids = {column.name for column in plan.columns if column.an_id}
    return [made.name for made in plan.fields if made.name not in ids]


def note_totals(plan: Plan, file: TableFile, table: pd.DataFrame) -> None:
    """The last row, where it is the sum or the mean of those above, or is called so; and others above it that are."""
    rows = len(table)
    if rows < LAST or (plan.keep is not None and not plan.keep[-1]):  # left out already
        return
    called = [name for name in map(str, table.columns) if not is_numeric(table[name])]
    n = 0
    while n < LAST and any(_is_called_total(table[name], rows - 1 - n) for name in called):
        n += 1
    how = "" if n else _is_sum(plan, table)
    if not n and not how:
        return
    if n:
        name = next(name for name in called if _is_called_total(table[name], rows - 1))
        what = f"the last row is called {str(table[name].iloc[-1]).strip()[:40]!r}"
        how = _is_sum(plan, table, rows - n) if n == 1 else ""
    else:
        what, n = "the last row", 1
    what += f"{' and' if how and 'called' in what else ''} is the {how} of those above" if how else ""
    remedies: dict[Remedy, str] = {"no-row": key} if (key := _leaving_out(file, rows, n)) else {}
    plan.notes.insert(0, Finding(f"{what}: it would be learned from as one of them", remedies=remedies))


def _leaving_out(file: TableFile, rows: int, n: int) -> str:
    """The key that leaves out the last `n` rows; empty where there is none."""
    if file.dialect is None:
        return ""
    if not file.dialect.lines:
        return f"dataset.footer={n}"
    places = [file.place(row).split()[-1] for row in range(rows - n, rows)]  # others stand below them, perhaps
    return f"dataset.drop_lines={','.join(places)}"


def _is_called_total(values: pd.Series[Any], row: int) -> bool:
    value = values.iloc[row]
    text = value.strip().rstrip(":.").casefold() if isinstance(value, str) else ""
    if text not in TOTALS and not text.startswith(("total ", "grand total", "sum of ", "합계", "итого")):
        return False
    above = values.iloc[: len(values) - LAST]
    return not bool((above == value).any())


def _is_sum(plan: Plan, table: pd.DataFrame, above: int | None = None) -> str:
    """`sum` or `mean`, where the number columns of the last row are that of the `above` rows."""
    above = len(table) - 1 if above is None else above
    sums = means = of = 0
    for column in plan.columns:
        if column.kind != "number" or column.an_id or column.example_row is not None:
            continue
        numbers = values_of(plan, table, column.name) if column.name != _target(plan) else target_values(plan)
        if numbers.dtype != np.float64 or np.isnan(numbers[-1]):
            continue
        known = numbers[:above]
        known = known[~np.isnan(known)]
        if len(known) < LAST - 1 or known.min() == known.max():
            continue
        of += 1
        last, total = float(numbers[-1]), float(known.sum())
        sums += _close(last, total) and abs(last) > float(np.abs(known).max())
        means += _close(last, total / len(known)) and not bool((known == last).any())
    if sums and sums >= of / 2:
        return "sum"
    return "mean" if means >= 2 and means >= of / 2 else ""


def _close(last: float, other: float) -> bool:
    """Equal but for rounding of the last digit that is written."""
    digits = len(repr(last).partition(".")[2]) if "e" not in repr(last) and last % 1 else 0
    return abs(last - other) <= max(0.5000001 * 10.0**-digits if digits else 1e-9, 1e-9 * abs(other))


def _target(plan: Plan) -> str:
    return "" if plan.values is None else str(plan.values.name)
