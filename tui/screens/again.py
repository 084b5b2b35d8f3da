"""AgainScreen: what can be done with any run that is over: train it again, as it was or with other settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from textual.message import Message

from core.experiment.open import tables_of
from core.experiment.schema import RunConfig
from core.experiment.search import SearchConfig, resolve
from tui.live.background import in_background
from tui.screens.following import RunScreen

T = TypeVar("T")


class AgainScreen(RunScreen):
    """A screen of its own has the keys for it."""

    @dataclass
    class Again(Message):
        """Train a new run of this config."""

        config: RunConfig | SearchConfig

    @dataclass
    class Change(Message):
        """Open the form for these settings."""

        tables: dict[str, Any]

    @property
    def _over(self) -> bool:
        """Whether nobody trains it any more."""
        return self._run_dir is not None and self._state in ("completed", "stopped", "failed", "interrupted")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self._over if action in ("again", "change") else super().check_action(action, parameters)

    def action_again(self) -> None:
        """A new run, as this one was to be."""
        self._with_settings(resolve, self.Again)

    def action_change(self) -> None:
        """The form, with its settings."""
        self._with_settings(lambda tables: tables, self.Change)

    def _with_settings(self, of: Callable[[dict[str, Any]], T], message: Callable[[T], Message]) -> None:
        """Reads its config, and loads the user's own components among it. What cannot be read, as of another version,
        becomes a note."""
        run_dir = self._run_dir

        def read(found: T) -> None:
            self.post_message(message(found))

        if run_dir is not None:
            in_background(self, lambda: of(tables_of(str(run_dir.config))), read)
