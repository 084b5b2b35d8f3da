"""A session: a stream and where it is recorded, ready to be pulled."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence
from dataclasses import dataclass

from core.events.commands import Turns
from core.history.history import History
from core.runs import summary
from core.runs.event_log import EventLog
from core.runs.folder import RunDir
from core.sessions.run import Recorder, Run


@dataclass(frozen=True)
class Session:
    """A run that is ready to `start()` or `execute()`, and its folder."""

    run: Run
    run_dir: RunDir


def make_session(
    run_dir: RunDir, stream: Turns, history: History, recorders: Sequence[Recorder], log: EventLog
) -> Session:
    """A stream that is told in `log`, after what `history` folds; from now on it folds this session's events too."""
    run = Run(
        run_dir.run_id,
        stream,
        recorders=[log.append, summary.SummaryWriter(run_dir, history).record, *recorders],
        seq=history.seq + 1,
        t=history.t,
        on_crash=lambda error: keep_traceback(run_dir, error),
        on_end=log.close,
    )
    return Session(run, run_dir)


def keep_traceback(run_dir: RunDir, error: BaseException) -> None:
    """A crash is a defect of ours: the run's folder keeps what is needed to report it."""
    text = "".join(traceback.format_exception(error))
    try:
        (run_dir.path / "error.txt").write_text(text, encoding="utf-8")
    except OSError as failed:
        print(f"nntui: cannot write {run_dir.path / 'error.txt'}: {failed}", file=sys.stderr)
