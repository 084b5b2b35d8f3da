"""What a run will cost, from a short trial of a whole session: what is saved, drawn and logged takes its time too."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from core.data.parts import Data
from core.events.events import Event
from core.experiment.schema import RunConfig
from core.history.history import History
from core.runs.event_log import EventLog
from core.runs.folder import RunDir
from core.runs.summary import SummaryWriter
from core.sessions.network import session_stream
from core.sessions.run import Run
from core.sessions.started import run_started
from core.training import cost, threads
from core.training.state import TrainState


def measure(config: RunConfig, data: Data, cancelled: Callable[[], bool] = lambda: False) -> cost.Cost | None:
    """See `core.training.cost.measure`. What it writes is gone afterwards."""
    choice: threads.Choice | None = None

    def trained(config: RunConfig, state: TrainState, data: Data, saw: Callable[[Event | None], None]) -> str:
        nonlocal choice
        choice = choice or threads.choose(config, state, data)
        state.threads, state.step_limit = choice.threads, choice.limit
        return recorded(config, state, data, saw)

    return cost.measure(config, data, cancelled, trained)


def recorded(config: RunConfig, state: TrainState, data: Data, saw: Callable[[Event | None], None]) -> str:
    """Trained as a session does it, in a folder that is gone with it."""
    enough: list[cost.Enough] = []

    def see(event: Event) -> None:
        if not enough:
            try:
                saw(event)
            except cost.Enough as reason:
                enough.append(reason)
                raise

    with TemporaryDirectory(prefix="nntui-trial-", ignore_cleanup_errors=True) as folder:
        run_dir = RunDir(Path(folder) / "trial")
        run_dir.path.mkdir()
        stream = session_stream(config, state, data, run_dir, [run_started(run_dir, config, state, data, [])])
        log = EventLog(run_dir)
        recorders = [log.append, SummaryWriter(run_dir, History()).record, see]
        ended = Run(run_dir.run_id, stream, recorders, on_end=log.close).execute()
    if enough:
        raise enough[0]
    return ended.reason if ended.status == "failed" else ""
