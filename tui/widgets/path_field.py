"""PathField: an Input of a path, which shows its end while it is not edited: that says which file it is."""

from __future__ import annotations

from rich.cells import cell_len
from rich.segment import Segment
from textual.strip import Strip

from tui.widgets.text_field import TextField


class PathField(TextField):
    """While it is edited it shows what is around its cursor."""

    def render_line(self, y: int) -> Strip:
        room = self.scrollable_content_region.width
        if y or self.has_focus or cell_len(self.value) <= room:
            return super().render_line(y)
        shown = Strip([Segment(end_of(self.value, room))])
        return shown.extend_cell_length(room + 1).apply_style(self.rich_style)


def end_of(path: str, width: int) -> str:
    """The end of a path, in so many columns of the terminal; from the beginning of a folder on where little of one is
    lost by it."""
    if cell_len(path) <= width:
        return path
    while path and cell_len(path) > width - 1:
        path = path[1:]
    at = path.find("/")
    return "…" + (path[at:] if 0 <= at < len(path) // 2 else path)
