"""From a config to tensors: splits as scikit-learn makes them, and a fingerprint of their bytes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_diabetes, load_iris, load_wine, make_blobs
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from core.data.inputs import Inputs
from core.data.prepare import load_data
from core.datasets import DATASETS, RawData, Source
from core.errors import UserError
from core.experiment import resolve, schema


def iris(**split: float) -> schema.RunConfig:
    return resolve.load("iris-net", [(f"split.{key}", str(value)) for key, value in split.items()])


@given(st.floats(0.02, 0.98), st.integers(0, 2**32 - 1))
@settings(max_examples=20)
def test_the_split_is_scikit_learns(train_size: float, random_state: int) -> None:
    data = load_data(iris(train_size=train_size, random_state=random_state))
    x, y = load_iris(return_X_y=True)
    x_train, x_test, y_train, y_test = train_test_split(x, y, train_size=train_size, random_state=random_state)
    for name, values, labels in (("train", x_train, y_train), ("test", x_test, y_test)):
        assert torch.equal(data.splits[name].x, torch.tensor(values, dtype=torch.float32))
        assert torch.equal(data.splits[name].y, torch.tensor(labels))


def test_iris_is_the_documents_data() -> None:
    data = load_data(iris())
    assert data.sizes == {"train": 120, "test": 30}
    assert (data.shape, data.outputs, data.classes) == ((4,), 3, ("setosa", "versicolor", "virginica"))
    facts = DATASETS["iris"].facts
    assert (facts["shape"], facts["outputs"], facts["samples"]) == ((4,), 3, 150)
    assert len(DATASETS["iris"].build(Source(Path())).features) == 4


@pytest.mark.parametrize("train_size", [1e-9, 0.001, 0.0066])
def test_a_split_that_leaves_nothing_to_train_on_is_a_user_error(train_size: float) -> None:
    with pytest.raises(UserError, match=r"split\.train_size") as error:
        load_data(iris(train_size=train_size))
    assert len(str(error.value).splitlines()) == 1


@pytest.mark.parametrize(("train_size", "sizes"), [(0.0067, (1, 149)), (0.9999, (149, 1))])
def test_one_sample_is_enough(train_size: float, sizes: tuple[int, int]) -> None:
    assert tuple(load_data(iris(train_size=train_size)).sizes.values()) == sizes


def test_the_fingerprint_is_that_of_all_bytes_in_both_splits() -> None:
    data = load_data(iris())
    digest = hashlib.sha256()
    for name in ("test", "train"):
        for tensor, kind in ((data.splits[name].x, "torch.float32"), (data.splits[name].y, "torch.int64")):
            digest.update(f"{name} {kind} {tuple(tensor.shape)}".encode())
            digest.update(tensor.numpy().tobytes())
    assert data.sha256 == digest.hexdigest()
    assert load_data(iris()).sha256 == data.sha256
    assert load_data(iris(random_state=43)).sha256 != data.sha256


def test_a_home_folder_that_is_not_there_is_a_user_error() -> None:
    with pytest.raises(UserError):
        load_data(resolve.load("fashion-mlp", [("data_dir", "~no-such-user/data")]))


@pytest.mark.parametrize("stratify", [False, True])
def test_the_validation_split_is_taken_from_the_train_split(stratify: bool) -> None:
    data = load_data(iris(train_size=0.7, validation=0.25, random_state=5, stratify=stratify))
    x, y = load_iris(return_X_y=True)
    kept, _, labels, _ = train_test_split(x, y, train_size=0.7, random_state=5, stratify=y if stratify else None)
    train, validation, _, _ = train_test_split(
        kept, labels, test_size=0.25, random_state=5, stratify=labels if stratify else None
    )
    assert data.sizes == {"train": len(train), "validation": len(validation), "test": 45}
    assert torch.equal(data.splits["train"].x, torch.tensor(train, dtype=torch.float32))
    assert torch.equal(data.splits["validation"].x, torch.tensor(validation, dtype=torch.float32))
    if stratify:
        assert data.splits["test"].y.bincount().tolist() == [15, 15, 15]


def test_a_validation_split_of_data_with_its_own_test_split(fashion_dir: Path) -> None:
    plain = resolve.load("fashion-mlp", [("data_dir", str(fashion_dir))])
    held_out = resolve.load("fashion-mlp", [("data_dir", str(fashion_dir)), ("split.validation", "0.25")])
    before, data = load_data(plain), load_data(held_out)
    assert data.sizes == {"train": 450, "validation": 150, "test": 150}
    assert torch.equal(data.splits["test"].x, before.splits["test"].x)
    both = torch.cat([data.splits["train"].x, data.splits["validation"].x]).flatten(1)
    expected = before.splits["train"].x.flatten(1)
    assert torch.equal(both.sum(dim=1).sort().values, expected.sum(dim=1).sort().values)


@pytest.mark.parametrize("validation", [0.999, 1e-9])
def test_a_validation_split_without_samples_is_a_user_error(validation: float) -> None:
    resolved = iris(validation=validation)
    if validation < 0.5:
        assert load_data(resolved).sizes["validation"] == 1, "rounded up, as scikit-learn does"
    else:
        with pytest.raises(UserError, match=r"split\.validation = 0\.999: leaves no samples to train on, of 120"):
            load_data(resolved)


def test_a_class_of_one_cannot_be_stratified(tmp_path: Path) -> None:
    rows = "".join(f"{i},{'ab'[i % 2]}\n" for i in range(20))
    resolved = csv_config(tmp_path, f"x,y\n{rows}9,lonely\n", ("split.stratify", "true"))
    with pytest.raises(UserError) as error:
        load_data(resolved)
    assert str(error.value) == (
        "split.stratify: class lonely has one sample, too few to divide by split.train_size; "
        "use split.stratify=false or add samples of it"
    )
    rows = "".join(f"{i},{'abcde'[i % 5]}\n" for i in range(20))
    for pair in (("split.train_size", "0.9"), ("split.validation", "0.2")):
        chosen = [("split.train_size", "0.5"), ("split.stratify", "true"), pair]
        with pytest.raises(UserError, match=rf"{pair[0]} = {pair[1]}: a part of 2 samples cannot hold all 5 classes"):
            load_data(csv_config(tmp_path, f"x,y\n{rows}", *chosen))


def test_standardisation_is_scikit_learns_and_knows_the_train_split_only() -> None:
    resolved = resolve.load("diabetes-regression")
    data = load_data(resolved)
    raw = load_diabetes(scaled=False)
    kept, tests, values, test_values = train_test_split(raw.data, raw.target, train_size=0.8, random_state=42)
    rows, _, values, _ = train_test_split(kept, values, test_size=0.2, random_state=42)
    x_scaler, y_scaler = StandardScaler().fit(rows), StandardScaler().fit(values.reshape(-1, 1))
    for name, features, target in (("train", rows, values), ("test", tests, test_values)):
        part = data.splits[name]
        assert torch.equal(part.x, torch.tensor(x_scaler.transform(features), dtype=torch.float32))
        assert torch.equal(part.y, torch.tensor(y_scaler.transform(target.reshape(-1, 1)), dtype=torch.float32))
        assert torch.equal(part.target, torch.tensor(target, dtype=torch.float32))
    back = data.inputs.predictions(data.splits["test"].y)
    torch.testing.assert_close(back, data.splits["test"].target)


def test_a_constant_feature_is_left_at_zero(tmp_path: Path) -> None:
    """Constant in the train split: row 0 goes into the test split. What is constant everywhere is left out."""
    rows = "".join(f"{i},{8 if i == 0 else 7},{'ab'[i % 2]}\n" for i in range(20))
    data = load_data(csv_config(tmp_path, f"x,same,y\n{rows}", ("standardise", "features")))
    assert data.splits["train"].x[:, 1].tolist() == [0.0] * 16


def test_pictures_are_standardised_pixel_by_pixel() -> None:
    resolved = resolve.load("digits-mlp", [("standardise", "features")])
    x = load_data(resolved).splits["train"].x
    assert x.shape[1:] == (1, 8, 8)
    torch.testing.assert_close(x.mean(dim=0), torch.zeros(1, 8, 8), atol=1e-5, rtol=0)


def test_what_is_needed_to_predict_survives_json() -> None:
    for preset in ("diabetes-regression", "iris-net", "blobs-binary", "digits-mlp"):
        inputs = load_data(resolve.load(preset)).inputs
        assert Inputs.from_dict(json.loads(json.dumps(inputs.to_dict()))) == inputs


def test_labels_are_mapped_as_the_blobs_document_does() -> None:
    data = load_data(resolve.load("blobs-binary", [("seed", "9")]))
    rng = np.random.RandomState(9)
    same = {"n_features": 2, "centers": [[1, 1], [-1, -1], [1, -1], [-1, 1]], "cluster_std": 0.3, "random_state": rng}
    for name, n in (("train", 80), ("test", 20)):
        x, y = make_blobs(n_samples=n, shuffle=True, **same)
        part = data.splits[name]
        assert torch.equal(part.x, torch.FloatTensor(x))
        assert torch.equal(part.y, torch.FloatTensor(np.isin(y, [2, 3])).unsqueeze(1))
        assert torch.equal(part.target, torch.tensor(np.isin(y, [2, 3]), dtype=torch.int64))
    assert (data.classes, data.outputs) == (("0", "1"), 1)
    overlap = (data.splits["train"].x[:, None] == data.splits["test"].x[None]).all(dim=2).any()
    assert not overlap, "a test point is in the train split"


def test_classes_that_become_one_keep_their_names() -> None:
    data = load_data(resolve.load("iris-net", [("label_map", "0,1,1")]))
    assert data.classes == ("setosa", "versicolor+virginica")
    assert data.splits["train"].y.unique().tolist() == [0, 1]


@pytest.mark.parametrize("name", ["blobs", "moons", "circles"])
def test_points_are_drawn_by_the_runs_seed_or_their_own(name: str) -> None:
    def points(*pairs: tuple[str, str]) -> str:
        return load_data(resolve.load("iris-net", [("dataset.name", name), *pairs])).sha256

    assert points(("seed", "1")) == points(("seed", "1"))
    assert points(("seed", "1")) != points(("seed", "2"))
    own = ("dataset.random_state", "7")
    assert points(("seed", "1"), own) == points(("seed", "2"), own)


# A table of one's own, in its plain form.


def csv_config(folder: Path, text: str, *pairs: tuple[str, str], target: str = "y") -> schema.RunConfig:
    (folder / "t.csv").write_text(text, encoding="utf-8")
    dataset = [("dataset.name", "csv"), ("dataset.path", str(folder / "t.csv")), ("dataset.target", target)]
    return resolve.load("iris-net", [*dataset, ("epochs", "2"), ("batch_size", "8"), ("device", "cpu"), *pairs])


WINE = load_wine(as_frame=True)


def test_a_csv_file_trains_as_the_built_in_dataset_does(tmp_path: Path) -> None:
    frame = WINE.frame.copy()
    frame["target"] = [str(WINE.target_names[i]) for i in WINE.target]
    ours = load_data(csv_config(tmp_path, frame.to_csv(index=False), target="target"))
    built_in = load_data(resolve.load("iris-net", [("dataset.name", "wine")]))
    assert ours.sha256 == built_in.sha256
    assert ours.classes == built_in.classes
    assert ours.inputs.features == built_in.inputs.features
    assert ours.inputs.target == "target"


@pytest.mark.parametrize(
    ("values", "task", "classes"),
    [
        ([3, 1, 2] * 8, "classification", ("1", "2", "3")),
        ([1.0, 2.0] * 12, "classification", ("1", "2")),
        (["yes", "no"] * 12, "classification", ("no", "yes")),
        ([True, False] * 12, "classification", ("False", "True")),
        (["가", "나"] * 12, "classification", ("가", "나")),
        (["None", "NA", "x"] * 8, "classification", ("NA", "None", "x")),
        ([20230101.0, 20230102.0] * 12, "classification", ("20230101", "20230102")),
        ([True, "None"] * 12, "classification", ("None", "True")),
        ([0.5 * i for i in range(24)], "regression", ()),
        (list(range(24)), "regression", ()),
    ],
    ids=str,
)
def test_what_a_target_is_taken_for(tmp_path: Path, values: list[object], task: str, classes: tuple[str, ...]) -> None:
    rows = "".join(f"{i},{-i},{value}\n" for i, value in enumerate(values))
    loss = [("loss.name", "mse")] if task == "regression" else []
    data = load_data(csv_config(tmp_path, f"a,b,y\n{rows}", *loss))
    assert (data.inputs.task, data.classes) == (task, classes)
    told = load_data(csv_config(tmp_path, f"a,b,y\n{rows}", *loss, ("dataset.task", task)))
    assert told.sha256 == data.sha256


def test_a_csv_that_the_loss_does_not_fit_is_refused_once_it_is_read(tmp_path: Path) -> None:
    rows = "".join(f"{i},{i / 2}\n" for i in range(30))
    with pytest.raises(UserError, match=r"is for classes, but column .y. of .* has values; use loss\.name=mse or"):
        load_data(csv_config(tmp_path, f"x,y\n{rows}"))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is not a CSV file: it is empty"),
        ("x,y\n", "has a header but no rows"),
        ("x,z\n1,2\n", "has no column 'y'; choose from 'x', 'z'"),
        ("y\n1\n2\n", "has only the column 'y'"),
        ("x,z,y\n1,2,0\n2,3 cm,1\n", "column 'z' holds 1 numbers, but '3 cm' in line 3 is none; correct it"),
        ("x,y\n1,0\n,1\n", "column 'x' has no value in 1 row, first in line 3"),
        ("x,y\n1,0\n2,\n3,1\n", "column 'y' has no value in 1 row, first in line 3"),
        ("x,y\n\n1,0\n  \n\n,1\n", "column 'x' has no value in 1 row, first in line 6"),
        ('x,y\n1,"a\nb"\n,c\n', "column 'x' has no value in 1 row, first in line 4"),
        ("x,y\n1,a\n2,NA\n3,\n4,a\n", "column 'y' has no value in 1 row, first in line 4"),
        ("x,y\n1,1.5\n2,NA\n", "column 'y' has no value in 1 row, first in line 3"),
        ("x,y\n1,0\n1e300,1\n", "column 'x' holds 1e+300, which is infinite in float32, in line 3; correct it"),
        ("x,y\n1,0.5\n2,-1e39\n", "column 'y' holds -1e+39, which is infinite in float32, in line 3"),
        ("x,y\n1,0\ninf,1\n", "column 'x' holds an infinite value"),
        ("x,y\n1,a\n2,a\n", "column 'y' is a in every row"),
        ("x,y\n1,0\n2,1,3,4\n", "has 4 fields in line 3, but 2 in the first one; give every column a name"),
        ('"x","y"\n"1",1,2\n"2",3,4\n', "has 3 fields in line 2, but 2 in the first one"),
        ("x,y\n\n0,1,2\n1,3,4\n2,3,4\n", "has 3 fields in line 3, but 2 in the first one"),
        (
            "x,y\n1,2,\n3,4,\n",
            "has 3 fields in line 2, but 2 in the first one; give every column a name, row names too; no separators",
        ),
    ],
    ids=str,
)
def test_csv_files_that_cannot_be_used(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(UserError) as error:
        load_data(csv_config(tmp_path, text))
    assert reason in str(error.value)
    assert str(tmp_path / "t.csv") in str(error.value)


def test_classes_that_differ_have_names_that_differ(tmp_path: Path) -> None:
    values = [0.1, 0.1 + 2**-56, 20230101.5, 20230102.5, 1e16, 1e300]
    rows = "".join(f"{i},{values[i % 6]!r}\n" for i in range(60))
    data = load_data(csv_config(tmp_path, f"x,y\n{rows}", ("dataset.task", "classification")))
    assert data.classes == ("0.1", "0.10000000000000002", "20230101.5", "20230102.5", "1e+16", "1e+300")


@pytest.mark.parametrize("column", ["x", "y"])
def test_data_that_float32_does_not_hold_is_refused_before_training(column: str, register: Callable[..., None]) -> None:
    def toy(source: Source) -> RawData:
        x, y = (torch.linspace(0, 1, 20, dtype=torch.float64) for _both in range(2))
        (x if column == "x" else y)[7] = 1e39
        return RawData(x=x.unsqueeze(1), y=y, features=("width",), target="height")

    register("dataset", "toy", toy, task="regression")
    resolved = resolve.load("iris-net", [("dataset.name", "toy"), ("loss.name", "mse")])
    name = {"x": "width", "y": "height"}[column]
    with pytest.raises(
        UserError, match=rf"toy: column {name} has a value in the \w+ split that is not finite in float32"
    ):
        load_data(resolved)
    if column == "x":
        load_data(
            resolve.load("iris-net", [("dataset.name", "toy"), ("loss.name", "mse"), ("standardise", "features")])
        )


@pytest.mark.parametrize(
    ("preset", "rows"),
    [
        ("blobs-binary", "[[1, 1], [1e300, 1]]"),
        ("iris-net", "[[1, 2, 3, -1e39]]"),
        ("blobs-binary", f"[[{10**400}, 1]]"),
    ],
)
def test_inputs_to_predict_are_checked_before_training(preset: str, rows: str) -> None:
    with pytest.raises(
        UserError, match=r"^predict(: value \d .*= -?1e\+\d+: not a finite number in float32|.* finite)"
    ):
        load_data(resolve.load(preset, [("predict", rows)]))


def test_spaces_after_commas_are_no_part_of_names(tmp_path: Path) -> None:
    rows = "".join(f"{i}, {-i}, {'ab'[i % 2]}\n" for i in range(20))
    assert load_data(csv_config(tmp_path, f"x, z, y\n{rows}")).inputs.features == ("x", "z")


def test_a_csv_file_that_is_not_there(tmp_path: Path) -> None:
    resolved = csv_config(tmp_path, "x,y\n1,0\n")
    (tmp_path / "t.csv").unlink()
    with pytest.raises(UserError, match=r"t\.csv does not exist; set dataset\.path"):
        load_data(resolved)


def test_the_path_of_a_csv_file_is_kept_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.csv").write_text("x,y\n1,0\n2,1\n3,0\n4,1\n5,0\n")
    resolved = resolve.load(
        "iris-net", [("dataset.name", "csv"), ("dataset.path", "t.csv"), ("dataset.target", "y"), ("epochs", "1")]
    )
    assert resolved.dataset["path"] == str(tmp_path / "t.csv")


def test_values_that_the_last_layer_can_never_reach_are_refused() -> None:
    resolved = resolve.load(
        "diabetes-regression", [("standardise", "features"), ("model.output_activation", "sigmoid")]
    )
    with pytest.raises(UserError, match="gives values from 0 to 1, but those to predict lie between 25 and 346"):
        load_data(resolved)
