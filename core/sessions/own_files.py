"""The files with components of the user's own in a run's folder: a copy of each, as it was when the run began."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.experiment import named
from core.runs.folder import RunDir
from core.system.files import write_atomically, writing


def keep(run_dir: RunDir, config: Mapping[str, Any]) -> list[dict[str, str]]:
    """Copy the files that a config, as plain tables, uses; what is told of them. Raises WriteError."""
    found = named.records(config)
    for each in found:
        copy, content = run_dir.path / each["copy"], named.content_of(each["sha256"])
        with writing(copy):
            copy.parent.mkdir(exist_ok=True)
        write_atomically(copy, lambda file, content=content: file.write(content), durable=False)  # type: ignore[misc]
    return found
