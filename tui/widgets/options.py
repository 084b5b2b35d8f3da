"""Options: a list of Textual's whose cursor is seen without colours, too."""

from __future__ import annotations

from textual.style import Style
from textual.widgets import OptionList


class Options(OptionList):
    """What is under the cursor is reversed where there are no colours. Textual forgets that of a part."""

    def get_visual_style(self, *component_classes: str, partial: bool = False) -> Style:
        style = super().get_visual_style(*component_classes, partial=partial)
        if self.app.no_color and "option-list--option-highlighted" in component_classes:
            return style + Style(reverse=True)
        return style
