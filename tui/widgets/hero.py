"""How a run does in one line: its score, what changed, the best one, the time; and how far it is in another."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rich.text import Text

from core.components.metrics import lower_is_better
from core.components.scores import in_per_cent
from tui.words.metrics import metric, metric_words, per_cent
from tui.words.units import count, duration

if TYPE_CHECKING:
    from core.history.history import History


def hero(history: History, room: int, better: str = "green", worse: str = "red") -> Text:
    """The score by which its epochs are compared: the last, how it changed, in the colour of better or worse, the best;
    the time at the right edge. What has no room is left out, the time last."""
    time = _time(history)
    for words in _by_length(history, better, worse):
        spare = room - words.cell_len - len(time)
        if spare >= 2:
            return words.append(" " * spare + time, "bold")
    return Text(time[:room])


def _by_length(history: History, better: str, worse: str) -> list[Text]:
    """From the whole line to nothing."""
    best = history.best_epoch
    if best is None:
        loss = history.last_loss
        return [Text(f"batch loss {metric('loss', loss)}", "bold"), Text()] if len(history.losses) else [Text()]
    short = metric_words(best.by).replace("accuracy", "acc.").replace("validation", "valid.")
    last = metric(best.by, best.last)
    before = history.before.get(best.by)
    arrow, since = Text(), ""
    if before is not None:
        arrow = _change(best.by, best.last, before.value, better, worse)
        since = f" since epoch {before.epoch}" if before.epoch else " since before training"
    found = f"best {metric(best.by, best.value)}"
    kept = ", kept" if best.kept else ""
    when = f" in epoch {best.epoch}{kept}" if best.epoch else " before training"
    lines = []
    for name, change, ended in (
        (metric_words(best.by), arrow + Text(since), found + when),
        (metric_words(best.by), arrow, found + when),
        (short, arrow, found + when),
        (short, arrow, found),
        (short, arrow, ""),
        (short, Text(), ""),
    ):
        line = Text(f"{name} ").append(last, "bold")
        if change:
            line.append(" ").append_text(change)
        lines.append(line.append(f"  {ended}" if ended else ""))
    return [*lines, Text(last, "bold"), Text()]


def _change(name: str, last: float, before: float, better: str, worse: str) -> Text:
    """`▲ 3.3`."""
    change = last - before
    if math.isnan(change):
        return Text()
    amount = per_cent(abs(change)) if in_per_cent(name) else f"{abs(change):.3g}"
    if not float(amount):
        return Text("± 0")
    good = (change < 0) == lower_is_better(name)
    return Text(f"{'▲' if change > 0 else '▼'} {amount}", better if good else worse)


def _time(history: History) -> str:
    if not history.live:
        return f"took {duration(history.t)}"
    left = history.seconds_left
    return "" if left is None else f"{duration(left)} left"


def progress(history: History, room: int, memory: int | None = None) -> str:
    """`epoch 3/10  step 2,345/9,380  32,100 samples/s  cpu`: as much of it as there is room for. `memory` in bytes, of
    the process that trains."""
    epoch = min(history.epoch + history.live, history.epochs)
    parts = [f"epoch {epoch}/{history.epochs}"]
    if history.evaluation and history.state == "evaluating":
        part = history.evaluation
        parts.append(f"{part.split} {100 * part.done // part.n} %")
    parts.append(f"step {count(history.step)}/{count(history.total_steps)}")
    if history.live:
        parts.append(f"{_rounded(history.training.per_second)} samples/s")
    parts.append(history.run.device if history.run else "")
    if memory is not None and history.live:
        parts.append(f"{count(memory / 1e6)} MB")
    if history.evaluating.per_second:
        parts.append(f"evaluates {_rounded(history.evaluating.per_second)}/s")
    while len(parts) > 1 and len("  ".join(parts)) > room:
        parts.pop()
    return "  ".join(part for part in parts if part)


def _rounded(speed: float) -> str:
    """To two digits: the others are noise, and would be painted again twice a second."""
    return count(float(f"{speed:.2g}"))
