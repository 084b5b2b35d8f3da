"""What importing the engine costs: the first screen, `--help` and `--set` errors wait for it."""

from __future__ import annotations

import json
import pkgutil
import subprocess
import sys
import tomllib
from pathlib import Path

import grimp
import pytest

import core

LIGHT = [
    *("config", "models", "datasets", "losses", "optimizers", "schedules", "metrics", "outputs", "fits", "stopping"),
    *("history", "run_dir", "summary", "document_log", "run", "fetch", "figures", "doctor", "draft", "keys"),
]
HEAVY = {"torch", "torchvision", "pandas", "sklearn", "scipy"}
SCREENS = {"textual", "textual_plotext", "plotext", "rich", "typer", "click", "tui"}


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


def test_forms_and_errors_need_no_heavy_library() -> None:
    assert not loaded_by(*LIGHT) & HEAVY


def test_building_a_config_needs_no_heavy_library() -> None:
    code = (
        "from core import config, search_config; from core.presets import preset_names; import sys\n"
        "[search_config.load(name) for name in preset_names()]\n"
        "try: config.load('iris-net', [('optimizer.name', 'adm')])\n"
        "except config.ConfigError as error: print(error)\n"
        f"print(sorted(set(sys.modules) & {HEAVY!r}))"
    )
    answer = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    complaint, loaded = answer.stdout.splitlines()
    assert complaint.startswith("no optimizer named 'adm'; choose from ")
    assert loaded == "[]"


def test_the_engine_never_loads_a_screen() -> None:
    modules = [m.name.removeprefix("core.") for m in pkgutil.walk_packages(core.__path__, "core.")]
    assert len(modules) > 20
    assert not loaded_by(*modules) & SCREENS


@pytest.mark.parametrize(
    ("module", "needs"),
    [("events", []), ("registry", []), ("run", ["clock", "errors", "events"]), ("clock", []), ("errors", [])],
)
def test_the_spine_imports_nothing_else_of_ours(module: str, needs: list[str]) -> None:
    code = f"import core.{module}, sys; print(sorted(m for m in sys.modules if m.startswith('core')))"
    answer = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == str(["core", *(f"core.{name}" for name in sorted([module, *needs]))])
    graph = grimp.build_graph("core")  # sees imports inside functions too
    reached = graph.find_upstream_modules(f"core.{module}")
    assert reached - {"core"} == {f"core.{name}" for name in needs}


def test_every_screen_module_has_its_layer() -> None:
    """A module that is in no layer of pyproject.toml could import anything."""
    root = Path(core.__file__).parent.parent
    contracts = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (layers,) = [contract["layers"] for contract in contracts if contract["type"] == "layers"]
    placed = {name.strip() for layer in layers for name in layer.split("|")}
    modules = {f"tui.{path.stem}" for path in (root / "tui").iterdir() if path.suffix == ".py" or path.is_dir()}
    assert modules - {"tui.__init__", "tui.__pycache__"} <= placed


def test_the_layers_are_kept() -> None:
    """The contracts of pyproject.toml: core imports no screen, widgets know no screens, and so on."""
    linter = Path(sys.executable).with_name("lint-imports")
    answer = subprocess.run(
        [linter, "--no-cache"], capture_output=True, text=True, check=False, cwd=Path(core.__file__).parent.parent
    )
    assert answer.returncode == 0, answer.stdout
    assert "0 broken" in answer.stdout
