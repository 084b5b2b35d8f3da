"""Fetching datasets from servers that misbehave: the right line in time, nothing half left behind."""

from __future__ import annotations

import gzip
import hashlib
import os
import socket
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from types import ModuleType

import pytest

from core.datasets import DATASETS, Download
from core.datasets.fetch import download_of, fetch, missing_files
from core.errors import DataError

NAMES = [*DATASETS["mnist"].facts["download"].files]


@pytest.fixture
def files(fashion_dir: Path) -> dict[str, bytes]:
    """The small MNIST as a server has it."""
    raw = fashion_dir / "MNIST" / "raw"
    return {f"{name}.gz": gzip.compress((raw / name).read_bytes(), mtime=0) for name in NAMES}


@pytest.fixture
def small(files: dict[str, bytes]) -> Download:
    md5s = {name: hashlib.md5(files[f"{name}.gz"]).hexdigest() for name in NAMES}
    return Download(folder="MNIST/raw", files=md5s, mirrors=("http://127.0.0.1:9/",))


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NNTUI_OFFLINE", "NNTUI_MIRROR", "http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)


def left_behind(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*"))


def assert_complete(root: Path, fashion_dir: Path) -> None:
    assert left_behind(root) == ["MNIST", "MNIST/raw", *sorted(f"MNIST/raw/{name}" for name in NAMES)]
    for name in NAMES:
        assert (root / "MNIST/raw" / name).read_bytes() == (fashion_dir / "MNIST/raw" / name).read_bytes()


def test_success(
    server: ModuleType, small: Download, files: dict[str, bytes], tmp_path: Path, fashion_dir: Path
) -> None:
    root = tmp_path / "not" / "there" / "yet"
    with server.serving(files) as mirror:
        made = fetch("mnist", small, root, mirrors=[mirror.url])
        assert sorted(path.name for path in made) == sorted(NAMES)
        assert_complete(root, fashion_dir)
        asked = len(mirror.asked)
        assert fetch("mnist", small, root, mirrors=[mirror.url]) == []
        assert len(mirror.asked) == asked, "what is complete needs no network"


FAILURES = {
    "not_found": "404 Not Found",
    "silent": "no answer within 0.3 s",
    "stuck": "no answer within 0.3 s",
    "short": "broke off",
    "unmarked_short": "wrong hash",
    "wrong": "wrong hash",
    "dropped": "broke off",
    "dripping": "no answer within 0.3 s",
}


@pytest.mark.parametrize("failure", FAILURES)
def test_failures(server: ModuleType, failure: str, small: Download, files: dict[str, bytes], tmp_path: Path) -> None:
    root = tmp_path / "data"
    began = time.monotonic()
    with server.serving(files, getattr(server, failure)) as mirror:
        with pytest.raises(DataError) as error:
            fetch("mnist", small, root, mirrors=[mirror.url], timeout=0.3)
        assert time.monotonic() - began < 5
        message = str(error.value)
        assert FAILURES[failure] in message
        host = mirror.url.split("/")[2]
        for part in ("cannot fetch train-images-idx3-ubyte.gz of mnist", host, mirror.url, str(root / "MNIST/raw")):
            assert part in message
        assert "nntui run iris-net" in message
    assert left_behind(tmp_path) == []


@pytest.mark.parametrize("failure", FAILURES)
def test_the_second_mirror_helps(
    server: ModuleType, failure: str, small: Download, files: dict[str, bytes], tmp_path: Path, fashion_dir: Path
) -> None:
    with server.serving(files, getattr(server, failure)) as bad, server.serving(files) as good:
        fetch("mnist", small, tmp_path, mirrors=[bad.url, good.url], timeout=0.3)
        assert len(bad.asked) == 1, "a mirror that failed is not waited for again"
        assert len(good.asked) == 4
    assert_complete(tmp_path, fashion_dir)


@pytest.mark.parametrize(
    "url", ["not a url", "/some/folder", "ftp://127.0.0.1/", "http://[bad/", "http://", "http://h:99999/"]
)
def test_a_mirror_that_is_no_url(url: str, small: Download, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="not an http or https URL") as error:
        fetch("mnist", small, tmp_path / "data", mirrors=[url])
    assert url in str(error.value)
    assert left_behind(tmp_path) == []


def test_what_a_server_says_is_kept_short(
    server: ModuleType, small: Download, files: dict[str, bytes], tmp_path: Path
) -> None:
    def wordy(request: BaseHTTPRequestHandler, body: bytes) -> None:
        request.wfile.write(b"HTTP/1.1 503 " + b"so sorry " * 400 + b"\r\n\r\n")

    with server.serving(files, wordy) as mirror, pytest.raises(DataError, match="503 so sorry") as error:
        fetch("mnist", small, tmp_path, mirrors=[mirror.url])
    assert str(error.value).count("sorry") < 10


def test_a_server_that_sends_round_in_circles(
    server: ModuleType, small: Download, files: dict[str, bytes], tmp_path: Path
) -> None:
    def circle(request: BaseHTTPRequestHandler, body: bytes) -> None:
        request.send_response(302)
        request.send_header("Location", request.path)
        request.end_headers()

    with server.serving(files, circle) as mirror, pytest.raises(DataError, match="from one address to the next"):
        fetch("mnist", small, tmp_path, mirrors=[mirror.url])


def test_nobody_listens(small: Download, tmp_path: Path) -> None:
    with socket.socket() as taken:  # bound, but it does not listen
        taken.bind(("127.0.0.1", 0))
        urls = [f"http://127.0.0.1:{taken.getsockname()[1]}/a/", "http://no-such-host.invalid/b/"]
        with pytest.raises(DataError) as error:
            fetch("mnist", small, tmp_path, mirrors=urls, timeout=2)
    message = str(error.value)
    assert message.count("no connection") == 2
    assert all(url in message for url in urls)
    assert left_behind(tmp_path) == []


def test_what_was_fetched_before_a_failure_stays_whole(
    server: ModuleType, small: Download, files: dict[str, bytes], tmp_path: Path, fashion_dir: Path
) -> None:
    def only_the_first(request: object, body: bytes) -> None:
        (server.whole if body == files[f"{NAMES[0]}.gz"] else server.not_found)(request, body)

    with server.serving(files, only_the_first) as mirror, pytest.raises(DataError, match=NAMES[1]):
        fetch("mnist", small, tmp_path, mirrors=[mirror.url])
    assert left_behind(tmp_path) == ["MNIST", "MNIST/raw", f"MNIST/raw/{NAMES[0]}"]
    with server.serving(files) as mirror:
        fetch("mnist", small, tmp_path, mirrors=[mirror.url])
        assert [name for _time, name in mirror.asked] == [f"{name}.gz" for name in NAMES[1:]]
    assert_complete(tmp_path, fashion_dir)


def test_a_file_that_is_cut_short_is_fetched_again_and_whole_ones_are_left_alone(
    server: ModuleType, small: Download, files: dict[str, bytes], tmp_path: Path, fashion_dir: Path
) -> None:
    with server.serving(files) as mirror:
        fetch("mnist", small, tmp_path, mirrors=[mirror.url])
        cut = tmp_path / "MNIST/raw" / NAMES[2]
        cut.write_bytes(cut.read_bytes()[:-1])
        before = {name: (tmp_path / "MNIST/raw" / name).stat().st_mtime_ns for name in NAMES if name != NAMES[2]}
        assert missing_files(small, tmp_path) == [cut]
        fetch("mnist", small, tmp_path, mirrors=[mirror.url])
    assert {name: (tmp_path / "MNIST/raw" / name).stat().st_mtime_ns for name in before} == before
    assert_complete(tmp_path, fashion_dir)


def test_a_packed_file_that_lies_there_needs_no_network(
    small: Download, files: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NNTUI_OFFLINE", "1")
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for name, body in files.items():
        (raw / name).write_bytes(body)
    assert len(fetch("mnist", small, tmp_path)) == 4
    assert missing_files(small, tmp_path) == []
    (raw / NAMES[0]).unlink()
    (raw / f"{NAMES[0]}.gz").write_bytes(b"damaged")
    with pytest.raises(DataError, match="NNTUI_OFFLINE is set"):
        fetch("mnist", small, tmp_path)


def test_offline(small: Download, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NNTUI_OFFLINE", "1")
    root = tmp_path / "data"
    with pytest.raises(DataError) as error:
        fetch("mnist", small, root)
    for part in ("NNTUI_OFFLINE", small.mirrors[0], str(root / "MNIST/raw"), "nntui run iris-net"):
        assert part in str(error.value)
    assert left_behind(tmp_path) == []


def test_a_mirror_of_ones_own(
    server: ModuleType,
    small: Download,
    files: dict[str, bytes],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    fashion_dir: Path,
) -> None:
    with server.serving(files) as mirror:
        monkeypatch.setenv("NNTUI_MIRROR", mirror.url.rstrip("/"))
        fetch("mnist", small, tmp_path)
    assert_complete(tmp_path, fashion_dir)


def test_a_folder_that_cannot_be_written(
    server: ModuleType, small: Download, files: dict[str, bytes], tmp_path: Path
) -> None:
    (tmp_path / "MNIST").write_text("a file")
    with (
        server.serving(files) as mirror,
        pytest.raises(DataError, match=r"cannot write to .*; choose another .*--data-dir"),
    ):
        fetch("mnist", small, tmp_path, mirrors=[mirror.url])


def test_what_is_interrupted_leaves_nothing_half(
    server: ModuleType, small: Download, files: dict[str, bytes], tmp_path: Path
) -> None:
    class Interrupting:
        def begin(self, total: int | None) -> None: ...
        def close(self) -> None: ...
        def update(self, n: int) -> None:
            raise KeyboardInterrupt

    with server.serving(files) as mirror, pytest.raises(KeyboardInterrupt):
        fetch("mnist", small, tmp_path / "data", mirrors=[mirror.url], progress=lambda name: Interrupting())
    assert left_behind(tmp_path) == []


def test_progress_is_told(server: ModuleType, small: Download, files: dict[str, bytes], tmp_path: Path) -> None:
    class Bar:
        def __init__(self, name: str) -> None:
            self.name, self.total, self.done, self.closed = name, -1, 0, 0

        def begin(self, total: int | None) -> None:
            self.total = total or 0

        def update(self, n: int) -> None:
            self.done += n

        def close(self) -> None:
            self.closed += 1

    bars: list[Bar] = []

    def open_bar(name: str) -> Bar:
        bars.append(Bar(name))
        return bars[-1]

    with server.serving(files) as mirror:
        fetch("mnist", small, tmp_path, mirrors=[mirror.url], progress=open_bar)
    assert [(bar.name, bar.total, bar.done, bar.closed) for bar in bars] == [
        (f"{name}.gz", len(files[f"{name}.gz"]), len(files[f"{name}.gz"]), 1) for name in NAMES
    ]


@pytest.mark.parametrize("component", [c for c in DATASETS if "download" in c.facts], ids=lambda c: c.name)
def test_what_can_be_fetched_is_declared_whole(component: object) -> None:
    download = download_of(component)  # type: ignore[arg-type]
    assert download is not None
    assert download.paths == component.facts["files"]  # type: ignore[attr-defined]
    assert all(len(md5) == 32 for md5 in download.files.values())
    assert len(download.mirrors) >= 2
    assert all(url.startswith("http") and url.endswith("/") for url in download.mirrors)
    encrypted = [url.startswith("https:") for url in download.mirrors]
    assert encrypted == sorted(encrypted, reverse=True), "https first"


def test_what_a_killed_process_left_is_removed_after_a_day(
    server: ModuleType, small: Download, files: dict[str, bytes], tmp_path: Path
) -> None:
    raw = tmp_path / "MNIST" / "raw"
    for name, age in ((".fetch-old", 2 * 86400), (".fetch-new", 60)):
        (raw / name).mkdir(parents=True)
        (raw / name / "half.gz").write_bytes(b"?")
        os.utime(raw / name, (time.time() - age,) * 2)
    with server.serving(files) as mirror:
        fetch("mnist", small, tmp_path, mirrors=[mirror.url])
    assert sorted(path.name for path in raw.iterdir()) == [".fetch-new", *sorted(NAMES)]
