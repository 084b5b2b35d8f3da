"""Datasets in the IDX files of MNIST, read in place from torchvision's layout (`FashionMNIST/raw/…`)."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import TYPE_CHECKING

from core.datasets.base import DATASETS, RawData, Source
from core.errors import DataError

if TYPE_CHECKING:
    import torch

FILES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)

FASHION_CLASSES = (
    *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
    *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
)


@DATASETS.add(
    "mnist",
    shape=(1, 28, 28),
    outputs=10,
    samples=60000,
    splits=True,
    files=tuple(f"MNIST/raw/{name}" for name in FILES),
)
def mnist(source: Source) -> RawData:
    """MNIST: 70,000 grey pictures of handwritten digits, 28×28 pixels, 10 classes."""
    return read(source.data_dir / "MNIST" / "raw", tuple("0123456789"), "digit")


@DATASETS.add(
    "fashion-mnist",
    shape=(1, 28, 28),
    outputs=10,
    samples=60000,
    splits=True,
    files=tuple(f"FashionMNIST/raw/{name}" for name in FILES),
)
def fashion_mnist(source: Source) -> RawData:
    """FashionMNIST: 70,000 grey pictures of clothes, 28×28 pixels, 10 kinds."""
    return read(source.data_dir / "FashionMNIST" / "raw", FASHION_CLASSES)


def read(folder: Path, classes: tuple[str, ...], target: str = "label") -> RawData:
    """The four files in `folder` as float32 pictures (n, 1, 28, 28), pixels / 255, and int64 labels.

    Raises DataError, naming the file, for one that is missing, cut short or not what its name says.
    """
    missing = [name for name in FILES if not (folder / name).is_file()]
    if missing:
        raise DataError(
            f"no {missing[0]} in {folder}; point --data-dir or NNTUI_DATA_DIR at a folder that holds "
            f"{folder.parent.name}/raw, or train without files: nntui run iris-net"
        )
    train_images, train_labels, test_images, test_labels = (folder / name for name in FILES)
    return RawData(
        x=_images(train_images),
        y=_labels(train_labels, train_images, len(classes)),
        test_x=_images(test_images),
        test_y=_labels(test_labels, test_images, len(classes)),
        classes=classes,
        divided_by=255,
        target=target,
    )


def _images(path: Path) -> torch.Tensor:
    from torchvision.datasets.mnist import read_image_file

    count, rows, columns = _header(path, dimensions=3)
    if (rows, columns) != (28, 28):
        raise DataError(f"{path} holds pictures of {rows}×{columns} pixels, not 28×28; fetch the file again")
    pixels: torch.Tensor = read_image_file(str(path))
    return (pixels.float() / 255).view(count, 1, 28, 28)


def _labels(path: Path, images: Path, classes: int) -> torch.Tensor:
    from torchvision.datasets.mnist import read_label_file

    (count,) = _header(path, dimensions=1)
    pictures = _header(images, dimensions=3)[0]
    if count != pictures:
        raise DataError(f"{path} holds {count} labels for the {pictures} pictures of {images.name}; fetch both again")
    labels: torch.Tensor = read_label_file(str(path))
    if int(labels.max()) >= classes:
        raise DataError(f"{path} holds the label {int(labels.max())}, but there are only {classes} classes")
    return labels


def _header(path: Path, dimensions: int) -> tuple[int, ...]:
    """The sizes that an IDX file of bytes declares, checked against its length before it is read."""
    try:
        length = path.stat().st_size
        with path.open("rb") as file:
            header = file.read(4 + 4 * dimensions)
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from None
    if header[:4] != bytes([0, 0, 8, dimensions]) or len(header) < 4 + 4 * dimensions:
        raise DataError(f"{path} is not an IDX file of {dimensions} dimension(s); fetch the file again")
    sizes = struct.unpack(f">{dimensions}I", header[4:])
    expected = len(header)
    size = 1
    for n in sizes:
        size *= n
    expected += size
    if length != expected or size == 0:
        raise DataError(f"{path} has {length} bytes, but its header promises {expected}; fetch the file again")
    return sizes
