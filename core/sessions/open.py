"""Start or resume an experiment: one network, or a search for many."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from core.errors import RunError
from core.experiment import named
from core.experiment.schema import RunConfig
from core.experiment.search import SearchConfig
from core.runs.event_log import read_started
from core.runs.folder import RunDir
from core.sessions import network
from core.sessions import search as sessions_search
from core.sessions.run import Recorder
from core.sessions.session import Session


def start(
    config: RunConfig | SearchConfig, root: Path, argv: Sequence[str] = (), recorders: Sequence[Recorder] = ()
) -> Session:
    """See `session.start`."""
    if isinstance(config, SearchConfig):
        return sessions_search.start(config, root, argv, recorders)
    return network.start(config, root, argv, recorders)


def resume(
    run_dir: RunDir,
    data_dir: str | None = None,
    recorders: Sequence[Recorder] = (),
    settings: Sequence[tuple[str, str]] = (),
) -> Session:
    """See `session.resume`."""
    if "/" in run_dir.run_id:
        raise RunError(
            f"{run_dir.run_id} is a trial of a search and cannot go on by itself; "
            f"train it alone with: nntui run {run_dir.config}"
        )
    named.check(run_dir)
    started = read_started(run_dir)
    a_search = started.search if started is not None else sessions_search.never_began(run_dir)
    if a_search and settings:
        raise RunError(
            f"{run_dir.run_id} is a search, which cannot go on with other settings; start a new one: "
            f"nntui run {run_dir.config} --set {settings[0][0]}=…"
        )
    if started is not None and started.search.get("storage"):
        from core.sessions import shared  # needs Optuna

        return shared.resume(run_dir, data_dir, recorders)
    if a_search:
        return sessions_search.resume(run_dir, data_dir, recorders)
    return network.resume(run_dir, data_dir, recorders, settings)
