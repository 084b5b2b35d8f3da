"""What the engine's tests share: components that exist for one test only, and networks written out by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from core.experiment.schema import REGISTRIES
from core.training import steering

Register = Callable[..., None]


@pytest.fixture
def register() -> Iterator[Register]:
    """`register(kind, name, function, **facts)` adds a component that is gone after the test."""
    added: list[tuple[str, str]] = []

    def add(kind: str, name: str, build: Callable[..., Any], **facts: Any) -> None:
        REGISTRIES[kind].add(name, **facts)(build)
        added.append((kind, name))

    yield add
    for kind, name in added:
        REGISTRIES[kind].remove(name)


@pytest.fixture
def every_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """One StepsEnded per step, so that a test can stop at any of them, whatever the clock says."""
    monkeypatch.setattr(steering, "REPORT_EVERY", 0.0)
