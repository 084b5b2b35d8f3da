"""Components of one's own: a file outside the package, named with --use, is from then on like what comes with nntui."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from core.events.events import Event, StepsEnded
from core.experiment import named, open
from core.experiment.draft import Draft
from core.experiment.schema import REGISTRIES
from core.search.trial_runs import find
from core.sessions import open as sessions
from core.training import steering

OWN = Path(__file__).parent.parent / "core" / "components" / "own"
SMALL = ("--epochs", "3", "--set", "device=cpu")
CASES = {  # file, what chooses it, an axis of its own and the search's cells
    "dataset": ("my_data.py", "dataset.name=rings", "dataset.noise=0.1,0.3"),
    "model": ("my_net.py", "model.name=my-net", "model.width=4,8"),
    "loss": ("my_loss.py", "loss.name=focal", "loss.gamma=1,2"),
    "optimizer": ("my_optimizer.py", "optimizer.name=signs", "optimizer.memory=0.1,0.9"),
    "schedule": ("my_schedule.py", "schedule.name=inverse", "schedule.decay=0.1,0.2"),
    "metric": ("my_metric.py", "metrics=accuracy,wrong", "seed=1,2"),
}
ALL = [setting for case in CASES.values() for setting in ("--set", case[1])]
EVERY_FILE = [option for case in CASES.values() for option in ("--use", str(OWN / case[0]))]


@pytest.fixture(autouse=True)
def nothing_loaded() -> Iterator[None]:
    """Each test is as a process of its own."""
    before = {kind: registry.registered() for kind, registry in REGISTRIES.items()}
    yield
    named.forget()
    assert {kind: registry.registered() for kind, registry in REGISTRIES.items()} == before


def values_of(kind: str) -> list[str]:
    return ["0.5", "1"] if kind == "dataset" else ["5.1", "3.5", "1.4", "0.2"]


@pytest.mark.parametrize("kind", CASES)
def test_trained_predicted_and_shown(cli: Any, kind: str) -> None:
    file, setting, _axis = CASES[kind]
    done = cli.call("run", "iris-net", "--use", str(OWN / file), "--set", setting, *SMALL, "--json")
    assert done.code == 0, done.err
    started = done.events()[0]
    (told,) = started["components"]
    assert told["path"] == str(OWN / file)
    assert (cli.only_run / told["copy"]).read_bytes() == (OWN / file).read_bytes()
    named.forget()
    assert cli.call("predict", "last", *values_of(kind)).code == 0
    named.forget()
    shown = cli.call("show", "last")
    assert shown.code == 0
    assert setting.partition("=")[2].rpartition(",")[2] in shown.out.lower()
    assert cli.call("resume", "last", "--set", "epochs=4").code == 0


@pytest.mark.parametrize("kind", CASES)
def test_searched_over_its_own_hyperparameter(cli: Any, kind: str) -> None:
    file, setting, axis = CASES[kind]
    use = ("--use", str(OWN / file))
    done = cli.call("run", "iris-net", *use, "--set", setting, "--set", axis, *SMALL, "--json")
    assert done.code == 0, done.err
    ended = [event for event in done.events() if event["type"] == "TrialEnded"]
    assert [event["status"] for event in ended] == ["completed"] * 2
    named.forget()
    trial = cli.call("predict", f"{cli.only_run.name}/1", *values_of(kind), "--json")
    assert trial.code == 0, trial.err
    assert find(f"{cli.only_run.name}/1", cli.saved).config.read_text().count("use = [") == 1


class _StopAt:
    def __init__(self, step: int) -> None:
        self.step, self.session = step, None

    def __call__(self, event: Event) -> None:
        if isinstance(event, StepsEnded) and event.first_step >= self.step and self.session is not None:
            self.session.run.stop("the test wants it")


@pytest.mark.parametrize("kind", CASES)
def test_stopped_and_resumed_bit_for_bit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setattr(steering, "REPORT_EVERY", 0.0)
    file, setting, _axis = CASES[kind]
    named.name(OWN / file)
    settings = [tuple(setting.split("=")), ("epochs", "3"), ("device", "cpu")]
    config = open.load("iris-net", settings, by_hand=True)
    whole = sessions.start(config, tmp_path)
    whole.run.execute()
    stop = _StopAt(7)
    stop.session = part = sessions.start(config, tmp_path, recorders=[stop])
    assert part.run.execute().status == "stopped"
    named.forget()
    again = sessions.resume(part.run_dir)
    assert again.run.execute().status == "completed"
    weights = [torch.load(run.run_dir.model, weights_only=True) for run in (whole, again)]
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])


def test_all_at_once_and_from_an_experiment_file(cli: Any) -> None:
    done = cli.call("run", "iris-net", *EVERY_FILE, *ALL, *SMALL, "--quiet")
    assert done.code == 0, done.err
    folder = cli.cwd / "mine"
    folder.mkdir()
    for file, _setting, _axis in CASES.values():
        shutil.copy(OWN / file, folder)
    named.forget()
    lines = (cli.only_run / "config.toml").read_text().splitlines()
    at, end = lines.index("use = ["), lines.index("]", lines.index("use = ["))
    lines[at : end + 1] = [f"use = {json.dumps([case[0] for case in CASES.values()])}"]
    (folder / "my.toml").write_text("\n".join(lines))
    done = cli.call("run", "mine/my.toml", "--json")
    assert done.code == 0, done.err
    assert {each["path"] for each in done.events()[0]["components"]} == {
        str(folder / case[0]) for case in CASES.values()
    }


@pytest.mark.parametrize("kind", CASES)
def test_shown_in_the_form(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    file, setting, axis = CASES[kind]
    named.name(OWN / file)
    key, _, name = setting.partition("=")
    draft = Draft(open.experiment_resolve.read("iris-net"))
    draft.set(key, name)
    assert draft.config is not None, draft.problems
    assert draft.config.use == [str(OWN / file)]
    if kind != "metric":
        assert name in [choice for choice, _what, why in draft.choices(kind) if not why]
        assert axis.partition("=")[0] in [field.key for field in draft.fields()]
    line = draft.command_line()
    assert line is not None
    assert f"--use {OWN / file}" in line


def test_listed_with_where_it_comes_from(cli: Any) -> None:
    listed = cli.call("components", "model", "--use", str(OWN / "my_net.py"))
    assert f"model my-net (from {OWN / 'my_net.py'}): layers with a way around each of them." in listed.out
    assert "model.width" in listed.out
    named.forget()
    assert "my-net" not in cli.call("components", "model").out
    data = cli.call("data", "show", "rings", "--use", str(OWN / "my_data.py"))
    assert (data.code, "inner" in data.out) == (0, True)
    dry = cli.call("run", "iris-net", "--dry-run", "--use", str(OWN / "my_net.py"), "--set", "model.name=my-net")
    assert dry.code == 0, dry.err
    assert not cli.saved.exists()


def test_a_file_of_which_nothing_is_chosen_is_told(cli: Any) -> None:
    done = cli.call("run", "iris-net", "--dry-run", "--use", str(OWN / "my_net.py"))
    assert done.code == 0
    assert done.err == "nntui: nothing of my_net.py is used; choose it with --set model.name=my-net\n"


# Nothing is imported that the user did not name.


@pytest.fixture
def mark(cli: Any) -> Path:
    """A file that tells when it is run, in the working folder."""
    file: Path = cli.cwd / "marked.py"
    file.write_text(
        (OWN / "my_net.py").read_text().replace("from __future__ import annotations\n", "")
        + f"\nopen({str(cli.cwd / 'was-run')!r}, 'a').write('x')\n"
    )
    return file


def test_nothing_is_imported_that_was_not_named(cli: Any, mark: Path) -> None:
    assert "no model named 'my-net'" in cli.call("run", "iris-net", "--set", "model.name=my-net").refused()
    assert not (cli.cwd / "was-run").exists()
    use = ("--use", str(mark))
    assert cli.call("run", "iris-net", *use, "--set", "model.name=my-net", *SMALL, "--quiet").code == 0
    (cli.cwd / "was-run").unlink()
    elsewhere = cli.at(cli.cwd / "another-user")  # who has never named it
    for command in (["resume"], ["predict"], ["predict", "--json"], ["run"]):
        named.forget()
        run = str(cli.only_run / "config.toml") if command == ["run"] else str(cli.only_run)
        values = ["1", "2", "3", "4"] if command[0] == "predict" else []
        refused = elsewhere.call(*command, run, *values).refused()
        assert "--use" in refused
        assert "marked.py" in refused
    assert elsewhere.call("show", str(cli.only_run)).code == 0
    assert elsewhere.call("export", str(cli.only_run), "--csv", "x.csv").code == 0
    assert not (cli.cwd / "was-run").exists()
    named.forget()
    assert elsewhere.call("predict", str(cli.only_run), "1", "2", "3", "4", *use).code == 0
    named.forget()
    assert elsewhere.call("predict", str(cli.only_run), "1", "2", "3", "4").code == 0, "it is known by now"


def test_the_copy_stands_for_a_file_that_is_gone(cli: Any, mark: Path) -> None:
    assert cli.call("run", "iris-net", "--use", str(mark), "--set", "model.name=my-net", *SMALL, "--quiet").code == 0
    mark.unlink()
    named.forget()
    assert cli.call("predict", "last", "1", "2", "3", "4").code == 0
    copy = cli.only_run / "components" / "marked.py"
    copy.write_text(copy.read_text() + "\n")
    named.forget()
    assert "--use" in cli.call("predict", "last", "1", "2", "3", "4").refused()


@pytest.mark.parametrize(("search", "by_hand"), [(False, True), (True, False)])
def test_another_content_is_refused(cli: Any, mark: Path, *, search: bool, by_hand: bool) -> None:
    axis = ("--set", "model.width=4,8") if search else ()
    use = ("--use", str(mark))
    assert cli.call("run", "iris-net", *use, "--set", "model.name=my-net", *axis, *SMALL, "--quiet").code == 0
    before = {path: path.read_bytes() for path in cli.only_run.rglob("*") if path.is_file()}
    mark.write_text(mark.read_text() + "\n")
    first = f"{cli.only_run.name}/1" if search else "last"
    for command in (["resume", "last"], ["predict", first, "1", "2", "3", "4"]):
        named.forget()
        refused = cli.call(*command, *(use if by_hand else ())).refused()
        assert refused.count("…") == 2
        assert f"saved_models/{cli.only_run.name}/components/marked.py" in refused
    assert {path: path.read_bytes() for path in cli.only_run.rglob("*") if path.is_file()} == before
    named.forget()
    copy = str(cli.only_run / "components" / "marked.py")
    assert cli.call("predict", first, "1", "2", "3", "4", "--use", copy).code == 0


@pytest.mark.slow
def test_a_shared_search_is_helped_with_the_same_file_only(cli: Any, mark: Path) -> None:
    storage = ("--storage", f"sqlite:///{cli.cwd / 'search.db'}")
    settings = ("--set", "model.name=my-net", "--set", "model.width=4,8")
    assert cli.call("run", "iris-net", "--use", str(mark), *settings, *SMALL, *storage, "--quiet").code == 0
    other = cli.at(cli.cwd / "other-machine")
    named.forget()
    assert "--use FILE" in other.call("worker", "iris-net", *storage).refused()
    changed = other.cwd / "marked.py"
    changed.write_text(mark.read_text() + "\n")
    named.forget()
    assert other.call("worker", "iris-net", *storage, "--use", str(changed)).refused().count("…") == 2
    same = other.cwd / "same.py"
    same.write_bytes(mark.read_bytes())
    named.forget()
    helped = other.call("worker", "iris-net", *storage, "--use", str(same), "--quiet")
    assert helped.code == 0, helped.err


FAULTY = {  # raises where the network gets what nobody has asked of it before: in the second trial only
    "schedule": (
        "from core.components.schedules import SCHEDULES\n"
        "@SCHEDULES.add('mine')\n"
        "def mine(steps, steps_per_epoch, *, decay: float = 0.0):\n"
        "    return lambda step: 1 / (decay or step not in (7,))\n",
        ("schedule.name=mine", "schedule.decay=0,1"),
    ),
    "metric": (
        "from core.components.metrics import METRICS\n"
        "@METRICS.add('mine')\n"
        "def mine(predicted, target):\n"
        "    return 1 / (len(predicted) < 5 or ((predicted == target).double().mean() < 0.8).item())\n",
        ("metrics=accuracy,mine", "optimizer.lr=0.05,0.00000001"),
    ),
}


@pytest.mark.parametrize("kind", FAULTY)
def test_what_it_raises_in_one_trial_ends_that_one_only(cli: Any, kind: str) -> None:
    content, settings = FAULTY[kind]
    (cli.cwd / "faulty.py").write_text(content)
    chosen = [each for setting in settings for each in ("--set", setting)]
    small = ("--epochs", "20", "--set", "device=cpu", "--json")
    done = cli.call("run", "iris-net", "--use", "faulty.py", *chosen, *small)
    assert done.code == 0, done.err
    ended = {event["number"]: event for event in done.events() if event["type"] == "TrialEnded"}
    assert [ended[number]["status"] for number in sorted(ended)] == ["failed", "completed"]
    failed = ended[min(ended)]["reason"]
    assert f"{cli.cwd / 'faulty.py'}, line 4" in failed
    assert "ZeroDivisionError" in failed


def test_a_metric_that_needs_every_class_is_none_that_raises(cli: Any) -> None:
    (cli.cwd / "recall.py").write_text(
        "from statistics import mean\n"
        "from core.components.metrics import METRICS\n"
        "@METRICS.add('lowest_recall')\n"
        "def lowest_recall(predicted, target):\n"
        "    return min(mean((predicted[target == each] == each).tolist()) for each in range(10))\n"
    )
    settings = ("--set", "metrics=accuracy,lowest_recall", "--set", "epochs=1", "--set", "device=cpu")
    done = cli.call("run", "digits-mlp", "--use", "recall.py", *settings, "--json")
    assert done.code == 0, done.err
    measured = [event["metrics"] for event in done.events() if event["type"] == "Evaluated"]
    assert all(0 <= each["lowest_recall"] <= 1 for each in measured)


def test_the_same_file_twice_is_no_error(cli: Any) -> None:
    use = ("--use", str(OWN / "my_net.py")) * 2
    assert cli.call("components", "model", *use).code == 0
    assert cli.call("components", "model", *use).code == 0


def test_a_file_that_has_changed_is_loaded_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    file = tmp_path / "my_net.py"
    text = (OWN / "my_net.py").read_text()
    file.write_text(text)
    named.name(file)
    assert not named.refresh()
    file.write_text(text.replace("] = 8", "] = 16"))
    assert named.refresh()
    models = REGISTRIES["model"]
    assert models["my-net"].resolve({})["width"] == 16
    file.write_text("def")
    with pytest.raises(Exception, match="line 1: no Python"):
        named.refresh()
    assert models["my-net"].resolve({})["width"] == 16
