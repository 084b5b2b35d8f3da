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

from core.components.registry import Component
from core.datasets.base import Download
from core.datasets.mnist import is_complete
from core.errors import DataError
from core.system.files import is_file, write_atomically

TIMEOUT = 20.0
"""Seconds without a byte until the next mirror is tried."""
SLOWEST = 1024.0
"""Bytes a second, once three timeouts have passed, below which a mirror counts as dead."""


class Progress(Protocol):
    """Told how a download goes on; a call may raise to end it."""

    def begin(self, total: int | None) -> object:
        """Bytes to come, where the server says how many."""

    def update(self, n: int) -> object:
        """So many bytes more have come."""

    def close(self) -> object:
        """It is over, well or not."""


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
        packed = {path: _beside(path, download.files[path.name]) for path in wanted}
        absent = [f"{path.name}.gz" for path, source in packed.items() if source is None]
        by_hand = f"put {', '.join(absent)} from {' or '.join(urls)} into {folder}"
        if absent and os.environ.get("NNTUI_OFFLINE", "0") not in ("", "0"):
            raise DataError(f"NNTUI_OFFLINE is set: {by_hand}, or train without files: nntui run iris-net")
        made = _make(folder)
        _clear(folder)
        with tempfile.TemporaryDirectory(prefix=".fetch-", dir=folder) as scratch:
            for path, beside in packed.items():
                source = beside or Path(scratch) / f"{path.name}.gz"
                if beside is None:
                    reasons = _get(source, download.files[path.name], urls, progress, timeout)
                    if reasons:
                        raise DataError(
                            f"cannot fetch {source.name} of {dataset} ({'; '.join(reasons)}); try again later, "
                            f"{by_hand}, or train without files: nntui run iris-net"
                        )
                _unpack(source, path)
    except (OSError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"cannot write to {folder}: {reason}; choose another folder with --data-dir") from None
    finally:
        for each in reversed(made):
            with contextlib.suppress(OSError):  # not empty: something was fetched
                each.rmdir()
    return wanted


def _clear(folder: Path) -> None:
    """Remove what a process that was killed has left here: a day is more than any download takes."""
    for each in folder.glob(".fetch-*"):
        if time.time() - each.stat().st_mtime > 86400:
            shutil.rmtree(each, ignore_errors=True)


def _make(folder: Path) -> list[Path]:
    """Make a folder and those above it; returns those that were not there, from the top. Raises OSError."""
    absent = [each for each in (folder, *folder.parents) if not os.path.exists(each)]  # noqa: PTH110  (may raise)
    folder.mkdir(parents=True, exist_ok=True)
    return absent[::-1]


def _beside(path: Path, md5: str) -> Path | None:
    """The gzipped file beside `path`, if it is there with the right hash. Raises OSError."""
    import pooch

    packed = path.with_name(f"{path.name}.gz")
    return packed if is_file(packed) and pooch.file_hash(str(packed), alg="md5") == md5 else None


def _get(target: Path, md5: str, mirrors: list[str], progress: OpenProgress | None, timeout: float) -> list[str]:
    """Fetch the gzipped file `target`, its hash checked, from the first mirror that has it.

    Returns why none has it: nothing where all went well. A mirror that fails goes to the end of the list, for the files
    to come.
    """
    reasons = []
    for mirror in list(mirrors):
        reason = _try(mirror.rstrip("/") + "/" + target.name, md5, target, progress, timeout)
        if not reason:
            return []
        reasons.append(f"{_host(mirror)}: {reason}")
        mirrors.remove(mirror)
        mirrors.append(mirror)
    return reasons


def _host(url: str) -> str:
    try:
        return urlsplit(url).netloc or url
    except ValueError:  # brackets that are no IPv6 address
        return url


def _try(url: str, md5: str, target: Path, progress: OpenProgress | None, timeout: float) -> str:
    """Download one file and return why not, or an empty string. Raises OSError when it cannot be written."""
    import pooch
    import requests

    pooch.get_logger().setLevel("ERROR")
    bar = progress(target.name) if progress else None
    try:
        pooch.retrieve(
            url,
            known_hash=f"md5:{md5}",
            fname=target.name,
            path=target.parent,
            downloader=lambda url, path, _pooch: _download(url, path, bar, timeout),
        )
    except requests.HTTPError as error:
        answer = error.response
        return f"{answer.status_code} {answer.reason}".strip()[:60] if answer is not None else "refused"
    except (requests.Timeout, TimeoutError):
        return f"no answer within {timeout:g} s"
    except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError):
        return "no connection"
    except requests.TooManyRedirects:
        return "sends from one address to the next"
    except requests.RequestException as error:
        return "not an http or https URL" if isinstance(error, ValueError) else type(error).__name__
    except EOFError:
        return "the connection broke off"
    except ValueError:  # pooch's word for another hash
        return "another file than expected (wrong hash)"
    finally:
        if bar is not None:
            bar.close()
    return ""


def _download(url: str, path: str, bar: Progress | None, timeout: float) -> None:
    """pooch's own downloader reads in whole chunks: a server that drips a byte now and then would hold it for ever.

    Raises requests.RequestException, TimeoutError, EOFError when the connection breaks off.
    """
    import requests
    import urllib3

    began, done = time.monotonic(), 0
    headers = {"Accept-Encoding": "identity"}  # else some servers' .gz arrives unpacked, with another hash
    with requests.get(url, stream=True, timeout=timeout, headers=headers) as answer, open(path, "wb") as file:  # noqa: PTH123
        answer.raise_for_status()
        length = answer.headers.get("Content-Length", "")
        total = int(length) if length.isdecimal() else None
        if bar is not None:
            bar.begin(total)
        while True:
            try:
                some = answer.raw.read1(1 << 16, decode_content=False)
            except urllib3.exceptions.TimeoutError:
                raise TimeoutError from None
            except urllib3.exceptions.HTTPError:
                raise EOFError from None
            if not some:
                break
            file.write(some)
            done += len(some)
            if bar is not None:
                bar.update(len(some))
            seconds = time.monotonic() - began
            if seconds > 3 * timeout and done < SLOWEST * seconds:
                raise TimeoutError
    if total is not None and done < total:
        raise EOFError


def _unpack(source: Path, target: Path) -> None:
    """Raises OSError, also for what is no gzip file."""
    with gzip.open(source, "rb") as packed:
        write_atomically(target, lambda file: shutil.copyfileobj(packed, file))
