"""Draft: an experiment being changed key by key."""

from __future__ import annotations

import shlex
import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.components.keys import as_text, flat
from core.components.optimizers import OPTIMIZERS
from core.datasets import DATASETS
from core.errors import ConfigError
from core.experiment import open, search
from core.experiment import resolve as config
from core.experiment.begin import new_experiment
from core.experiment.draft import Draft
from core.experiment.fields import GROUPS
from core.experiment.open import single_presets
from core.experiment.schema import SECTIONS


def draft(preset: str = "iris-net") -> Draft:
    return Draft(config.read(preset))


def trained_by(line: str) -> dict:
    """What the config of a command line is."""
    words = shlex.split(line)
    assert words[:2] == ["nntui", "run"]
    pairs = [tuple(word.split("=", 1)) for word in words[4::2]]
    assert all(word == "--set" for word in words[3::2])
    return open.load(words[2], pairs).to_dict()


@pytest.mark.parametrize("preset", single_presets())
def test_a_preset_as_it_comes(preset: str) -> None:
    made = draft(preset)
    assert made.config == config.load(preset)
    assert made.changes == []
    assert made.problems == {}
    assert made.command_line() == f"nntui run {preset}"
    keys = [field.key for field in made.fields()]
    assert len(keys) == len(set(keys))
    length = "epochs" if made.base.iterations is None else "iterations"
    assert {f"{kind}.name" for kind in SECTIONS} | {length, "batch_size", "seed", "device"} <= set(keys)
    assert [field.group for field in made.fields()] == sorted(
        [field.group for field in made.fields()], key=list(GROUPS).index
    ), "groups are whole and in order"


@pytest.mark.parametrize("preset", single_presets())
def test_every_field_shows_what_holds(preset: str) -> None:
    made = draft(preset)
    values = flat(made.base.model_dump(mode="json"))
    for field in made.fields():
        if field.group == "split" and made.base.split is None:
            continue  # a dataset with its own splits: nothing holds until something is typed
        shown = made.text(field.key) or made.default(field)
        expected = values.get(field.key)
        expected = "none" if expected is None else as_text(expected)
        assert shown.replace(".0", "") == expected.replace(".0", ""), field.key


@pytest.mark.parametrize("preset", single_presets())
def test_typing_what_is_there_changes_nothing(preset: str) -> None:
    made = draft(preset)
    for field in made.fields():
        made.set(field.key, made.text(field.key) or made.default(field))
        assert made.problems == {}, field.key
        assert made.changes == [], field.key


def test_a_change_and_back() -> None:
    made = draft()
    made.set("optimizer.lr", "0.05")
    assert made.changes == [("optimizer.lr", "0.01", "0.05")]
    assert made.config is not None
    assert made.config.optimizer["lr"] == 0.05
    assert made.command_line() == "nntui run iris-net --set optimizer.lr=0.05"
    made.reset("optimizer.lr")
    assert made.changes == []


def test_an_invalid_value_stays_as_typed_with_its_reason() -> None:
    made = draft()
    made.set("epochs", "many")
    assert made.text("epochs") == "many"
    assert "integer" in made.problem_of("epochs")
    assert made.config is None
    assert made.command_line() is None
    made.set("epochs", "-1")
    assert "greater than or equal to 1" in made.problem_of("epochs")
    made.set("epochs", "7")
    assert made.problems == {}
    assert made.config is not None
    assert made.config.epochs == 7


def test_an_empty_text_means_the_default() -> None:
    made = draft()
    made.set("batch_size", "")
    assert made.config is not None
    assert made.config.batch_size == 64
    made.set("split.train_size", "")
    assert made.config.split is not None
    assert made.config.split.train_size == 0.8


def test_another_component_brings_its_own_keys() -> None:
    made = draft()
    made.set("optimizer.betas", "2,2")
    assert made.problem_of("optimizer.betas")
    made.set("optimizer.name", "sgd")
    keys = [field.key for field in made.fields()]
    assert "optimizer.momentum" in keys
    assert "optimizer.betas" not in keys
    assert made.problems == {}, "what was wrong with the keys of the one before is gone with it"


def test_the_latest_of_two_ways_to_say_the_same_holds() -> None:
    made = draft()
    made.set("model.n_layers", "2")
    assert made.problems == {}
    assert made.text("model.hidden") == ""
    assert made.command_line() == "nntui run iris-net --set model.n_layers=2"
    made.set("model.hidden", "4,4")
    assert made.problems == {}
    assert made.text("model.n_layers") == ""
    assert made.command_line() == "nntui run iris-net --set model.hidden=4,4"


def test_parts_that_do_not_fit_are_marked_at_the_part_to_blame() -> None:
    made = draft()
    made.set("dataset.name", "diabetes")
    assert list(made.problems) == ["loss.name"]
    assert "loss.name=mse" in made.problems["loss.name"]
    assert {name for name, _what, why in made.choices("loss") if not why} >= {"mse", "mae", "huber"}
    assert all(why for name, _what, why in made.choices("loss") if name in ("bce", "nll"))
    made.set("loss.name", "mse")
    assert made.problems == {}
    assert made.config is not None
    assert made.config.metrics == ["mae", "rmse", "r2"]


def test_fields_that_do_not_apply_are_not_there() -> None:
    made = draft()
    keys = {field.key for field in made.fields()}
    assert {"split.train_size", "split.stratify", "label_map"} <= keys
    assert not {"stop.monitor", "stop.min_delta", "data_dir"} & keys
    made.set("stop.patience", "5")
    assert {"stop.monitor", "stop.min_delta"} <= {field.key for field in made.fields()}
    pictures = {field.key for field in draft("fashion-mlp").fields()}
    assert "data_dir" in pictures
    assert "split.train_size" not in pictures
    regression = {field.key for field in draft("diabetes-regression").fields()}
    assert not {"label_map", "split.stratify"} & regression


def test_a_new_component_is_in_the_form_at_once() -> None:
    @OPTIMIZERS.add("toy")
    def toy(parameters, *, lr: float = 0.5, wobble: int = 3):
        """A toy."""

    try:
        made = draft()
        made.set("optimizer.name", "toy")
        assert [field.key for field in made.fields() if field.key.startswith("optimizer.")] == [
            "optimizer.name",
            "optimizer.lr",
            "optimizer.wobble",
        ]
        assert ("toy", "A toy.", "") in made.choices("optimizer")
        made.set("optimizer.wobble", "x")
        assert made.problem_of("optimizer.wobble")
    finally:
        OPTIMIZERS.remove("toy")


@pytest.mark.parametrize("dataset", [name for name in DATASETS.names if name != "csv"])
def test_a_new_experiment_is_valid_and_so_is_its_command_line(dataset: str) -> None:
    made = Draft(new_experiment(dataset))
    assert made.config is not None
    line = made.command_line()
    assert line is not None
    assert {**trained_by(line), "summary": ""} == {**made.config.to_dict(), "summary": ""}


KEYS = st.sampled_from(
    [
        *[
            ("epochs", "3"),
            ("epochs", "x"),
            ("seed", "9"),
            ("batch_size", ""),
            ("batch_size", "0"),
            ("shuffle", "false"),
        ],
        *[
            ("optimizer.name", "sgd"),
            ("optimizer.lr", "0.5"),
            ("optimizer.momentum", "0.9"),
            ("optimizer.name", "adamw"),
        ],
        *[("model.name", "linear"), ("model.hidden", "8"), ("model.hidden", ""), ("model.dropout", "0.5")],
        *[("model.n_layers", "2"), ("model.n_units", "4"), ("model.output_activation", "sigmoid")],
        *[("dataset.name", "wine"), ("dataset.name", "diabetes"), ("dataset.name", "moons"), ("dataset.name", "mnist")],
        *[
            ("dataset.name", "blobs"),
            ("dataset.name", "csv"),
            ("dataset.path", "a b'c.csv"),
            ("dataset.target", "목표"),
        ],
        *[("loss.name", "mse"), ("loss.name", "bce-logits"), ("loss.name", "nll"), ("metrics", "accuracy,macro_f1")],
        *[("split.validation", "0.2"), ("split.stratify", "true"), ("split.train_size", "0.5"), ("label_map", "0,0,1")],
        *[
            ("schedule.name", "cosine"),
            ("schedule.name", "step"),
            ("stop.patience", "3"),
            ("stop.target", "test_loss<=1"),
        ],
        *[("evaluate.when", "start,end"), ("evaluate.splits", "test"), ("clip_grad_norm", "1"), ("name", "이름 [/]")],
        *[("standardise", "features"), ("log", "mnist"), ("device", "cpu")],
        *[("model.n_units", "4,8"), ("model.n_units", "8..64:8"), ("model.hidden", "[[8], [8, 8]]"), ("seed", "1,2")],
        *[("optimizer.lr", "1e-4..1e-1 log"), ("optimizer.lr", "0.1,"), ("optimizer.name", "adam,sgd")],
        *[("method", "random"), ("trials", "3"), ("repeats", "2"), ("prune", "median"), ("rank", "test_loss")],
    ]
)


@settings(max_examples=60)
@given(preset=st.sampled_from(single_presets()), moves=st.lists(KEYS, max_size=8))
def test_any_changes_end_in_a_reason_or_in_an_experiment_with_its_command_line(preset: str, moves: list) -> None:
    made = draft(preset)
    for key, text in moves:
        if key not in {field.key for field in made.fields()}:
            continue
        made.set(key, text)
        assert (made.config is None) == bool(made.problems)
        keys = {field.key for field in made.fields()}
        assert all(key in keys or not key for key in made.problems)
        assert not any("\n" in reason for reason in made.problems.values())
    line = made.command_line()
    if made.config is not None:
        assert line is not None
        assert {**trained_by(line), "summary": ""} == {**made.config.to_dict(), "summary": ""}
        again = search.resolve(tomllib.loads(made.config.to_toml()))
        assert again == made.config or again.to_dict() == made.config.to_dict()
    else:
        assert line is None


PRESETS = st.sampled_from(["iris-net", "iris-search", "two-layer", "mnist-lenet", "diabetes-regression"])


@settings(max_examples=25)
@given(preset=PRESETS, moves=st.lists(KEYS, max_size=6))
def test_whatever_was_typed_is_undone_step_by_step_and_done_again(preset: str, moves: list) -> None:
    made = draft(preset)
    seen = [(made.config, made.problems)]
    for key, text in moves:
        made.settle()
        before = made.config, made.problems
        made.set(key, text)
        if (made.config, made.problems) != before or made.text(key) == text:
            seen.append((made.config, made.problems))
    last = made.config, made.problems
    steps = 0
    while made.undo() is not None:
        steps += 1
    assert (made.config, made.problems) == seen[0]
    for _ in range(steps):
        assert made.redo() is not None
    assert made.redo() is None
    assert (made.config, made.problems) == last


@pytest.mark.parametrize(
    ("key", "text", "displaced"),
    [
        ("model.n_units", "8", "model.hidden"),
        ("iterations", "7", "epochs"),
        ("optimizer.name", "sgd", "optimizer.lr"),
        ("dataset.name", "wine", "label_map"),
        ("model.name", "linear", "model.hidden"),
    ],
)
@pytest.mark.parametrize("back", ["emptied", "reset", "undo"])
def test_what_a_setting_displaces_is_back_once_it_is_gone(key: str, text: str, displaced: str, back: str) -> None:
    tables = config.read("iris-net") | {"label_map": [0, 0, 1]}
    if key == "iterations":
        tables = config.read("two-layer") | {"iterations": None, "epochs": 3}
        tables = {name: value for name, value in tables.items() if value is not None}
    made = Draft(tables)
    begun, had = made.config, made.text(key)
    stood = made.text(displaced)
    assert stood
    made.set(key, text)
    assert made.text(displaced) != stood
    if back == "emptied":
        made.set(key, had)
    elif back == "reset":
        made.reset(key)
    else:
        made.undo()
    assert made.text(displaced) == stood
    assert made.config == begun


def test_a_reset_takes_the_place_back() -> None:
    made = draft()
    for text in ("8", "8,16"):
        made.set("model.n_units", text)
        assert made.displaced("model.hidden") == ("16,16", ["model.n_units"])
        made.reset("model.hidden")
        assert made.text("model.hidden") == "16,16"
        assert made.text("model.n_units") == ""
        assert made.changes == []
    made.set("optimizer.name", "sgd")
    made.set("optimizer.lr", "0.5")
    made.reset("optimizer.lr")
    assert made.text("optimizer.name") == "sgd"
    assert made.text("optimizer.lr") == "0.01"


def test_each_component_keeps_what_was_typed_for_it() -> None:
    made = draft()
    made.set("optimizer.lr", "0.05")
    made.set("optimizer.name", "sgd")
    made.set("optimizer.momentum", "0.9")
    made.set("optimizer.name", "adam")
    assert made.text("optimizer.lr") == "0.05"
    made.set("optimizer.name", "sgd")
    assert made.text("optimizer.momentum") == "0.9"


def test_another_component_is_one_change_and_not_one_for_each_of_its_defaults() -> None:
    made = draft()
    made.set("optimizer.name", "sgd")
    assert made.changes == [("optimizer.name", "adam", "sgd")]
    made.set("optimizer.momentum", "0.9")
    assert made.changes == [("optimizer.name", "adam", "sgd"), ("optimizer.momentum", "–", "0.9")]
    made.set("epochs", "many")
    assert len(made.changes) == 3


def test_letters_of_one_key_are_one_step() -> None:
    made = draft()
    for text in ("2", "20", "201"):
        made.set("epochs", text)
    made.set("seed", "3")
    assert made.undo() == "seed"
    assert made.undo() == "epochs"
    assert made.changes == []
    assert made.undo() is None
    assert made.redo() == "epochs"
    assert made.text("epochs") == "201"


# Searches.


def test_several_values_make_it_a_search_and_one_a_run_again() -> None:
    made = draft()
    assert not any(field.group == "search" for field in made.fields())
    made.set("model.n_units", "8,16,24")
    made.set("method", "random")
    made.set("optimizer.lr", "1e-4..1e-1 log")
    made.set("trials", "5")
    assert isinstance(made.config, search.SearchConfig)
    assert made.axes == ["model.n_units", "optimizer.lr"]
    assert made.config.n_trials == 5
    assert made.text("optimizer.lr") == "1e-4..1e-1 log"
    assert {"method", "trials", "repeats", "rank", "prune"} <= {f.key for f in made.fields() if f.first}
    made.set("optimizer.lr", "0.01")
    made.set("model.n_units", "")
    assert made.changes == [], "method and trials wait for another axis"
    assert made.config == made.base


def test_a_search_as_it_comes_is_changed_as_a_run_is() -> None:
    made = draft("iris-search")
    assert made.changes == []
    assert made.command_line() == "nntui run iris-search"
    assert made.text("model.n_units") == "8..64:8"
    made.set("model.n_units", "8,16")
    made.set("repeats", "3")
    assert isinstance(made.config, search.SearchConfig)
    assert made.config.n_trials == 24
    assert made.changes == [("model.n_units", "8..64:8", "8,16"), ("repeats", "–", "3")]
    line = made.command_line()
    assert line is not None
    assert trained_by(line) == made.config.to_dict()
    again = Draft(tomllib.loads(made.config.to_toml()))
    assert again.config is not None
    assert again.config.to_dict() == made.config.to_dict()


@pytest.mark.parametrize(
    "values", [["8"], [1, 2, 3], [1, 2, 3, 4, 5], [0.1, 0.2], ["none", 4], [[8], [8, 8]], [True, False], "1..3 log"]
)
def test_an_axis_of_a_file_reads_in_the_form_as_it_is_typed(values: object) -> None:
    keys = {str: "model.n_units", int: "model.n_units", float: "optimizer.lr", list: "model.hidden", bool: "shuffle"}
    kind = type(values[-1]) if isinstance(values, list) else float
    key = "model.activation" if values == ["8"] else keys[kind]
    values = ["tanh"] if values == ["8"] else values
    tables = config.read("iris-net") | {"method": "random", "trials": 2}
    section, _, name = key.rpartition(".")
    if section:
        tables[section] = {k: v for k, v in tables[section].items() if k != "hidden"} | {name: values}
    else:
        tables[name] = values
    made = Draft(tables)
    begun, text = made.config, made.text(key)
    assert made.axes == [key]
    made.set(key, "")
    made.set(key, text)
    assert made.config == begun


def test_tables_that_are_no_experiment_are_refused() -> None:
    with pytest.raises(ConfigError):
        Draft({"name": "x", "dataset": {"name": "iris"}})


def test_changes_are_told_while_something_is_wrong() -> None:
    made = draft("iris-net")
    made.set("dataset.name", "diabetes")  # its values do not go with cross-entropy
    assert made.config is None
    assert ("dataset.name", "iris", "diabetes") in made.changes
    made.set("epochs", "many")
    assert ("epochs", "200", "many") in made.changes
    made.set("dataset.name", "iris")
    made.set("epochs", "200")
    assert made.config is not None
    assert not [change for change in made.changes if change[0] in ("dataset.name", "epochs")]


def test_a_home_folder_that_is_not_there_is_a_problem_and_no_crash() -> None:
    draft = Draft(new_experiment("iris"))
    draft.set("dataset.name", "csv")
    draft.set("dataset.path", "~nobody-at-all/x.csv")
    assert draft.config is None
    assert any("no such home folder" in reason for reason in draft.problems.values())
    draft.set_section("dataset", {"name": "csv", "path": "/x.csv", "target": "y"})
    assert draft.config is not None
    assert draft.section("dataset")["target"] == "y"
