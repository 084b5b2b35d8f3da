"""Events: one line of JSON each, there and back, and whatever else may stand in a log."""

from __future__ import annotations

import dataclasses
import json
import math
import os
import typing
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made import run_started

from core.events import events
from core.events.codec import TYPES, decode, encode
from core.events.commands import Set
from core.events.events import EpochEnded, Event, RunStarted, StepsEnded

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
FLOATS = st.floats() | st.sampled_from([math.nan, math.inf, -math.inf])
FIELDS: dict[Any, st.SearchStrategy[Any]] = {
    int: st.integers(),
    float: FLOATS,
    str: st.text(),
    str | None: st.none() | st.text(),
    float | str: FLOATS | st.text().filter(lambda text: text not in ("nan", "inf", "-inf")),
    list[str]: st.lists(st.text()),
    list[int]: st.lists(st.integers()),
    list[float]: st.lists(FLOATS),
    list[list[float]]: st.lists(st.lists(FLOATS, max_size=3), max_size=3),
    dict[str, int]: st.dictionaries(st.text(), st.integers()),
    dict[str, str]: st.dictionaries(st.text(), st.text()),
    dict[str, float]: st.dictionaries(st.text(), FLOATS),
    dict[str, list[float]]: st.dictionaries(st.text(), st.lists(FLOATS, max_size=3), max_size=3),
    dict[str, Any]: st.dictionaries(st.text(), JSON),
    list[dict[str, Any]]: st.lists(st.dictionaries(st.text(), JSON), max_size=3),
}


def strategy_of(hint: Any) -> st.SearchStrategy[Any]:
    if typing.get_origin(hint) is typing.Literal:
        return st.sampled_from(typing.get_args(hint))
    return FIELDS[hint]


def events_of(cls: type[Event]) -> st.SearchStrategy[Event]:
    hints = typing.get_type_hints(cls)
    return st.builds(cls, **{f.name: strategy_of(hints[f.name]) for f in dataclasses.fields(cls)})


ANY_EVENT = st.sampled_from(sorted(TYPES)).flatmap(lambda name: events_of(TYPES[name]))


def same(a: Any, b: Any) -> bool:
    """Equality in which NaN equals NaN, and 1 is not 1.0."""
    if type(a) is not type(b):
        return False
    if isinstance(a, Event):
        return same(vars(a), vars(b))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, float) and math.isnan(a):
        return math.isnan(b)
    return bool(a == b)


@pytest.mark.parametrize("name", sorted(TYPES))
def test_every_event_survives_its_line(name: str) -> None:
    @given(events_of(TYPES[name]))
    def check(event: Event) -> None:
        line = encode(event)
        assert "\n" not in line
        assert same(decode(line), event)
        assert same(decode(line.encode()), event)

    check()


@given(ANY_EVENT)
def test_a_line_is_strict_json_with_the_fields_by_their_names(event: Event) -> None:
    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    record = json.loads(encode(event), parse_constant=refuse)
    assert list(record)[:4] == ["v", "seq", "t", "type"]
    assert record["v"] == 1
    assert record["type"] == type(event).__name__
    assert set(record) - {"v", "type"} == {f.name for f in dataclasses.fields(event)}


def test_the_format_of_a_line() -> None:
    event = StepsEnded(
        seq=7, t=1.5, epoch=2, first_step=11, losses=[0.5, math.nan], lr=0.01, samples=24, seconds=0.25, grad_norm=1e300
    )
    assert json.loads(encode(event)) == {
        **{"v": 1, "seq": 7, "t": 1.5, "type": "StepsEnded", "epoch": 2, "first_step": 11},
        **{"losses": [0.5, "nan"], "lr": 0.01, "samples": 24, "seconds": 0.25, "grad_norm": 1e300},
    }


@pytest.mark.parametrize(("value", "spelled"), [(math.nan, "nan"), (math.inf, "inf"), (-math.inf, "-inf")])
def test_non_finite_numbers_are_strings_in_the_log(value: float, spelled: str) -> None:
    changed = events.SettingChanged(step=1, key="optimizer.lr", old=value, new=1.0)
    assert json.loads(encode(changed))["old"] == spelled
    steps = StepsEnded(epoch=1, first_step=1, losses=[1.0, value], lr=1.0, samples=2, seconds=1.0, grad_norm=1.0)
    assert json.loads(encode(steps))["losses"] == [1.0, spelled]
    evaluated = events.Evaluated(
        epoch=1, step=1, split="test", n=1, metrics={"loss": value}, batch_loss_sum=0.0, batches=1, seconds=0.0
    )
    assert json.loads(encode(evaluated))["metrics"] == {"loss": spelled}
    for event in (changed, steps, evaluated):
        assert same(decode(encode(event)), event), "and numbers again when they are read"


@given(ANY_EVENT, st.data())
def test_a_torn_line_is_no_event(event: Event, data: st.DataObject) -> None:
    line = encode(event).encode()
    assert decode(line[: data.draw(st.integers(0, len(line) - 1), label="kept bytes")]) is None


@given(ANY_EVENT, st.data())
def test_an_event_without_one_of_its_own_fields_is_no_event(event: Event, data: st.DataObject) -> None:
    fields, missing = dataclasses.fields(event), dataclasses.MISSING
    own = [f.name for f in fields if f.default is missing and f.default_factory is missing]
    if own:  # RunPaused and RunUnpaused tell nothing but that they happened
        record = json.loads(encode(event))
        del record[data.draw(st.sampled_from(own))]
        assert decode(json.dumps(record)) is None


@given(ANY_EVENT, st.text().filter(lambda name: name not in TYPES))
def test_a_type_of_a_newer_version_is_skipped(event: Event, name: str) -> None:
    record = {**json.loads(encode(event)), "type": name}
    assert decode(json.dumps(record)) is None


@given(ANY_EVENT, st.dictionaries(st.text().map(lambda key: f"new_{key}"), JSON))
def test_fields_of_a_newer_version_are_ignored(event: Event, extra: dict[str, Any]) -> None:
    record = {**json.loads(encode(event)), **extra}
    assert same(decode(json.dumps(record)), event)


@given(st.binary() | st.text() | JSON.map(json.dumps))
def test_garbage_is_no_event(line: str | bytes) -> None:
    assert decode(line) is None


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("[" * 100_000, id="nested deeper than Python's stack"),
        pytest.param('{"type": "RunPaused", "seq": 0, "t": 1' + "0" * 400 + "}", id="a number beyond float"),
        pytest.param(b'{"type": "RunPaused", "seq": 0, "t": \xff}', id="not UTF-8"),
        pytest.param('{"type": [], "seq": 0, "t": 0}', id="a type that is a list"),
        pytest.param('{"type": "RunPaused", "seq": 0, "t": "soon"}', id="text for a number"),
        pytest.param("", id="nothing"),
    ],
)
def test_hostile_garbage_is_no_event(line: str | bytes) -> None:
    assert decode(line) is None


def test_an_argument_that_is_not_utf8_can_be_logged() -> None:
    """A path on the command line may hold any bytes; Python hands them over as lone surrogates."""
    strange = os.fsdecode(b"--models-dir=caf\xe9")
    event = run_started(argv=["nntui", strange])
    line = encode(event).encode("utf-8")  # what the log does
    decoded = decode(line)
    assert isinstance(decoded, RunStarted)
    assert len(decoded.argv) == 2


def test_events_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        EpochEnded(epoch=1, step=1, seconds=0.0).epoch = 2  # type: ignore[misc]


@pytest.mark.parametrize("name", sorted(TYPES))
def test_every_event_says_what_happened(name: str) -> None:
    doc = TYPES[name].__doc__ or ""
    assert doc
    assert not doc.startswith(f"{name}("), "that is the docstring which dataclass makes up"


@given(st.floats(min_value=2**-149, max_value=3.4028234663852886e38, allow_nan=False))
def test_set_takes_every_positive_learning_rate_that_float32_holds(value: float) -> None:
    assert Set("optimizer.lr", value).value == value


@given(st.floats(max_value=0) | st.sampled_from([math.nan, math.inf, -math.inf]))
def test_set_refuses_other_learning_rates(value: float) -> None:
    with pytest.raises(ValueError, match=r"optimizer\.lr.*must be positive and finite"):
        Set("optimizer.lr", value)


@pytest.mark.parametrize("key", ["lr", "epochs", "optimizer.name", "optimizer", "model.hidden", ""])
def test_set_refuses_other_keys_and_names_the_choices(key: str) -> None:
    with pytest.raises(ValueError, match=r"choose from optimizer\.lr") as error:
        Set(key, 0.1)
    assert repr(key) in str(error.value)
