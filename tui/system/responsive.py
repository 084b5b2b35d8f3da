"""What keeps training and keys quick while both want the same cores."""

from __future__ import annotations

import gc
import os
import sys

SWITCH_INTERVAL = 0.0005
"""Seconds that painting may keep the interpreter from training at a time; Python's own 5 ms are many steps."""


def before_torch() -> None:
    """PyTorch's threads wait for each other by sleeping, not by spinning: where they spin, a screen or any other
    program that wants a part of a core makes training many times slower. Read when PyTorch is loaded."""
    if "GOMP_SPINCOUNT" not in os.environ:
        os.environ.setdefault("OMP_WAIT_POLICY", "passive")


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
