"""Queue: what waits for its turn while something trains. It knows neither screens nor threads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.experiment.schema import RunConfig
    from core.experiment.search import SearchConfig


@dataclass(frozen=True)
class Waiting:
    """A new run of `config`, or an ended one to go on with."""

    title: str
    """Name of the experiment, or id of the run."""
    config: RunConfig | SearchConfig | None = None
    run_id: str = ""
    settings: tuple[tuple[str, str], ...] = ()
    """KEY and VALUE that hold from then on, of a run that goes on."""

    @property
    def about(self) -> str:
        """What happens when it has its turn."""
        if self.config is not None:
            return "a new run"
        changed = ", ".join(f"{key}={value}" for key, value in self.settings)
        return f"goes on{f' with {changed}' if changed else ''}"


class Queue:
    """First in, first out, unless it is told otherwise."""

    def __init__(self) -> None:
        self._waiting: list[Waiting] = []

    def __len__(self) -> int:
        return len(self._waiting)

    def __iter__(self) -> Iterator[Waiting]:
        return iter(tuple(self._waiting))

    @property
    def first(self) -> Waiting | None:
        return self._waiting[0] if self._waiting else None

    def add(self, wanted: Waiting) -> None:
        """At its end."""
        self._waiting.append(wanted)

    def resumes(self, run_id: str) -> bool:
        """Whether that run waits to go on: it can do so once."""
        return any(each.run_id == run_id for each in self._waiting if run_id)

    def take(self) -> Waiting | None:
        """The first one, which waits no longer; None where none does."""
        return self._waiting.pop(0) if self._waiting else None

    def move(self, at: int, by: int) -> int:
        """One of them `by` places towards the end, or with a negative number towards the front, as far as there are
        any; where it is then."""
        if not 0 <= at < len(self._waiting):
            return at
        to = min(max(0, at + by), len(self._waiting) - 1)
        self._waiting.insert(to, self._waiting.pop(at))
        return to

    def remove(self, at: int) -> Waiting | None:
        return self._waiting.pop(at) if 0 <= at < len(self._waiting) else None

    def clear(self) -> None:
        self._waiting.clear()

    def __str__(self) -> str:
        """`2 wait`; empty where none does."""
        n = len(self._waiting)
        return f"{n} wait{'s' if n == 1 else ''}" if n else ""


def waits(title: str, queue: Queue) -> str:
    """What to say of the one that was added last, while something trains."""
    return f"{title} waits: {len(queue)} before it. Q: all that wait"
