"""What a run has left beside its summary, to show of it: its latest figure, or its network."""

from __future__ import annotations

from typing import Any

from core.errors import UserError
from core.experiment.facts import facts_of
from core.experiment.resolve import resolve
from core.figures.kinds import Figure, read
from core.runs.event_log import read_started
from core.runs.folder import RunDir
from core.system.files import is_file
from tui.charts.figure_text import TITLES
from tui.screens.start.pages import Left


def left_by(run_dir: RunDir) -> Left:
    """Slow: for a thread behind the screen."""
    names = [name for name in TITLES if is_file(run_dir.figures / f"{name}.json")]
    figure: Figure | None = None
    for name in names:
        figure = read(run_dir, name)
        if figure is not None:
            return Left(figure, TITLES[name])
    started = read_started(run_dir)
    if started is None or started.search:  # of a search it would be that of its first trial
        return Left()
    return Left(layers=started.layers, shape=_shape(started.config))


def _shape(config: dict[str, Any]) -> tuple[int, ...] | None:
    """Of one sample, where its dataset is known here."""
    try:
        resolved = resolve({**config, "device": config.get("device", "auto")})
    except UserError:
        return None
    return facts_of(resolved).shape
