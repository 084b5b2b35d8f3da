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
    code = 0
    for i, config in enumerate(configs):
        if not (json or quiet):
            print(f"{chr(10) if i else ''}{HEADING.format(i + 1, len(configs), clean(label(config)))}", flush=True)
        interrupter = Interrupter()
        try:
            code, session = plain.train(
                lambda recorders, config=config: open.start(config, root(), sys.argv, recorders),  # type: ignore[misc]
                History(),
                json=json,
                quiet=quiet,
                interrupter=interrupter,
            )
        except (UserError, WriteError) as error:
            print(f"nntui: {clean(label(config))}: {clean(str(error))}", file=sys.stderr)
            failed.append(label(config))
            continue
        except SystemExit:
            _tell_left(configs[i:])
            raise
        done.append(session.run_dir)
        if interrupter.received:
            _tell_left(configs[i + 1 :])
            code = 128 + interrupter.received
            break
        if code:
            failed.append(label(config))
    else:
        code = 1 if failed else 0
    if failed:
        print(f"nntui: {len(failed)} of {len(configs)} failed: {clean('; '.join(failed))}", file=sys.stderr)
    if csv is not None and done:
        write_csv(done, "trials" if all(searches) else "epochs", csv, named=True)
    return code


def _tell_left(configs: Sequence[RunConfig | SearchConfig]) -> None:
    if configs:
        print(f"nntui: not begun: {clean('; '.join(label(config) for config in configs))}", file=sys.stderr)
