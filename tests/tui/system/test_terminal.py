"""What a terminal can show, and what it gets where it can show less."""

from __future__ import annotations

import pytest
from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color

from tui.system import terminal
from tui.system.filters import EncodingFilter
from tui.system.terminal import plot_marker


@pytest.fixture
def of_encoding(monkeypatch: pytest.MonkeyPatch):
    """`of_encoding("ascii")`: from now on the terminal has it."""

    def set_encoding(name: str, term: str = "xterm-256color") -> None:
        monkeypatch.setattr(terminal, "encoding", lambda: name)
        monkeypatch.setenv("TERM", term)
        monkeypatch.delenv("NNTUI_MARKERS", raising=False)
        plot_marker.cache_clear()
        terminal.encodes.cache_clear()

    yield set_encoding
    plot_marker.cache_clear()
    terminal.encodes.cache_clear()


@pytest.mark.parametrize(
    ("encoding", "term", "marker"),
    [
        ("utf-8", "xterm-256color", "braille"),
        ("utf-8", "linux", "hd"),
        ("ascii", "xterm", "."),
        ("latin-1", "xterm", "."),
        ("euc-kr", "xterm", "."),
        ("no-such-encoding", "xterm", "."),
    ],
)
def test_the_ladder_of_markers(of_encoding, encoding: str, term: str, marker: str) -> None:
    of_encoding(encoding, term)
    assert plot_marker() == marker


@pytest.mark.parametrize(
    ("wish", "marker"), [("braille", "braille"), ("blocks", "hd"), ("ascii", "."), ("?", "braille")]
)
def test_a_wish_overrides_the_ladder(of_encoding, monkeypatch, wish: str, marker: str) -> None:
    of_encoding("utf-8")
    monkeypatch.setenv("NNTUI_MARKERS", wish)
    assert plot_marker() == marker


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "euc-kr", "utf-8"])
@pytest.mark.parametrize(
    "text", ["╭─ Loss ● train × valid. ─╮", "✓ completed  ⠋⠙", "목표 값 98.0 ± 1.8 %", "é 🙂 ⇧←", "plain"]
)
def test_what_is_left_can_be_encoded_and_is_as_wide(of_encoding, encoding: str, text: str) -> None:
    of_encoding(encoding)
    (out,) = EncodingFilter().apply([Segment(text)], Color(0, 0, 0))
    assert out.text.encode(encoding).decode(encoding) == out.text
    assert cell_len(out.text) == cell_len(text)
    kept = [char for char in text if terminal.encodes(char)]
    assert all(char in out.text for char in kept)
