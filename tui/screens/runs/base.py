"""RunsBase: what the deeds of the runs screen need of it."""

from __future__ import annotations

from pathlib import Path

from textual.screen import Screen

from core.runs.entry import Entry
from tui.screens.runs.listing import RunsListing


class RunsBase(Screen[None]):
    """A list of runs, which are read again after each deed."""

    def __init__(self, root: Path) -> None:
        super().__init__()
        self.root = root
        self.listing = RunsListing()
        self.deleted: list[list[str]] = []
        """The run-ids of each time that some were deleted here, until they are brought back."""

    @property
    def meant(self) -> list[Entry]:
        """The marked runs, else the one under the cursor."""
        raise NotImplementedError

    @property
    def resumable(self) -> list[Entry]:
        """Those of them that can go on."""
        return [each for each in self.meant if each.summary.status in ("stopped", "failed", "interrupted")]

    def read(self) -> None:
        """What has changed in the folder, behind the screen."""
        raise NotImplementedError

    def show_all(self) -> None:
        raise NotImplementedError
