"""The table of trials: its cursor stays on its trial, it paints only what differs, and it fits any room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import on_screen
import pytest
from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.color import Color
from textual.pilot import Pilot

from tui.screens.search.rows import Column
from tui.widgets.row_table import Content, Signs, TrialTable


@dataclass
class Row:
    number: int
    name: str = "a"
    score: float = 0.5


COLUMNS = [
    Column("trial", "trial", 5, lambda r: str(r.number), lambda r: r.number),
    Column("name", "name", 8, lambda r: r.name, lambda r: r.name, left=True),
    *(Column(f"c{i}", f"column {i}", 9, lambda r: f"{r.score:.3f}", lambda r: r.score) for i in range(8)),
]


def content(rows: Sequence[Row], **rest: object) -> Content:
    made = Content(COLUMNS, rows, lambda row: row.number, lambda _row: Signs(state="✓"), "trial", empty="nothing fits")
    return replace(made, **rest)  # type: ignore[arg-type]


class Alone(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.moved = 0
        self.headed: list[str] = []

    def compose(self) -> ComposeResult:
        yield TrialTable()

    def on_trial_table_moved(self) -> None:
        self.moved += 1

    def on_trial_table_headed(self, message: TrialTable.Headed) -> None:
        self.headed.append(message.key)

    @property
    def table(self) -> TrialTable:
        return self.query_one(TrialTable)

    @property
    def lines(self) -> list[str]:
        return on_screen.lines(self.screen)


@pytest.fixture
def alone() -> Alone:
    return Alone()


def rows(n: int) -> list[Row]:
    return [Row(number) for number in range(1, n + 1)]


async def shown(pilot: Pilot[None], made: Content) -> TrialTable:
    assert isinstance(pilot.app, Alone)
    pilot.app.table.show(made)
    pilot.app.table.focus()
    await pilot.pause()
    return pilot.app.table


async def test_the_cursor_stays_on_its_row_while_rows_move(alone: Alone) -> None:
    async with alone.run_test(size=(60, 12)) as pilot:
        table = await shown(pilot, content(rows(30)))
        await pilot.press("down", "down", "down")
        assert table.row.number == 4  # type: ignore[union-attr]
        table.show(content(rows(30)[::-1]))
        assert table.row.number == 4  # type: ignore[union-attr]
        assert table._top <= table._at < table._top + 9, "and in view"
        await pilot.press("down")
        assert table.row.number == 3  # type: ignore[union-attr]
        table.show(content([row for row in rows(30) if row.number != 3]))  # it is filtered out
        assert table.row is not None
        table.show(content([]))
        assert table.row is None
        await pilot.press("down", "end", "pageup", "enter", "left", "right")


async def test_a_cursor_that_was_not_moved_stays_on_the_first_row(alone: Alone) -> None:
    async with alone.run_test(size=(60, 12)) as pilot:
        table = await shown(pilot, content(rows(30)))
        table.show(content(rows(30)[::-1]))
        assert table.row.number == 30  # type: ignore[union-attr]


async def test_keys_go_everywhere(alone: Alone) -> None:
    async with alone.run_test(size=(60, 12)) as pilot:
        table = await shown(pilot, content(rows(100)))
        for key, number in (("end", 100), ("up", 99), ("pageup", 90), ("home", 1), ("up", 1), ("pagedown", 10)):
            await pilot.press(key)
            assert table.row.number == number, key  # type: ignore[union-attr]
            assert any(f" {number} " in line for line in alone.lines), key
        assert alone.moved == 6


async def test_columns_that_do_not_fit_are_told_of_and_reached(alone: Alone) -> None:
    async with alone.run_test(size=(60, 12)) as pilot:
        table = await shown(pilot, content(rows(3)))
        assert "→ 5 more" in str(table.border_subtitle)
        header = alone.lines[1]
        assert "trial" in header
        assert "column 2" in header
        assert "column 3" not in header, "whole columns only"
        await pilot.press("right", "right")
        assert "← 2 more" in str(table.border_subtitle)
        assert "trial" in alone.lines[1], "the first column stays"
        assert "name" not in alone.lines[1]
        await pilot.press(*["right"] * 20)
        assert "column 7" in alone.lines[1]
        assert "→" not in str(table.border_subtitle)
        await pilot.press(*["left"] * 20)
        assert "name" in alone.lines[1]


async def test_wide_and_hostile_text_stays_in_its_column(alone: Alone) -> None:
    found = [Row(1, "가나다라마바사"), Row(2, "[/]\x1b]0;x\x07"), Row(3, "[red]x"), Row(4, "a" * 50), Row(5, "é́")]
    async with alone.run_test(size=(60, 12)) as pilot:
        await shown(pilot, content(found))
        lines = alone.lines[2:7]
        places = set()
        for line in lines:
            assert cell_len(line) == 60
            places.add(cell_len(line[: line.index("0.500")]))
        assert len(places) == 1, lines
        assert "…" in lines[0]
        assert "[/]" in lines[1]


async def test_nothing_is_painted_where_nothing_differs(alone: Alone, monkeypatch: pytest.MonkeyPatch) -> None:
    async with alone.run_test(size=(100, 12)) as pilot:
        found = rows(50)
        table = await shown(pilot, content(found))
        painted: list[object] = []
        monkeypatch.setattr(table, "refresh", lambda *regions, **_rest: painted.extend(regions or ["all"]))
        table.show(content(found))
        assert painted == []
        found[4].score = 0.75
        table.show(content(found))
        assert [region.y for region in painted] == [5]  # type: ignore[attr-defined]
        found[40].score = 0.75  # not in view
        table.show(content(found))
        assert len(painted) == 1


async def test_the_order_is_in_the_header(alone: Alone) -> None:
    async with alone.run_test(size=(60, 12)) as pilot:
        table = await shown(pilot, content(rows(3), sorted_by="c0"))
        assert "column 0▲" in alone.lines[1]
        table.show(content(rows(3), sorted_by="name", descending=True))
        await pilot.pause()
        assert "name▼" in alone.lines[1]


async def test_the_mouse_points_scrolls_and_sorts(alone: Alone) -> None:
    async with alone.run_test(size=(60, 12)) as pilot:
        table = await shown(pilot, content(rows(100)))
        await pilot.click(TrialTable, offset=(10, 4))
        assert table.row.number == 3  # type: ignore[union-attr]
        await pilot.click(TrialTable, offset=(17, 1))
        assert alone.headed == ["name"]
        for _ in range(3):
            table.on_mouse_scroll_down(_Wheel())  # type: ignore[arg-type]
        assert table._top == 9
        assert table.row.number == 3, "the cursor stays where it is"  # type: ignore[union-attr]
        for _ in range(9):
            table.on_mouse_scroll_up(_Wheel())  # type: ignore[arg-type]
        assert table._top == 0


class _Wheel:
    def stop(self) -> None:
        """As an event of the mouse wheel."""


@pytest.mark.parametrize("size", [(8, 3), (20, 2), (60, 3)])
async def test_any_room_will_do(alone: Alone, size: tuple[int, int]) -> None:
    async with alone.run_test(size=size) as pilot:
        await shown(pilot, content(rows(5)))
        await pilot.press("down", "end", "home", "right", "left")
        assert all(cell_len(line) == size[0] for line in alone.lines)


async def test_why_there_are_no_rows(alone: Alone) -> None:
    async with alone.run_test(size=(60, 12)) as pilot:
        await shown(pilot, content([]))
        assert "nothing fits" in "\n".join(alone.lines)


async def test_every_theme_can_be_read(alone: Alone) -> None:
    """Names of columns and rows against what is behind them: WCAG asks 3 : 1 at least. The colours of the row under the
    cursor are the theme's own, those of the `ansi` themes the terminal's."""
    async with alone.run_test(size=(60, 12)) as pilot:
        table = await shown(pilot, content(rows(5)))
        for theme in sorted(name for name in alone.available_themes if not name.startswith("ansi")):
            alone.theme = theme
            await pilot.pause()
            for y in (0, 2):
                for segment in table.render_line(y):
                    style = segment.style
                    if segment.text.strip() and style is not None and style.color is not None:
                        assert style.bgcolor is not None
                        front, behind = Color.from_rich_color(style.color), Color.from_rich_color(style.bgcolor)
                        assert contrast(front, behind) >= 3, (theme, segment)


def contrast(front: Color, behind: Color) -> float:
    """Of WCAG 2.2, from 1 to 21."""

    def luminance(color: Color) -> float:
        parts = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in color.normalized]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    low, high = sorted((luminance(front), luminance(behind)))
    return (high + 0.05) / (low + 0.05)
