"""`nntui worker`, and `nntui run --storage`: a search over several processes and machines."""

from __future__ import annotations

import math
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.errors import ConfigError, UserError
from core.system.text import clean
from tui.cli.options import Use, load_components

if TYPE_CHECKING:
    from core.experiment.schema import RunConfig
    from core.experiment.search import SearchConfig
    from core.sessions.run import Recorder
    from core.sessions.session import Session

GRACE = "NNTUI_GRACE"
"""Environment: seconds without a sign of life after which the trials of a worker are given to others."""

app = typer.Typer()

Storage = Annotated[
    str | None,
    typer.Option(
        "--storage",
        metavar="URL",
        help="Search together with others: postgresql://user@host/database or sqlite:///file.db.",
    ),
]
Workers = Annotated[
    str | None,
    typer.Option("--workers", metavar="N", help="Processes on this machine; they need --storage.", show_default="1"),
]


@app.command()
def worker(
    study: Annotated[str, typer.Argument(metavar="STUDY", help="The search's name.", show_default=False)],
    storage: Annotated[str, typer.Option("--storage", metavar="URL", help="Where it was started.", show_default=False)],
    workers: Workers = None,
    use: Use = None,
    models_dir: Annotated[
        str | None,
        typer.Option(
            "--models-dir", metavar="DIR", help="Folder of the runs; else $NNTUI_MODELS_DIR, else ./saved_models."
        ),
    ] = None,
    data_dir: Annotated[
        str | None,
        typer.Option("--data-dir", metavar="DIR", help="Folder of dataset files; else $NNTUI_DATA_DIR, else a cache."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print each event as a line of JSON and nothing else.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print only the run-id.")] = False,
    helper: Annotated[bool, typer.Option("--helper", hidden=True, help="End with the parent process.")] = False,
) -> None:
    """Help with a search that was started with `nntui run … --storage URL`, here or on another machine."""
    load_components(use)
    n = _count(workers)
    if helper:
        from core.system.processes import stop_with_parent

        stop_with_parent(lambda: os.kill(os.getpid(), signal.SIGTERM))

    def start(recorders: Sequence[Recorder]) -> Session:
        from core.sessions import shared
        from core.system.folders import models_root

        return shared.join(study, models_root(models_dir), storage, sys.argv, recorders, data_dir=data_dir)

    raise typer.Exit(_train(start, storage, study, n, models_dir, data_dir, json=json, quiet=quiet, helper=helper)[0])


def run(
    config: RunConfig | SearchConfig,
    storage: str | None,
    workers: str | None,
    *,
    models_dir: str | None,
    data_dir: str | None,
    csv: Path | None,
    json: bool,
    quiet: bool,
) -> int:
    """Start a search in a storage, with so many processes here; the exit code. Raises UserError."""
    from core.experiment.search import SearchConfig
    from core.runs import export

    if storage is None:
        raise UserError("--workers needs a storage that they share, such as --storage sqlite:///search.db")
    n, grace = _count(workers), _grace()
    if not isinstance(config, SearchConfig):
        raise ConfigError("--storage is for a search: give a key a list of values, such as --set model.n_units=8,16,24")
    if csv is not None:
        export.check_target(csv)

    def start(recorders: Sequence[Recorder]) -> Session:
        from core.sessions import shared
        from core.system.folders import models_root

        session = shared.start(config, models_root(models_dir), storage, sys.argv, recorders, workers=n, grace=grace)
        if not (json or quiet):
            _invite(config.name, storage)
        return session

    code, session = _train(
        start, storage, config.name, n, models_dir, data_dir or config.base.data_dir, json=json, quiet=quiet
    )
    if csv is not None:
        export.write_csv([session.run_dir], "trials", csv)
    return code


def _train(
    start: Callable[[Sequence[Recorder]], Session],
    storage: str,
    study: str,
    workers: int,
    models_dir: str | None,
    data_dir: str | None,
    *,
    json: bool,
    quiet: bool,
    helper: bool = False,
) -> tuple[int, Session]:
    """Train in this process, and in `workers` - 1 others."""
    from core.experiment import named
    from core.history.history import History
    from core.system.folders import models_root
    from core.system.processes import Helpers
    from tui.cli import plain

    helpers: Helpers | None = None
    if workers > 1:
        # All together compute on all cores; PyTorch reads it when it is loaded, as this process has yet to do.
        os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // workers)))

    def open_session(recorders: Sequence[Recorder]) -> Session:
        nonlocal helpers
        session = start(recorders)
        url, env = _without_password(storage)
        root = str(models_root(models_dir))
        command = [sys.executable, "-P", "-m", "tui.cli", "worker", "--storage", url, "--models-dir", root]
        command += [option for path in named.files() for option in ("--use", path)]
        command += ["--helper", *(["--data-dir", data_dir] if data_dir else []), "--", study]
        helpers = Helpers(command, workers - 1, session.run_dir.path / "workers", env)
        return session

    done = False
    try:
        code, session = plain.train(open_session, History(), json=json, quiet=quiet, tell_end=not helper)
        done = code == 0
    finally:
        if helpers is not None:
            (helpers.wait if done else helpers.stop)()
            for line in helpers.failures:
                print(f"nntui: a worker failed: {clean(line.removeprefix('nntui: '))}", file=sys.stderr)
    return code, session


def _without_password(storage: str) -> tuple[str, dict[str, str]]:
    """The URL as others on this machine may see it in the list of processes, and an environment with the rest."""
    from core.search.shared.storage import parse, without_password

    url = parse(storage)
    password = url.password or url.query.get("password")
    return without_password(url), {"PGPASSWORD": str(password)} if password else {}


def _invite(name: str, storage: str) -> None:
    from core.search.shared.storage import parse, without_password

    url = without_password(parse(storage))
    print(f"nntui: others help with: nntui worker {clean(name)} --storage {clean(url)}", file=sys.stderr)


def _count(text: str | None) -> int:
    try:
        n = int(text) if text is not None else 1
    except ValueError:
        n = 0
    if not 1 <= n <= 1024:
        raise UserError(f"--workers = {(text or '')[:60]}: must be a whole number, 1 to 1024")
    return n


def _grace() -> float:
    from core.search.shared.known import GRACE as DEFAULT

    text = os.environ.get(GRACE)
    try:
        seconds = float(text) if text else DEFAULT
    except ValueError:
        seconds = math.nan
    if not 1 <= seconds <= 86_400:
        raise UserError(f"{GRACE} = {(text or '')[:60]}: must be a number of seconds, 1 to 86400")
    return seconds
