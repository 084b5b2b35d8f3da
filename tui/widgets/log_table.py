"""The log as a table, where no document prescribes it: a row for an epoch, as many columns as there is room for."""

from __future__ import annotations

from collections.abc import Sequence

from core.components.scores import in_per_cent
from core.logs.log import EpochRow
from tui.words.metrics import bare_metric

SPLITS = {"train": "train", "validation": "valid.", "test": "test"}
NAMES = {"macro_f1": "F1", "r2": "R²", "mae": "MAE", "rmse": "RMSE"}
EPOCH = "epoch"
GAP = 2


def columns_that_fit(row: EpochRow, width: int) -> list[str]:
    """Those of a table so wide: rather losses than metrics, rather of samples that are new to the network."""
    names = list(row.values)
    held_out = "validation" if any(name.startswith("validation") for name in names) else "test"
    losses = [f"{split}_loss" for split in (held_out, "train", "test")]

    def worth(name: str) -> int:
        return -losses.index(name) if name in losses else -3 - (not name.startswith(held_out))

    while len(names) > 1 and _width(names) > width:
        names.remove(min(reversed(names), key=worth))
    return names


def _width(names: Sequence[str]) -> int:
    return len(EPOCH) + sum(GAP + _room(name) for name in names)


def _room(name: str) -> int:
    return max(6, max(map(len, heads(name))))


def heads(name: str) -> tuple[str, str]:
    """What stands above a column, in two lines."""
    split, _, measure = name.partition("_")
    return SPLITS.get(split, split), "acc. %" if in_per_cent(name) else NAMES.get(measure, measure.replace("_", " "))


def header(names: Sequence[str]) -> list[str]:
    """Two lines: the split, the measure."""
    upper = " " * len(EPOCH) + "".join(" " * GAP + f"{heads(name)[0]:>{_room(name)}}" for name in names)
    lower = EPOCH + "".join(" " * GAP + f"{heads(name)[1]:>{_room(name)}}" for name in names)
    return [upper.rstrip(), lower.rstrip()]


def line(row: EpochRow, names: Sequence[str]) -> str:
    """A row below them."""
    cells = (f"{bare_metric(n, row.values[n]) if n in row.values else '–':>{_room(n)}}" for n in names)
    return f"{row.epoch:>{len(EPOCH)}}" + "".join(" " * GAP + cell for cell in cells)
