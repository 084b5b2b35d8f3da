"""What all tests share: a small FashionMNIST to train on, the real one where it is, and how Hypothesis behaves."""

from __future__ import annotations

import atexit
import gc
import importlib.util
import os
import shutil
import statistics
import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import settings

# Read when PyTorch is loaded. Its threads wait for each other by spinning, on cores that other tests want; these
# networks are tiny.
os.environ["OMP_NUM_THREADS"] = "1"

# Training has no steady speed on a shared machine, so a deadline per example would only report the neighbours; and a
# test that is red must be red again the next time.
settings.register_profile("nntui", deadline=None, database=None, derandomize=True)
settings.load_profile("nntui")

TRAIN, TEST = 600, 150
"""Samples of the small set; neither is a multiple of 64, so every epoch has a short last batch."""


def pytest_collection_finish() -> None:
    """What all tests have loaded stays, and all that they leave is looked through a twentieth as often as Python would:
    that took a third of the time of a screen's test."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*gc.get_threshold()[:2], 200)


@pytest.fixture
def pace() -> Callable[[], float]:
    """How many times slower than the machine that limits in milliseconds are meant for this thread's processor is just
    now, at least 1: processors differ, and those of a shared machine by the minute."""

    def measured() -> float:
        seconds = []
        for _ in range(5):
            began = time.thread_time()
            found: dict[int, int] = {}
            for i in range(40_000):
                found[i & 255] = found.get(i & 255, 0) + i
            seconds.append(time.thread_time() - began)
        return max(1.0, statistics.median(seconds) / 0.004)

    return measured


def pytest_sessionfinish() -> None:
    """pytest looks through all that is left five times; once tells as much."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    atexit.register(gc.unfreeze)  # as the program does when it leaves


def _write_idx(path: Path, values: np.ndarray) -> None:
    header = struct.pack(f">BBBB{values.ndim}I", 0, 0, 8, values.ndim, *values.shape)
    path.write_bytes(header + values.astype(np.uint8).tobytes())


def _pictures(rng: np.random.Generator, patterns: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Noisy copies of one pattern per class: a network that learns anything at all can tell them apart."""
    labels = rng.integers(0, len(patterns), n)
    noise = rng.integers(0, 100, (n, 28, 28))
    return np.clip(patterns[labels] + noise, 0, 255), labels


@pytest.fixture(scope="session")
def fashion_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a small, seeded, learnable FashionMNIST and an equal MNIST in torchvision's layout. Do not
    write to it: copy."""
    root = tmp_path_factory.mktemp("data")
    raw = root / "FashionMNIST" / "raw"
    raw.mkdir(parents=True)
    rng = np.random.default_rng(20261101)
    patterns = rng.integers(0, 2, (10, 28, 28)) * 150
    for prefix, n in (("train", TRAIN), ("t10k", TEST)):
        pictures, labels = _pictures(rng, patterns, n)
        _write_idx(raw / f"{prefix}-images-idx3-ubyte", pictures)
        _write_idx(raw / f"{prefix}-labels-idx1-ubyte", labels)
    shutil.copytree(root / "FashionMNIST", root / "MNIST")
    return root


@pytest.fixture(params=["synthetic", "real"])
def any_mnist_dir(request: pytest.FixtureRequest, fashion_dir: Path) -> Path:
    """The small MNIST, and the real one where it is there."""
    if request.param == "synthetic":
        return fashion_dir
    given = Path(os.environ.get("NNTUI_DATA_DIR", "/nowhere"))
    if not (given / "MNIST" / "raw" / "train-images-idx3-ubyte").is_file():
        pytest.skip("the real MNIST is not here: NNTUI_DATA_DIR")
    return given


@pytest.fixture(scope="session")
def real_data_dir() -> Path:
    """The folder that holds the real FashionMNIST; skips the test where there is none."""
    given = os.environ.get("NNTUI_DATA_DIR")
    if not given or not (Path(given) / "FashionMNIST" / "raw" / "train-images-idx3-ubyte").is_file():
        pytest.skip("the real FashionMNIST is not here: NNTUI_DATA_DIR")
    return Path(given)


@pytest.fixture(params=["synthetic", "real"])
def any_fashion_dir(request: pytest.FixtureRequest) -> Path:
    """The small FashionMNIST, and the real one where it is there."""
    fixture = "fashion_dir" if request.param == "synthetic" else "real_data_dir"
    folder: Path = request.getfixturevalue(fixture)
    return folder


def load_helper(name: str) -> ModuleType:
    """A module below tests/ that is no test, such as `documents/mnist` or `server`: tests are not a package."""
    path = Path(__file__).parent / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name.replace("/", "_"), path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def document() -> Callable[[str], ModuleType]:
    """`document("mnist")`: a document's own script, from tests/documents."""
    return lambda name: load_helper(f"documents/{name}")


@pytest.fixture(scope="session")
def server() -> ModuleType:
    """Web servers that misbehave."""
    return load_helper("server")


@pytest.fixture(scope="session")
def postgres() -> Iterator[object]:
    """A PostgreSQL server (tests/postgres.py). Where there is none to start, the test is skipped, or fails with
    NNTUI_REQUIRE_POSTGRES=1."""
    helper = load_helper("postgres")
    if helper.binaries() is None:
        if os.environ.get("NNTUI_REQUIRE_POSTGRES") == "1":
            pytest.fail("PostgreSQL is not here, and NNTUI_REQUIRE_POSTGRES=1: apt-get install postgresql")
        pytest.skip("PostgreSQL is not here: apt-get install postgresql")
    with helper.serving() as server:
        yield server


@pytest.fixture(scope="session")
def searches() -> ModuleType:
    """Events of searches that were never trained."""
    return load_helper("searches")
