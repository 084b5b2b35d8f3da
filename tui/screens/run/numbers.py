"""Numbers: each metric's last and best value and when it was reached, the learning rate, the gradient norm."""

from __future__ import annotations

import math
from collections.abc import Iterable

from rich.cells import set_cell_size
from rich.text import Text
from textual.widgets import Static

from core.history.dummy import compared
from core.history.history import History
from tui.words.metrics import metric
from tui.words.units import count

LABELS = {"accuracy": "acc.", "last_batch_accuracy": "last batch", "macro_f1": "F1", "r2": "R²"}
LABEL_WIDTH = 12
SHORT = {"validation": "valid."}


class Numbers(Static):
    """A small table beside the log."""

    DEFAULT_CSS = """
    Numbers { border: round $panel; border-title-color: $text; border-subtitle-color: $text-muted;
        padding: 0 1; text-wrap: nowrap; }
    """

    def on_mount(self) -> None:
        self.border_title = "Numbers"

    def show(self, history: History) -> None:
        width = LABEL_WIDTH
        text = Text(f"{'':{width}}{'last':>9}{'best':>10}{'epoch':>6}\n", style="dim")
        for name in _in_order(history.last):
            value = history.last[name]
            best = history.best.get(name)
            text.append(f"{_label(name):{width}}", style="dim")
            text.append(f"{metric(name, value):>9}", style="bold default")
            text.append(f"{metric(name, best.value) if best else '–':>10}{best.epoch if best else '–':>6}\n", "default")
        found = compared(history)
        if found is not None:
            text.append(f"{_label(found.column, 'dummy'):{width}}", style="dim")
            text.append(f"{metric(found.column, found.dummy):>9}\n", "default")
        loss = history.losses.last
        rows = [
            ("batch loss", "–" if math.isnan(loss) and not len(history.losses) else metric("loss", loss)),
            ("checkpoint", "–" if history.checkpoint_step is None else f"step {count(history.checkpoint_step)}"),
        ]
        for label, shown in rows:
            text.append(f"{label:{width}}", style="dim")
            text.append(f"{shown:>9}\n", style="default")
        text.rstrip()
        norm = "–" if math.isnan(history.grad_norm) else f"{history.grad_norm:.3g}"
        self.border_subtitle = f"lr {history.lr:g}  gradient norm {norm}"
        self.update(text, layout=False)


def _label(name: str, of: str = "") -> str:
    """`test acc.`; instead of the split another word."""
    if name in LABELS:
        return LABELS[name]
    split, _, measure = name.partition("_")
    return set_cell_size(f"{of or SHORT.get(split, split)} {LABELS.get(measure, measure)}", LABEL_WIDTH - 1)


def _in_order(names: Iterable[str]) -> list[str]:
    """Of each split the loss and the first metric, then the others: the panel may be too low for all."""
    seen: dict[str, int] = {}
    ranked: list[tuple[int, int, str]] = []
    for name in names:
        split = name.partition("_")[0]
        ranked.append((0 if seen.setdefault(split, 0) < 2 and name not in LABELS else 1, len(ranked), name))
        seen[split] += 1
    return [name for _rank, _place, name in sorted(ranked)]
