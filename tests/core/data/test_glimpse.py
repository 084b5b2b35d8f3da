"""A glimpse of the data of every preset, without loading what is large."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from core.data import glimpse
from core.errors import DataError
from core.experiment import open
from core.experiment.schema import RunConfig
from core.experiment.search import SearchConfig


def of(preset: str, data_dir: Path | None = None) -> glimpse.Glimpse | None:
    config = open.load(preset)
    base = config.base if isinstance(config, SearchConfig) else config
    assert isinstance(base, RunConfig)
    return glimpse.glimpse(base.with_data_dir(None if data_dir is None else str(data_dir)))


def test_flowers_in_the_two_measurements_that_tell_them_apart() -> None:
    seen = of("iris-net")
    assert seen is not None
    assert seen.axes == ("petal length (cm)", "petal width (cm)")
    assert len(seen.x) == len(seen.y) == len(seen.labels) == 150
    assert seen.classes == ("setosa", "versicolor", "virginica")


def test_classes_that_are_one() -> None:
    seen = of("blobs-binary")
    assert seen is not None
    assert set(seen.labels) == {0, 1}


def test_a_value_over_what_tells_most_of_it() -> None:
    seen = of("diabetes-regression")
    assert seen is not None
    assert seen.axes == ("bmi", "progression")
    assert seen.classes == ()


@pytest.mark.parametrize(("preset", "side"), [("digits-mlp", 8), ("mnist-mlp", 28), ("fashion-mlp", 28)])
def test_pictures(preset: str, side: int, fashion_dir: Path) -> None:
    seen = of(preset, fashion_dir)
    assert seen is not None
    assert len(seen.pictures) == len(seen.labels) == glimpse.PICTURES
    assert {len(row) for picture in seen.pictures for row in picture} == {side}
    assert 0 <= min(map(min, seen.pictures[0])) <= max(map(max, seen.pictures[0])) <= 1


def test_the_first_pictures_are_those_of_the_dataset_itself(fashion_dir: Path) -> None:
    from core.datasets import DATASETS, Source
    from core.datasets.mnist import few_clothes

    whole, few = DATASETS["fashion-mnist"].build(Source(fashion_dir)), few_clothes(Source(fashion_dir), 5)
    assert few.x.equal(whole.x[:5])
    assert few.y.equal(whole.y[:5])


def test_files_that_are_missing_or_cut_short_are_told(fashion_dir: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError):
        of("mnist-mlp", tmp_path)
    shutil.copytree(fashion_dir / "MNIST", tmp_path / "MNIST")
    images = tmp_path / "MNIST/raw/train-images-idx3-ubyte"
    images.write_bytes(images.read_bytes()[:1000])
    with pytest.raises(DataError, match="promises"):
        of("mnist-mlp", tmp_path)
