"""The terminal's title: written where it differs, and never a way into the terminal."""

from __future__ import annotations

import pytest

from tui.system.window_title import WindowTitle


def test_only_what_differs_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    written: list[str] = []
    title = WindowTitle(written.append)
    for text in ("a", "a", "b"):
        title.show(text)
    assert written == ["\x1b]2;a\x07", "\x1b]2;b\x07"]


def test_a_name_does_not_steer_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    written: list[str] = []
    WindowTitle(written.append).show("x\x07\x1b]52;c;aGk=\x07\n" + "y" * 500)
    assert written[0].count("\x1b") == written[0].count("\x07") == 1
    assert len(written[0]) < 100


@pytest.mark.parametrize("term", ["linux", "dumb"])
def test_terminals_without_a_title_are_left_alone(term: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", term)
    WindowTitle(lambda _codes: pytest.fail("written")).show("x")
