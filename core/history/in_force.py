"""InForce: a setting that may change in the middle of a run: what holds after which step."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, TypeVar

V = TypeVar("V")


@dataclass
class InForce(Generic[V]):
    _values: list[tuple[int, V]] = field(default_factory=list)

    def begin(self, value: V) -> None:
        """From the first step on; what was known before is no more."""
        self._values = [(0, value)]

    def change(self, step: int, value: V) -> None:
        """From `step` on."""
        self._values.append((step, value))

    def after(self, step: int | None, unknown: V) -> V:
        """What holds after `step`, None: after the last one; `unknown` where nothing has been said."""
        return next((value for at, value in reversed(self._values) if step is None or at <= step), unknown)

    def forget_after(self, step: int) -> None:
        self._values = [(at, value) for at, value in self._values if at <= step]
