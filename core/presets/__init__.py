"""The experiments that come with nntui, a TOML file each, in the format that `nntui run FILE` reads; the comment in the
first line says what one learns from it."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent
FIRST = "iris-net"
"""What to begin with: nothing to download, done in a second."""
_LESSON = re.compile(r"# Lesson (\d+), (\d+) s: (.+)")


@dataclass(frozen=True)
class Lesson:
    """What one learns from an experiment, in few words; its place in the order of learning; about how many seconds it
    takes on two cores."""

    order: float = math.inf
    seconds: float | None = None
    teaches: str = ""


def lesson_of(preset: str) -> Lesson:
    """One that says nothing comes last."""
    with (FOLDER / f"{preset}.toml").open(encoding="utf-8") as file:
        found = _LESSON.match(file.readline())
    return Lesson(int(found[1]), float(found[2]), found[3].strip()) if found else Lesson()


def preset_names() -> list[str]:
    """In the order of learning, then by name."""
    return sorted((path.stem for path in FOLDER.glob("*.toml")), key=lambda name: (lesson_of(name).order, name))
