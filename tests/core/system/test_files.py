"""Atomic writes: a reader, or a crash, never meets half a file."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import BinaryIO

import pytest
import torch

from core.errors import WriteError
from core.system.files import write_atomically


@pytest.mark.parametrize("durable", [True, False])
def test_a_file_is_replaced_whole(tmp_path: Path, durable: bool) -> None:
    path = tmp_path / "file"
    for content in (b"old", b"new and longer", b""):
        write_atomically(path, lambda file, content=content: file.write(content), durable=durable)  # type: ignore[misc]
        assert path.read_bytes() == content
        assert list(tmp_path.iterdir()) == [path]


def test_the_old_file_is_there_while_the_new_one_is_written(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def write(file: BinaryIO) -> None:
        file.write(b"half")
        file.flush()
        assert path.read_bytes() == b"old"

    write_atomically(path, write)
    assert path.read_bytes() == b"half"


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()], ids=repr)
def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path, error: BaseException) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def write(file: BinaryIO) -> None:
        file.write(b"half")
        raise error

    with pytest.raises(type(error)):
        write_atomically(path, write)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_not_there_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(WriteError):
        write_atomically(tmp_path / "no" / "file", lambda file: file.write(b"x"))


def test_it_is_on_disk_before_it_takes_the_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Replacing first would leave an empty file under the name after a power cut."""
    order: list[str] = []
    real_fsync, real_replace = __import__("os").fsync, Path.replace
    monkeypatch.setattr("os.fsync", lambda fd: (order.append("fsync"), real_fsync(fd))[1])
    monkeypatch.setattr(Path, "replace", lambda self, to: (order.append("replace"), real_replace(self, to))[1])
    write_atomically(tmp_path / "file", lambda file: file.write(b"x"))
    assert order == ["fsync", "replace", "fsync"], "the file, the name, the folder"


def test_two_writers_in_one_process_do_not_share_a_temporary_file(tmp_path: Path) -> None:
    def outer(file: BinaryIO) -> None:
        write_atomically(tmp_path / "f", lambda inner: inner.write(b"inner"))
        file.write(b"outer")

    write_atomically(tmp_path / "f", outer)
    assert (tmp_path / "f").read_bytes() == b"outer"
    assert list(tmp_path.iterdir()) == [tmp_path / "f"]


# What cannot be written is told in one line that names the file, and leaves what was there.

REASONS = [errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS, errno.ENOENT, errno.EFBIG, errno.EIO]


@pytest.mark.parametrize("number", REASONS, ids=lambda n: errno.errorcode[n])
def test_why_a_file_cannot_be_written(number: int, tmp_path: Path) -> None:
    path = tmp_path / "model.pt"
    path.write_bytes(b"good")

    class Full:
        """What `torch.save` writes to: it says RuntimeError of what its file refuses."""

        def write(self, data: bytes) -> int:
            raise OSError(number, os.strerror(number))

        def flush(self) -> None: ...

    with pytest.raises(WriteError) as caught:
        write_atomically(path, lambda _file: torch.save({"a": torch.zeros(1000)}, Full()))  # type: ignore[arg-type]
    line = str(caught.value)
    assert line.startswith(f"cannot write {path}: {os.strerror(number)}; ")
    assert "\n" not in line
    assert "Errno" not in line
    assert os.listdir(tmp_path) == ["model.pt"]  # noqa: PTH208
    assert path.read_bytes() == b"good"


def test_what_is_no_trouble_of_the_disk_is_raised_as_it_is(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        write_atomically(tmp_path / "a", lambda _file: 1 // 0)
