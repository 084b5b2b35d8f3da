"""Heatmap: a grid of scores, each with its digits, so that it can be read without colour; shaded where there is any."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size
from rich.style import Style
from rich.text import Text
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from tui.keys.action import bindings
from tui.screens.search import keys
from tui.screens.search.heat import Heat, HeatCell
from tui.widgets.painted import Painted
from tui.words.metrics import metric_in_cell

LABEL = 14
"""Columns of the terminal that the values of the y axis take, at most."""
WIDEST, TALLEST = 12, 3
"""Columns and rows of the terminal that a cell takes, at most."""
# From cividis (Nuñez, Anderton and Renslow 2018): even in lightness, alike for every common kind of colour blindness.
SHADES = ((0, 34, 78), (53, 69, 108), (102, 105, 112), (148, 142, 119), (200, 184, 102), (254, 232, 56))


@dataclass(frozen=True)
class _Layout:
    """Where cells stand: the first that are in view, how many, and their size."""

    label: int
    left: int
    columns: int
    top: int
    rows: int
    width: int
    height: int


class Heatmap(Widget, can_focus=True):
    """Show it heats; only the lines that then differ are painted again. Arrow keys move its cursor."""

    ACTIONS = keys.HEATMAP
    BINDINGS = bindings(keys.HEATMAP)
    DEFAULT_CSS = """
    Heatmap { border: round $panel; border-title-color: $text; border-subtitle-color: $text-muted;
        width: 1fr; height: 1fr; }
    Heatmap:focus { border: heavy $accent; }
    """

    @dataclass
    class Chosen(Message):
        """The cursor went to a cell; its trial, if it has one."""

        number: int | None

    class Opened(Message):
        """Enter."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._heat = Heat()
        self._empty = ""
        self._cursor = (0, 0)
        self.painted = Painted(self)

    def on_resize(self) -> None:
        self._paint()

    def on_focus(self) -> None:
        self._paint()

    def on_blur(self) -> None:
        self._paint()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._paint()

    def show(self, heat: Heat | None, empty: str = "") -> None:
        """Draw it from now on; `empty` is told where there is none."""
        if heat == self._heat and empty == self._empty:
            return
        self._heat, self._empty = heat or Heat(), empty
        self._paint()

    @property
    def cursor(self) -> tuple[int, int]:
        """Column and row of its cell."""
        return self._cursor

    def place(self, number: int) -> None:
        """The cursor to the cell of this trial."""
        place = self._heat.where.get(number)
        if place is not None and place != self._cursor:
            self._cursor = place
            self._paint()

    def action_open(self) -> None:
        self.post_message(self.Opened())

    def action_move(self, columns: int, rows: int) -> None:
        x, y = self._cursor
        self._go(x + columns, y + rows)

    def action_page(self, pages: int) -> None:
        x, y = self._cursor
        self._go(x, y + pages * self._layout().rows)

    def action_end(self, last: bool) -> None:
        """Of the column that the cursor is in."""
        self._go(self._cursor[0], len(self._heat.y_labels) - 1 if last else 0)

    def _go(self, x: int, y: int) -> None:
        heat = self._heat
        if not heat.x_labels or not heat.y_labels:
            return
        self._cursor = max(0, min(x, len(heat.x_labels) - 1)), max(0, min(y, len(heat.y_labels) - 1))
        self._paint()
        cell = heat.cells.get(self._cursor)
        self.post_message(self.Chosen(cell.number if cell else None))

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        layout = self._layout()
        if offset is None or offset.y < 1 or offset.x < layout.label:
            return
        x, y = (offset.x - layout.label) // layout.width, (offset.y - 1) // layout.height
        if x < layout.columns and y < layout.rows:
            self._go(layout.left + x, layout.top + y)

    # Painting.

    def _paint(self) -> None:
        self.painted.show(self._draw())
        for name, text in (("border_title", self._heat.title or "Heatmap"), ("border_subtitle", self._note())):
            shown = Text(text, overflow="ellipsis", no_wrap=True)
            if shown.markup != getattr(self, name):
                setattr(self, name, shown)

    def _note(self) -> str:
        layout, heat = self._layout(), self._heat
        parts = [heat.note] if heat.note else []
        for first, n, labels, what in (
            (layout.left, layout.columns, heat.x_labels, "columns"),
            (layout.top, layout.rows, heat.y_labels, "rows"),
        ):
            if n < len(labels):
                parts.append(f"{what} {first + 1}-{first + n} of {len(labels)}")
        signs = {cell.best and "★ best" for cell in heat.cells.values()}
        signs |= {cell.tie and "≈ within noise" for cell in heat.cells.values()}
        signs |= {cell.pruned and "– pruned" for cell in heat.cells.values()}
        signs |= {cell.running and "▶ training" for cell in heat.cells.values()}
        return "  ".join([*parts, *sorted(sign for sign in signs if sign)][: 4 if self.size.width > 50 else 2])

    def _layout(self) -> _Layout:
        heat = self._heat
        label = min(LABEL, max((cell_len(text) for text in heat.y_labels), default=0)) + 1
        texts = [metric_in_cell(heat.metric, cell.value) for cell in heat.cells.values()]
        need = max((len(text) for text in texts), default=4) + 2  # a bracket, and a sign behind the digits
        room, height = self.size.width - label, self.size.height - 1
        if room >= (need + 1) * len(heat.x_labels):  # the other bracket
            need += 1
        columns = max(1, min(len(heat.x_labels), room // need))
        wanted = max([need, *(cell_len(text) + 2 for text in heat.x_labels)])
        width = max(need, min(max(WIDEST, wanted), room // columns))
        rows = max(1, min(len(heat.y_labels), height))
        tall = max(1, min(TALLEST, height // rows))
        x, y = self._cursor
        left = max(0, min(x - columns // 2, len(heat.x_labels) - columns))
        top = max(0, min(y - rows // 2, len(heat.y_labels) - rows))
        return _Layout(label, left, columns, top, rows, width, tall)

    def _draw(self) -> list[Text]:
        heat, height = self._heat, max(0, self.size.height)
        if not heat.x_labels:
            return [*[Text()] * (height // 2), Text(self._empty.center(self.size.width), style="dim")]
        layout = self._layout()
        shown = range(layout.left, layout.left + layout.columns)
        header = Text(" " * layout.label)
        for x in shown:
            header.append(_centred(heat.x_labels[x], layout.width - 1) + " ", style="bold")
        lines = [header]
        colours = self._colours()
        for y in range(layout.top, layout.top + layout.rows):
            for part in range(layout.height):
                middle = part == (layout.height - 1) // 2
                label = _fit(heat.y_labels[y], layout.label - 1) if middle else ""
                line = Text()
                line.append(f"{label}{' ' * (layout.label - cell_len(label))}", style="bold")
                for x in shown:
                    cell = heat.cells.get((x, y))
                    text = self._cell_text(cell, (x, y) == self._cursor, layout.width) if middle else " " * layout.width
                    line.append(text, style=colours.get(cell.value, "") if cell else "dim")
                lines.append(line)
        return lines

    def _cell_text(self, cell: HeatCell | None, chosen: bool, width: int) -> str:
        text, sign = "·", " "
        if cell is not None:
            text = "" if cell.failed and math.isnan(cell.value) else metric_in_cell(self._heat.metric, cell.value)
            signs = {"★": cell.best, "▶": cell.running, "≈": cell.tie, "–": cell.pruned, "✗": cell.failed}
            sign = next((sign for sign, there in signs.items() if there), " ")
        body = text + sign
        space = max(0, width - len(body) - 2)
        before = space - space // 2
        open_, close = ("[", "]") if chosen else (" ", " ")
        tight = f"{open_}{body}" if len(body) + 2 > width else f"{open_}{body}{close}"
        return (" " * before + tight + " " * (space // 2))[:width].ljust(width)

    def _colours(self) -> dict[float, Style]:
        """A background for each value, between the best and twice as far from it as the median is: what has collapsed
        does not take the shades of all others."""
        many = self.app.console.color_system in ("256", "truecolor") and not self.app.no_color
        values = sorted({cell.value for cell in self._heat.cells.values() if math.isfinite(cell.value)})
        if not values or not many:
            return {}
        best = values[0] if self._heat.lower_is_better else values[-1]
        span = 2 * abs(best - statistics.median(values)) or abs(best - values[0]) or abs(best - values[-1]) or 1.0
        return {value: _shade(1 - min(1.0, abs(best - value) / span)) for value in values}

    def render_line(self, y: int) -> Strip:
        return self.painted.strip(y)


def _shade(share: float) -> Style:
    at = share * (len(SHADES) - 1)
    low = min(int(at), len(SHADES) - 2)
    mixed = [a + (at - low) * (b - a) for a, b in zip(SHADES[low], SHADES[low + 1], strict=True)]
    red, green, blue = (round(part) for part in mixed)
    light = 0.299 * red + 0.587 * green + 0.114 * blue > 120
    return Style.parse(f"{'black' if light else 'white'} on rgb({red},{green},{blue})")


def _fit(text: str, width: int) -> str:
    return text if cell_len(text) <= width else set_cell_size(text, max(0, width - 1)) + "…"


def _centred(text: str, width: int) -> str:
    text = _fit(text, width)
    space = width - cell_len(text)
    return " " * (space - space // 2) + text + " " * (space // 2)
