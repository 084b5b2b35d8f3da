"""A table of one's own in words: its columns, how its file is written, what stands against it and which key helps."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from core.tables.choices import Choices
from core.tables.dialect import NAMES
from core.text import clean
from tui.units import count

if TYPE_CHECKING:
    from core.tables.columns import Column
    from core.tables.dialect import Dialect
    from core.tables.finding import Finding, Remedy
    from core.tables.survey import Survey

KINDS = {"yes-no": "yes/no"}
"""Where a kind is not the word for itself."""
ENCODINGS = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8 with a mark",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
    "cp949": "CP949 (Korean)",
    "cp1252": "CP1252 (western)",
}
WITH_KEYS: dict[Remedy, str] = {
    "separator": "d reads it with another separator",
    "decimal": "d reads them with the other mark",
    "header": "d reads its first row as names",
    "correct": "correct it and press r",
    "parts": "the file could have its year and month as columns",
    "leave-out": "Space leaves it out",
    "leave-some-out": "Space leaves a column out",
    "categories": "c takes its values as categories",
    "drop": "m: drop leaves {detail}",
    "fill": "fill takes {detail}",
    "target": "t predicts another column",
    "classification": "k takes its values for classes",
    "regression": "k takes it for a number to predict",
}
DECIMALS = {".": "decimal point", ",": "decimal comma"}


def kind(column: Column) -> str:
    return KINDS.get(column.kind, column.kind)


def share(n: int, of: int) -> str:
    """`177  20 %`; nothing of none."""
    if not n:
        return ""
    percent = 100 * n / of if of else 0.0
    return f"{count(n)}  {'<1' if percent < 1 else f'{percent:.0f}'} %"


def values(column: Column) -> str:
    """Range, or categories with their counts, the most frequent first; of all else an example."""
    if column.categories:
        pairs = sorted(zip(column.counts, column.categories, strict=True), key=lambda pair: -pair[0])
        if column.kind == "yes-no":
            pairs.sort(key=lambda pair: column.categories.index(pair[1]))
        return ", ".join(f"{_one_line(name)} ({count(n)})" for n, name in pairs)
    if column.kind == "number" and column.minimum is not None and column.maximum is not None:
        return f"{number(column.minimum)} to {number(column.maximum)}"
    example = _one_line(column.example)
    match column.kind:
        case "constant":
            return f"always {example}"
        case "date" | "nested":
            return f"such as {example}"
        case "text":
            return f"{count(column.distinct or 0)} texts, such as {example}"
        case "mixed":
            return f"{count(column.numbers)} numbers, and {example}"
    return ""


def doing(words: str) -> str:
    """What the engine does with a column. Its sign says already where that is a problem, or what the user said."""
    return words.removeprefix("✗ ").replace("left out, as you said", "left out")


def number(value: float) -> str:
    """Whole ones in full, all else with five digits."""
    whole = math.isfinite(value) and value == int(value) and abs(value) < 1e9
    return f"{value:.0f}" if whole else f"{value:.5g}"


def _one_line(text: str) -> str:
    return " ".join(clean(text).split())


def dialect(found: Dialect | None, choices: Choices) -> str:
    """`UTF-8, semicolons, decimal comma`; what was told, and not found, is marked so."""
    if found is None:
        return "Parquet"
    parts = [
        (ENCODINGS.get(found.encoding, found.encoding), choices.encoding),
        (NAMES.get(found.separator, found.separator), choices.separator),
        (DECIMALS[found.decimal], choices.decimal),
    ]
    if not found.header or choices.header != "auto":
        parts.append(("a header" if found.header else "no header", choices.header))
    return ", ".join(text if told == "auto" else f"{text} (as you said)" for text, told in parts)


def size(survey: Survey) -> str:
    return f"{count(survey.rows)} row{_s(survey.rows)} × {count(len(survey.names))} column{_s(len(survey.names))}"


def target(survey: Survey) -> str:
    """`species`, or that there is no such column."""
    name = _one_line(survey.choices.target)
    return name if survey.plan.task is not None else f"{name}: there is no such column"


def classes(survey: Survey) -> str:
    """`setosa (50), versicolor (50)`; of a number nothing."""
    return ", ".join(f"{_one_line(name)} ({count(n)})" for name, n in survey.classes)


def task(survey: Survey) -> str:
    """`classes: its values are text, 3 different ones`."""
    plan = survey.plan
    if plan.task is None:
        return "–"
    return f"{'classes' if plan.task == 'classification' else 'a number'}: {plan.why}"


def inputs(survey: Survey) -> str:
    """`3 of 4 learned from: 7 inputs`."""
    used, others = len(survey.plan.fields), len(survey.names) - (survey.plan.task is not None)
    return f"{count(used)} of {count(others)} learned from: {count(survey.inputs)} input{_s(survey.inputs)}"


def missing(survey: Survey) -> str:
    """What is done with rows that lack a value, and what each other way would leave of them."""
    lacking, rows, without_target = survey.incomplete, survey.rows, survey.without_target
    if survey.plan.task is None:
        return "–"
    if not lacking:
        return "nothing that is used"
    left = {"drop": rows - lacking, "fill": rows - without_target}
    chosen = survey.choices.missing
    filled = f"filled in, {count(left['fill'])} left"
    if without_target:
        filled = f"filled in, {count(without_target)} without target dropped"
    what = {
        "refuse": "refused",
        "drop": f"dropped, {count(left['drop'])} left",
        "fill": filled if lacking > without_target else f"dropped, it is the target's, {count(left['fill'])} left",
    }[chosen]
    others = ", ".join(f"{way} leaves {count(n)}" for way, n in left.items() if way != chosen)
    return f"in {count(lacking)} of {count(rows)} rows: {what}; {others}"


def _s(n: int) -> str:
    return "" if n == 1 else "s"


def finding(found: Finding, table: str = "") -> str:
    """What the engine found, with the keys of the screen. `table`: what the table is called, where that is the subject.
    A remedy that no key is for is left out."""
    subject = replace(found, column=_one_line(found.column))
    return _one_line(subject.told(WITH_KEYS, table))
