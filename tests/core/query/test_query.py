"""Filters: what is written is read again, what is asked is what one would do by hand, and errors name their place."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UserError
from core.query import values
from core.query.ask import Vocabulary, condition, used
from core.query.error import FilterError
from core.query.parse import parse
from core.query.tree import KEYWORDS, SIGNS, And, Compare, Node, Not, Or, Text, Word, to_text
from core.query.values import Kind

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=timezone(timedelta(hours=9)))
Row = dict[str, Any]
KINDS: dict[str, Kind] = {
    "test_accuracy": "share",
    "lr": "number",
    "seed": "number",
    "time": "duration",
    "when": "moment",
    "name": "text",
    "model.hidden": "list",
    "tags": "set",
    "mixed": "any",
}
WORDS: dict[str, Callable[[Row], bool]] = {
    "failed": lambda row: row.get("state") == "failed",
    "search": lambda row: bool(row.get("search")),
}
VOCABULARY: Vocabulary[Row] = Vocabulary(
    columns=KINDS,
    read=lambda name: lambda row: row.get(name),
    kind=lambda name: KINDS[name],
    text=lambda row: str(row.get("name", "")).casefold(),
    words=WORDS,
    aliases={"tag": "tags"},
)


def asked(text: str, row: Row) -> bool:
    return condition(text, VOCABULARY, NOW)(row)


# What is written is read again.

names = st.sampled_from([*KINDS, "optimizer.lr", "best.test_accuracy", "붓꽃", "a b", "not", 'q"'])
texts = st.one_of(st.text(max_size=12), st.sampled_from([*KEYWORDS, "[1, 2]", "[", "failed", '"', "\\", "a=b", "(x)"]))
leaves = st.one_of(
    st.builds(Compare, names, st.sampled_from(SIGNS), texts),
    st.builds(Word, st.sampled_from(list(WORDS))),
    st.builds(Text, texts),
)


def _wider(parts: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    several = st.lists(parts, min_size=2, max_size=4).map(tuple)
    return st.one_of(st.builds(Not, parts), st.builds(And, several), st.builds(Or, several))


trees: st.SearchStrategy[Node] = st.recursive(leaves, _wider, max_leaves=12)


@given(trees)
def test_a_tree_that_is_written_is_parsed_to_itself(tree: Node) -> None:
    assert parse(to_text(tree), WORDS) == tree


@given(
    st.text(max_size=40)
    | st.lists(st.sampled_from([*'()"[]=<>!~:\\ ', "and ", "or ", "not ", "lr", "0.1"])).map("".join)
)
def test_no_text_breaks_the_parser(text: str) -> None:
    wrong: FilterError | None = None
    try:
        tree = parse(text, WORDS)
        condition(text, VOCABULARY, NOW)
    except FilterError as error:
        wrong = error
    if wrong is None:
        assert parse(to_text(tree), WORDS) == tree
    else:
        assert 0 <= wrong.start <= wrong.start + wrong.length <= len(text)
        assert "\n" not in str(wrong)


def test_depth_has_an_end() -> None:
    for text in ("(" * 10_000, "not " * 10_000, "(" * 10_000 + "a" + ")" * 10_000):
        with pytest.raises(FilterError, match="more than 50"):
            parse(text)
    assert parse(" and ".join(["a"] * 5000)) == And(tuple([Text("a")] * 5000))


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("", And()),
        ("   ", And()),
        ("a b or c", Or((And((Text("a"), Text("b"))), Text("c")))),
        ("a AND (b OR c)", And((Text("a"), Or((Text("b"), Text("c")))))),
        ("not a b", And((Not(Text("a")), Text("b")))),
        ("not not a", Not(Not(Text("a")))),
        ("lr == 0.1", Compare("lr", "=", "0.1")),
        ("lr<>0.1", Compare("lr", "!=", "0.1")),
        ("model.hidden=[256, 128]", Compare("model.hidden", "=", "[256, 128]")),
        ('note:"two words"', Compare("note", ":", "two words")),
        (r'"a \"b\" \\"', Text('a "b" \\')),
        ("FAILED", Word("failed")),
        ('"failed"', Text("failed")),
        ("when>=2026-11-01T10:30", Compare("when", ">=", "2026-11-01T10:30")),
        ("20261128-0016-iris", Text("20261128-0016-iris")),
    ],
)
def test_what_texts_mean(text: str, tree: Node) -> None:
    assert parse(text, WORDS) == tree


# What is wrong, and where.


@pytest.mark.parametrize(
    ("text", "start", "length", "what"),
    [
        ("test_acuracy>0.9", 0, 12, "no run has a column 'test_acuracy'; did you mean test_accuracy?"),
        ("lr>0.1 and", 10, 0, "a condition is missing at the end"),
        ("lr> and failed", 2, 1, "a value is missing after >"),
        ("lr>", 2, 1, "a value is missing after >"),
        ("(lr>0.1", 0, 1, "this ( is never closed"),
        ("lr>0.1)", 6, 1, "this ) closes nothing"),
        ("a or )", 5, 1, "a condition is missing before )"),
        ("or a", 0, 2, "a condition is missing before or"),
        ("=0.1", 0, 1, "a column is missing before ="),
        ('name:"two', 5, 4, "a quote is missing at the end"),
        ("model.hidden=[1", 13, 2, "a ] is missing at the end"),
        ("lr ! 3", 3, 1, "write not in words, or != between a column and a value"),
        ("lr>high", 3, 4, "lr is a number; 'high' is none"),
        ("time>soon", 5, 4, "time is a time, as 30s, 10m, 2h or 1h30m; 'soon' is none"),
        ("when>soon", 5, 4, "when is a moment, as 2026-11-01, today, or 3d for three days ago; 'soon' is none"),
        ("test_accuracy>90", 14, 2, "test_accuracy is a fraction from 0 to 1: write test_accuracy>90%"),
        ("model.hidden>3", 13, 1, "model.hidden is a list of values: compare it with = != ~ or :"),
        ("seed", 0, 4, 'seed is a column: compare it, as seed=…, or look for the text with "seed"'),
    ],
)
def test_an_error_names_its_place(text: str, start: int, length: int, what: str) -> None:
    with pytest.raises(FilterError) as caught:
        condition(text, VOCABULARY, NOW)
    assert (caught.value.start, caught.value.length, caught.value.what) == (start, length, what)
    assert f"character {start + 1}" in str(caught.value)
    assert isinstance(caught.value, UserError)


# What is asked.

ROW: Row = {
    "test_accuracy": 0.9,
    "lr": 0.001,
    "seed": 2**60,
    "time": 600.0,
    "when": NOW.timestamp() - 3600,
    "name": "Iris ONE",
    "model.hidden": [256, 128],
    "tags": frozenset({"Paper", "slow"}),
    "mixed": True,
}


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        *(("test_accuracy>=90%", True), ("test_accuracy>90%", False), ("test_accuracy=0.9", True)),
        *(("lr=1e-3", True), ("lr!=0.001", False), ("lr<0.005 and tag:slow", True), ("lr:0.001", True)),
        *((f"seed={2**60}", True), (f"seed={2**60 + 1}", False)),
        *(("time>=10m", True), ("time>10m", False), ("time<1h", True), ("time=600", True), ("time=10:00", True)),
        *(("when=today", True), ("when<today", False), ("when>=2026-11-28", True), ("when>2026-11-28", False)),
        *(("when=2026-11", True), ("when!=2026-11", False), ("when>3d", True), ("when<30m", True), ("when>30m", False)),
        *(("when=2026", True), ("when=yesterday", False), ("when=2026-11-28T11:00", True)),
        *(
            ("name=iris one", False),
            ('name="iris one"', True),
            ("name~one", True),
            ("name:IRIS", True),
            ("name>a", True),
        ),
        *(("model.hidden=[256,128]", True), ("model.hidden=256,128", True), ("model.hidden!=[256,128]", False)),
        *(("model.hidden=[256]", False), ("model.hidden~128", True)),
        *(("tag:paper", True), ("tags=PAPER", True), ("tag:pap", False), ("tag~pap", True), ("tag!=paper", False)),
        *(("mixed=true", True), ("mixed=false", False), ("one", True), ("two", False), ("not two", True)),
        *(("failed", False), ("not failed and not search", True), ('"iris one" or failed', True)),
    ],
)
def test_what_holds(text: str, holds: bool) -> None:
    assert asked(text, ROW) is holds


@pytest.mark.parametrize("sign", ["=", "!=", "<", ">", "<=", ">=", "~", ":"])
def test_what_is_missing_meets_nothing(sign: str) -> None:
    for name in KINDS:
        value = {"when": "today", "model.hidden": "1", "tags": "a"}.get(name, "0.5")
        if name in ("model.hidden", "tags") and sign in "<=>=":
            sign = "="
        assert not asked(f"{name}{sign}{value}", {})
        assert asked(f"not {name}{sign}{value}", {})


def test_nan_is_itself_and_neither_more_nor_less() -> None:
    row = {"lr": math.nan}
    assert asked("lr=nan", row)
    assert asked("lr!=0.1", row)
    assert not any(asked(f"lr{sign}0", row) for sign in ("<", ">", "<=", ">=", "="))


numbers = st.one_of(st.integers(-5, 5), st.sampled_from([0.5, -0.25, 1e-3, math.inf, -math.inf]))
rows = st.fixed_dictionaries(
    {}, optional={"lr": numbers, "seed": numbers, "name": st.sampled_from(["a", "B", "ab"]), "state": st.just("failed")}
)
PYTHON: dict[str, Callable[[Any, Any], Any]] = {
    **{"=": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge},
    "~": lambda a, b: b in a,
    ":": lambda a, b: b in a,
}
comparisons = st.one_of(
    st.builds(Compare, st.sampled_from(["lr", "seed"]), st.sampled_from(list(PYTHON)[:6]), numbers.map(str)),
    st.builds(Compare, st.just("name"), st.sampled_from(list(PYTHON)), st.sampled_from(["A", "b", "aB"])),
    st.just(Word("failed")),
)


def by_hand(tree: Node, row: Row) -> bool:
    match tree:
        case And(parts):
            return all(by_hand(part, row) for part in parts)
        case Or(parts):
            return any(by_hand(part, row) for part in parts)
        case Not(part):
            return not by_hand(part, row)
        case Word(name):
            return row.get("state") == name
        case Compare(column, sign, wanted):
            value = row.get(column)
            if value is None:
                return False
            return bool(
                PYTHON[sign](value.lower(), wanted.lower()) if column == "name" else PYTHON[sign](value, float(wanted))
            )
        case Text():
            raise AssertionError


@given(st.recursive(comparisons, _wider, max_leaves=8), rows)
def test_it_asks_what_python_would(tree: Node, row: Row) -> None:
    assert asked(to_text(tree), row) is by_hand(tree, row)


def test_ten_thousand_rows_are_asked_at_once(pace: Callable[[], float]) -> None:
    import time

    many = [
        {"lr": i / 1e4, "name": f"run {i}", "tags": frozenset({"a"} if i % 2 else ()), "seed": i} for i in range(10_000)
    ]
    taken = []
    for _ in range(3):
        began = time.thread_time()
        met = condition("lr>0.1 and seed<5000 and not tag:a or name~999", VOCABULARY, NOW)
        found = sum(map(met, many))
        taken.append(time.thread_time() - began)
    assert found == sum(
        (r["lr"] > 0.1 and r["seed"] < 5000 and "a" not in r["tags"]) or "999" in r["name"] for r in many
    )  # type: ignore[operator]
    assert min(taken) < 0.05 * pace()


def test_which_columns_are_used() -> None:
    assert used(parse("a=1 and (not b<2 or tag:c) failed", WORDS)) == {"a", "b", "tag"}


# Values.


@pytest.mark.parametrize(
    ("text", "number"),
    [("0.9", 0.9), ("96.7%", 0.967), ("7 %", 0.07), ("1e-3", 1e-3), ("-2", -2), ("1_000", 1000), ("inf", math.inf)]
    + [(text, None) for text in ("", "x", "%", "1,5", "0x10", "1e", "--1", "١", "9" * 5000)],
)
def test_numbers(text: str, number: float | None) -> None:
    assert values.number(text) == number


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        *(("90", 90), ("30s", 30), ("1.5h", 5400), ("1h30m", 5400), ("2d", 172_800), ("1w", 604_800), ("3:05", 185)),
        *(("1:00:00", 3600), ("250ms", 0.25), ("10 min", 600), ("soon", None), ("m", None), ("3:99", None)),
        ("5%", None),
    ],
)
def test_durations(text: str, seconds: float | None) -> None:
    assert values.duration(text) == seconds


@given(st.text(max_size=20) | st.from_regex(r"\d{1,5}-\d{1,2}-\d{1,2}", fullmatch=True))
def test_no_text_breaks_a_value(text: str) -> None:
    for read in (values.number, values.duration, values.items, lambda text: values.moment(text, NOW)):
        read(text)


def test_days_are_those_of_the_clock_on_the_wall() -> None:
    """As long as they are there: one of 23 hours, where a summer time begins."""
    now = datetime(2026, 11, 28, 9).astimezone()
    day = values.moment("2026-03-29", now)
    assert day is not None
    assert day.low == datetime(2026, 3, 29).timestamp()
    assert day.high == datetime(2026, 3, 30).timestamp()
