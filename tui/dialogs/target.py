"""What is wrong with a path to write to, as it is typed."""

from __future__ import annotations

from pathlib import Path

from core.errors import UserError
from core.runs import export


def why_no_file(text: str, example: str) -> str:
    """An empty string where it can become a file."""
    if not text.strip():
        return f"a path, such as {example}"
    try:
        export.check_target(Path(text).expanduser())
    except (UserError, RuntimeError, ValueError) as error:  # no such home folder, a null byte
        return str(error)
    return ""
