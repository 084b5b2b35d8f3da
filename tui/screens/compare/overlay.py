"""Overlay: the curves of a comparison over one view, as a picture, and their values at its cursor.

What the view counts is fine enough for a cursor and for a window, whatever x means: steps; epochs times the steps of
the run that has most in one; milliseconds.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from core.comparison.comparison import Comparison
from core.comparison.entries import BATCH_LOSS
from core.comparison.groups import Group
from core.comparison.lines import Line, spread
from core.components.metrics import lower_is_better
from core.components.scores import in_per_cent
from tui.charts.curve import Curve, smooth
from tui.charts.line_chart import Picture
from tui.charts.scale import Scale
from tui.charts.view import View
from tui.screens.compare.looks import look_of
from tui.words.metrics import metric_words, unit
from tui.words.units import count

Floats = NDArray[np.float64]

PER_SECOND = 1000.0
FEW = 4
"""Groups whose spread is drawn at once; of more only that under the cursor of the table."""
APART = 24
"""Columns between two markers of a curve, so that those of many leave room for the lines."""


@dataclass(frozen=True)
class Track:
    """The curve of one row: of a run, or the mean of several. All (n,); `x` as the view counts."""

    x: Floats
    mean: Floats
    low: Floats
    high: Floats
    n: NDArray[np.int64]

    def at(self, x: float) -> tuple[float, float, int] | None:
        """Value, deviation and number of networks at the latest point up to `x`; None before the first one, and after
        the last one."""
        i = int(np.searchsorted(self.x, x, side="right")) - 1
        if i < 0 or x >= self.x[-1] + 1:
            return None
        return float(self.mean[i]), float(self.high[i] - self.mean[i]), int(self.n[i])


@dataclass
class Overlay:
    """Of one comparison. The track of a row is made once, and again where there may be more of it."""

    comparison: Comparison = field(default_factory=lambda: Comparison(()))
    metric: str = ""
    """One of the comparison's curves."""
    view: View = field(default_factory=View)
    smoothing: float = 0.0
    """Of what was measured by epoch; that of batches is the view's."""
    hidden: set[str] = field(default_factory=set)
    """Keys of rows."""
    _known: dict[object, Track | None] = field(default_factory=dict)
    _tracks: tuple[object, list[Track | None]] = (None, [])
    _per_epoch: float = 1.0

    def show(self, comparison: Comparison) -> None:
        """Another one from now on; what it shares with the one before is not made anew."""
        self.comparison = comparison
        if self.metric not in comparison.curves:
            self.metric = first_metric(comparison)
        self._per_epoch = max((float(entry.steps_per_epoch) for entry in comparison.entries), default=1.0)

    @property
    def weight(self) -> float:
        """Of what came before, per step, in the curves as they are drawn."""
        return self.view.smoothing if self.metric == BATCH_LOSS else self.smoothing

    @property
    def _counts(self) -> float:
        """What the view counts in one unit of x."""
        return {"epoch": self._per_epoch, "step": 1.0, "time": PER_SECOND}[self.view.unit]

    @property
    def scale(self) -> Scale:
        view = self.view
        if view.unit == "time":
            newest = max(1.0, self.newest)
            ends = np.array([newest]), np.array([newest / PER_SECOND])
            return Scale("time", view.log_x, 1, *ends)
        return Scale(view.unit, view.log_x, int(self._per_epoch))

    def tracks(self) -> list[Track | None]:
        """One for each row; None where it has no such curve."""
        how = (self.metric, self.view.unit, self.weight, self._per_epoch)
        if self._tracks[0] == (self.comparison, how):
            return self._tracks[1]
        known = dict[object, Track | None]()
        for row in self.comparison.rows:
            key = (how, tuple((entry.run_id, entry.version, entry.state) for entry in row.entries))
            known[key] = self._known[key] if key in self._known else self._track(row.lines(self.metric))
        self._known = known
        self._tracks = (self.comparison, how), list(known.values())
        return self._tracks[1]

    def _track(self, lines: Sequence[Line]) -> Track | None:
        lines = [_smoothed(line, self.weight) for line in lines]
        counts, scale = self._counts, 100.0 if in_per_cent(self.metric) else 1.0
        if not lines:
            return None
        if len(lines) == 1:
            (line,) = lines
            known = np.isfinite(line.mean)
            x = counts * line.x(self.view.unit)[known]
            mean = scale * line.mean[known]
            return Track(x, mean, mean, mean, np.ones(len(x), dtype=np.int64)) if len(x) else None
        found = spread(lines, self.view.unit)
        if found is None:
            return None
        known = found.n > 0
        x = counts * found.at.x(self.view.unit)[known]
        mean, low, high = (scale * part[known] for part in (found.mean, found.low, found.high))
        return Track(x, mean, low, high, found.n[known]) if len(x) else None

    @property
    def newest(self) -> float:
        """Where the longest curve ends."""
        return max((float(track.x[-1]) for track in self.tracks() if track is not None), default=0.0)

    @property
    def end(self) -> float:
        """Where the x axis ends: while one trains it grows by quarters, so that most of a plot can stay as it is."""
        newest = self.newest
        if newest <= 0 or not any(entry.live for entry in self.comparison.entries):
            return max(newest, 1.0)
        counts = self._counts
        return counts * 1.25 ** math.ceil(math.log(newest / counts, 1.25) - 1e-9)

    def look(self, change: Callable[[View, int, float], View]) -> bool:
        """Change the view by a function of it, of where the longest curve ends, and of the end of the x axis; whether
        it is another one now."""
        before, self.view = self.view, change(self.view, math.ceil(self.newest), self.end)
        return self.view != before

    def turn_unit(self) -> None:
        """What x means: another window, so the whole is in view again, without a cursor."""
        self.view = self.view.next_unit().show_whole().without_cursor()

    def turn_smoothing(self) -> None:
        view = replace(self.view, smoothing=self.weight).next_smoothing()
        if self.metric == BATCH_LOSS:
            self.view = view
        else:
            self.smoothing = view.smoothing

    def turn_metric(self) -> None:
        names = self.comparison.curves
        if names:
            at = names.index(self.metric) if self.metric in names else -1
            self.metric = names[(at + 1) % len(names)]
            self.show(self.comparison)

    def values(self) -> list[tuple[float, float, int] | None] | None:
        """Of each row at the cursor, as drawn; None where there is no cursor."""
        cursor = self.view.cursor
        if cursor is None:
            return None
        return [None if track is None else track.at(cursor) for track in self.tracks()]

    @property
    def place(self) -> str:
        """Where the cursor is: `epoch 12`, `step 1,234`, `3.21 s`."""
        cursor = self.view.cursor
        if cursor is None:
            return ""
        at = cursor / self._counts
        if self.view.unit == "time":
            return f"{at:.4g} s"
        return f"{self.view.unit} {count(at) if at == int(at) else f'{at:.4g}'}"

    def picture(self, chosen: str, ascii: bool = False) -> Picture:
        """`chosen`: key of the row whose curve lies over the others."""
        rows, tracks, view = self.comparison.rows, self.tracks(), self.view
        spreads = sum(row.n > 1 and row.key not in self.hidden for row in rows)
        order = sorted(range(len(rows)), key=lambda i: rows[i].key == chosen)
        curves: list[Curve] = []
        for i in order:
            track, row = tracks[i], rows[i]
            if track is None or row.key in self.hidden:
                continue
            look, on_top = look_of(i, ascii), row.key == chosen and len(rows) > 1
            if row.n > 1 and (spreads <= FEW or on_top):
                curves.append(Curve(f"{i}±", track.x, track.low, track.high, look.color, band=True, around=True))
            curves.append(
                Curve(
                    str(i),
                    track.x,
                    track.mean,
                    track.mean,
                    look.color,
                    look.marker,
                    dash=look.dash,
                    on_top=on_top,
                    apart=APART if len(rows) > 2 else APART // 2,
                    shifted=i % 8 / 8,
                )
            )
        first, last = view.window(math.ceil(self.newest), self.end)
        return Picture(
            curves,
            first,
            last,
            self.scale,
            view.log_y,
            view.cursor,
            self.title,
            self._note(first, last, rows),
            legend=False,
            at_cursor=self.place,
        )

    @property
    def title(self) -> str:
        if not self.metric:
            return "Curves"
        return metric_title(self.metric)

    def _note(self, first: float, last: float, rows: Collection[Group]) -> str:
        parts = []
        if not self.view.whole:
            ends = [f"{each / self._counts:.4g}" for each in (first, last)]
            parts.append(f"{self.scale.label} {'-'.join(ends)}")
        if self.weight:
            parts.append(f"smoothing {self.weight:g}")
        if any(row.n > 1 for row in rows):
            parts.append("mean ± sd")
        return ", ".join(parts)


def first_metric(comparison: Comparison) -> str:
    """What is looked at first: what tells how well they do on what they have not seen."""
    curves = comparison.curves
    return next((name for name in curves if not name.startswith("train")), curves[0]) if curves else ""


def metric_title(name: str) -> str:
    """`Test accuracy %`, `Loss of each batch`."""
    return "Loss of each batch" if name == BATCH_LOSS else f"{metric_words(name).capitalize()}{unit(name)}"


def best_first(metric: str, values: Sequence[float]) -> list[int]:
    """Places of the values, the best first, those without one last."""
    sign = 1.0 if lower_is_better(metric) or metric == BATCH_LOSS else -1.0
    return sorted(range(len(values)), key=lambda i: (math.isnan(values[i]), sign * values[i], i))


def _smoothed(line: Line, weight: float) -> Line:
    """With the exponential moving average of its steps in place of its values; a point of the evaluations counts as the
    steps since the one before."""
    if not weight or not len(line):
        return line
    points = line.weight
    if line.stride == 1 and len(line) > 1:
        points = np.diff(line.steps, prepend=line.steps[0] - 1)
    smoothed = smooth(line.mean, points, weight)
    return replace(line, mean=smoothed, low=smoothed, high=smoothed)
