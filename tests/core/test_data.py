"""From a config to tensors: splits as scikit-learn makes them, and a fingerprint of their bytes."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_iris
from sklearn.model_selection import train_test_split

from core import config
from core.data import load_data
from core.datasets import DATASETS, Source
from core.errors import UserError


def iris(**split: float) -> config.RunConfig:
    return config.load("iris-net", [(f"split.{key}", str(value)) for key, value in split.items()])


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
        load_data(config.load("fashion-mlp", [("data_dir", "~no-such-user/data")]))
