"""Data whose numbers are the same and whose names are not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.errors import RunError
from core.events.events import Event, StepsEnded, TrialEnded
from core.experiment import open, resolve
from core.experiment.search import SearchConfig
from core.runs.folder import RunDir
from core.sessions import search
from core.sessions.network import resume, start
from core.sessions.session import Session

ROWS = [f"{i},{i % 7},{('red', 'blue')[i % 3 // 2]},{'ab'[i % 2]}" for i in range(60)]
HEADER = "u,v,colour,y"


@pytest.fixture
def stopped(tmp_path: Path) -> RunDir:
    path = tmp_path / "t.csv"
    path.write_text("\n".join([HEADER, *ROWS]) + "\n")
    own = [("dataset.name", "csv"), ("dataset.path", str(path)), ("dataset.target", "y"), ("device", "cpu")]
    made: list[Session] = []

    def stop(event: Event) -> None:
        if isinstance(event, StepsEnded):
            made[0].run.stop()

    made.append(start(resolve.load("iris-net", [*own, ("epochs", "2")]), tmp_path / "models", recorders=[stop]))
    assert made[0].run.execute().status == "stopped"
    return made[0].run_dir


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (",a", ",aa", "class 'a' is called 'aa' now"),
        ("u,v", "u,w", "column 'v' is called 'w' now"),
        ("red", "pink", "category of 'colour' 'red' is called 'pink' now"),
        ("u,v,", "v,u,", "column 'u' stands where another one stood"),
    ],
)
def test_what_is_called_otherwise_is_told_and_refused(old: str, new: str, told: str, stopped: RunDir) -> None:
    path = stopped.path.parents[1] / "t.csv"
    whole = path.read_text()
    path.write_text(whole.replace(old, new))
    with pytest.raises(RunError, match=r"the data of .* has changed since it was started: ") as refused:
        resume(stopped)
    assert told in str(refused.value)
    path.write_text(whole)
    assert resume(stopped).run.execute().status == "completed"


def test_names_of_columns_that_it_does_not_use_do_not_count(stopped: RunDir) -> None:
    path = stopped.path.parents[1] / "t.csv"
    whole = path.read_text().splitlines()
    path.write_text("\n".join([f"{whole[0]},remark", *(f"{line},same" for line in whole[1:])]) + "\n")
    assert resume(stopped).run.execute().status == "completed"


def test_a_run_of_an_earlier_version_goes_on(stopped: RunDir) -> None:
    """It saved fewer things, and classes by their values; or none of this at all."""
    saved = json.loads(stopped.inputs.read_text())
    for key in ("ranges", "separator", "columns", "unnamed"):
        saved.pop(key)
    for each in saved["fields"]:
        each.pop("shares")
    stopped.inputs.write_text(json.dumps(saved))
    assert resume(stopped).run.execute().status == "completed"


def test_a_run_without_what_it_is_called(stopped: RunDir) -> None:
    stopped.inputs.unlink()
    assert resume(stopped).run.execute().status == "completed"


def test_a_search_is_refused_as_well(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("\n".join([HEADER, *ROWS]) + "\n")
    own = [("dataset.name", "csv"), ("dataset.path", str(path)), ("dataset.target", "y"), ("device", "cpu")]
    axes = [("optimizer.lr", "0.01,0.1,1"), ("model.activation", "relu,tanh"), ("epochs", "2")]
    chosen = open.load("iris-net", [*own, *axes])
    assert isinstance(chosen, SearchConfig)
    made: list[Session] = []

    def stop(event: Event) -> None:
        if isinstance(event, TrialEnded):
            made[0].run.stop()

    made.append(search.start(chosen, tmp_path / "models", recorders=[stop]))
    assert made[0].run.execute().status == "stopped"
    whole = path.read_text()
    path.write_text(whole.replace(",a", ",aa"))
    with pytest.raises(
        RunError, match=r"has changed since it was started: class 'a' is called 'aa' now; start a new search"
    ):
        search.resume(made[0].run_dir)
    path.write_text(whole)
    assert search.resume(made[0].run_dir).run.execute().status == "completed"
