"""The search's rows of `make bench`: all networks side by side, against the document's own script, one after the other.

Seconds of training, without the start of a process; each side in one of its own, in turn.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

TIMES = 3
LEAST = {1: 12.0, 10: 20.0}
"""How many times faster per network, at least, by repeats."""

Child = Callable[..., float]


def document() -> float:
    """The document's 32 networks of 200 epochs."""
    spec = importlib.util.spec_from_file_location("document", Path(__file__).parent / "documents" / "iris_search.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    began = time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()):
        module.main(0)
    return time.perf_counter() - began


def ours(models: Path, repeats: int) -> float:
    """`nntui run iris-search`: log printed, events, checkpoints and all models written."""
    from tui.system import responsive

    responsive.before_torch()  # as `nntui run` does
    from core.events.events import Event
    from core.experiment import open as search_config
    from core.history.history import History
    from core.logs.search import SearchLog
    from core.sessions import open

    chosen = search_config.load("iris-search", [("repeats", str(repeats))])
    history, logs = History(), list[SearchLog]()

    def show(event: Event) -> None:
        history.apply(event)
        if not logs:
            assert history.trials is not None
            logs.append(SearchLog(history.trials))
        for line in logs[0].lines(event):
            print(line, file=sys.stderr)

    opened = open.start(chosen, models, recorders=[show])
    responsive.loaded()
    began = time.perf_counter()
    opened.run.execute()
    return time.perf_counter() - began


def searches(child: Child, models: Path) -> list[str]:
    """Print the rows, and return the names of those below their limit. `child` runs a side of bench.py."""
    missed = []
    found: dict[int, list[tuple[float, float]]] = {repeats: [] for repeats in LEAST}
    for _ in range(TIMES):
        theirs = child("document-search", models)
        for repeats in LEAST:
            found[repeats].append((theirs, child("search", models, str(repeats))))
    for repeats, pairs in found.items():
        name = f"iris-search, {32 * repeats} networks, against the document's script"
        ratios = sorted(repeats * theirs / mine for theirs, mine in pairs)
        median = statistics.median(ratios)
        if median < LEAST[repeats]:
            missed.append(name)
        print(
            f"{name:58} {median:5.1f} × faster per network  ({ratios[0]:.1f}-{ratios[-1]:.1f})  "
            f"at least {LEAST[repeats]:g}   {statistics.median(x for x, _ in pairs):.1f} s : "
            f"{statistics.median(y for _, y in pairs):.2f} s",
            flush=True,
        )
    return missed
