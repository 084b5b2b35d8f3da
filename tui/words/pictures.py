"""Pictures and points in characters, for plain text: no colour, no cursor."""

from __future__ import annotations

from collections.abc import Sequence

SHADES = " ░▒▓█"
ASCII_SHADES = " .:*#"
MARKS = "●+×○□△◆★◇▲"
ASCII_MARKS = "o+x*#@%&=~"
SMALL = 16
"""Rows of pixels in a picture that is small."""


def picture(rows: Sequence[Sequence[float]], shades: str = SHADES) -> list[str]:
    """Grey values from 0 to 1 as text. Characters are twice as high as wide: a line holds two rows of pixels, or, of
    a small picture, a pixel is two characters wide."""

    def shade(grey: float) -> str:
        return shades[min(len(shades) - 1, int(max(0.0, grey) * len(shades)))]

    if len(rows) <= SMALL:
        return ["".join(2 * shade(grey) for grey in row) for row in rows]
    lines = []
    for top in range(0, len(rows), 2):
        pair = rows[top : top + 2]
        means = [sum(column) / len(pair) for column in zip(*pair, strict=True)]
        lines.append("".join(map(shade, means)))
    return lines


def side_by_side(pictures: Sequence[Sequence[str]], width: int, gap: str = "  ") -> list[str]:
    """As many of the pictures as fit into `width` characters, in one row."""
    kept: list[Sequence[str]] = []
    used = -len(gap)
    for each in pictures:
        used += len(gap) + (len(each[0]) if each else 0)
        if kept and used > width:
            break
        kept.append(each)
    return [gap.join(lines).rstrip() for lines in zip(*kept, strict=False)]


def scatter(
    points: Sequence[tuple[float, float, int]], width: int = 60, height: int = 20, marks: str = MARKS
) -> list[str]:
    """Points (x, y, class) as text, a mark for each class, the ranges of both axes at the edges."""
    xs, ys = [x for x, _y, _class in points], [y for _x, y, _class in points]
    (left, right), (low, high) = (min(xs), max(xs)), (min(ys), max(ys))
    cells = [[" "] * width for _row in range(height)]
    for x, y, label in points:
        column = round((x - left) / ((right - left) or 1) * (width - 1))
        row = round((high - y) / ((high - low) or 1) * (height - 1))
        cells[row][column] = marks[label % len(marks)]
    labels = [f"{high:.3g}", *[""] * (height - 2), f"{low:.3g}"]
    margin = max(len(label) for label in labels)
    body = [f"{label:>{margin}} │{''.join(row)}" for label, row in zip(labels, cells, strict=True)]
    ends = f"{left:.3g}".ljust(width - len(f"{right:.3g}")) + f"{right:.3g}"
    return [*body, " " * margin + " └" + "─" * width, " " * (margin + 2) + ends]
