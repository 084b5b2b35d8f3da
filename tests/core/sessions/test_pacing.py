"""When something that costs time beside training is due again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.sessions import pacing
from core.sessions.pacing import Pace

seconds = st.floats(0.0, 1e4)


class Watch:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@given(took=seconds, waited=seconds)
def test_it_is_done_seldom_enough(took: float, waited: float) -> None:
    """At most once in two seconds, and for at most a tenth of the time."""
    watch = Watch()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pacing, "monotonic", watch)
        pace = Pace(2.0, 0.1)
        with pace.doing():
            watch.now += took
        ended = watch.now
        watch.now += waited
        left = max(2.0, 10 * took) - (watch.now - ended)
        if abs(left) > 1e-6:
            assert pace.due == (left < 0)
            assert pace.overdue(30.0) == (left < -30.0)


def test_the_first_time_and_one_that_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    watch = Watch()
    monkeypatch.setattr(pacing, "monotonic", watch)
    later, now = Pace(2.0, 0.1), Pace(2.0, 0.1, at_once=True)
    assert (later.due, now.due) == (False, True)
    with pytest.raises(OSError, match="full"), now.doing():
        raise OSError("full")
    assert now.due
    watch.now += 2.0
    assert later.due
