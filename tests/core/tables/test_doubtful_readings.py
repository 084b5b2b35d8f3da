"""Numbers that may be none, read under the other decimal mark; gaps written NA among codes of two letters."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from core.tables import read as reading
from core.tables.planning import planned
from core.tables.read import look, read
from core.tables.wishes import Plan, Wishes

N = 60


def plan_of(path: Path, cells: list[list[str]], separator: str = ",", **wishes: Any) -> Plan:
    """Columns `a`, `b`, … of the cells, and a class `y`."""
    names = "abcdef"[: len(cells)]
    lines = [separator.join([*row, "pq"[i * i % 3 % 2]]) for i, row in enumerate(zip(*cells, strict=True))]
    path.write_text(separator.join([*names, "y"]) + "\n" + "\n".join(lines) + "\n")
    file = look(path)
    return planned(file, read(file), Wishes("y", **wishes))


@pytest.mark.parametrize(
    ("other", "separator", "cell", "value", "mark"),
    [
        ("{}.25", ",", "{}.100.201.100", "11100201100", " under a decimal comma"),
        ("{}.25", ",", "1.{}0.200", "1110200", " under a decimal comma"),
        ("{}.25", ";", "$2.{}0.200", "2110200", " under a decimal comma"),
        ("{},25", ";", "1,{}0,200", "1110200", " under a decimal point"),
        ("{},25", ";", "{}.100.201.100", "11100201100", ""),
    ],
)
def test_thousands_of_another_kind_than_the_files_are_told(
    other: str, separator: str, cell: str, value: str, mark: str, tmp_path: Path
) -> None:
    numbers = [11 + i % 80 for i in range(N)]
    cells = [[other.format(n) for n in numbers], [cell.format(n) for n in numbers]]
    plan = plan_of(tmp_path / "t.csv", cells, separator)
    told = [note.told() for note in plan.notes if note.column == "b"]
    assert any(f"{cells[1][0]!r} is read as {value}{mark}; " in each for each in told), told
    assert any("dataset.categories=b" in each for each in told)


@pytest.mark.parametrize(
    ("other", "separator", "cell"), [("{}.25", ";", "{},5"), ("{}.25", ",", "{}.5"), ("{},25", ";", "1.0{}.200")]
)
def test_what_can_hardly_be_read_otherwise_is_not_told(other: str, separator: str, cell: str, tmp_path: Path) -> None:
    numbers = [11 + i % 80 for i in range(N)]
    plan = plan_of(
        tmp_path / "t.csv", [[other.format(n) for n in numbers], [cell.format(n) for n in numbers]], separator
    )
    column = plan.column("b")
    assert column is not None
    assert column.kind == "number"
    assert not [note.told() for note in plan.notes if "is read as" in note.what]


@pytest.mark.parametrize("case", [str.upper, str.lower])
@pytest.mark.parametrize("blank", [False, True])
def test_a_refusal_names_na_among_codes(case: Any, blank: bool, tmp_path: Path) -> None:
    codes = [case(["DE", "US", "NA"][i % 3]) for i in range(N)]
    codes[0] = "" if blank else codes[0]
    plan = plan_of(tmp_path / "t.csv", [[str(i * i % 17) for i in range(N)], codes])
    told = plan.problems[0].told()
    n = f"{N // 3} of them " if blank else "written "
    assert f"{n}{case('NA')!r} among codes of two letters" in told
    assert "dataset.missing_by_column=b=category" in told
    plan = plan_of(tmp_path / "t.csv", [[str(i * i % 17) for i in range(N)], codes], missing_by_column=("b=category",))
    assert not plan.problems


def test_codes_of_several_columns_are_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    codes = [[["DE", "US", "NA"][(i + k) % 3] for i in range(N)] for k in range(4)]
    cells = [[str(i * i % 17) for i in range(N)], *codes]
    for missing in ("refuse", "fill"):
        times, parsed = 0, reading._parsed

        def counted(*arguments: Any, **how: Any) -> Any:
            nonlocal times
            times += 1
            return parsed(*arguments, **how)  # noqa: B023

        with monkeypatch.context() as patched:
            patched.setattr(reading, "_parsed", counted)
            plan = plan_of(tmp_path / "t.csv", cells, missing=missing)
        told = [each.told() for each in (*plan.problems, *plan.notes)]
        assert any("among codes of two letters" in each or "says NA in" in each for each in told)
        assert times <= 3  # the table, its target, these


def test_other_texts_are_no_codes(tmp_path: Path) -> None:
    words = [["low", "NA", "high"][i % 3] for i in range(N)]
    plan = plan_of(tmp_path / "t.csv", [[str(i * i % 17) for i in range(N)], words])
    assert "codes" not in plan.problems[0].told()
