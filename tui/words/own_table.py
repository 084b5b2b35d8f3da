"""A table of one's own in words: its columns, how its file is written, what stands against it and which key helps."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from core.system.text import clean
from core.tables.choices import Choices
from core.tables.dialect import NAMES
from tui.words.units import count

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
    "utf-32": "UTF-32",
    "cp949": "CP949 (Korean)",
    "cp932": "Shift-JIS (Japanese)",
    "euc_jp": "EUC-JP (Japanese)",
    "gb18030": "GB18030 (Chinese)",
    "big5": "Big5 (Chinese)",
    "cp1250": "CP1250 (central European)",
    "cp1251": "CP1251 (Cyrillic)",
    "koi8-r": "KOI8-R (Russian)",
    "koi8-u": "KOI8-U (Ukrainian)",
    "cp1252": "CP1252 (western)",
    "cp1253": "CP1253 (Greek)",
    "cp1254": "CP1254 (Turkish)",
    "cp1255": "CP1255 (Hebrew)",
    "cp1256": "CP1256 (Arabic)",
    "cp1257": "CP1257 (Baltic)",
}
WITH_KEYS: dict[Remedy, str] = {
    "encoding": "R: {detail} reads it",
    "letters": "R reads it in another encoding if letters look wrong",
    "separator": "R reads it with another separator",
    "decimal": "R reads them with the other mark",
    "header": "R reads its first row as names",
    "no-header": "R reads it as a row",
    "skip": "R takes them in",
    "comment": "R takes them in",
    "footer": "R takes them in",
    "lines": "R takes them in",
    "sheet": "R reads another: {detail}",
    "correct": "correct it and press F5",
    "parts": "the file could have its year and month as columns",
    "leave-out": "Space leaves it out",
    "leave-some-out": "Space leaves a column out",
    "categories": "# takes its values as categories",
    "drop": "u: drop leaves {detail}",
    "fill": "fill takes {detail}",
    "category": "category keeps that",
    "fill-column": "U takes that as a category of its own",
    "missing-values": "missing_values = {detail} in the form takes that for missing",
    "duplicates": "duplicates = drop in the form leaves {detail}",
    "keep-apart": "# keeps them apart",
    "no-row": "if that is no row, R leaves it out",
    "target": "t predicts another column",
    "classification": "T takes its values for classes",
    "regression": "T takes it for a number to predict",
}
LINES = ("skip", "comment", "footer", "drop_lines")
"""Keys of lines that are no rows."""
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
    """Range and unit, or categories with their counts, the most frequent first; of all else an example."""
    if column.categories:
        pairs = sorted(zip(column.counts, column.categories, strict=True), key=lambda pair: -pair[0])
        if column.kind == "yes-no":
            pairs.sort(key=lambda pair: column.categories.index(pair[1]))
        return ", ".join(f"{_one_line(name)} ({count(n)})" for n, name in pairs)
    if column.kind == "number" and column.minimum is not None and column.maximum is not None:
        return f"{number(column.minimum)} to {number(column.maximum)} {_one_line(column.sign)}".rstrip()
    example = _one_line(column.example)
    match column.kind:
        case "constant":
            return f"always {example}"
        case "date" | "nested":
            return f"such as {example}"
        case "text":
            return f"{count(column.distinct or 0)} texts, such as {example}"
        case "mixed":
            sign = f" in {_one_line(column.sign)}" if column.sign else ""
            return f"{count(column.numbers)} numbers{sign}, and {example}"
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
    if found.sheet:
        parts = [(f"Excel, sheet {found.sheet}", choices.sheet), parts[2]]
    if not found.header or choices.header != "auto":
        parts.append(("a header" if found.header else "no header", choices.header))
    if found.lines:
        told = "auto" if all(getattr(choices, key) == "auto" for key in LINES) else "told"
        parts.append((f"without {count(len(found.lines))} line{_s(len(found.lines))}", told))
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


def majority(found: tuple[str, int, int] | None) -> str:
    """What a network has to beat, of the most frequent class, its rows, and all rows; of a number nothing."""
    if found is None:
        return ""
    name, n, rows = found
    return f"always {_one_line(name)} would be right in {100 * n / rows:.1f} % of {count(rows)} rows"


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
    by_column = dict(survey.choices.by_column)
    left = {"drop": rows - lacking, "fill": rows - without_target, "category": rows - without_target}
    chosen = survey.choices.missing
    and_target = f", {count(without_target)} without target dropped"
    kept = f", {count(rows)} left" if not without_target else and_target
    only_target = f"dropped, it is the target's, {count(left['fill'])} left"
    what = {
        "refuse": "refused" if _is_refused(survey) else "by column",
        "drop": f"dropped, {count(left['drop'])} left",
        "fill": f"filled in{kept}" if lacking > without_target else only_target,
        "category": f"a category of its own{kept}" if lacking > without_target else only_target,
    }[chosen]
    own = f"; U: {count(len(by_column))} column{_s(len(by_column))} otherwise" if by_column else ""
    ways = [way for way in ("drop", "fill") if way != chosen]
    others = ", ".join(f"{way} leaves {count(left[way])}" for way in ways)
    return f"in {count(lacking)} of {count(rows)} rows: {what}{own}; {others}"


def _is_refused(survey: Survey) -> bool:
    """Whether a gap still stands against training."""
    return any("drop" in problem.remedies for problem in survey.plan.problems)


def _s(n: int) -> str:
    return "" if n == 1 else "s"


def finding(found: Finding, table: str = "") -> str:
    """What the engine found, with the keys of the screen. `table`: what the table is called, where that is the subject.
    A remedy that no key is for is left out."""
    subject = replace(found, column=_one_line(found.column))
    return _one_line(subject.told(WITH_KEYS, table))
