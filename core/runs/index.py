"""`.runs.json` in a models folder: what the logs of its runs say, in one file. To open a thousand of them takes long.

A cache of caches: what it has of a run counts only as long as the log has the length and the time that it names, and
where it is damaged, or cannot be written, nothing is lost. It is written column by column: so it is read twice as fast.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeAlias

from core.errors import WriteError
from core.runs import summary
from core.runs.summary import Summary
from core.system.files import write_atomically

NAME = ".runs.json"
FORMAT = [1, summary.FORMAT]

Stamp: TypeAlias = tuple[int, int]
"""Length of a log, and when it was last written to, in ns."""
Logs: TypeAlias = Mapping[str, tuple[Stamp, Summary]]
"""By run-id."""

_FIELDS = tuple(each.name for each in fields(Summary) if each.name not in ("curves", "config"))


def read(root: Path) -> Logs:
    """Summaries without their curves; none where there is no such file, or it is none of this version."""
    try:
        with open(root / NAME, "rb") as file:  # noqa: PTH123
            saved = json.loads(file.read())
        if saved["format"] != FORMAT or tuple(saved["columns"]) != _FIELDS:
            return {}
        return dict(_rows(saved))
    except (OSError, ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError):
        return {}


def _rows(saved: dict[str, Any]) -> Iterator[tuple[str, tuple[Stamp, Summary]]]:
    configs: list[dict[str, Any]] = [{}] * len(saved["sizes"])
    for shape in saved["configs"]:
        keys = shape["keys"]
        for i, values in zip(shape["rows"], zip(*shape["columns"], strict=True), strict=True):
            configs[i] = dict(zip(keys, values, strict=True))
    stamps = zip(saved["sizes"], saved["times"], strict=True)
    rows = zip(*saved["columns"].values(), strict=True)
    for stamp, config, values in zip(stamps, configs, rows, strict=True):
        found = object.__new__(Summary)  # its constructor would take as long as all else
        vars(found).update(zip(_FIELDS, values, strict=True), config=config, curves={})
        yield found.run_id, (stamp, found)


def write(root: Path, logs: Logs) -> None:
    """Where it can be."""
    found = [each for _stamp, each in logs.values()]
    shapes: dict[tuple[str, ...], list[int]] = {}
    for i, each in enumerate(found):
        shapes.setdefault(tuple(each.config), []).append(i)
    saved = {
        "format": FORMAT,
        "sizes": [size for (size, _time), _each in logs.values()],
        "times": [time for (_size, time), _each in logs.values()],
        "columns": {name: [getattr(each, name) for each in found] for name in _FIELDS},
        "configs": [
            {"keys": keys, "rows": rows, "columns": [[found[i].config[key] for i in rows] for key in keys]}
            for keys, rows in shapes.items()
            if keys
        ],
    }
    text = json.dumps(saved, separators=(",", ":"))
    with contextlib.suppress(WriteError):
        write_atomically(root / NAME, lambda file: file.write(text.encode()), durable=False)
