"""Options and arguments that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.errors import UserError

if TYPE_CHECKING:
    from core.runs.folder import RunDir


ModelsDir = Annotated[
    str | None,
    typer.Option(
        "--models-dir", metavar="DIR", help="Folder of the runs; else $NNTUI_MODELS_DIR, else ./saved_models."
    ),
]
DataDir = Annotated[
    str | None,
    typer.Option(
        "--data-dir",
        metavar="DIR",
        help="Folder of dataset files; else $NNTUI_DATA_DIR, else the experiment's data_dir, else a cache folder.",
    ),
]
ResumeDataDir = Annotated[
    str | None,
    typer.Option(
        "--data-dir",
        metavar="DIR",
        help="Folder of dataset files; else the run's own, or if that is gone $NNTUI_DATA_DIR or a cache folder.",
    ),
]
RunName = Annotated[
    str,
    typer.Argument(
        metavar="RUN",
        help="A run-id, any unique part of one, a name given by hand, a path, or 'last'; RUN/7 is trial 7 of a search.",
        show_default=False,
    ),
]
Use = Annotated[
    list[str] | None,
    typer.Option(
        "--use", metavar="FILE", help="A Python file with components of your own: a model, a loss, …; or several."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print only the run-id.")]
Best = Annotated[bool, typer.Option("--best", help="The weights of the best epoch: stop.keep_best.")]
CsvFile = Annotated[
    Path | None,
    typer.Option("--csv", metavar="FILE", help="Write one row per epoch, or per trial, to FILE when training ends."),
]


def as_pair(setting: str) -> tuple[str, str]:
    key, equals, value = setting.partition("=")
    if not equals or not key.strip():
        raise UserError(f"--set {setting}: write KEY=VALUE, for example --set optimizer.lr=0.1")
    return key.strip(), value.strip()


def load_components(use: list[str] | None) -> None:
    """`--use FILE`. Raises UserError."""
    if use:
        from core.experiment import named

        named.use(use)


def find_run(name: str, models_dir: str | None) -> RunDir:
    from core.search.trial_runs import find
    from core.system.folders import models_root

    return find(name, models_root(models_dir))
