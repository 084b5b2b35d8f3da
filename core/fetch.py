"""Fetch the files of a dataset: over several mirrors, checked by hash, in place only when they are whole."""

from __future__ import annotations

import contextlib
import gzip
import os
import shutil
import tempfile
import time
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from core.datasets.base import Download
from core.datasets.idx import is_complete
from core.errors import DataError
from core.files import is_file, write_atomically
from core.registry import Component

TIMEOUT = 20.0
"""Seconds without a byte until the next mirror is tried."""
SLOWEST = 1024.0
"""Bytes a second, over the first minute and from then on, below which a mirror counts as dead."""


class Progress(Protocol):
    """What pooch asks of a progress bar; a call may raise to end the download."""

    total: int

    def update(self, n: int) -> object: ...
    def reset(self) -> object: ...
    def close(self) -> object: ...


OpenProgress = Callable[[str], Progress]
"""Called with the name of each file that is fetched."""


def download_of(component: Component) -> Download | None:
    """What can be fetched for a dataset."""
    download: Download | None = component.facts.get("download")
    return download


def missing_files(download: Download, data_dir: Path) -> list[Path]:
    """Those that are not there, or not whole."""
    return [path for name in download.paths if not is_complete(path := data_dir / name)]


def fetch(
    dataset: str,
    download: Download,
    data_dir: Path,
    *,
    progress: OpenProgress | None = None,
    mirrors: Sequence[str] | None = None,
    timeout: float = TIMEOUT,
) -> list[Path]:
    """Fetch what is missing of `download` into `data_dir` and return those paths. Files that are whole are left alone.

    A `.gz` that already lies there with the right hash is unpacked without the network. `mirrors`: instead of the
    dataset's own, else `$NNTUI_MIRROR`. Raises DataError; whatever ends it, no half file is left behind.
    """
    folder = data_dir / download.folder
    own = os.environ.get("NNTUI_MIRROR")
    urls = list(mirrors if mirrors is not None else [own] if own else download.mirrors)
    wanted = missing_files(download, data_dir)
    made: list[Path] = []
    try:
        made = _make(folder)
        with tempfile.TemporaryDirectory(prefix=".fetch-", dir=folder) as scratch:
            for path in wanted:
                source = _get(dataset, path, download.files[path.name], urls, Path(scratch), progress, timeout)
                _unpack(source, path)
    except (OSError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"cannot write to {folder}: {reason}; choose another folder with --data-dir") from None
    finally:
        for each in reversed(made):
            with contextlib.suppress(OSError):  # not empty: something was fetched
                each.rmdir()
    return wanted


def _make(folder: Path) -> list[Path]:
    """Make a folder and those above it; returns those that were not there, from the top. Raises OSError."""
    absent = [each for each in (folder, *folder.parents) if not os.path.exists(each)]  # noqa: PTH110  (may raise)
    folder.mkdir(parents=True, exist_ok=True)
    return absent[::-1]


def _get(
    dataset: str,
    path: Path,
    md5: str,
    mirrors: list[str],
    scratch: Path,
    progress: OpenProgress | None,
    timeout: float,
) -> Path:
    """The gzipped file, its hash checked: from beside `path`, else from the first mirror that has it.

    A mirror that fails goes to the end of the list, for the files to come.
    """
    import pooch

    name = f"{path.name}.gz"
    beside = path.with_name(name)
    if is_file(beside) and pooch.file_hash(str(beside), alg="md5") == md5:
        return beside
    by_hand = f"put {name} from {' or '.join(mirrors)} into {path.parent}"
    if os.environ.get("NNTUI_OFFLINE", "0") not in ("", "0"):
        raise DataError(f"NNTUI_OFFLINE is set: {by_hand}, or train without files: nntui run iris-net")
    reasons = []
    for mirror in list(mirrors):
        reason = _try(mirror.rstrip("/") + "/" + name, md5, scratch / name, progress, timeout)
        if not reason:
            return scratch / name
        reasons.append(f"{urlsplit(mirror).netloc or mirror}: {reason}")
        mirrors.remove(mirror)
        mirrors.append(mirror)
    raise DataError(
        f"cannot fetch {name} of {dataset} ({'; '.join(reasons)}); try again later, {by_hand}, "
        "or train without files: nntui run iris-net"
    )


def _try(url: str, md5: str, target: Path, progress: OpenProgress | None, timeout: float) -> str:
    """Download one file and return why not, or an empty string. Raises OSError when it cannot be written."""
    import pooch
    import requests

    pooch.get_logger().setLevel("ERROR")
    watch = _Watch(progress(target.name) if progress else None, timeout)
    downloader = pooch.HTTPDownloader(
        progressbar=watch,
        chunk_size=1 << 14,
        timeout=timeout,
        headers={"Accept-Encoding": "identity"},  # else some servers' .gz arrives unpacked, with another hash
    )
    try:
        pooch.retrieve(url, known_hash=f"md5:{md5}", fname=target.name, path=target.parent, downloader=downloader)
    except requests.HTTPError as error:
        answer = error.response
        return f"{answer.status_code} {answer.reason}".strip() if answer is not None else "refused"
    except (requests.Timeout, TimeoutError):
        return f"no answer within {timeout:g} s"
    except requests.ConnectionError as error:
        return f"no answer within {timeout:g} s" if "timed out" in str(error).lower() else "no connection"
    except requests.exceptions.ChunkedEncodingError:
        return "the connection broke off"
    except requests.RequestException as error:
        return f"{type(error).__name__}"
    except ValueError:  # pooch's word for another hash
        return "another file than expected (wrong hash)"
    finally:
        watch.end()
    return ""


class _Watch:
    """Passes progress on, and gives up a mirror that only drips."""

    def __init__(self, inner: Progress | None, timeout: float) -> None:
        self._inner = inner
        self._timeout = timeout
        self._began = time.monotonic()
        self._bytes = 0
        self._total = 0

    @property
    def total(self) -> int:
        return self._total

    @total.setter
    def total(self, total: int) -> None:
        self._total = total
        if self._inner is not None:
            self._inner.total = total

    def update(self, n: int) -> None:
        self._bytes += n
        seconds = time.monotonic() - self._began
        if seconds > 3 * self._timeout and self._bytes < SLOWEST * seconds:
            raise TimeoutError
        if self._inner is not None:
            self._inner.update(n)

    def reset(self) -> None:
        if self._inner is not None:
            self._inner.reset()

    def close(self) -> None:
        """pooch's last word on a file that is whole; `end` comes in any case."""

    def end(self) -> None:
        if self._inner is not None:
            self._inner.close()


def _unpack(source: Path, target: Path) -> None:
    """Raises OSError, also for what is no gzip file."""
    with gzip.open(source, "rb") as packed:
        write_atomically(target, lambda file: shutil.copyfileobj(packed, file))
