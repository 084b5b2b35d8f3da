"""What a saved model answers, as text, as JSON facts, as CSV; and the values that it is asked with."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from core.errors import UserError
from core.text import clean
from tui.tables import print_table

if TYPE_CHECKING:
    from core.predict import Prediction, Predictor


def row_of(values: Sequence[str], predictor: Predictor) -> list[str | float]:
    """The values of one sample as they were typed, or as one pasted row. Raises UserError."""
    if len(values) == 1 and any(mark in values[0].strip() for mark in ",;\t"):
        values = _pasted(values[0])
    if predictor.inputs.fields:  # which know their decimal mark
        return list(values)
    return [_number(value) for value in values]


def _pasted(row: str) -> list[str]:
    """Cells of a row of CSV: tabs before semicolons before commas, which may be decimal marks then."""
    row = row.strip()
    separator = next(mark for mark in "\t;," if mark in row)
    try:
        cells, *more = csv.reader(io.StringIO(row, newline=""), delimiter=separator, skipinitialspace=True)
    except csv.Error as error:
        raise UserError(f"what was pasted is no row of a table: {error}; give a file: --csv FILE") from None
    if more:
        raise UserError(f"{1 + len(more)} rows were pasted; give one, or a file: --csv FILE")
    return cells


def _number(text: str) -> float:
    from core.tables.numbers import MARKS, number_of

    try:
        return float(text)
    except ValueError:
        found = next((number for mark in MARKS if (number := number_of(text, mark)) is not None), None)
        if found is not None:
            return found
        raise UserError(f"VALUE = {text[:60]}: must be a number; see: nntui predict --help") from None


def written_of(settings: Sequence[str]) -> dict[str, str]:
    """`--set KEY=VALUE` of how a table is written. Raises UserError."""
    from core.config import parse
    from core.datasets import DATASETS
    from core.tables.choices import AS_TOLD

    schema, given = DATASETS["csv"].schema, {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        key = key.strip().removeprefix("dataset.")
        if not equals or key not in AS_TOLD:
            raise UserError(f"--set {setting}: write KEY=VALUE; a table has {', '.join(AS_TOLD)}")
        try:
            given[key] = str(parse(schema, key, value, key))
        except ValueError as error:
            raise UserError(str(error)) from None
    return given


def facts(found: Prediction, predictor: Predictor) -> dict[str, Any]:
    """Plain values for JSON."""
    if found.value is not None:
        return {"value": found.value}
    classes = predictor.inputs.classes
    return {"label": found.label, "probabilities": dict(zip(classes, found.probabilities, strict=True))}


def show(found: Prediction, predictor: Predictor) -> None:
    """To stdout, for people."""
    inputs = predictor.inputs
    if found.value is not None:
        print(clean(f"{inputs.target or 'value'}: {found.value}"))
        return
    print(clean(f"{inputs.target or 'class'}: {found.label}"))
    pairs = zip(inputs.classes, found.probabilities, strict=True)
    print_table(["CLASS", "PROBABILITY"], [[label, str(p)] for label, p in pairs])


def write_table(found: Sequence[Prediction], predictor: Predictor) -> None:
    """CSV to stdout, a row for each row of the file: the value; or the class and the probability of each."""
    from core.export import safe_cell
    from core.tables.numbers import number_of

    inputs = predictor.inputs
    target = inputs.target or "prediction"
    writer = csv.writer(sys.stdout, lineterminator="\n")
    if not inputs.classes:
        writer.writerow([safe_cell(target)])
        writer.writerows([each.value] for each in found)
        return
    writer.writerow([safe_cell(target), *(safe_cell(f"P({label})") for label in inputs.classes)])
    # A class may be called -1, which is no formula.
    writer.writerows(
        [each.label if number_of(each.label) is not None else safe_cell(each.label), *each.probabilities]
        for each in found
    )
