"""Whole processes, of `make bench`: what `nntui run` takes from its start to its end, in time and memory, beside what
its parts take alone; and training beside a program that wants a core."""

from __future__ import annotations

import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

PAIRS = 5


class Spent(NamedTuple):
    seconds: float
    memory: float
    """Bytes at most."""


def spent(command: list[str]) -> Spent:
    """Of a process that is to end well."""
    began = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _pid, status, usage = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - began
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise RuntimeError(f"{' '.join(command)}: exit {child.returncode}")
    return Spent(seconds, usage.ru_maxrss * 1024)


def nntui_run(*arguments: str) -> Spent:
    with tempfile.TemporaryDirectory() as models:
        run = ["run", *arguments, "--quiet", "--models-dir", models]
        return spent([str(Path(sys.executable).parent / "nntui"), *run])


@contextlib.contextmanager
def a_busy_core() -> Iterator[None]:
    busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        yield
    finally:
        busy.kill()
        busy.wait()


def row(name: str, found: list[tuple[float, float]], *, most: float = 0.0, least: float = 0.0, unit: str = "s") -> bool:
    """Print the ratio of the pairs; whether it is within its limit."""
    ratios = sorted(a / b for a, b in found)
    a, b = (statistics.median(side) for side in zip(*found, strict=True))
    median, limit = statistics.median(ratios), f"at most {most:.2f}" if most else f"at least {least:.2f}"
    values = f"{a:.2f} {unit} : {b:.2f} {unit}" if unit == "s" else f"{a / 1e6:.0f} {unit} : {b / 1e6:.0f} {unit}"
    print(f"{name:58} {median:5.2f} ×  ({ratios[0]:.2f}-{ratios[-1]:.2f})  {limit:13} {values}", flush=True)
    return not (most and median > most) and not (least and median < least)


def start(pairs: int = PAIRS) -> Iterator[str]:
    """Print how long a small run takes as a whole; its name where that is beyond its limit."""
    torch = [sys.executable, "-c", "import torch"]
    nntui_run("iris-net")  # the disk cache
    name = "nntui run iris-net --quiet, whole, against import torch"
    if not row(name, [(nntui_run("iris-net").seconds, spent(torch).seconds) for _ in range(pairs)], most=1.8):
        yield name


def rows(training: ModuleType, document_search: Callable[[], float], pairs: int = PAIRS) -> Iterator[str]:
    """Print the rows; the names of those beyond their limit. `training`: bench_training; `document_search`: seconds of
    the iris document's search loop."""

    def judged(name: str, found: list[tuple[float, float]], **limit: float | str) -> Iterator[str]:
        if not row(name, found, **limit):  # type: ignore[arg-type]
            yield name

    yield from start(pairs)
    name = "iris-search: the document's loop, against nntui run, whole"
    found = [(document_search(), nntui_run("iris-search").seconds) for _ in range(pairs)]
    yield from judged(name, found, least=15.0)
    with a_busy_core():
        name = "fashion-mlp beside a busy core, against a loop on 1 thread"
        found = [
            (training.child("nntui", "fashion-mlp"), training.child("loop", "fashion-mlp", 1)) for _ in range(pairs)
        ]
        yield from judged(name, found, most=1.2)
    fashion = [sys.executable, "-P", training.__file__, "loop", "fashion-mlp", "1"]
    found = [(nntui_run("fashion-mlp", "--epochs", "1").memory, spent(fashion).memory) for _ in range(3)]
    yield from judged("memory of nntui run fashion-mlp, against the loop", found, most=1.15, unit="MB")
