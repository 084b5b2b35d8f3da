"""The runs screen as it looks; see tests/tui/test_snapshots.py."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from every_screen import SCREENS
from textual.widgets import Input

from core.runs import labels
from core.runs.folder import RunDir
from tui.app import NntuiApp
from tui.live.trainer import Trainer

SIZES = [(80, 24), pytest.param((120, 40), marks=pytest.mark.slow)]


@pytest.fixture(autouse=True)
def one_terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """And one place: a table of runs has local times."""
    for name, value in {"TERM": "xterm-256color", "COLORTERM": "truecolor", "TZ": "UTC"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr(Input, "_toggle_cursor", lambda _input: None)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("state", ["all runs", "filter", "labels"])
def test_looks_as_it_did(state: str, size: tuple[int, int], root: Path, snap_compare) -> None:
    (done,) = root.glob("*-done-*")
    labels.change(RunDir(done), name="baseline", add=["paper"], note="of figure 3")
    app = NntuiApp(Trainer(root))
    assert snap_compare(app, terminal_size=size, run_before=SCREENS[state])
