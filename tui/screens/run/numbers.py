"""Numbers: each measure on each split, its best value and when it was reached, what a dummy scores, the last batch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size
from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Static

from core.history.history import History
from tui.charts.ticks import brief
from tui.keys import common
from tui.keys.action import bindings
from tui.words.metrics import metric
from tui.words.units import count

SPLITS = {"train": "train", "validation": "valid.", "test": "test"}
NAMES = {"macro_f1": "macro F1", "r2": "R²", "mae": "MAE", "rmse": "RMSE"}
SHORT = {"accuracy": "acc.", "macro_f1": "F1"}
"""Behind another word."""
LABEL, CELL, EPOCH = 11, 8, 6
"""Columns of a row's name, of a value, of an epoch."""
FRAME = 4
"""Columns of border and padding."""
ROOMY = 90
"""Columns of the window from which on the best values stand beside the last ones of three splits."""
TIGHT = 70
"""And of two."""


@dataclass(frozen=True)
class Shape:
    """Which columns there are."""

    splits: Sequence[str]
    best: bool
    """Beside the others; else below them."""

    @classmethod
    def of(cls, history: History, window: int) -> Shape:
        """Known before anything is measured, so that nothing moves later."""
        run = history.run
        wanted = (run.config.get("evaluate", {}).get("splits") if run else None) or ["test"]
        measured = {name.partition("_")[0] for name in history.last}
        splits = [split for split in SPLITS if split == "train" or split in measured or split in wanted]
        return cls(splits, window >= (ROOMY if len(splits) > 2 else TIGHT))

    @property
    def width(self) -> int:
        return LABEL + CELL * (len(self.splits) + self.best) + EPOCH * self.best + FRAME


class Numbers(VerticalScroll):
    """A small table beside the log. It has the focus only where it is too low for all of it."""

    ACTIONS = common.SCROLLS
    BINDINGS = bindings(common.SCROLLS)
    DEFAULT_CSS = """
    Numbers { border: round $panel; border-title-color: $text; border-subtitle-color: $text-muted;
        padding: 0 0 0 1; scrollbar-size: 0 1; scrollbar-gutter: stable; }
    Numbers:focus { border: heavy $accent; }
    Numbers Static { width: 1fr; height: auto; text-wrap: nowrap; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.border_title = "Numbers"
        self.can_focus = False
        self.rows = 0
        """That it has, and would like to show."""
        self._shown: Text | None = None

    def compose(self) -> ComposeResult:
        yield Static(markup=False)

    def show(self, history: History) -> None:
        shape = Shape.of(history, self.app.size.width)
        text = table(history, shape)
        rows = text.plain.count("\n") + 1
        if self.styles.width is None or self.styles.width.value != shape.width:
            self.styles.width = shape.width
        if text != self._shown or text.spans != (self._shown.spans if self._shown else None):
            self._shown = text
            self.query_one(Static).update(text, layout=rows != self.rows)
        self.rows = rows
        self._may_scroll()
        norm = "–" if math.isnan(history.grad_norm) else f"{history.grad_norm:.3g}"
        subtitle = f"lr {history.lr:g}  gradient norm {norm}"
        if subtitle != self.border_subtitle:
            self.border_subtitle = subtitle

    def on_resize(self, _event: events.Resize) -> None:
        self._may_scroll()

    def _may_scroll(self) -> None:
        """By keys, where there is more than can be seen."""
        hidden = self.rows > self.size.height > 0
        if hidden != self.can_focus:
            if not hidden and self.has_focus:
                self.screen.focus_next()
            self.can_focus = hidden


def table(history: History, shape: Shape) -> Text:
    """All rows, to the right of their names."""
    text = Text(no_wrap=True)
    heads = [*(SPLITS[split] for split in shape.splits), *(["best"] if shape.best else [])]
    text.append(" " * LABEL + "".join(f"{head:>{CELL}}" for head in heads))
    text.append(f"{'epoch':>{EPOCH}}\n" if shape.best else "\n")
    measures = _measures(history)
    for measure in measures:
        _row(text, _name(measure))
        for split in shape.splits:
            text.append(_value(history.last, f"{split}_{measure}"), "bold default")
        column, best = _best(history, shape, measure)
        if shape.best and best is not None:
            text.append(f"{_fit(column, best.value):>{CELL}}{best.epoch:>{EPOCH}}", "default")
        text.append("\n")
    for row in _others(history, shape):
        text.append_text(row).append("\n")
    for measure in [] if shape.best else measures:
        column, best = _best(history, shape, measure)
        if best is not None:
            _row(text, f"best {SHORT.get(measure) or _name(measure)}")
            text.append(f"{_fit(column, best.value):>{CELL}}", "default").append(f" ep.{best.epoch}\n")
    text.rstrip()
    return text


def _measures(history: History) -> list[str]:
    """As they came; what belongs to one batch is none."""
    names = [name.partition("_")[2] for name in history.last if not name.startswith("last_batch")]
    return list(dict.fromkeys(names))


def _name(measure: str) -> str:
    return NAMES.get(measure, measure.replace("_", " "))


def _best(history: History, shape: Shape, measure: str):  # type: ignore[no-untyped-def]
    """Of the split that tells how well it does on what it has not seen."""
    for split in ("validation", "test", "train"):
        column = f"{split}_{measure}"
        if column in history.best and split in shape.splits:
            return column, history.best[column]
    return "", None


def _others(history: History, shape: Shape) -> list[Text]:
    rows = []
    run = history.run
    for measure in _measures(history) if run else []:
        known = {split: run.dummy.get(f"{split}_{measure}") for split in shape.splits} if run else {}
        if measure != "loss" and any(value is not None for value in known.values()):
            row = _row(Text(), "dummy")
            for split, value in known.items():
                row.append(f"{'' if value is None else _fit(f'{split}_{measure}', value):>{CELL}}", "default")
            rows.append(row)
            break
    if "last_batch_accuracy" in history.last:
        rows.append(_row(Text(), "last batch").append(_value(history.last, "last_batch_accuracy"), "default"))
    if len(history.losses):
        rows.append(_row(Text(), "batch loss").append(f"{_fit('loss', history.last_loss):>{CELL}}", "default"))
    if history.checkpoint_step is not None:
        rows.append(_row(Text(), "checkpoint").append(f"  step {count(history.checkpoint_step)}", "default"))
    return rows


def _row(text: Text, label: str) -> Text:
    if cell_len(label) > LABEL - 1:
        label = set_cell_size(label, LABEL - 2) + "…"
    return text.append(set_cell_size(label, LABEL), "default")


def _value(values: dict[str, float], column: str) -> str:
    return f"{_fit(column, values[column]) if column in values else '–':>{CELL}}"


def _fit(column: str, value: float) -> str:
    """With a blank before it."""
    text = metric(column, value)
    return text if len(text) < CELL else brief(value, CELL - 1) if math.isfinite(value) else str(value)
