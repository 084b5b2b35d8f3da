"""FigurePane: the figures that a run has left so far, one of them at a time, read anew whenever it was written."""

from __future__ import annotations

from rich.text import Text

from core.figures.kinds import Figure, read
from core.runs.folder import RunDir
from core.system.files import is_file
from tui.charts.figure_text import TITLES
from tui.live.background import in_background
from tui.screens.run.figure import FigureView
from tui.words.units import count


class FigurePane(FigureView):
    """Say `look` now and then, and `show_one` with one of its `names`."""

    DEFAULT_CSS = """
    FigurePane { width: 1fr; height: 1fr; border: round $panel; border-title-color: $text;
        border-subtitle-color: $text-muted; display: none; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []
        """Of the figures that there are."""
        self._run_dir: RunDir | None = None
        self._written: object = None
        """What is shown: its name, and when it was written."""

    def begin(self, run_dir: RunDir | None) -> None:
        """Show the figures of another run."""
        self._run_dir = run_dir

    def look(self) -> bool:
        """Whether there are others than at the last look."""
        before, self.names = self.names, self._found()
        return self.names != before

    def _found(self) -> list[str]:
        if self._run_dir is None:
            return []
        return [name for name in TITLES if is_file(self._run_dir.figures / f"{name}.json")]

    def show_one(self, name: str) -> None:
        """As it was written last."""
        run_dir = self._run_dir
        if run_dir is None:
            return
        try:
            written = (name, (run_dir.figures / f"{name}.json").stat().st_mtime_ns)
        except OSError:  # between two of them
            return
        if written == self._written:
            return
        self._written = written

        def done(figure: Figure | None) -> None:
            if self._written == written:
                self.border_title = Text(TITLES[name])
                self.border_subtitle = Text(f"epoch {figure.epoch}, step {count(figure.step)}" if figure else "")
                self.show(figure, why_not="its file cannot be read")

        in_background(self, lambda: read(run_dir, name), done)
