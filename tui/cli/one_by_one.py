"""Several experiments, one after the other: one that fails does not stop the rest, a signal does."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import UserError, WriteError
from core.system.text import clean
from tui.cli.planned import label

if TYPE_CHECKING:
    from core.experiment.schema import RunConfig
    from core.experiment.search import SearchConfig
    from core.runs.folder import RunDir
    from core.sessions.run import Recorder
    from core.sessions.session import Session

HEADING = "=== {} of {}: {} ==="


def train_all(
    configs: Sequence[RunConfig | SearchConfig], root: Callable[[], Path], *, csv: Path | None, json: bool, quiet: bool
) -> int:
    """Train them, and return the exit code: 1 where any failed, 128 + n after signal n. Raises UserError before
    anything begins."""
    from core.experiment.search import SearchConfig
    from core.history.history import History
    from core.runs.export import check_target, write_csv
    from core.sessions import open
    from tui.cli import plain
    from tui.system.signals import Interrupter

    searches = [isinstance(config, SearchConfig) for config in configs]
    if csv is not None:
        check_target(csv)
        if any(searches) and not all(searches):
            raise UserError("--csv: a search has a row per trial, a network one per epoch; train them apart")
    done: list[RunDir] = []
    failed: list[str] = []
    code = begun = 0

    def start(recorders: Sequence[Recorder]) -> Session:
        nonlocal begun
        session = open.start(configs[begun], root(), sys.argv, recorders)
        begun += 1
        return session

    try:
        while begun < len(configs):
            config, interrupter = configs[begun], Interrupter()
            if not (json or quiet):
                heading = HEADING.format(begun + 1, len(configs), clean(label(config)))
                print(f"{chr(10) if begun else ''}{heading}", flush=True)
            try:
                code, session = plain.train(start, History(), json=json, quiet=quiet, interrupter=interrupter)
            except (UserError, WriteError) as error:
                print(f"nntui: {clean(label(config))}: {clean(str(error))}", file=sys.stderr)
                failed.append(label(config))
                begun += 1
                continue
            done.append(session.run_dir)
            failed += [label(config)] if code == 1 else []
            if interrupter.received and (code > 1 or begun < len(configs)):  # else all was done by then
                code = 128 + interrupter.received
                break
        else:
            code = 1 if failed else 0
    finally:  # a signal while one is opened, or a second one, ends the program
        _tell_left(configs[begun:])
    if failed:
        print(f"nntui: {len(failed)} of {len(configs)} failed: {clean('; '.join(failed))}", file=sys.stderr)
    if csv is not None and done:
        write_csv(done, "trials" if all(searches) else "epochs", csv, named=True)
    return code


def _tell_left(configs: Sequence[RunConfig | SearchConfig]) -> None:
    if configs:
        print(f"nntui: not begun: {clean('; '.join(label(config) for config in configs))}", file=sys.stderr)
