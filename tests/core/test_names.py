"""Names of components stand in their own rooms: nobody else asks whether a model is the two-layer net, or a dataset a
table of one's own. What such a component does in its own way is told in its registration, see `core.components.models`
and `core.datasets`.

Only code counts: prose in docstrings, comments and longer texts may speak of both. `two-layer` in `core.logs.documents`
is another thing, the name of a log, as the document's other ones have theirs; `csv` may also be Python's module, an
option or the ending of a file, none of which is a text that is equal to the name.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import core

ROOT = Path(core.__file__).parent.parent
ALLOWED = {
    "two-layer": ("core/two_layer/", "core/components/models.py", "core/logs/documents.py"),
    "csv": ("core/datasets/own_table.py", "core/tables/"),
}
"""Where a text may be this name: where it is registered, and below that."""
ITS_CODE = (
    "core/two_layer/",
    "core/components/models.py",
    "core/experiment/two_layer.py",
    "core/training/two_layer.py",
    "core/gradients/",
    "core/logs/documents.py",
    "tui/screens/gradients/",
)
"""Where the code may be about the two-layer net alone."""


@pytest.fixture(scope="module")
def sources() -> dict[str, ast.Module]:
    """The code of the files that could be found fault with, by their paths."""
    paths = sorted([*(ROOT / "core").rglob("*.py"), *(ROOT / "tui").rglob("*.py")])
    found = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in paths}
    assert len(found) > 250
    return {path: ast.parse(text) for path, text in found.items() if re.search("csv|two.?layer", text, re.IGNORECASE)}


def texts(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and value of the texts that are no docstrings, and of those that are in a pattern: `case "csv"`."""
    prose = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in prose:
            yield node.lineno, node.value


def identifiers(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and name of all that is defined, used or imported."""
    for node in ast.walk(tree):
        names: list[str | None] = []
        match node:
            case ast.Name():
                names = [node.id]
            case ast.Attribute():
                names = [node.attr]
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                names = [node.name]
            case ast.arg() | ast.keyword():
                names = [node.arg]
            case ast.Import():
                names = [each.name for each in node.names]
            case ast.ImportFrom():
                names = [node.module, *(each.name for each in node.names)]
            case _:
                continue
        yield from ((node.lineno, name) for name in names if name)


@pytest.mark.parametrize("name", ALLOWED)
def test_names_of_components_stand_in_their_own_rooms(sources: dict[str, ast.Module], name: str) -> None:
    spellings = {name, name.replace("-", "_")}
    found = [(path, line) for path, tree in sources.items() for line, text in texts(tree) if text.strip() in spellings]
    assert {path for path, _line in found} & {"core/components/models.py", "core/datasets/own_table.py"}
    assert [f"{path}:{line}" for path, line in found if not path.startswith(ALLOWED[name])] == []


def test_no_other_code_is_about_the_two_layer_net(sources: dict[str, ast.Module]) -> None:
    """Neither its modules nor its class, nor a name that somebody has for it."""
    found = [
        f"{path}:{line} {name}"
        for path, tree in sources.items()
        for line, name in identifiers(tree)
        if "twolayer" in name.lower().replace("_", "") and not path.startswith(ITS_CODE)
    ]
    assert found == []
