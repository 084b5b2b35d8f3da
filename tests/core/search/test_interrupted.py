"""However a search is interrupted, it comes to what it comes to when it is left alone: cells, seeds, trials that are
pruned, their epochs and reasons, metrics and weights, bit for bit."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest
import torch
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from core.events.events import Event, TrialEnded, TrialStarted
from core.experiment import open as search_config
from core.experiment.search import SearchConfig
from core.history.history import History
from core.runs.event_log import read_events
from core.runs.folder import RunDir
from core.sessions import open
from core.sessions.session import Session


class Lost(BaseException):
    """The process is gone at this moment, with all that it has not written."""


@dataclass(frozen=True)
class Cut:
    """What befalls a session, unless it ends before: in the middle of one line of its log more, or right after."""

    kind: Literal["stop", "lost", "torn"]
    """Asked to stop; gone; gone in the middle of a line of its log."""
    after: int
    """Events of the session; of those that tell of a trial's end, where `ends`."""
    saved: int
    """Events after which a checkpoint is asked for."""
    memory: float
    """Bytes that are free in the session that follows."""
    ends: bool = False


@dataclass(frozen=True)
class Case:
    settings: tuple[tuple[str, str], ...]
    memory: float = 1e12
    preset: str = "iris-net"


@dataclass(frozen=True)
class Result:
    """What a search came to."""

    trials: dict[int, dict[str, Any]]
    weights: dict[int, dict[str, torch.Tensor]]
    table: str


@pytest.fixture(autouse=True, scope="module")
def every_turn_is_told() -> Iterator[None]:
    """So that a search can be cut off at any of them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("core.search.progress.EVENTS_EVERY", 0.0)
        patch.setattr("core.search.progress.NUMBERS", 1e12)
        yield


def execute(open_session: Callable[[Any], Session], cut: Cut | None, copies: Path) -> RunDir:
    """Where the run is afterwards: what is lost goes on in a copy of its folder as it was."""
    opened: list[Session] = []
    count = ends = 0

    def recorder(event: Event) -> None:
        nonlocal count, ends
        count += 1
        ends += isinstance(event, TrialEnded)
        if cut is None:
            return
        if count == cut.saved:
            opened[0].run.checkpoint()
        if (isinstance(event, TrialEnded) and ends if cut.ends else count) != cut.after:
            return
        run_dir = opened[0].run_dir
        if cut.kind == "stop":
            opened[0].run.stop()
            return
        target = copies / str(len(list(copies.iterdir()))) / run_dir.run_id
        shutil.copytree(run_dir.path, target)
        if cut.kind == "torn":
            log = target / "events.jsonl"
            log.write_bytes(log.read_bytes()[:-9])
        raise Lost

    session = open_session([recorder])
    opened.append(session)
    try:
        session.run.execute()
    except Lost:
        return RunDir(max(copies.iterdir(), key=lambda path: int(path.name)) / session.run_dir.run_id)
    return session.run_dir


def trained(case: Case, cuts: list[Cut], root: Path) -> Result:
    """Start the search, let the cuts befall one session each, and the last one come to the end."""
    chosen = search_config.load(case.preset, [("device", "cpu"), *case.settings])
    assert isinstance(chosen, SearchConfig)
    copies = root / "copies"
    copies.mkdir(parents=True)
    memory = case.memory
    run_dir: RunDir | None = None
    for cut in [*cuts, None]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("core.search.state.free_memory", lambda memory=memory: memory)
            if run_dir is None:
                run_dir = execute(lambda recorders: open.start(chosen, root, recorders=recorders), cut, copies)
            elif History.fold(read_events(run_dir.events)).state != "completed":
                at = run_dir
                run_dir = execute(lambda recorders, at=at: open.resume(at, recorders=recorders), cut, copies)
        memory = cut.memory if cut else memory
    assert run_dir is not None
    return result_of(run_dir)


def result_of(run_dir: RunDir) -> Result:
    events = list(read_events(run_dir.events))
    trials: dict[int, dict[str, Any]] = {}
    for event in events:
        if isinstance(event, TrialStarted):
            told = {"cell": event.cell, "config": event.config}
            assert trials.setdefault(event.number, told) == told, "a number stands for one network"
    for event in events:
        if isinstance(event, TrialEnded):
            assert "status" not in trials[event.number], "each ends once"
            trials[event.number] |= {
                "status": event.status,
                "reason": event.reason,
                "epochs": event.epochs,
                "metrics": event.metrics,
            }
    weights = {}
    for number, trial in trials.items():
        if trial["status"] != "failed":
            weights[number] = torch.load(run_dir.trial(number).model, weights_only=True)
    lines = [",".join(line.split(",")) for line in run_dir.results.read_text().splitlines()]
    at = lines[0].split(",").index("seconds")
    table = "\n".join(",".join(cell for i, cell in enumerate(line.split(",")) if i != at) for line in lines)
    return Result(trials, weights, table)


def assert_same(found: Result, wanted: Result) -> None:
    for number, trial in wanted.trials.items():
        assert repr(found.trials[number]) == repr(trial)  # equal where both are NaN
    assert len(found.trials) == len(wanted.trials)
    assert found.table == wanted.table
    for number, weights in wanted.weights.items():
        assert all(torch.equal(found.weights[number][name], tensor) for name, tensor in weights.items()), number


RATES = ("optimizer.lr", "0.003,0.01,0.03,0.3")
UNITS = ("model.n_units", "4,9")
BATCHES = ("batch_size", "20,40")
DROPOUT = ("model.dropout", "0.2,0.4")
DIVERGING = ("optimizer.lr", "0.01,1e30,0.03")
RANGE = ("optimizer.lr", "1e-3..1e-1 log")
SPACES: dict[str, list[tuple[tuple[str, str], ...]]] = {
    "grid": [(RATES, UNITS), (RATES, BATCHES), (RATES, DROPOUT), (DIVERGING, UNITS), (UNITS, BATCHES, RATES)],
    "random": [(RATES, UNITS), (RANGE, BATCHES), (RANGE, DROPOUT)],
    "tpe": [(RANGE, UNITS), (RATES, BATCHES), (RANGE, DROPOUT)],
}
PRUNES = ("none", "median", "halving")
MOST = ("", "2", "5")


@st.composite
def cases(draw: st.DrawFn) -> Case:
    method = draw(st.sampled_from(list(SPACES)))
    axes = draw(st.permutations(draw(st.sampled_from(SPACES[method]))))
    chosen = [*axes, ("method", method), ("prune", draw(st.sampled_from(PRUNES))), ("epochs", "8")]
    if method != "grid":
        chosen.append(("trials", "12" if method == "tpe" else "7"))
    if most := draw(st.sampled_from(MOST)):
        chosen.append(("max_stack", most))
    if draw(st.booleans()):
        chosen.append(("evaluate.when", "start,epoch"))
    return Case(tuple(chosen), draw(st.sampled_from((1e12, 4e4))))


CUT = st.builds(
    Cut,
    kind=st.sampled_from(("stop", "lost", "torn")),
    after=st.integers(1, 90) | st.integers(1, 8),
    saved=st.integers(1, 90),
    memory=st.sampled_from((1e12, 4e4, 0.0)),
    ends=st.booleans(),
)
REFERENCES: dict[Case, Result] = {}


def check(case: Case, cuts: list[Cut], path: Path) -> None:
    number = len(list(path.iterdir()))
    if case not in REFERENCES:
        REFERENCES[case] = trained(case, [], path / f"{number}-whole")
    assert_same(trained(case, cuts, path / f"{number}-cut"), REFERENCES[case])
    shutil.rmtree(path / f"{number}-cut")


HALVED = Case((RATES, BATCHES, ("prune", "halving"), ("epochs", "16")))
MEDIAN = Case((RATES, BATCHES, ("prune", "median"), ("epochs", "16")), memory=4e4)
COMMON = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.function_scoped_fixture],
    "phases": (Phase.explicit, Phase.reuse, Phase.generate),  # each example takes a while
}


@given(cases(), st.lists(CUT, min_size=1, max_size=3))
@example(HALVED, [Cut("stop", 1, 1, 1e12, ends=True), Cut("stop", 2, 1, 1e12, ends=True)])  # in the middle of a rung
@example(HALVED, [Cut("lost", 2, 12, 0.0, ends=True)])
@example(MEDIAN, [Cut("stop", 10, 1, 1e12)])  # the second stack waits for memory
@settings(max_examples=9, derandomize=True, **COMMON)  # type: ignore[arg-type]
def test_an_interrupted_search_comes_to_the_same(tmp_path: Path, case: Case, cuts: list[Cut]) -> None:
    check(case, cuts, tmp_path)


@pytest.mark.slow
@given(cases(), st.lists(CUT, min_size=1, max_size=3))
@settings(max_examples=250, **COMMON)  # type: ignore[arg-type]
def test_many_interrupted_searches_come_to_the_same(tmp_path: Path, case: Case, cuts: list[Cut]) -> None:
    check(case, cuts, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("how", [("prune", "halving"), ("prune", "median"), ("method", "tpe")])
@pytest.mark.parametrize("saved", [20, 1000])
def test_killed_after_the_first_was_pruned(tmp_path: Path, how: tuple[str, str], saved: int) -> None:
    axes = (("model.hidden", "[[8],[32],[64]]"), ("optimizer.lr", "0.0003,0.001,0.003,0.01,0.03,0.1"))
    more = (("epochs", "16"), ("repeats", "2"), how, *([("prune", "halving")] if how[0] == "method" else []))
    case = Case((*axes, *more), preset="digits-mlp")
    check(case, [Cut("lost", 1, saved, 1e12, ends=True), Cut("torn", 4, saved, 1e12, ends=True)], tmp_path)
