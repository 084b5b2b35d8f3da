"""One's own table in `make bench`: 200,000 rows × 20 columns until they can be trained on, against `pandas.read_csv`
alone, in time and in memory. Each side in a process of its own, in turn, with its libraries loaded before.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

PAIRS = 5
ROWS = 200_000
TIME, MEMORY = 3.0, 2.0
"""Times as much, at most."""


def write(path: Path) -> None:
    """16 columns of fractions, two of whole numbers, one of texts, and two classes."""
    random = np.random.default_rng(0)
    table = pd.DataFrame({f"c{i}": random.normal(size=ROWS).round(6) for i in range(16)})
    for name in ("k0", "k1"):
        table[name] = random.integers(0, 1000, ROWS)
    table["colour"] = random.choice(["red", "green", "blue"], ROWS)
    table["y"] = random.choice(["a", "b"], ROWS)
    table.to_csv(path, index=False)


def side(which: str, path: Path) -> tuple[float, float]:
    """Seconds, and megabytes of memory at the most beyond what the process had before."""
    import sklearn.impute  # (loaded on both sides)
    import sklearn.model_selection  # noqa: F401
    import torch  # noqa: F401

    from core.data.prepare import load_data
    from core.experiment import resolve

    pairs = [("dataset.name", "csv"), ("dataset.path", str(path)), ("dataset.target", "y")]
    resolved = resolve.load("iris-net", pairs)
    before = int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
    began = time.perf_counter()
    kept = pd.read_csv(path) if which == "pandas" else load_data(resolved)
    seconds = time.perf_counter() - began
    assert kept is not None
    return seconds, (1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1e6


def table(folder: Path) -> list[str]:
    """Print the rows, and return the names of those beyond their limit."""
    path = folder / "big.csv"
    write(path)

    def child(which: str) -> tuple[float, float]:
        command = [sys.executable, "-P", __file__, which, str(path)]
        seconds, megabytes = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
        return float(seconds), float(megabytes)

    child("pandas")  # the file into the disk's cache
    pairs = [(child("ours"), child("pandas")) for _pair in range(PAIRS)]
    missed = []
    for i, (what, unit, most) in enumerate((("time", "s", TIME), ("memory", "MB", MEMORY))):
        ratios = sorted(ours[i] / theirs[i] for ours, theirs in pairs)
        name = f"a table of 200,000 × 20, against pandas.read_csv: {what}"
        sides = [statistics.median(pair[k][i] for pair in pairs) for k in (0, 1)]
        print(
            f"{name:62} {statistics.median(ratios):.2f} × ({ratios[0]:.2f}-{ratios[-1]:.2f})   at most {most:g}   "
            f"{sides[0]:.3g} {unit} : {sides[1]:.3g} {unit}",
            flush=True,
        )
        if statistics.median(ratios) > most:
            missed.append(name)
    return missed


if __name__ == "__main__":
    print(*side(sys.argv[1], Path(sys.argv[2])))
