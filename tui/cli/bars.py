"""A progress bar for downloads, on stderr; silent where that is no terminal."""

from __future__ import annotations

import sys
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from core.history.history import History
from tui.words.units import duration


class Bar:
    """Rich's progress bar, on stdout's terminal below the log, else on stderr's; on none it shows nothing."""

    def __init__(self) -> None:
        self._progress = None
        if not (sys.stdout.isatty() or sys.stderr.isatty()):
            return
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn

        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=None),
            TextColumn("{task.fields[left]}", markup=False),
            console=Console(stderr=not sys.stdout.isatty()),
            transient=True,
            refresh_per_second=4,
        )
        self._task = self._progress.add_task("loading PyTorch and the data", total=None, left="")
        self._progress.start()

    def show(self, history: History) -> None:
        if self._progress is None:
            return
        if history.trials is not None:
            self._progress.update(
                self._task,
                description=f"{history.trials.done}/{history.trials.total} trials",
                total=1.0,
                completed=history.trials.share,
                left=f"{duration(history.seconds_left)} left",
            )
            return
        self._progress.update(
            self._task,
            description=f"epoch {min(history.epoch + 1, history.epochs)}/{history.epochs}",
            total=history.total_steps,
            completed=history.step,
            left=f"{duration(history.seconds_left)} left",
        )

    def close(self) -> None:
        if self._progress is not None:
            self._progress.stop()


class DownloadBar:
    """One line per file that is under way or done."""

    def __init__(self) -> None:
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=None),
            DownloadColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
            disable=not sys.stderr.isatty(),
        )

    def __enter__(self) -> DownloadBar:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def open(self, name: str) -> FileBar:
        return FileBar(self._progress, self._progress.add_task(name, total=None))


class FileBar:
    """The part of the bar that one file has; what `core.datasets.fetch` asks of it."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress, self._task = progress, task

    def begin(self, total: int | None) -> None:
        self._progress.update(self._task, total=total)

    def update(self, n: int) -> None:
        self._progress.advance(self._task, n)

    def close(self) -> None:
        self._progress.stop_task(self._task)
