"""A million steps are read quickly, and what is kept of them is small."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.runs.folder import RunDir

SCRIPT = """
import sys, time
from pathlib import Path
from core.comparison.comparison import Comparison
from core.comparison.entries import BATCH_LOSS, Source
from core.comparison.lines import spread
from core.runs.folder import RunDir
began = time.process_time()
source = Source(RunDir(Path(sys.argv[1])))
source.read()
(row,) = Comparison(source.entries()).rows
line = row.lines(BATCH_LOSS)[0]
seconds = time.process_time() - began
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(seconds, int(peak.split()[1]) / 1024, len(line), line.high.max())
"""


@pytest.mark.slow
@pytest.mark.parametrize("together", [500, 20, 2])
def test_a_million_steps(
    together: int, tmp_path: Path, run_of: Callable[..., RunDir], events: Any, pace: Callable[[], float]
) -> None:
    run_dir = run_of(tmp_path, "long", 1, end=False)
    losses = (0.2 + 0.1 * np.random.default_rng(0).random(1_000_000)).round(8)
    losses[654_321] = 3.21
    told = (
        events["report"](2, first + 11, losses[first : first + together].tolist())
        for first in range(0, len(losses), together)
    )
    events["write"](run_dir.events, told, first=5)
    slower = pace()
    answer = subprocess.run(
        [sys.executable, "-P", "-c", SCRIPT, str(run_dir.path)], capture_output=True, text=True, check=True
    )
    seconds, megabytes, points, spike = map(float, answer.stdout.split())
    assert seconds < 3 * slower
    assert megabytes < 300
    assert points <= 4096
    assert spike == 3.21
