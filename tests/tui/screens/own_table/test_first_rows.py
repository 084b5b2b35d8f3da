"""The first rows of a table, as far as there is room for its columns."""

from __future__ import annotations

import pytest

from tui.screens.own_table.first_rows import rows_text

COLUMNS = {f"column {i}": [f"{i}.{row}" for row in range(3)] for i in range(9)}


@pytest.mark.parametrize("width", [8, 20, 37, 38, 76, 200])
@pytest.mark.parametrize("at", ["column 0", "column 4", "column 8"])
def test_what_does_not_fit_is_counted_and_takes_no_column(width: int, at: str) -> None:
    text, left, right = rows_text(COLUMNS, list(COLUMNS), at, width, 4)
    lines = text.plain.splitlines()
    assert at in lines[0] or width < len(at)
    assert not any(word in ("…", "...") for line in lines for word in line.split())
    assert left + right + max(1, lines[0].count("column")) == len(COLUMNS)
    assert all(len(line.rstrip()) <= max(width, 8) for line in lines)
