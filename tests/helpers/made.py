"""Events that tests make by hand, each in one place: a new field of theirs is given here alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.events.events import RunStarted


def run_started(config: Mapping[str, Any] | None = None, **fields: Any) -> RunStarted:
    """The first event of a run of `config`, on 120 samples in steps of 12 where `fields` say nothing else."""
    usual: dict[str, Any] = {
        "run_id": "r",
        "parameters": 1,
        "layers": [],
        "steps_per_epoch": 10,
        "sizes": {"train": 120, "test": 30},
        "data_sha256": "",
        "device": "cpu",
        "versions": {},
        "host": "",
        "git_commit": None,
        "argv": [],
        "seed": 0,
        "started": "2026-01-01T12:00:00+00:00",
    }
    return RunStarted(config=dict(config or {}), **{**usual, **fields})
