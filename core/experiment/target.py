"""The target of a run, as in `test_accuracy>=0.97`."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Mapping
from dataclasses import dataclass

from core.components.keys import as_text
from core.components.metrics import METRICS

COMPARISONS = {">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt}


@dataclass(frozen=True)
class Target:
    """`test_accuracy>=0.97`."""

    column: str
    comparison: str
    value: float

    @classmethod
    def parse(cls, text: str) -> Target:
        """Raises ValueError."""
        found = re.fullmatch(r"\s*(\w+)\s*(>=|<=|>|<)\s*(\S+)\s*", text)
        try:
            value = float(found[3]) if found else math.nan
        except ValueError:
            value = math.nan
        if found is None or not math.isfinite(value):
            raise ValueError(f"stop.target = {text[:60]}: write it as test_accuracy>=0.97")
        return cls(found[1], found[2], value)

    def __str__(self) -> str:
        return f"{self.column}{self.comparison}{as_text(self.value)}"

    def never(self) -> str:
        """Why no metric can be like this, or an empty string."""
        metric = self.column.partition("_")[2]
        facts = METRICS[metric].facts if metric in METRICS else {}
        highest, lowest = facts.get("highest", math.inf), facts.get("lowest", -math.inf)
        edge = {">=": self.value > highest, ">": self.value >= highest, "<=": self.value < lowest}
        if not edge.get(self.comparison, self.value <= lowest):
            return ""
        if self.comparison in ("<=", "<"):
            return f"{metric} is at least {lowest:g}; it never goes below"
        if lowest == 0 and 1 < self.value <= 100:
            share = Target(self.column, self.comparison, self.value / 100)
            return f"{metric} is a fraction, at most 1; write {share} for {self.value:g} %"
        return f"{metric} is at most {highest:g}; it never goes above"

    def reached(self, metrics: Mapping[str, float]) -> bool:
        return self.column in metrics and bool(COMPARISONS[self.comparison](metrics[self.column], self.value))
