"""Datasets in the IDX files of MNIST, read in place from torchvision's layout (`FashionMNIST/raw/…`)."""

from __future__ import annotations

import math
import struct
from pathlib import Path
from typing import TYPE_CHECKING

from core.datasets.base import DATASETS, Download, RawData, Source
from core.errors import DataError
from core.system.files import is_file

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


MNIST = Download(
    folder="MNIST/raw",
    files=dict(
        zip(
            FILES,
            (
                *("f68b3c2dcbeaaa9fbdd348bbdeb94873", "d53e105ee54ea40749a09fcbcd1e9432"),
                *("9fb629c4189551a2d022fa330f9573f3", "ec29112dd5afa0611ce80d1b7f02629c"),
            ),
            strict=True,
        )
    ),
    mirrors=(
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
        "http://yann.lecun.com/exdb/mnist/",
    ),
    size=11_594_722,
)

FASHION_MNIST = Download(
    folder="FashionMNIST/raw",
    files=dict(
        zip(
            FILES,
            (
                *("8d4fb7e6c68d591d4c3dfef9ec88bf0d", "25c81989df183df01b3e8a0aad5dffbe"),
                *("bef4ecab320f06d8554ea6380940ec79", "bb300cfdad3c16e7a12a480ee83cd310"),
            ),
            strict=True,
        )
    ),
    mirrors=(
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
        "https://fashion-mnist.s3.eu-central-1.amazonaws.com/",
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    ),
    size=30_878_645,
)


@DATASETS.add(
    "mnist",
    shape=(1, 28, 28),
    outputs=10,
    samples=60000,
    splits=True,
    files=MNIST.paths,
    download=MNIST,
    few="core.datasets.mnist:few_digits",
)
def mnist(source: Source) -> RawData:
    """MNIST: 70,000 grey pictures of handwritten digits, 28×28 pixels, 10 classes."""
    return read(source.data_dir / MNIST.folder, tuple("0123456789"), "digit", "mnist")


@DATASETS.add(
    "fashion-mnist",
    shape=(1, 28, 28),
    outputs=10,
    samples=60000,
    splits=True,
    files=FASHION_MNIST.paths,
    download=FASHION_MNIST,
    few="core.datasets.mnist:few_clothes",
)
def fashion_mnist(source: Source) -> RawData:
    """FashionMNIST: 70,000 grey pictures of clothes, 28×28 pixels, 10 kinds."""
    return read(source.data_dir / FASHION_MNIST.folder, FASHION_CLASSES, "kind", "fashion-mnist")


def few_digits(source: Source, n: int) -> RawData:
    return _few(source.data_dir / MNIST.folder, tuple("0123456789"), n)


def few_clothes(source: Source, n: int) -> RawData:
    return _few(source.data_dir / FASHION_MNIST.folder, FASHION_CLASSES, n)


def _few(folder: Path, classes: tuple[str, ...], n: int) -> RawData:
    """The first n of the training pictures, without reading the others. Raises DataError."""
    import torch

    images, labels = (folder / name for name in FILES[:2])
    sizes = _header(images, dimensions=3)[1:], _header(labels, dimensions=1)[1:]
    with images.open("rb") as file, labels.open("rb") as named:
        file.seek(16)
        named.seek(8)
        pixels, digits = bytearray(file.read(n * math.prod(sizes[0]))), bytearray(named.read(n))
    x = torch.frombuffer(pixels, dtype=torch.uint8).view(-1, 1, *sizes[0])
    y = torch.frombuffer(digits, dtype=torch.uint8)
    return RawData(x=x.float() / 255, y=y.long(), classes=classes, divided_by=255)


def read(folder: Path, classes: tuple[str, ...], target: str = "label", dataset: str = "") -> RawData:
    """The four files in `folder` as float32 pictures (n, 1, 28, 28), pixels / 255, and int64 labels.

    `dataset` is its name for `nntui data fetch`. Raises DataError, naming the file, for one that is missing, cut short
    or not what its name says.
    """
    missing = [name for name in FILES if not is_file(folder / name)]
    if missing:
        raise DataError(
            f"no {missing[0]} in {folder}; get it with nntui data fetch {dataset or folder.parent.name.lower()}, point "
            f"--data-dir or NNTUI_DATA_DIR at a folder that holds {folder.parent.name}/raw, or train without files: "
            "nntui run iris-net"
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


def is_complete(path: Path) -> bool:
    """Whether a file is there and as long as its header says."""
    try:
        _header(path, dimensions=3 if "images" in path.name else 1)
    except DataError:
        return False
    return True


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
