"""Undo: the states that something was in before, and after what was taken back."""

from __future__ import annotations

from typing import Generic, TypeVar

State = TypeVar("State")


class Undo(Generic[State]):
    """Changes of the same key that follow each other are one step, until `settle`."""

    def __init__(self) -> None:
        self._before: list[tuple[str, State]] = []
        self._after: list[tuple[str, State]] = []
        self._open = ""

    def record(self, key: str, state: State) -> None:
        """`key` is about to be changed; it is `state` now."""
        if not (self._before and key == self._open):
            self._before.append((key, state))
        self._after.clear()
        self._open = key

    def settle(self) -> None:
        """What comes next is another step."""
        self._open = ""

    def back(self, now: State) -> tuple[str, State] | None:
        """The key that was changed last, and the state before that; None where nothing was."""
        return self._move(self._before, self._after, now)

    def forth(self, now: State) -> tuple[str, State] | None:
        """The key that was taken back last, and the state that it had come to."""
        return self._move(self._after, self._before, now)

    def _move(
        self, source: list[tuple[str, State]], target: list[tuple[str, State]], now: State
    ) -> tuple[str, State] | None:
        self.settle()
        if not source:
            return None
        key, state = source.pop()
        target.append((key, now))
        return key, state
