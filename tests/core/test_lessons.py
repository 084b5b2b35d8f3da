"""What one learns from the presets, and in which order."""

from __future__ import annotations

from core.presets import FIRST, lesson_of, preset_names


def test_every_preset_teaches_something_in_its_place() -> None:
    names = preset_names()
    lessons = [lesson_of(name) for name in names]
    assert [lesson.order for lesson in lessons] == [*range(1, len(names) + 1)]
    assert all(lesson.seconds and 0 < len(lesson.teaches) <= 44 for lesson in lessons)
    assert names[0] == FIRST
