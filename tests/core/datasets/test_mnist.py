"""IDX files: good ones read as torchvision reads them; a broken one is a DataError in one line that names it."""

from __future__ import annotations

import shutil
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torchvision.datasets import FashionMNIST

from core.data.prepare import load_data
from core.datasets import DATASETS, Source
from core.datasets.mnist import FASHION_CLASSES, FILES, read
from core.errors import DataError
from core.experiment import resolve

TRAIN_X, TRAIN_Y, TEST_X, TEST_Y = FILES


def test_good_files_are_what_torchvision_reads(any_fashion_dir: Path) -> None:
    raw = DATASETS["fashion-mnist"].build(Source(any_fashion_dir))
    for train, x, y in ((True, raw.x, raw.y), (False, raw.test_x, raw.test_y)):
        oracle = FashionMNIST(str(any_fashion_dir), train=train)
        assert (x.dtype, y.dtype) == (torch.float32, torch.int64)
        assert x.shape == (len(oracle), 1, 28, 28)
        assert torch.equal(x[:, 0], oracle.data.float() / 255)
        assert torch.equal(y, oracle.targets)
    assert raw.classes == tuple(FashionMNIST.classes) == FASHION_CLASSES


def test_good_files_are_what_their_bytes_say(fashion_dir: Path) -> None:
    """Without torchvision: 16 bytes of header, then the pixels row by row."""
    raw = read(fashion_dir / "FashionMNIST" / "raw", FASHION_CLASSES)
    pixels = np.frombuffer((fashion_dir / "FashionMNIST" / "raw" / TEST_X).read_bytes()[16:], dtype=np.uint8)
    assert raw.test_x is not None
    np.testing.assert_array_equal(raw.test_x.numpy().reshape(-1), pixels.astype(np.float32) / np.float32(255))


def test_reading_leaves_the_files_alone(fashion_dir: Path) -> None:
    folder = fashion_dir / "FashionMNIST" / "raw"
    before = {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in fashion_dir.rglob("*")}
    read(folder, FASHION_CLASSES)
    assert {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in fashion_dir.rglob("*")} == before


# What may be wrong.


def header(path: Path, position: int, value: int) -> None:
    """Overwrite the 32-bit number at `position`."""
    content = bytearray(path.read_bytes())
    content[position : position + 4] = struct.pack(">I", value)
    path.write_bytes(content)


def drop_bytes(path: Path, n: int) -> None:
    path.write_bytes(path.read_bytes()[:-n])


def in_its_place_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def picture_of(path: Path, rows: int, columns: int) -> None:
    count = struct.unpack(">I", path.read_bytes()[4:8])[0]
    path.write_bytes(struct.pack(">4I", 0x803, count, rows, columns) + bytes(count * rows * columns))


def one_label_less(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(struct.pack(">2I", 0x801, len(content) - 9) + content[8:-1])


def label_ten(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1] + b"\x0a")


BROKEN: list[tuple[str, str, Callable[[Path], object]]] = [
    *((f"missing {name}", name, Path.unlink) for name in FILES),
    *((f"a folder {name}", name, in_its_place_a_folder) for name in FILES),
    *((f"empty {name}", name, lambda path: path.write_bytes(b"")) for name in FILES),
    *((f"one byte short {name}", name, lambda path: drop_bytes(path, 1)) for name in FILES),
    *((f"one byte long {name}", name, lambda path: path.write_bytes(path.read_bytes() + b"\0")) for name in FILES),
    *((f"half a header {name}", name, lambda path: path.write_bytes(path.read_bytes()[:6])) for name in FILES),
    *((f"gzipped {name}", name, lambda path: path.write_bytes(b"\x1f\x8b\x08\0" + bytes(100))) for name in FILES),
    *((f"HTML {name}", name, lambda path: path.write_bytes(b"<html>404 Not Found</html>")) for name in FILES),
    *((f"of floats {name}", name, lambda path: header(path, 0, 0x0D03)) for name in FILES),
    *((f"no samples {name}", name, lambda path: header(path, 4, 0)) for name in FILES),
    *((f"too many samples {name}", name, lambda path: header(path, 4, 2**32 - 1)) for name in FILES),
    ("labels for pictures", TRAIN_X, lambda path: path.write_bytes(path.with_name(TRAIN_Y).read_bytes())),
    ("pictures for labels", TRAIN_Y, lambda path: path.write_bytes(path.with_name(TRAIN_X).read_bytes())),
    ("27 rows", TRAIN_X, lambda path: picture_of(path, 27, 28)),
    ("32 × 32", TEST_X, lambda path: picture_of(path, 32, 32)),
    ("a width of none", TEST_X, lambda path: picture_of(path, 28, 0)),
    ("a train label too few", TRAIN_Y, one_label_less),
    ("a test label too few", TEST_Y, one_label_less),
    ("an eleventh class", TRAIN_Y, label_ten),
    ("an eleventh class in the test split", TEST_Y, label_ten),
]


@pytest.mark.parametrize(("name", "spoil"), [pytest.param(*rest, id=label) for label, *rest in BROKEN])
def test_a_broken_file_is_named(name: str, spoil: Callable[[Path], object], fashion_dir: Path, tmp_path: Path) -> None:
    shutil.copytree(fashion_dir, tmp_path, dirs_exist_ok=True)
    spoil(tmp_path / "FashionMNIST" / "raw" / name)
    with pytest.raises(DataError) as error:
        DATASETS["fashion-mnist"].build(Source(tmp_path))
    message = str(error.value)
    assert message.splitlines() == [message]
    assert name in message
    assert str(tmp_path) in message


def test_an_empty_split_is_a_broken_file(fashion_dir: Path, tmp_path: Path) -> None:
    """Pictures and labels agree that there are none."""
    shutil.copytree(fashion_dir, tmp_path, dirs_exist_ok=True)
    raw = tmp_path / "FashionMNIST" / "raw"
    (raw / TEST_X).write_bytes(struct.pack(">4I", 0x803, 0, 28, 28))
    (raw / TEST_Y).write_bytes(struct.pack(">2I", 0x801, 0))
    with pytest.raises(DataError, match=TEST_X):
        DATASETS["fashion-mnist"].build(Source(tmp_path))


@pytest.mark.parametrize("folder", ["", "FashionMNIST", "FashionMNIST/raw"])
def test_a_missing_folder_says_what_to_do(folder: str, tmp_path: Path) -> None:
    (tmp_path / folder).mkdir(parents=True, exist_ok=True)
    with pytest.raises(DataError) as error:
        DATASETS["fashion-mnist"].build(Source(tmp_path))
    for part in (TRAIN_X, str(tmp_path), "--data-dir", "NNTUI_DATA_DIR"):
        assert part in str(error.value)
    assert len(str(error.value).splitlines()) == 1


def test_a_file_in_the_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "FashionMNIST").write_text("")
    with pytest.raises(DataError):
        DATASETS["fashion-mnist"].build(Source(tmp_path))


def test_the_data_folder_is_the_configs_or_the_environments(fashion_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    preset = resolve.load("fashion-mlp")
    monkeypatch.setenv("NNTUI_DATA_DIR", str(fashion_dir))
    from_environment = load_data(preset)
    monkeypatch.delenv("NNTUI_DATA_DIR")
    from_config = load_data(preset.model_copy(update={"data_dir": str(fashion_dir)}))
    assert from_environment.sha256 == from_config.sha256
    assert from_config.sizes == {"train": 600, "test": 150}


def test_what_a_dataset_declares_is_what_its_files_are(any_fashion_dir: Path, request: pytest.FixtureRequest) -> None:
    component = DATASETS["fashion-mnist"]
    raw = component.build(Source(any_fashion_dir))
    assert component.facts["shape"] == tuple(raw.x.shape[1:])
    assert component.facts["outputs"] == len(raw.classes)
    assert component.facts["splits"]
    assert all((any_fashion_dir / name).is_file() for name in component.facts["files"])
    if "real" in request.node.name:
        assert component.facts["samples"] == len(raw.x)
