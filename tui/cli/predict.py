"""What a saved model answers, as text, as JSON facts, as CSV; and the values that it is asked with."""

from __future__ import annotations

import io
import sys
import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.errors import UserError
from core.system.text import clean
from core.tables.numbers import NAMES
from core.tables.records import some
from tui.cli.options import Best, Json, ModelsDir, RunName, find_run
from tui.system.streams import json_for_stdout
from tui.words.aligned import print_table

if TYPE_CHECKING:
    from core.network.predict import Prediction, Predictor
    from core.tables.ask import Asked


def predict(
    name: RunName,
    values: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="VALUE…", help="Raw values of one sample, in order; or a pasted row.", show_default=False
        ),
    ] = None,
    csv: Annotated[
        str | None,
        typer.Option("--csv", metavar="FILE", help="A table instead: its columns by name, a prediction for each row."),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="How FILE is written: separator, encoding, decimal or header."),
    ] = None,
    ids: Annotated[
        list[str] | None,
        typer.Option("--id", metavar="COLUMN", help="A column of FILE to carry along, as it stands there; or several."),
    ] = None,
    best: Best = False,
    models_dir: ModelsDir = None,
    json: Json = False,
) -> None:
    """Ask a saved model: raw values in, class and probabilities or value out. Of a table, CSV comes out; a row without
    an answer has the reason beside it, and makes the exit code 2."""
    if bool(values) == (csv is not None):
        raise UserError("give a VALUE for each column of one sample, or --csv FILE with a row for each")
    if ids and csv is None:
        raise UserError("--id carries a column of a file along: write it with --csv FILE")
    from core.network.predict import Predictor
    from core.search.trial_runs import check_is_one
    from core.system.folders import user_path

    run_dir = find_run(name, models_dir)
    check_is_one(run_dir)
    predictor = Predictor.load(run_dir, best=best)
    about = {"run_id": run_dir.run_id, "target": predictor.inputs.target}
    if csv is None:
        row = row_of(values or [], predictor)
        (found,), notes = predictor.predict([row]), predictor.notes(row)
        if json:
            print(json_for_stdout({**about, **facts(found, predictor, notes)}))
        else:
            show_answer(found, predictor, notes)
        return
    asked = predictor.ask(user_path(csv), written_of(settings or []), ids or [])
    if json:
        write_json(about, asked, predictor)
    else:
        write_table(asked, predictor)
    conclude(asked, csv, json=json)


def row_of(values: Sequence[str], predictor: Predictor) -> list[str | float]:
    """The values of one sample as they were typed, or as one pasted row. Raises UserError."""
    from core.network.pasted import rows_of

    if len(values) > 1:
        return _typed(values, predictor)
    refused: list[UserError] = []
    for cells in rows_of(values[0], predictor.inputs):
        try:
            row = _typed(cells, predictor)
            predictor.encode([row])
        except UserError as error:
            refused.append(error)
        else:
            return row
    alone = len(refused) == 1 or len(predictor.inputs.raw_names) == 1
    raise refused[0 if alone else 1]  # what is wrong with it as its table is divided


def _typed(cells: Sequence[str | float], predictor: Predictor) -> list[str | float]:
    return list(cells) if predictor.inputs.fields else [_number(str(cell)) for cell in cells]


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise UserError(f"VALUE = {text[:60]}: must be a number; see: nntui predict --help") from None


def written_of(settings: Sequence[str]) -> dict[str, str]:
    """`--set KEY=VALUE` of how a table is written. Raises UserError."""
    from core.datasets.own_table import OWN_TABLE
    from core.experiment.settings import parse
    from core.tables.choices import AS_TOLD

    given: dict[str, str] = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        key = key.strip().removeprefix("dataset.")
        if not equals or key not in AS_TOLD:
            raise UserError(f"--set {setting}: write KEY=VALUE; a table has {', '.join(AS_TOLD)}")
        try:
            given[key] = str(parse(OWN_TABLE.schema, key, value, key))
        except ValueError as error:
            raise UserError(str(error)) from None
    return given


def facts(found: Prediction, predictor: Predictor, notes: Sequence[str] = ()) -> dict[str, Any]:
    """Plain values for JSON."""
    noted = {"note": "; ".join(notes)} if notes else {}
    if found.value is not None:
        return {"value": found.value, **noted}
    classes = predictor.inputs.classes
    return {"label": found.label, "probabilities": dict(zip(classes, found.probabilities, strict=True)), **noted}


def show_answer(found: Prediction, predictor: Predictor, notes: Sequence[str] = ()) -> None:
    """To stdout, for people; notes to stderr."""
    inputs = predictor.inputs
    for note in notes:
        print(clean(f"note: {note}"), file=sys.stderr)
    if found.value is not None:
        print(clean(f"{inputs.target or 'value'}: {found.value}"))
        return
    print(clean(f"{inputs.target or 'class'}: {found.label}"))
    pairs = zip(inputs.classes, found.probabilities, strict=True)
    print_table(["CLASS", "PROBABILITY"], [[label, str(p)] for label, p in pairs])


def write_table(asked: Asked, predictor: Predictor) -> None:
    """CSV to stdout, a row for each row of the file: what is carried along; the value, or the class and the probability
    of each; the problem and the note, where any row has one."""
    from core.tables.formulas import CsvWriter

    _as_files_are()
    inputs = predictor.inputs
    target = inputs.target or "prediction"
    header = [*asked.carry, f"predicted {target}" if target in asked.carry else target]
    header += [f"P({label})" for label in inputs.classes]
    header += ["problem"] if asked.n_problems else []
    header += ["note"] if asked.n_notes else []
    writer = CsvWriter(sys.stdout)
    writer.row(_told_apart(header))
    for answers in predictor.answers(asked):
        rows, n = answers.rows, len(answers.rows)
        columns: list[Sequence[Any]] = [*zip(*rows.carried, strict=True)]
        columns += [_in_place(column, answers.answered, n) for column in answers.predictions.columns()]
        if asked.n_problems:
            columns.append([rows.problems[i].told() if i in rows.problems else "" for i in range(n)])
        if asked.n_notes:
            columns.append([rows.notes.get(i, "") for i in range(n)])
        writer.columns(columns)


def _in_place(found: list[Any], answered: Sequence[int], n: int) -> list[Any]:
    """One for each of `n` rows, empty where there is none."""
    if len(answered) == n:
        return found
    column: list[Any] = [""] * n
    for i, value in zip(answered, found, strict=True):
        column[i] = value
    return column


def _as_files_are() -> None:
    """A file of CSV is UTF-8, whatever the terminal is, and has its lines as they were written."""
    if not sys.stdout.isatty() and isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", newline="")


def _told_apart(names: Sequence[str]) -> list[str]:
    """Each with a name of its own."""
    found: list[str] = []
    for name in names:
        while name in found:
            name += "_"
        found.append(name)
    return found


def write_json(about: Mapping[str, Any], asked: Asked, predictor: Predictor) -> None:
    """JSON to stdout, as `json_for_stdout` writes it, a prediction for each row of the file."""
    from tui.system.streams import json_for_stdout

    begin, _empty, end = json_for_stdout({**about, "predictions": []}).rpartition("[]")
    print(f"{begin}[", end="")
    between = "\n"
    for answers in predictor.answers(asked):
        rows, found = answers.rows, iter(range(len(answers.answered)))
        for i, carried in enumerate(rows.carried):
            each: dict[str, Any] = {"id": dict(zip(asked.carry, carried, strict=True))} if carried else {}
            if i in rows.problems:
                each |= {"label": None, "probabilities": None} if predictor.inputs.classes else {"value": None}
                each["problem"] = rows.problems[i].told()
            else:
                notes = [rows.notes[i]] if i in rows.notes else []
                each |= facts(answers.predictions[next(found)], predictor, notes)
            print(between + textwrap.indent(json_for_stdout(each), "  "), end="")
            between = ",\n"
    print(f"\n ]{end}")


def conclude(asked: Asked, name: str, *, json: bool) -> None:
    """Say what is doubtful, of the file and of its rows. Raises UserError where some have no answer."""
    if not json:
        for told in asked.file.notes:
            print(clean(f"note: {name}: {told.told()}"), file=sys.stderr)
    if others := asked.other_marks:
        mark, other = asked.prefer, "." if asked.prefer == "," else ","
        what = f"{some(others)} read with a decimal {NAMES[other]}"
        what += f", though the network was trained on a decimal {NAMES[mark]}"
        print(clean(f"note: {name}: {what}; --set decimal={mark} reads it so"), file=sys.stderr)
    if asked.n_problems:
        rows = f"{asked.n_problems:,} of {asked.n:,} rows have" if asked.n > 1 else "its only row has"
        raise UserError(f"{name}: {rows} no answer; the first: {asked.first_problem}")
    if asked.n_notes and not json:
        rows = f"{asked.n_notes:,} of {asked.n:,} rows: {asked.first_note}"
        print(clean(f"note: {name}: {rows}"), file=sys.stderr)
