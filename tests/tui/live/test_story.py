"""What a screen knows of a run."""

from __future__ import annotations

from made import run_started

from core.events.events import RunResumed
from tui.live.story import Story


def test_each_note_is_told_once() -> None:
    story = Story()
    story.apply(run_started({"log": "plain"}, notes=["begun"]))
    story.apply(RunResumed(step=3, session=2, epoch=1, notes=["gone on"]))
    assert [line for line in story.lines if line.startswith("!")] == ["! begun", "! gone on"]
