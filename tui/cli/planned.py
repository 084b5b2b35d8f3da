"""What `nntui run` is to train, all of it resolved before anything begins: experiments, starting weights, repeats."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import ConfigError, UserError

if TYPE_CHECKING:
    from core.experiment.schema import RunConfig
    from core.experiment.search import SearchConfig

MOST = 1000
"""Repeats of one experiment."""


def plan(
    experiments: Sequence[str],
    pairs: Sequence[tuple[str, str]],
    *,
    start_from: str | None = None,
    repeats: str | None = None,
    models: Callable[[], Path],
) -> list[RunConfig | SearchConfig]:
    """Each experiment with the settings `pairs`, as often as it is repeated; without one that of the run that it starts
    from. Raises UserError."""
    from core.experiment.open import load
    from core.experiment.search import SearchConfig

    weights = None
    if start_from is not None:
        from core.sessions.branch import located  # needs PyTorch: only for who starts from weights

        weights, parent = located(start_from, models())
        if not experiments and parent is not None:
            experiments = [str(parent.config)]
    if not experiments:
        instead = "nntui run EXPERIMENT --from FILE" if start_from is not None else "nntui run iris-net"
        raise UserError(f"name an EXPERIMENT, or several: {instead}; see: nntui presets")
    n = _count(repeats)
    found: list[RunConfig | SearchConfig] = []
    for experiment in experiments:
        resolved = load(experiment, pairs, by_hand=True)
        if isinstance(resolved, SearchConfig):
            if weights is not None:
                raise ConfigError(
                    f"--from: {resolved.name} is a search, whose networks begin with weights of their own; start one "
                    "network from them"
                )
            found.append(load(experiment, [*pairs, ("repeats", str(n))]) if repeats is not None else resolved)
            continue
        if weights is not None:
            resolved = resolved.model_copy(update={"initial_weights": weights})
        found += repeated(resolved, n) if repeats is not None else [resolved]
    return found


def repeated(config: RunConfig, n: int) -> list[RunConfig]:
    """The same experiment with the seeds `seed`, `seed` + 1, …; as in a search, all of them on the same points where
    its seed draws these."""
    dataset = config.dataset
    if "random_state" in config.component("dataset").parameters and dataset.get("random_state") is None:
        dataset = {**dataset, "random_state": config.seed}
    if config.seed + n > 2**32:
        raise ConfigError(f"--repeats {n}: the last seed would be {config.seed + n - 1}; begin with a smaller one")
    return [config.model_copy(update={"seed": config.seed + i, "dataset": dataset}) for i in range(n)]


def _count(text: str | None) -> int:
    if text is None:
        return 1
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= MOST:
        raise UserError(f"--repeats = {text[:60]}: must be a whole number, 1 to {MOST}")
    return int(text)


def label(config: RunConfig | SearchConfig) -> str:
    """For people, where there are several."""
    from core.experiment.search import SearchConfig

    return config.name if isinstance(config, SearchConfig) else f"{config.name}, seed {config.seed}"
