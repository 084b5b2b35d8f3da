"""Sources: the logs of the runs that are compared, read behind the screen one after another, then followed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from textual.widget import Widget

from core.comparison.entries import Entry, News, Source
from core.runs.folder import RunDir
from tui.live.background import in_background
from tui.live.story import Reading

Tell = Callable[[], None]


class Sources:
    """Of runs of a models folder by their ids, or by paths; `<run-id>/<number>` is a trial of a search, a search all of
    them. What cannot be read has a line among `problems`."""

    def __init__(self, root: Path, run_ids: Sequence[str]) -> None:
        self.root, self.run_ids = root, list(dict.fromkeys(run_ids))
        self.is_read = False
        """Whether all logs were read once."""
        self._sources: list[Source] = []
        self._refused: dict[str, str] = {}
        """Of runs that are not there, by what they were called."""
        self._reading = Reading()
        self._busy = False

    def cancel(self) -> None:
        self._reading.cancelled = True

    def read(self, widget: Widget, tell: Tell, at: int = 0) -> None:
        """All of them, each told as soon as it is read, and the end."""
        if at >= len(self.run_ids) or self._reading.cancelled:
            self.is_read = True
            tell()
            return
        run_id, reading = self.run_ids[at], self._reading

        def go_on(steps: int) -> bool:
            reading.step = steps
            return not reading.cancelled

        def work() -> tuple[Source, News]:
            source = Source(_run_dir(self.root, run_id))
            return source, source.whole(go_on)

        def done(found: tuple[Source, News]) -> None:
            source, news = found
            source.take(news)
            self._sources.append(source)
            tell()
            self.read(widget, tell, at + 1)

        def failed(reason: str) -> None:
            self._refused[run_id] = reason
            self.read(widget, tell, at + 1)

        in_background(widget, work, done, failed)

    def follow(self, widget: Widget, tell: Tell) -> None:
        """Take in what was written since, by whichever process."""
        if self._busy or not self.is_read:
            return
        self._busy, sources = True, list(self._sources)

        def done(news: list[News]) -> None:
            self._busy = False
            if sum(source.take(each) for source, each in zip(sources, news, strict=True)):
                tell()

        def failed(reason: str) -> None:
            self._busy = False
            widget.notify(reason, severity="error", markup=False)

        in_background(widget, lambda: [source.since() for source in sources], done, failed)

    @property
    def entries(self) -> list[Entry]:
        """Each network once, though it may be named by itself and within its search."""
        found = [entry for source in self._sources for entry in source.entries()]
        return list({entry.run_id: entry for entry in found}.values())

    @property
    def problems(self) -> list[str]:
        """Why some cannot be read."""
        return [*self._refused.values(), *(source.problem for source in self._sources if source.problem)]

    @property
    def progress(self) -> str:
        at = min(len(self._sources) + len(self._refused) + 1, len(self.run_ids))
        return f"reading {at} of {len(self.run_ids)}: {self._reading}"

    def names(self) -> list[str]:
        """Of those that could be read, as `nntui` finds them."""
        return [self.name_of(source.run_dir) for source in self._sources if not source.problem]

    def name_of(self, run_dir: RunDir) -> str:
        """By its id in the models folder, else by its path."""
        within = run_dir.home.absolute().parent == self.root.absolute()
        return run_dir.run_id if within else str(run_dir.path.resolve())

    def find(self, run_id: str) -> RunDir | None:
        """The run that was named so."""
        return next((each.run_dir for each in self._sources if each.run_dir.run_id == run_id), None)


def _run_dir(root: Path, run_id: str) -> RunDir:
    """Raises UserError."""
    run_dir = RunDir(root / run_id)
    if run_dir.path.is_dir() and run_dir.events.is_file():
        return run_dir
    from core.search.trial_runs import find

    return find(run_id, root)
