"""RunConfig: presets, TOML files and `--set`; whatever is wrong with them is one line that names the key."""

from __future__ import annotations

import itertools
import os
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from core import presets
from core.errors import ConfigError, UserError
from core.experiment.open import single_presets
from core.experiment.resolve import load, read, resolve
from core.experiment.schema import PARTS, SECTIONS, RunConfig
from core.presets import preset_names

IRIS = read("iris-net")
FASHION = read("fashion-mlp")


def complaint(tables: dict[str, Any], *pairs: tuple[str, str]) -> str:
    """What `resolve` has against these settings: always one line."""
    with pytest.raises(ConfigError) as error:
        resolve(tables, pairs)
    message = str(error.value)
    assert message.splitlines() == [message]
    return message


def attempt(tables: dict[str, Any], *pairs: tuple[str, str]) -> RunConfig | str:
    """The config, or what is wrong. Any other exception is a failure."""
    try:
        return resolve(tables, pairs)
    except ConfigError as error:
        return str(error)


# Presets.


@pytest.mark.parametrize("name", single_presets())
class TestEveryPreset:
    def test_loads_under_its_own_name(self, name: str) -> None:
        assert load(name).name == name
        assert load(name).summary

    def test_survives_its_own_toml(self, name: str, tmp_path: Path) -> None:
        preset = load(name)
        file = tmp_path / "config.toml"
        file.write_text(preset.to_toml(), encoding="utf-8")
        assert load(str(file)) == preset
        assert load(str(file)).to_toml() == preset.to_toml()

    def test_can_be_copied_and_run_under_another_name(self, name: str, tmp_path: Path) -> None:
        source = presets.FOLDER / f"{name}.toml"
        copy = tmp_path / "mine.toml"
        copy.write_bytes(source.read_bytes())
        assert load(str(copy)) == load(name).model_copy(update={"name": "mine"})


def test_iris_net_is_the_documents_experiment() -> None:
    preset = load("iris-net")
    assert preset.split is not None
    assert (preset.split.train_size, preset.split.random_state) == (0.8, 42)
    assert preset.to_dict()["model"] == {
        **{"name": "mlp", "hidden": [16, 16], "activation": "relu", "input_activation": "same"},
        **{"output_activation": "none", "dropout": 0.0},
    }
    assert preset.loss == {"name": "cross-entropy", "label_smoothing": 0.0, "eps": 0.0}
    assert preset.optimizer == {"name": "adam", "lr": 0.01, "betas": [0.9, 0.999], "weight_decay": 0.0}
    assert (preset.schedule, preset.clip_grad_norm, preset.standardise) == ({"name": "constant"}, None, [])
    assert (preset.epochs, preset.batch_size, preset.shuffle) == (200, 12, True)


def test_fashion_mlp_is_the_documents_experiment() -> None:
    preset = load("fashion-mlp")
    assert preset.to_dict()["model"] == {
        **{"name": "mlp", "hidden": [512, 512], "activation": "relu", "input_activation": "same"},
        **{"output_activation": "relu", "dropout": 0.0},
    }
    assert preset.loss == {"name": "cross-entropy", "label_smoothing": 0.0, "eps": 0.0}
    assert preset.optimizer == {"name": "sgd", "lr": 0.001, "momentum": 0.0, "nesterov": False, "weight_decay": 0.0}
    assert (preset.epochs, preset.batch_size, preset.shuffle, preset.split) == (10, 64, False, None)


def test_a_config_cannot_be_changed() -> None:
    """What was checked stays checked; a change is a new config."""
    with pytest.raises(ValidationError):
        load("iris-net").epochs = 0
    with pytest.raises(ValidationError):
        load("iris-net").evaluate.batch_size = 0


# Settings.


def test_settings_change_what_they_name_and_nothing_else() -> None:
    changed = load("iris-net", [("epochs", "7"), ("optimizer.lr", "0.5"), ("evaluate.batch_size", "30")])
    expected = load("iris-net").to_dict()
    expected["epochs"] = 7
    expected["optimizer"]["lr"] = 0.5
    expected["evaluate"]["batch_size"] = 30
    assert changed.to_dict() == expected


def test_the_last_of_two_settings_holds() -> None:
    assert load("iris-net", [("epochs", "7"), ("epochs", "8")]).epochs == 8


def test_a_new_component_starts_from_its_own_defaults() -> None:
    """The preset's learning rate belonged to Adam; SGD has its own."""
    assert load("iris-net", [("optimizer.name", "sgd")]).optimizer == {
        "name": "sgd",
        **SECTIONS["optimizer"]["sgd"].resolve({}),
    }


COUNTED = {**IRIS, "model": {"name": "mlp", "n_layers": 3, "n_units": 8}}


@pytest.mark.parametrize(
    ("tables", "pairs", "said"),
    [
        (IRIS, [("model.n_layers", "2")], (None, 2, None)),
        (IRIS, [("model.n_units", "8"), ("model.n_layers", "2")], (None, 2, 8)),
        (IRIS, [("model.n_units", "none")], ([16, 16], None, None)),
        (IRIS, [("model.n_units", "8"), ("model.hidden", "none")], (None, None, 8)),
        (COUNTED, [("model.hidden", "4,4")], ([4, 4], None, None)),
        (COUNTED, [("model.n_layers", "1")], (None, 1, 8)),
        (COUNTED, [("model.hidden", "none")], (None, 3, 8)),
    ],
    ids=str,
)
def test_a_setting_takes_the_place_of_another_way_to_say_the_same(
    tables: dict[str, Any], pairs: list[tuple[str, str]], said: tuple[Any, ...]
) -> None:
    for order in itertools.permutations(pairs):
        model = resolve(tables, order).model
        assert (model["hidden"], model["n_layers"], model["n_units"]) == said


def test_two_ways_to_say_the_same_are_refused_where_both_are_given() -> None:
    both = "model.hidden and model.n_units say the same thing; leave one out"
    for order in itertools.permutations([("model.n_units", "8"), ("model.hidden", "4")]):
        assert complaint(IRIS, *order) == both
    assert complaint({**IRIS, "model": {"name": "mlp", "hidden": [4], "n_units": 8}}) == both


def test_the_order_of_settings_does_not_matter() -> None:
    given_settings = [
        *(("optimizer.lr", "0.5"), ("optimizer.name", "sgd"), ("dataset.name", "iris"), ("split.train_size", "0.5")),
        ("model.hidden", "3"),
    ]
    results = [resolve(FASHION, order) for order in itertools.permutations(given_settings)]
    assert (results[0].optimizer["name"], results[0].optimizer["lr"]) == ("sgd", 0.5)
    assert results[0].split is not None
    assert results[0].split.train_size == 0.5
    assert results[0].model["hidden"] == [3]
    assert all(result == results[0] for result in results)


@pytest.mark.parametrize(
    ("text", "hidden"),
    [("512,512", [512, 512]), ("512", [512]), ("[512, 512]", [512, 512]), (" 8 , 9 ", [8, 9]), ("[]", []), ("", [])],
)
def test_lists_on_the_command_line(text: str, hidden: list[int]) -> None:
    assert load("iris-net", [("model.hidden", text)]).model["hidden"] == hidden


def test_lists_of_words_on_the_command_line() -> None:
    assert load("iris-net", [("evaluate.when", "start,end")]).evaluate.when == ["start", "end"]
    assert load("iris-net", [("evaluate.splits", '["test"]')]).evaluate.splits == ["test"]


@pytest.mark.parametrize("word", ["none", "None", "NONE"])
def test_none_on_the_command_line(word: str) -> None:
    assert load("iris-net", [("evaluate.batch_size", word)]).evaluate.batch_size is None
    assert load("iris-net", [("data_dir", word)]).data_dir is None
    assert load("iris-net", [("summary", word)]).summary == word, "a text that may not be missing stays a text"


def test_a_dataset_with_its_own_split_takes_no_other() -> None:
    message = complaint(FASHION, ("split.train_size", "0.5"))
    assert "fashion-mnist" in message
    assert "split" in message
    assert "split" in complaint({**FASHION, "split": {"train_size": 0.5}})


DEFAULT_SPLIT = {"train_size": 0.8, "validation": 0.0, "stratify": False, "random_state": 42}


def test_a_split_moves_along_to_another_dataset_as_far_as_it_can() -> None:
    assert load("iris-net", [("split.train_size", "0.5"), ("dataset.name", "iris")]).to_dict()["split"] == {
        **DEFAULT_SPLIT,
        "train_size": 0.5,
    }, "a split that is given with the new dataset is for the new dataset"
    moved = load("iris-net", [("dataset.name", "fashion-mnist")])
    assert moved.split is None
    assert "split" not in moved.to_dict()
    back = resolve({**IRIS, "split": {"train_size": 0.25, "random_state": 1}}, [("dataset.name", "iris")])
    assert back.to_dict()["split"] == {**DEFAULT_SPLIT, "train_size": 0.25, "random_state": 1}
    moved = load("digits-mlp", [("dataset.name", "wine")])
    assert moved.split == load("digits-mlp").split
    moved = load("digits-mlp", [("dataset.name", "mnist"), ("epochs", "3")])
    assert moved.split is not None
    assert (moved.split.train_size, moved.split.validation) == (None, 0.15)
    moved = load("digits-mlp", [("dataset.name", "diabetes"), ("loss.name", "mse"), ("metrics", "mae")])
    assert moved.split is not None
    assert (moved.split.stratify, moved.split.validation) == (False, 0.15)


def test_changing_the_dataset_drops_its_labels_and_its_predictions() -> None:
    moved = load("blobs-binary", [("dataset.name", "moons")])
    assert (moved.label_map, moved.predict) == (None, [])
    assert load("blobs-binary", [("dataset.name", "moons"), ("label_map", "1,0")]).label_map == [1, 0]


def test_a_dataset_without_its_own_split_gets_one() -> None:
    assert load("fashion-mlp", [("dataset.name", "iris")]).to_dict()["split"] == DEFAULT_SPLIT


def test_an_empty_split_is_refused_or_survives_the_run_folder() -> None:
    """What is accepted is written to config.toml, and `resume` has to read that again."""
    outcome = attempt({**FASHION, "split": {}})
    assert isinstance(outcome, str) or resolve(tomllib.loads(outcome.to_toml())) == outcome


# What is wrong.

WRONG = [
    ("epochs", "0", "greater than or equal to 1"),
    ("epochs", "ten", "integer"),
    ("epochs", "1.5", "integer"),
    ("batch_size", "-1", "greater than or equal to 1"),
    ("seed", "-1", "greater than or equal to 0"),
    ("seed", "4294967296", "less than"),
    ("shuffle", "perhaps", "boolean"),
    ("device", "tpu", "cuda"),
    ("log", "pretty", "choose from"),
    ("name", "", "1 character"),
    ("name", "x" * 201, "200 characters"),
    ("optimizer.lr", "0", "greater than 0"),
    ("optimizer.lr", "nan", ""),
    ("optimizer.lr", "inf", "finite"),
    ("optimizer.lr", "fast", "number"),
    ("model.hidden", "16,-1", "greater than or equal to 1"),
    ("model.hidden", "16,many", "integer"),
    ("model.hidden", "[16,", "list"),
    ("model.hidden", "[[16]]", "integer"),
    ("model.activation", "gelu", "relu"),
    ("split.train_size", "1", "less than 1"),
    ("split.train_size", "nan", ""),
    ("split.random_state", "-1", "greater than or equal to 0"),
    ("evaluate.when", "never", "start"),
    ("evaluate.splits", "validate", "train"),
    ("evaluate.batch_size", "0", "greater than or equal to 1"),
]


@pytest.mark.parametrize(("key", "value", "reason"), WRONG)
def test_a_wrong_value_is_answered_with_its_key(key: str, value: str, reason: str) -> None:
    message = complaint(IRIS, (key, value))
    assert key in message
    assert reason in message


@pytest.mark.parametrize("kind", SECTIONS)
def test_a_wrong_component_is_answered_with_the_choices(kind: str) -> None:
    message = complaint(IRIS, (f"{kind}.name", "nonesuch"))
    assert "nonesuch" in message
    assert all(name in message for name in SECTIONS[kind].names)
    assert all(name in complaint(IRIS, (kind, "x")) for name in [f"{kind}.name", *SECTIONS[kind].names])


@pytest.mark.parametrize(
    ("key", "choices"),
    [
        ("epoch", ["epochs", "seed", "optimizer.…", "evaluate.…"]),
        ("optimiser.lr", ["optimizer.…"]),
        ("optimizer.rate", ["lr"]),
        ("model.units", ["hidden", "activation"]),
        ("split.size", ["train_size", "random_state"]),
        ("evaluate", ["evaluate.…"]),
        ("split", ["split.…"]),
        ("optimizer.lr.x", ["lr"]),
        ("", ["epochs"]),
        (".", ["epochs"]),
        ("dataset.path", []),
    ],
)
def test_an_unknown_key_is_answered_with_the_keys_there_are(key: str, choices: list[str]) -> None:
    message = complaint(IRIS, (key, "1"))
    assert message.startswith(f"no key '{key}'; ")
    assert all(choice in message for choice in choices)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"colour": "red"}, "no key 'colour'"),
        ({"evaluate": {"colour": 1}}, "no key 'evaluate.colour'"),
        ({"optimizer": {"name": "sgd", "colour": 1}}, "no key 'optimizer.colour'"),
        ({"optimizer": {"lr": 0.1}}, "optimizer.name is missing"),
        ({"optimizer": 3}, "optimizer.name is missing"),
        ({"optimizer": {"name": 3}}, "no optimizer named 3"),
        ({"evaluate": 3}, "evaluate"),
        ({"split": 3}, "split"),
        ({"epochs": {"a": 1}}, "epochs"),
        ({"model": {"name": "mlp", "hidden": 16}}, "model.hidden"),
        ({"log": ["iris"]}, "no log named"),
    ],
)
def test_a_wrong_table_is_answered_with_its_key(change: dict[str, Any], expected: str) -> None:
    assert expected in complaint({**IRIS, **change})


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"epochs": True}, "epochs = true: must be a valid integer"),
        ({"epochs": "10"}, 'epochs = "10": must be a valid integer'),
        ({"shuffle": 1}, "shuffle = 1: must be a valid boolean"),
        ({"label_map": [0, 1.0, True]}, "label_map.1 = 1.0: must be a valid integer"),
        ({"predict": [["1", 2, 3, 4]]}, 'predict.0.0 = "1": must be a valid number'),
        ({"optimizer": {"name": "adam", "lr": True}}, "optimizer.lr = true: must be a valid number"),
        ({"split": {"stratify": "no"}}, 'split.stratify = "no": must be a valid boolean'),
    ],
)
def test_a_value_of_another_type_is_none_of_ours(change: dict[str, Any], expected: str) -> None:
    assert complaint({**IRIS, **change}) == expected


def test_a_whole_number_is_a_number_too() -> None:
    assert resolve({**IRIS, "clip_grad_norm": 1}).clip_grad_norm == 1.0


@pytest.mark.parametrize(
    ("change", "example"),
    [
        ({"evaluate": {"when": "epoch"}}, "start,epoch after --set"),
        ({"evaluate": {"splits": "test"}}, "train,validation after --set"),
        ({"standardise": "features"}, "features,target after --set"),
        ({"metrics": "accuracy"}, "accuracy,macro_f1 after --set"),
        ({"label_map": 0}, "16,32 after --set"),
        ({"predict": 1}, "[[1, 2], [3, 4]]"),
        ({"model": {"name": "mlp", "layer_names": "a"}}, "input,output after --set"),
        ({"dataset": {"name": "blobs", "centers": 1}}, "[[1, 1], [-1, -1], [1, -1], [-1, 1]]"),
    ],
)
def test_a_list_is_explained_by_one_that_would_do(change: dict[str, Any], example: str) -> None:
    assert f": must be a list, such as {example}" in complaint({**IRIS, **change})


@pytest.mark.parametrize("missing", [kind for kind in SECTIONS if kind != "schedule"])
def test_a_missing_table_is_named(missing: str) -> None:
    assert missing in complaint({key: value for key, value in IRIS.items() if key != missing})


def test_a_setting_inside_something_that_is_no_table_is_named() -> None:
    assert "evaluate" in complaint({**IRIS, "evaluate": 3}, ("evaluate.when", "end"))
    assert "split" in complaint({**IRIS, "split": "half"}, ("split.train_size", "0.5"))
    assert "optimizer" in complaint({**IRIS, "optimizer": 3}, ("optimizer.lr", "0.5"))


@pytest.mark.parametrize("key", ["epo\nchs", "optimizer.l\nr", "\n", "a\x85b.c"])
def test_a_key_with_a_newline_still_makes_one_line(key: str) -> None:
    complaint(IRIS, (key, "1"))
    complaint({**IRIS, key: 1})


def test_a_list_with_a_newline_still_makes_one_line() -> None:
    complaint(IRIS, ("model.hidden", "[1,\n2"))


def test_a_list_nested_without_end_is_refused() -> None:
    complaint(IRIS, ("model.hidden", "[" * 100_000))


def test_text_that_is_not_utf8_is_refused_or_can_be_stored() -> None:
    """A command line may hold any bytes; a name of them has to go into config.toml."""
    strange = os.fsdecode(b"caf\xe9")
    for key in ("name", "summary", "data_dir"):
        outcome = attempt(IRIS, (key, strange))
        assert isinstance(outcome, str) or outcome.to_toml().encode("utf-8")


KEYS = [
    *(name for name in RunConfig.model_fields if name not in SECTIONS and name not in PARTS),
    *(f"{kind}.name" for kind in SECTIONS),
    *(f"{kind}.{key}" for kind in SECTIONS for component in SECTIONS[kind] for key in component.parameters),
    *(f"{part}.{key}" for part, schema in PARTS.items() for key in schema.model_fields),
]
AWKWARD = [
    "",
    " ",
    "none",
    "nan",
    "inf",
    "-inf",
    "-0",
    "1e999",
    "9" * 5000,
    "[",
    "[1,",
    "[[1]]",
    "[null]",
    "{}",
    "1,,2",
]
VALUES = st.text() | st.sampled_from(AWKWARD) | st.floats().map(str) | st.integers().map(str)


@pytest.mark.parametrize("key", sorted(set(KEYS)))
def test_no_value_does_anything_but_resolve_or_complain(key: str) -> None:
    """Whatever the text: a ConfigError in one line, or a config that its own TOML gives back."""

    @given(VALUES)
    @settings(max_examples=50)
    def check(text: str) -> None:
        outcome = attempt(IRIS, (key, text))
        if isinstance(outcome, str):
            assert len(outcome.splitlines()) == 1
        else:
            assert resolve(tomllib.loads(outcome.to_toml())) == outcome

    check()


@given(st.text(), VALUES)
def test_no_key_does_anything_but_resolve_or_complain(key: str, text: str) -> None:
    outcome = attempt(IRIS, (key, text))
    if isinstance(outcome, str):
        assert len(outcome.splitlines()) == 1
        assert " ".join(key.split()) in " ".join(outcome.split())


TOML_VALUES = st.recursive(
    st.booleans() | st.integers() | st.floats() | st.text() | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from([*RunConfig.model_fields, "other"]), TOML_VALUES)
def test_no_table_does_anything_but_resolve_or_complain(key: str, value: Any) -> None:
    outcome = attempt({**IRIS, key: value})
    if isinstance(outcome, str):
        assert len(outcome.splitlines()) == 1
    else:
        assert resolve(tomllib.loads(outcome.to_toml())) == outcome


@given(st.text(max_size=100).filter(lambda text: text not in preset_names()))
def test_no_experiment_name_does_anything_but_complain(name: str) -> None:
    with pytest.raises(ConfigError):
        load(name)


@pytest.mark.parametrize(
    "name",
    [
        *("", ".", "iris", "no-such-file.toml", "~no-such-user/x.toml", "\0.toml"),
        pytest.param("a" * 300, id="a name longer than a file name"),
        pytest.param("a" * 300 + ".toml", id="a file name too long"),
    ],
)
def test_an_experiment_that_is_not_there(name: str) -> None:
    with pytest.raises(ConfigError) as error:
        load(name)
    assert len(str(error.value).splitlines()) == 1


def test_an_unknown_experiment_is_answered_with_the_presets() -> None:
    with pytest.raises(ConfigError, match="no experiment named 'iris'") as error:
        load("iris")
    assert all(name in str(error.value) for name in preset_names())


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"epochs = ", "is not a TOML file"),
        (b"\xff\xfe", "is not a TOML file"),
        (b"", "missing"),
        (b"\0", "is not a TOML file"),
    ],
)
def test_a_file_that_is_no_experiment(content: bytes, expected: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_bytes(content)
    with pytest.raises(ConfigError, match=expected) as error:
        load(str(file))
    assert len(str(error.value).splitlines()) == 1


def test_a_file_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    preset = presets.FOLDER / "iris-net.toml"
    (tmp_path / "mine.toml").write_bytes(b"\xef\xbb\xbf" + preset.read_bytes())
    assert load(str(tmp_path / "mine.toml")) == load("iris-net").model_copy(update={"name": "mine"})


def test_a_folder_is_no_experiment(tmp_path: Path) -> None:
    (tmp_path / "x.toml").mkdir()
    with pytest.raises(ConfigError, match=re.escape(str(tmp_path / "x.toml"))):
        load(str(tmp_path / "x.toml"))


# Where the data is.


def test_a_path_in_a_file_is_relative_to_that_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    monkeypatch.setenv("HOME", "/home/kim")
    experiment = tmp_path / "mine" / "own.toml"
    parts = '[model]\nname = "mlp"\n[loss]\nname = "mse"\n[optimizer]\nname = "sgd"\n'

    def path_of(written: str, *pairs: tuple[str, str]) -> str:
        experiment.write_text(f'{parts}[dataset]\nname = "csv"\npath = "{written}"\ntarget = "y"\n')
        return str(load("../mine/own.toml", pairs).dataset["path"])

    beside = tmp_path / "elsewhere" / ".." / "mine"
    assert path_of("t.csv") == str(beside / "t.csv")
    assert path_of("data/t.csv") == str(beside / "data" / "t.csv")
    assert path_of("/data/t.csv") == "/data/t.csv"
    assert path_of("~/t.csv") == "/home/kim/t.csv"
    assert path_of("t.csv", ("dataset.path", "t.csv")) == str(tmp_path / "elsewhere" / "t.csv")
    assert "at least 1 character" in complaint(read("../mine/own.toml"), ("dataset.path", ""))


def test_with_data_dir_prefers_what_is_given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    written = load("fashion-mlp", [("data_dir", "/written")])
    monkeypatch.delenv("NNTUI_DATA_DIR", raising=False)
    assert written.with_data_dir(None).data_dir == "/written"
    monkeypatch.setenv("NNTUI_DATA_DIR", "/environment")
    assert written.with_data_dir(None).data_dir == "/environment"
    assert written.with_data_dir("/given").data_dir == "/given"
    monkeypatch.chdir(tmp_path)
    assert written.with_data_dir("here").data_dir == str(tmp_path / "here"), "a resumed run may start elsewhere"
    assert load("iris-net").with_data_dir("/given").data_dir is None, "iris needs no files"


def test_a_home_folder_that_is_not_there_is_a_user_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NNTUI_DATA_DIR", raising=False)
    with pytest.raises(UserError):
        load("fashion-mlp").with_data_dir("~no-such-user/data")
