"""What keeps training and keys quick while both want the same cores."""

from __future__ import annotations

import gc
import os
import sys

SPINS = "100000"
"""A few tenths of a millisecond."""
SWITCH_INTERVAL = 0.0005
"""Seconds that painting may keep the interpreter from training at a time; Python's own 5 ms are many steps."""


def before_torch() -> None:
    """PyTorch's threads wait for each other by spinning for a moment: to be woken takes longer than most of their work.
    Where others want the cores meanwhile, `core.training.threads` sees it. Read when PyTorch is loaded."""
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", SPINS)


def before_screens() -> None:
    """Let painting and training take turns quickly."""
    sys.setswitchinterval(SWITCH_INTERVAL)


def loaded() -> None:
    """What has just been loaded stays: the garbage collector need not look at it again. A full collection over
    PyTorch's modules takes a quarter of a second, in which nothing else happens."""
    gc.freeze()


def leaving() -> None:
    """What was kept from the collector is its own again, or libraries that count their objects call them leaked."""
    gc.unfreeze()
