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
    fields = predictor.inputs.fields
    pasted = len(values) == 1 and not (len(fields) == 1 and _is_number(values[0]))  # 3,5 is no row of one column
    if pasted and any(mark in values[0].strip() for mark in ",;\t"):
        return _pasted(values[0], predictor)
    return list(values) if fields else [_number(value) for value in values]


def _is_number(text: str) -> bool:
    from core.tables.numbers import MARKS, number_of

    return any(number_of(text, mark) is not None for mark in MARKS)


def _pasted(row: str, predictor: Predictor) -> list[str | float]:
    """Cells of a row of CSV: tabs before semicolons before commas, which may be decimal marks then."""
    from core.tables.numbers import decimal_mark, number_of

    row = row.strip()
    separator = next(mark for mark in "\t;," if mark in row)
    try:
        cells, *more = csv.reader(io.StringIO(row, newline=""), delimiter=separator, skipinitialspace=True)
    except csv.Error as error:
        raise UserError(f"what was pasted is no row of a table: {error}; give a file: --csv FILE") from None
    if more:
        raise UserError(f"{1 + len(more)} rows were pasted; give one, or a file: --csv FILE")
    fields = predictor.inputs.fields
    values: list[str | float] = [*cells]
    of_table = {field.mark for field in fields if field.kind == "number"}  # decides where the row does not
    if separator != "," and decimal_mark(cells, quoted=False, prefer="." if "." in of_table else ",") == ",":
        names = {name for field in fields for name in field.categories}
        numbers = [None if cell.strip() in names or "%" in cell else number_of(cell, ",") for cell in cells]
        values = [cell if number is None else number for cell, number in zip(cells, numbers, strict=True)]
    return values if fields else [_number(str(value)) for value in values]


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
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
