"""Entry: one run in a list of runs: what its log says and what it was given by hand."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from core.runs.folder import RunDir
from core.runs.labels import NONE, Labels
from core.runs.summary import Summary, began


@dataclass(frozen=True)
class Entry:
    """`summary` has no curves where it is one of a list: `core.runs.summary.cached` has those of one run."""

    path: Path
    summary: Summary
    labels: Labels = NONE

    @property
    def run_dir(self) -> RunDir:
        return RunDir(self.path)

    @property
    def run_id(self) -> str:
        return self.summary.run_id

    @property
    def title(self) -> str:
        """What lists show: the name that it was given, else its run-id."""
        return self.labels.name or self.summary.run_id

    @cached_property
    def began(self) -> float | None:
        """Seconds since 1970; None where neither its log nor its run-id tells."""
        return began(self.summary)

    @cached_property
    def text(self) -> str:
        """What a filter's words are looked for in, casefolded."""
        summary, labels = self.summary, self.labels
        parts = (labels.name, summary.run_id, *labels.tags, summary.name, summary.data, summary.model, labels.note)
        return "\n".join(parts).casefold()
