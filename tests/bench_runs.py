"""The start screen with 1,000 runs in `make bench`: until all their rows are there, counted from its first paint, and
until the first is, counted from when it would say that there is none; with their caches and without one. The folders
are copies of one run of iris-net that is trained here.
"""

from __future__ import annotations

import shutil
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

RUNS, TIMES = 1000, 3
WITH, WITHOUT, FIRST = 1.0, 5.0, 0.3
"""Seconds, at most."""


def write(models: Path) -> None:
    """As many finished runs, each under a name of its own."""
    from core.experiment import resolve
    from core.sessions import network

    trained = network.start(resolve.load("iris-net", [("device", "cpu")]), models)
    trained.run.execute()
    first = trained.run_dir
    texts = {each.name: each.read_text() for each in (first.config, first.events, first.summary)}
    for i in range(1, RUNS):
        run_id = f"20260101-{i // 3600:02}{i // 60 % 60:02}{i % 60:02}-iris-net-{i:04x}"
        folder = models / run_id
        folder.mkdir()
        for name, text in texts.items():
            (folder / name).write_text(text.replace(first.run_id, run_id))


def forget(models: Path) -> None:
    """What is kept of each log."""
    for cache in models.glob("*/summary.json"):
        cache.unlink()


def listed(terminal: Any, *texts: str) -> list[float]:
    """Seconds from the first paint until each of them was painted."""
    terminal.read_until(lambda: b"Experiments" in terminal.output)
    began, found = time.perf_counter(), []
    for text in texts:
        terminal.read_until(lambda: text.encode() in terminal.output)  # noqa: B023  (called before the next)
        found.append(time.perf_counter() - began)
    terminal.end()
    return found


def rows(open_terminal: Callable[[list[str], dict[str, str]], Any], figure: Callable[..., None], folder: Path) -> None:
    """Print them. `open_terminal`: a command on a terminal of 120×40; `figure`: one row with its limit."""
    models, none = folder / "many runs", folder / "no runs"
    models.mkdir()
    none.mkdir()
    write(models)
    nntui = [sys.executable, "-P", "-m", "tui.cli"]

    def measured(root: Path, before: Callable[[], object], *texts: str) -> list[float]:
        found = []
        for _ in range(TIMES):
            before()
            found.append(listed(open_terminal(nntui, {"NNTUI_MODELS_DIR": str(root)}), *texts))
        return [statistics.median(each) for each in zip(*found, strict=True)]

    (at_once,) = measured(none, lambda: None, "Your runs will stand here")
    for how, before, most in (("with", lambda: None, WITH), ("without", lambda: forget(models), WITHOUT)):
        first, everything = measured(models, before, "✓ iris-net", f"of {RUNS:,}")
        figure(f"{RUNS:,} runs {how} caches: first row, later than none", max(0.0, first - at_once), "s", FIRST)
        figure(f"{RUNS:,} runs {how} caches: all rows after first paint", everything, "s", most)
    shutil.rmtree(models)
