"""Downloader: fetches the files of a dataset behind the screen, which looks at how far it is, and may stop it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import UserError
from core.system.folders import data_root

if TYPE_CHECKING:
    from core.datasets.base import Download
    from core.experiment.schema import RunConfig


@dataclass(frozen=True)
class Lacking:
    """Files of a dataset that are not here, or not whole, and can be fetched."""

    dataset: str
    download: Download
    data_dir: Path


def lacking_files(config: RunConfig, data_dir: str | None) -> Lacking | None:
    """What has to be fetched before `config` can be trained; None where nothing has to, or can be."""
    from core.datasets.fetch import download_of, missing_files

    dataset, folder = config.component("dataset"), Path(data_dir) if data_dir else data_root()
    download = download_of(dataset)
    if download is None or not missing_files(download, folder):
        return None
    return Lacking(dataset.name, download, folder)


class _Stopped(Exception):
    """Nobody wants it any more."""


class Downloader:
    """`start` it once. What is left behind when it is stopped is what was there before, and files that are whole."""

    def __init__(self, lacking: Lacking, now: Callable[[], float] = time.monotonic) -> None:
        self._lacking = lacking
        self.file = ""
        """That is under way."""
        self.done = 0
        """Bytes that have come, of all files."""
        self.refusal = ""
        """Why it ended without the files."""
        self._now = now
        self._began = 0.0
        self._told = 0
        """Bytes of the files that were begun, as the server says."""
        self._before = 0
        self._stop = False
        self._thread = threading.Thread(target=self._work, name=f"fetch {lacking.dataset}", daemon=True)

    def start(self) -> None:
        self._began = self._now()
        self._thread.start()

    def stop(self, patience: float = 0.2) -> None:
        """From any thread; it ends with the next bytes, for which so many seconds are waited, or when the server was
        silent for too long."""
        self._stop = True
        self._thread.join(patience)

    @property
    def over(self) -> bool:
        return not self._thread.is_alive()

    @property
    def total(self) -> int:
        """Bytes to come in all, as far as it is known."""
        return max(self._lacking.download.size, self._told, self.done)

    @property
    def per_second(self) -> float:
        """Bytes."""
        seconds = self._now() - self._began
        return self.done / seconds if seconds > 0 else 0.0

    @property
    def seconds_left(self) -> float | None:
        speed = self.per_second
        return (self.total - self.done) / speed if speed > 0 else None

    def _work(self) -> None:
        from core.datasets.fetch import fetch

        try:
            lacking = self._lacking
            fetch(lacking.dataset, lacking.download, lacking.data_dir, progress=self._begin_file)
        except _Stopped:
            self.refusal = "stopped"
        except UserError as error:
            self.refusal = str(error)
        except Exception as error:  # a defect, but the screen must not wait for ever
            self.refusal = f"{type(error).__name__}: {error}"

    # What `core.datasets.fetch` asks for.

    def _begin_file(self, name: str) -> _File:
        if self._stop:
            raise _Stopped
        if name == self.file:  # of which another mirror had a part only
            self.done = self._before
        self.file, self._before = name, self.done
        return _File(self)

    def came(self, n: int) -> None:
        if self._stop:
            raise _Stopped
        self.done += n

    def expect(self, total: int | None) -> None:
        self._told = self._before + (total or 0)


class _File:
    """One file on its way from one mirror."""

    def __init__(self, downloader: Downloader) -> None:
        self._downloader = downloader

    def begin(self, total: int | None) -> None:
        self._downloader.expect(total)

    def update(self, n: int) -> None:
        self._downloader.came(n)

    def close(self) -> None:
        """The file is here, or is begun anew."""
