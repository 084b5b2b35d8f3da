"""RunStarted: the first event of a run, with all that one needs to repeat it."""

from __future__ import annotations

import importlib.metadata
import math
import platform
import re
import socket
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime

import torch

from core import __version__
from core.data.parts import Data
from core.events.events import RunStarted
from core.experiment.named import packages_used
from core.experiment.rules import warnings
from core.experiment.schema import RunConfig
from core.network.layers import count_parameters, layers_of
from core.runs.folder import RunDir
from core.sessions import own_files
from core.sessions.branch import Start
from core.training import dummy
from core.training.state import TrainState


def run_started(
    run_dir: RunDir,
    run_config: RunConfig,
    state: TrainState,
    data: Data,
    argv: Sequence[str],
    start: Start | None = None,
) -> RunStarted:
    """The first event of a run that is about to begin. Leaves copies of the components of one's own in its folder."""
    plain = run_config.to_dict()
    answer, scores = dummy.scores(run_config, data)
    return RunStarted(
        run_id=run_dir.run_id,
        config=plain,
        parameters=count_parameters(state.model),
        layers=layers_of(run_config, state.model, data.shape),
        steps_per_epoch=math.ceil(len(data.splits["train"]) / run_config.batch_size),
        sizes=data.sizes,
        data_sha256=data.sha256,
        device=str(state.device),
        versions=_versions() | {name: importlib.metadata.version(name) for name in packages_used(plain)},
        host=socket.gethostname(),
        git_commit=_git_commit(),
        argv=[re.sub(r"(://[^/@:]*):[^@]*@", r"\1:***@", argument) for argument in argv],
        seed=run_config.seed,
        started=datetime.now(UTC).isoformat(timespec="milliseconds"),
        notes=[*data.notes, *(start.notes if start else ()), *warnings(run_config)],
        parent=start.parent if start else {},
        components=own_files.keep(run_dir, plain),
        dummy=scores,
        dummy_answer=answer,
        threads=state.threads or torch.get_num_threads(),
    )


def _versions() -> dict[str, str]:
    packages = {name: importlib.metadata.version(name) for name in ("torch", "numpy", "scikit-learn")}
    return {"nntui": __version__, "python": platform.python_version(), **packages}


def _git_commit() -> str | None:
    """The commit of the folder that nntui was started in, if it is a repository and git is there."""
    try:
        answer = subprocess.run(
            ["git", "rev-parse", "HEAD"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=2,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return answer.stdout.strip() or None
