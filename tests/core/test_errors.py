"""What a library says, in one line."""

from __future__ import annotations

import pytest

from core.errors import first_line


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (RuntimeError("size mismatch for a:\n\tone\n\ttwo"), "size mismatch for a:"),
        (ValueError("\n  at last\nand more"), "at last"),
        (EOFError(), "EOFError"),
        (MemoryError("\n \n"), "MemoryError"),
    ],
)
def test_the_first_line_of_what_went_wrong(error: Exception, line: str) -> None:
    assert first_line(error) == line
