"""Trainer: the one run of this process as the screens see it. Opens it behind them, steers it, drains its events."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from core.errors import UserError, WriteError
from tui.live.queue import Queue, Waiting

if TYPE_CHECKING:
    from core.events.events import Event, RunEnded
    from core.experiment.schema import RunConfig
    from core.experiment.search import SearchConfig
    from core.runs.folder import RunDir
    from core.sessions.session import Session

Phase: TypeAlias = Literal["idle", "loading", "refused", "running", "ended"]


class Trainer:
    """`train` or `resume` one run at a time. Sessions are opened on a daemon thread: loading data takes seconds."""

    def __init__(self, root: Path, data_dir: str | None = None) -> None:
        self.root = root
        self.data_dir = data_dir
        self.title = ""
        """Name of the experiment, or id of the run."""
        self.searching = False
        """Whether the run is a search."""
        self.refusal = ""
        """Why the latest session could not be opened."""
        self.queue = Queue()
        """What waits until it has ended; whoever lets the next one begin calls `begin_next`."""
        self.number = 0
        """Of the latest session, from 1."""
        self._outcomes: dict[int, RunDir | str] = {}
        """The folder of each one, or why it could not be opened."""
        self.quiet = threading.Lock()
        """Held by whoever draws from PyTorch's global generator: a session that is being opened, or a trial."""
        self._session: Session | None = None
        self._opening: threading.Thread | None = None
        self._resuming = ""
        self._closing = ""
        """Why the run that is being opened is to be stopped at once."""

    @property
    def phase(self) -> Phase:
        if self._opening is not None and self._opening.is_alive():
            return "loading"
        if self.refusal:
            return "refused"
        if self._session is None:
            return "idle"
        return "running" if self._session.run.ended is None else "ended"

    @property
    def busy(self) -> bool:
        return self.phase in ("loading", "running")

    @property
    def run_dir(self) -> RunDir | None:
        return self._session.run_dir if self._session and self.phase != "loading" else None

    @property
    def run_id(self) -> str:
        """Of the run that is training, or is being resumed; an empty string where a new one has no id yet."""
        if self.phase == "loading":
            return self._resuming
        return self._session.run_dir.run_id if self._session else ""

    @property
    def ended(self) -> RunEnded | None:
        """How the latest session ended, if it has."""
        return self._session.run.ended if self._session else None

    def train(self, config: RunConfig | SearchConfig) -> None:
        """Start a new run of `config`."""
        from core.experiment.search import SearchConfig

        def open_session() -> Session:
            from core.experiment import named, search
            from core.sessions import open

            wanted, tables = config, config.to_dict()
            if named.refresh(tables.get("use", ())):  # a component's file was changed while the screens were open
                wanted = search.resolve(tables)
            return open.start(wanted.with_data_dir(self.data_dir), self.root, sys.argv)

        self.searching = isinstance(config, SearchConfig)
        self._resuming = ""
        self._open(config.name, open_session)

    def resume(self, run_id: str, settings: Sequence[tuple[str, str]] = ()) -> None:
        """Go on with an ended run; `settings` are KEY and VALUE that hold from here on."""
        from core.runs.event_log import read_started
        from core.runs.folder import RunDir

        run_dir = RunDir(self.root / run_id)

        def open_session() -> Session:
            from core.sessions import open

            return open.resume(run_dir, self.data_dir, settings=settings)

        started = read_started(run_dir)
        self.searching = started is not None and bool(started.search)
        self._resuming = run_id
        self._open(run_id, open_session)

    def begin(self, wanted: Waiting) -> bool:
        """Train it, or let it wait where something trains already, or waits; whether it begins now."""
        if self.busy or self.queue:
            self.queue.add(wanted)
            return False
        self._begin(wanted)
        return True

    def begin_next(self) -> Waiting | None:
        """Let the first one that waits begin, where nothing trains; which that is."""
        wanted = None if self.busy else self.queue.take()
        if wanted is not None:
            self._begin(wanted)
        return wanted

    def _begin(self, wanted: Waiting) -> None:
        if wanted.config is not None:
            self.train(wanted.config)
        else:
            self.resume(wanted.run_id, wanted.settings)

    def outcome(self, number: int) -> RunDir | str:
        """The folder of a session, by its number, or why it could not be opened; an empty string where neither is
        known."""
        return self._outcomes.get(number, "")

    def _open(self, title: str, open_session: Callable[[], Session]) -> None:
        if self.busy:
            raise RuntimeError(f"{self.title} is still training")
        self.title, self.refusal, self._session, self._closing = title, "", None, ""
        self.number = number = self.number + 1

        def work() -> None:
            try:
                with self.quiet:
                    session = open_session()
            except (UserError, WriteError) as error:
                self.refusal = self._outcomes[number] = str(error)
            except Exception as error:  # a defect, but the screen must say more than "loading"
                self.refusal = self._outcomes[number] = f"{type(error).__name__}: {error}"
            else:
                self._outcomes[number] = session.run_dir
                self._session = session  # before `_closing` is read: a stop goes to one of the two
                if self._closing:
                    session.run.stop(self._closing)
                session.run.start()

        self._opening = threading.Thread(target=work, name=f"open {title}", daemon=True)
        self._opening.start()

    def drain(self) -> tuple[list[Event], bool]:
        """New events, and whether some are missing that the log has; see `Run.drain`."""
        session = self._session
        return session.run.drain() if session else ([], False)

    def pause(self) -> None:
        if self._session:
            self._session.run.pause()

    def one_epoch(self) -> None:
        """Train to the end of this epoch, then pause."""
        if self._session:
            self._session.run.pause(after_epoch=True)

    def unpause(self) -> None:
        if self._session:
            self._session.run.unpause()

    def stop(self, reason: str = "stopped by the user") -> None:
        """With a checkpoint; a run that is still being opened stops before its first step."""
        self._closing = reason
        if self._session:
            self._session.run.stop(reason)

    def set(self, key: str, value: float) -> None:
        """Change a setting of the run that is training. Raises ValueError for one that cannot change."""
        if self._session:
            self._session.run.set(key, value)

    def checkpoint(self) -> None:
        if self._session:
            self._session.run.checkpoint()

    def stop_and_wait(self, reason: str, timeout: float) -> bool:
        """From any thread: stop with a checkpoint, and nothing waits any more; False when that took longer than
        `timeout` seconds."""
        self.queue.clear()
        until = time.monotonic() + timeout
        self.stop(reason)
        if self._opening is not None:
            self._opening.join(timeout)
        return not self.busy if self._session is None else self._session.run.join(max(0.0, until - time.monotonic()))
