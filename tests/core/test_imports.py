"""What importing the engine costs: the first screen, `--help` and `--set` errors wait for it."""

from __future__ import annotations

import ast
import json
import pkgutil
import subprocess
import sys
from pathlib import Path

import grimp

import core

LIGHT = (
    "errors",
    "presets",
    "events",
    "query",
    "components",
    "history",
    "logs",
    "experiment",
    "datasets",
    "comparison",
)
"""Rooms that forms, `--help` and errors in `--set` need. Of others these modules:"""
LIGHT_ALONE = (
    "runs.folder",
    "runs.event_log",
    "runs.find",
    "runs.summary",
    "runs.catalogue",
    "runs.columns",
    "runs.trash",
    "sessions.run",
    "figures.kinds",
    "system.clock",
)
HEAVY = {"torch", "torchvision", "pandas", "sklearn", "scipy"}
SCREENS = {"textual", "rich", "typer", "click", "tui"}


def loaded_by(*modules: str) -> set[str]:
    """The top-level packages that a fresh Python has loaded after importing `modules` of the engine."""
    lines = [
        *(f"import core.{module}" for module in modules),
        "import json, sys",
        "print(json.dumps(list(sys.modules)))",
    ]
    answer = subprocess.run(
        [sys.executable, "-P", "-W", "ignore", "-c", "\n".join(lines)], capture_output=True, text=True, check=True
    )
    return {name.partition(".")[0] for name in json.loads(answer.stdout)}


def modules_of(*rooms: str) -> list[str]:
    """All modules of these rooms of the engine, named without `core.`."""
    found = [m.name.removeprefix("core.") for m in pkgutil.walk_packages(core.__path__, "core.")]
    return [name for name in found if not rooms or name.partition(".")[0] in rooms]


def test_forms_and_errors_need_no_heavy_library() -> None:
    assert not loaded_by(*modules_of(*LIGHT), *LIGHT_ALONE) & HEAVY


def test_a_list_of_runs_needs_next_to_nothing() -> None:
    """A thousand of them are to be there in twice the time of `--help`."""
    assert not loaded_by("runs.catalogue", "runs.columns", "runs.trash") & (HEAVY | {"numpy", "pydantic"})


def test_building_a_config_needs_no_heavy_library() -> None:
    code = (
        "from core.errors import ConfigError; from core.experiment import open, resolve; import sys\n"
        "from core.presets import preset_names\n"
        "[open.load(name) for name in preset_names()]\n"
        "try: resolve.load('iris-net', [('optimizer.name', 'adm')])\n"
        "except ConfigError as error: print(error)\n"
        f"print(sorted(set(sys.modules) & {HEAVY!r}))"
    )
    answer = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    complaint, loaded = answer.stdout.splitlines()
    assert complaint.startswith("no optimizer named 'adm'; choose from ")
    assert loaded == "[]"


def test_the_engine_never_loads_a_screen() -> None:
    modules = modules_of()
    assert len(modules) > 100
    assert not loaded_by(*modules) & SCREENS


GRAPH = grimp.build_graph("core", "tui")


def test_there_is_no_circle_between_modules() -> None:
    """A module stands on a floor above all that it imports, so the floors can be counted."""
    floors: dict[str, int] = {}
    left = set(GRAPH.modules)
    while left:
        ready = {name for name in left if GRAPH.find_modules_directly_imported_by(name) <= floors.keys() | {name}}
        assert ready, f"a circle: {sorted(left)}"
        for name in ready:
            below = GRAPH.find_modules_directly_imported_by(name) - {name}
            floors[name] = 1 + max((floors[each] for each in below), default=0)
        left -= ready
    print(f"{len(floors)} modules on {max(floors.values())} floors, {GRAPH.count_imports()} imports")


def room_of(module: str) -> str:
    """The folder that it lies in: `core.tables`, `tui.screens.run`."""
    parent = module.rpartition(".")[0]
    return parent if GRAPH.find_children(module) == set() and parent not in ("core", "tui") else module


def test_there_is_no_circle_between_rooms() -> None:
    below: dict[str, set[str]] = {room_of(name): set() for name in GRAPH.modules}
    for name in GRAPH.modules:
        below[room_of(name)] |= {room_of(each) for each in GRAPH.find_modules_directly_imported_by(name)}
    left = {room: rooms - {room} for room, rooms in below.items()}
    while left:
        ready = {room for room, rooms in left.items() if not rooms & left.keys()}
        assert ready, f"a circle: { {room: sorted(rooms & left.keys()) for room, rooms in left.items()} }"
        left = {room: rooms for room, rooms in left.items() if room not in ready}


def test_files_and_classes_are_short() -> None:
    root = Path(core.__file__).parent.parent
    for path in [*(root / "core").rglob("*.py"), *(root / "tui").rglob("*.py")]:
        text = path.read_text()
        assert len(text.splitlines()) <= 350, path
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ClassDef):
                assert node.end_lineno is not None
                assert node.end_lineno - node.lineno < 250, f"{path}: {node.name}"


def test_every_room_says_what_it_promises() -> None:
    root = Path(core.__file__).parent.parent
    for path in [*(root / "core").rglob("__init__.py"), *(root / "tui").rglob("__init__.py")]:
        assert (ast.get_docstring(ast.parse(path.read_text())) or "").strip(), path


def test_the_layers_are_kept() -> None:
    """The contracts of pyproject.toml: core imports no screen, widgets know no screens, and so on."""
    linter = Path(sys.executable).with_name("lint-imports")
    answer = subprocess.run(
        [linter, "--no-cache"], capture_output=True, text=True, check=False, cwd=Path(core.__file__).parent.parent
    )
    assert answer.returncode == 0, answer.stdout
    assert "0 broken" in answer.stdout
