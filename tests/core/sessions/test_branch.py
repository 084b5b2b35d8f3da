"""A run that starts from the weights of another one, or of a file: bit for bit those, recorded, its own from then on;
and one line for all that cannot be, or is doubtful."""

from __future__ import annotations

import hashlib
import pickle
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from core.errors import ConfigError, RunError
from core.events.events import Event, RunStarted, StepsEnded
from core.experiment import open as experiment_open
from core.experiment import resolve
from core.experiment.schema import RunConfig
from core.runs import summary
from core.runs.event_log import read_events, read_started
from core.runs.folder import RunDir
from core.sessions import branch, network
from core.sessions import open as sessions_open
from core.training.fit import fit

IRIS = [("device", "cpu"), ("epochs", "3"), ("stop.keep_best", "true"), ("optimizer.lr", "0.1")]
NUMPY = [
    *[("dataset.name", "iris"), ("model.hidden", "5"), ("batch_size", "10"), ("gradient", "backprop")],
    *[("log", "plain"), ("iterations", "15")],
]


def config(*pairs: tuple[str, str], name: str = "iris-net", weights: object = None) -> RunConfig:
    return resolve.load(name, pairs).model_copy(update={"initial_weights": weights and str(weights)})


def trained(resolved: RunConfig, root: Path, stop_at: int | None = None) -> RunDir:
    """Stopped after so many steps; 0: before the first."""
    session: Any = None

    def act(event: Event) -> None:
        last = event.first_step + len(event.losses) - 1 if isinstance(event, StepsEnded) else 0
        if last == stop_at and isinstance(event, StepsEnded | RunStarted):
            session.run.stop()

    session = network.start(resolved, root, recorders=[act])
    session.run.execute()
    found: RunDir = session.run_dir
    return found


def weights(path: Path) -> dict[str, torch.Tensor]:
    found: dict[str, torch.Tensor] = torch.load(path, weights_only=True)
    return found


def assert_equal(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> None:
    assert list(one) == list(other)
    assert all(torch.equal(one[name], other[name]) for name in one)


def parent_of(run_dir: RunDir) -> dict[str, Any]:
    started = read_started(run_dir)
    assert started is not None
    return started.parent


def notes_of(run_dir: RunDir) -> list[str]:
    started = read_started(run_dir)
    assert started is not None
    return started.notes


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> RunDir:
    return trained(config(*IRIS), tmp_path_factory.mktemp("first"))


@pytest.fixture
def parent(first: RunDir, tmp_path: Path, every_step: None) -> RunDir:
    """A run of 30 steps, to do with as one likes."""
    return RunDir(Path(shutil.copytree(first.path, tmp_path / "models" / first.run_id)))


@pytest.mark.parametrize("which", ["@best", "@last", "", "@30"])
def test_a_branch_starts_from_bit_equal_weights(which: str, parent: RunDir, tmp_path: Path) -> None:
    root = tmp_path / "models"
    made = trained(config(*IRIS, ("seed", "9"), weights=f"{parent.run_id}{which}"), root, stop_at=0)
    source = parent.best if which == "@best" else parent.model
    assert_equal(weights(made.model), weights(source))
    told = parent_of(made)
    assert (told["run"], told["file"]) == (parent.run_id, source.name)
    assert told["step"] == (
        30
        if which != "@best"
        else next(
            event.step
            for event in reversed(list(read_events(parent.events)))
            if type(event).__name__ == "BestModelSaved"
        )
    )
    assert told["sha256"] == hashlib.sha256(made.start.read_bytes()).hexdigest()
    assert told["sha256"] == hashlib.sha256(source.read_bytes()).hexdigest(), "the very file"
    assert summary.read(made).parent == f"{parent.run_id}{which or '@last'}"
    assert resolve.tables_of(str(made.config))[0]["initial_weights"] == "start.pt"


def test_it_trains_as_a_network_that_was_given_those_weights(parent: RunDir, tmp_path: Path) -> None:
    """Whether stopped before its first checkpoint, or repeated from its config: without the parent."""
    pairs = [*IRIS, ("seed", "9"), ("optimizer.name", "sgd"), ("optimizer.lr", "0.05")]
    whole = trained(config(*pairs, weights=parent.best), tmp_path)
    from core.data.prepare import load_data
    from core.training.state import TrainState

    plain = config(*pairs)
    data = load_data(plain)
    state = TrainState.new(plain, data)
    state.model.load_state_dict(weights(parent.best))
    for _event in fit(plain, state, data):
        pass
    assert_equal(weights(whole.model), dict(state.model.state_dict()))

    shutil.rmtree(parent.path)
    again = trained(resolve.load(str(whole.config)), tmp_path / "again")
    assert_equal(weights(again.model), weights(whole.model))
    assert parent_of(again) == parent_of(whole)


def test_a_branch_that_was_cut_off_before_its_first_checkpoint_goes_on_from_its_own_copy(
    parent: RunDir, tmp_path: Path
) -> None:
    pairs = [*IRIS, ("seed", "9")]
    whole = trained(config(*pairs, weights=parent.best), tmp_path / "whole")
    for torn in (False, True):
        made = trained(config(*pairs, weights=parent.best), tmp_path / f"{torn}", stop_at=7)
        for path in made.path.glob("checkpoint*"):
            path.unlink()
        made.model.unlink()
        lines = made.events.read_bytes().splitlines(keepends=True)
        kept = [
            line for line in lines if not any(kind in line for kind in (b"CheckpointSaved", b"ModelSaved", b"RunEnded"))
        ]
        made.events.write_bytes(kept[0][:40] if torn else b"".join(kept))
        moved = RunDir(made.path.rename(tmp_path / f"moved-{torn}"))
        network.resume(moved).run.execute()
        assert_equal(weights(moved.model), weights(whole.model))
        assert parent_of(moved)["sha256"] == parent_of(whole)["sha256"]


def test_a_copy_that_is_another_file_is_not_gone_on_with(parent: RunDir, tmp_path: Path) -> None:
    made = trained(config(*IRIS, weights=parent.best), tmp_path, stop_at=7)
    for path in made.path.glob("checkpoint*"):
        path.unlink()
    lines = [line for line in made.events.read_bytes().splitlines(keepends=True) if b"CheckpointSaved" not in line]
    made.events.write_bytes(b"".join(lines))
    torch.save({name: tensor * 2 for name, tensor in weights(parent.best).items()}, made.start)
    with pytest.raises(RunError, match=r"is not the file that .* began with"):
        network.resume(made)


def test_resuming_takes_it_for_the_run_that_it_was(parent: RunDir, tmp_path: Path) -> None:
    whole = trained(config(*IRIS, weights=parent.best), tmp_path / "whole")
    made = trained(config(*IRIS, weights=parent.best), tmp_path, stop_at=7)
    network.resume(made).run.execute()
    assert_equal(weights(made.model), weights(whole.model))
    network.resume(made, None, [], [("epochs", "4")]).run.execute()
    assert resolve.tables_of(str(made.config))[0]["initial_weights"] == "start.pt"
    with pytest.raises(RunError, match="initial_weights"):
        network.resume(made, None, [], [("epochs", "5"), ("initial_weights", str(parent.best))])


def test_the_numpy_network_too(tmp_path: Path) -> None:
    first = trained(config(*NUMPY, name="two-layer"), tmp_path)
    made = trained(config(*NUMPY, ("seed", "9"), name="two-layer", weights=first.path), tmp_path, stop_at=0)
    assert_equal(weights(made.model), weights(first.model))
    assert list(weights(made.model)) == ["W1", "b1", "W2", "b2"]


# Files of anybody's.


@pytest.mark.parametrize(
    ("wrap", "within"), [("module.", ""), ("_orig_mod.", ""), ("module.model.", "model"), ("model.", "state_dict")]
)
def test_a_state_dict_with_the_prefix_of_a_wrapper(wrap: str, within: str, parent: RunDir, tmp_path: Path) -> None:
    path = tmp_path / "weights.pt"
    found: Any = {f"{wrap}{name}": tensor for name, tensor in weights(parent.best).items()}
    torch.save({within: found, "epoch": 7} if within else found, path)
    made = trained(config(*IRIS, weights=path), tmp_path, stop_at=0)
    assert_equal(weights(made.model), weights(parent.best))
    assert_equal(weights(made.start), weights(parent.best))
    assert parent_of(made) | {"sha256": ""} == {
        "run": "",
        "weights": "file",
        "file": str(path),
        "step": None,
        "sha256": "",
    }


class Hostile:
    def __reduce__(self) -> Any:
        return (print, ("it ran",))


def _spoilt(path: Path, how: str, good: dict[str, torch.Tensor]) -> None:
    first = next(iter(good))
    match how:
        case "code":
            torch.save({first: Hostile()}, path)
        case "pickle":
            path.write_bytes(pickle.dumps({first: Hostile()}))
        case "text":
            path.write_text("weights")
        case "empty":
            path.write_bytes(b"")
        case "cut off":
            torch.save(good, path)
            path.write_bytes(path.read_bytes()[:-100])
        case "a list":
            torch.save(list(good.values()), path)
        case "nothing":
            torch.save({}, path)
        case "NaN":
            torch.save(good | {first: good[first] * float("nan")}, path)
        case "complex":
            torch.save({name: tensor.to(torch.complex64) for name, tensor in good.items()}, path)
        case "sparse":
            torch.save(good | {first: good[first].to_sparse()}, path)
        case "missing":
            torch.save({name: tensor for name, tensor in good.items() if name != first}, path)
        case "too many":
            torch.save(good | {"\x1b[31mextra": torch.zeros(3)}, path)
        case _:
            torch.save({name: torch.zeros(7, 7) for name in good}, path)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        *[
            (how, "cannot read the weights")
            for how in ("code", "pickle", "text", "empty", "cut off", "a list", "nothing")
        ],
        *[("NaN", "NaN or infinite"), ("complex", "another kind"), ("sparse", "another kind")],
        *[("missing", "is missing there"), ("too many", "extra is not here"), ("shapes", "7×7 there and 16×4 here")],
    ],
)
def test_what_cannot_be_is_one_line_and_leaves_nothing(
    how: str, said: str, parent: RunDir, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, root = tmp_path / "weights.pt", tmp_path / "new"
    _spoilt(path, how, weights(parent.best))
    with pytest.raises(RunError, match=said) as error:
        network.start(config(*IRIS, weights=path), root)
    message = str(error.value)
    assert "\x1b" not in message
    assert len(message) < 600
    assert not root.exists()
    assert "it ran" not in capsys.readouterr().out
    if how == "shapes":
        assert message.count("there and") == 3
        assert message.endswith("and 3 more")


def test_weights_of_another_precision_are_told(parent: RunDir, tmp_path: Path) -> None:
    path = tmp_path / "weights.pt"
    torch.save({name: tensor.double() for name, tensor in weights(parent.best).items()}, path)
    assert any(
        "holds float64: rounded to the float32" in note
        for note in notes_of(trained(config(*IRIS, weights=path), tmp_path))
    )


# What is asked for.


def test_a_step_that_was_not_kept_says_which_were(parent: RunDir, tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"no weights of step 17; there are those of step .*30"):
        network.start(config(*IRIS, weights=f"{parent.path}@17"), tmp_path)
    with pytest.raises(RunError, match="'bset' are no weights of a run"):
        branch.located(f"{parent.path}@bset", tmp_path)
    with pytest.raises(RunError, match="there is no file"):
        branch.located(str(tmp_path / "none.pt"), tmp_path)


def test_a_run_without_a_best_epoch(tmp_path: Path) -> None:
    made = trained(config(("epochs", "1")), tmp_path)
    with pytest.raises(RunError, match=r"has no best\.pt: .*; or take its last weights: @last"):
        network.start(config(weights=f"{made.run_id}@best"), tmp_path)


def test_of_a_search_one_network_and_for_a_search_none(tmp_path: Path) -> None:
    search = experiment_open.load("iris-net", [("epochs", "1"), ("model.hidden", "[[4],[5]]"), ("device", "cpu")])
    made = sessions_open.start(search, tmp_path)
    made.run.execute()
    with pytest.raises(Exception, match="is a search; choose one of its networks"):
        branch.located(made.run_dir.run_id, tmp_path)
    text, trial = branch.located(f"{made.run_dir.run_id}/2", tmp_path)
    assert trial is not None
    branched = trained(
        resolve.load(str(trial.config)).model_copy(update={"initial_weights": text}), tmp_path, stop_at=0
    )
    assert_equal(weights(branched.model), weights(trial.model))
    assert parent_of(branched)["run"] == f"{made.run_dir.run_id}/2"
    with pytest.raises(ConfigError, match="begin with weights of their own"):
        experiment_open.load("iris-net", [("seed", "1,2"), ("initial_weights", text)])


# What the inputs mean.


def _table(path: Path, columns: str, shift: float = 0.0) -> Path:
    rows = [f"{i % 7 + shift},{i % 5},{'yes' if i % 2 else 'no'}" for i in range(60)]
    path.write_text("\n".join([columns, *rows]) + "\n")
    return path


def _on(path: Path, *settings: tuple[str, str]) -> RunConfig:
    pairs = [("target", "t"), ("epochs", "1"), ("model.hidden", "4"), ("standardise", "features"), *settings]
    found = experiment_open.load(str(path), pairs)
    assert isinstance(found, RunConfig)
    return found


def test_columns_of_a_table_that_mean_something_else_are_refused(tmp_path: Path) -> None:
    first = trained(_on(_table(tmp_path / "a.csv", "x,y,t")), tmp_path)
    other = _on(_table(tmp_path / "b.csv", "y,x,t"))
    with pytest.raises(RunError, match=r"column 1 was 'x' and is 'y' here; .* --from .*model\.pt"):
        network.start(other.model_copy(update={"initial_weights": first.run_id}), tmp_path)
    made = trained(other.model_copy(update={"initial_weights": str(first.model)}), tmp_path)
    assert any("column 1 was 'x' and is 'y' here" in note for note in notes_of(made)), "taken all the same, and said"


def test_another_split_is_told(tmp_path: Path) -> None:
    path = _table(tmp_path / "a.csv", "x,y,t")
    first = trained(_on(path), tmp_path)
    same = trained(_on(path).model_copy(update={"initial_weights": first.run_id}), tmp_path)
    assert len([note for note in notes_of(same) if first.run_id in note]) == 1, "only that it starts from it"
    other = trained(
        _on(path, ("split.random_state", "7")).model_copy(update={"initial_weights": first.run_id}), tmp_path
    )
    told = "\n".join(notes_of(other))
    assert "standardised by the train split here" in told
    assert "may be among those that it learned from" in told
    plain = _on(path, ("standardise", "[]")).model_copy(update={"initial_weights": first.run_id})
    assert "were standardised where these weights were trained, and are not here" in "\n".join(
        notes_of(trained(plain, tmp_path))
    )


def test_fit_alone_does_not_begin_from_other_weights_silently(parent: RunDir) -> None:
    with pytest.raises(ConfigError, match="initial_weights"):
        next(fit(config(*IRIS, weights=parent.best)))


def test_a_network_of_ones_own_shape(tmp_path: Path) -> None:
    """Names as PyTorch gives them to a module that is written by hand do not fit by chance."""
    path = tmp_path / "own.pt"
    torch.save(nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 3)).state_dict(), path)
    with pytest.raises(RunError, match=r"does not fit the network of iris-net: .* is missing there"):
        network.start(config(*IRIS, weights=path), tmp_path)
