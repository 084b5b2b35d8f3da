"""What stands beside the form: what differs, what it costs, the network, the data. Lines of text for a given width."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tui.words.config import layer_lines, steps_per_epoch
from tui.words.units import count, duration

if TYPE_CHECKING:
    from core.experiment.schema import RunConfig
    from core.training.cost import Cost


def changes(found: Sequence[tuple[str, str, str]], name: str) -> list[str]:
    """`optimizer.lr  0.01 → 0.05`, one a line."""
    if not found:
        return [f"none: as in {name}"]
    return [f"{key}  {before} → {after}" for key, before, after in found]


def cost(known: Cost | None, config: RunConfig, note: str) -> list[str]:
    """Steps, time and speeds. `note`: why there is no time yet."""
    if known is None:
        steps = steps_per_epoch(config)
        if steps:
            total = config.iterations or steps * config.epochs
            return [f"{count(total)} steps, {count(steps)} an epoch", note]
        return [f"{count(config.iterations)} steps" if config.iterations else f"{count(config.epochs)} epochs", note]
    lines = [f"{count(known.steps)} steps, {count(known.steps_per_epoch)} an epoch"]
    if known.warning:
        return [*lines, f"✗ in a short trial: {known.warning}"]
    lines.append(f"about {duration(known.seconds)}, from a short trial:")
    lines.append(f"trains {_speed(known.train_per_second)}, evaluates {_speed(known.evaluate_per_second)}")
    return lines


def _speed(per_second: float | None) -> str:
    return "–" if per_second is None else f"{count(float(f'{per_second:.2g}'))}/s"


def network(layers: Sequence[dict[str, Any]] | None, width: int) -> list[str]:
    return ["–"] if layers is None else layer_lines(layers, width)


def notes(found: Sequence[str], width: int) -> list[str]:
    """What one should know of the data, wrapped."""
    return [line for note in found[:3] for line in textwrap.wrap(f"! {note}", width)]
