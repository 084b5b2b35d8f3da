"""Where the first weights of a run are from, in a word."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any


def name_of(parent: Mapping[str, Any]) -> str:
    """Of `RunStarted.parent`: `RUN@best`, `RUN@last`, `RUN@120`, `RUN/model.pt`, or the name of a file that is no
    run's; empty where the weights were drawn."""
    if not parent:
        return ""
    run, weights, file = str(parent.get("run", "")), str(parent.get("weights", "")), str(parent.get("file", ""))
    if not run:
        return PurePath(file).name
    if weights == "file":
        return f"{run}/{file}"
    return f"{run}@{parent.get('step') if weights == 'step' else weights}"
