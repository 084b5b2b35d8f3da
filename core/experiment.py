"""Start or resume an experiment: one network, or a search for many."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from core import search_session, session
from core.config import RunConfig
from core.errors import RunError
from core.run import Recorder
from core.run_dir import RunDir, read_started
from core.search_config import SearchConfig
from core.session import Session


def start(
    config: RunConfig | SearchConfig, root: Path, argv: Sequence[str] = (), recorders: Sequence[Recorder] = ()
) -> Session:
    """See `session.start`."""
    if isinstance(config, SearchConfig):
        return search_session.start(config, root, argv, recorders)
    return session.start(config, root, argv, recorders)


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
    started = read_started(run_dir)
    a_search = started.search if started is not None else search_session.never_began(run_dir)
    if a_search and settings:
        raise RunError(
            f"{run_dir.run_id} is a search, which cannot go on with other settings; start a new one: "
            f"nntui run {run_dir.config} --set {settings[0][0]}=…"
        )
    if started is not None and started.search.get("storage"):
        from core import shared_search  # needs Optuna

        return shared_search.resume(run_dir, data_dir, recorders)
    if a_search:
        return search_session.resume(run_dir, data_dir, recorders)
    return session.resume(run_dir, data_dir, recorders, settings)
