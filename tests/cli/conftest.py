"""Starting `nntui` as its users do: as a child process, and, where a process of its own adds nothing, in this one."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import pytest

HANDLED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass
class Result:
    """How a command ended."""

    code: int
    out: str
    err: str

    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]

    def json(self) -> Any:
        """What a command with --json printed, alone on stdout."""
        assert (self.code, self.err) == (0, ""), (self.code, self.err)
        return json.loads(self.out)

    def refused(self) -> str:
        """The one line of a command that was refused: exit 2, nothing on stdout, no traceback."""
        assert "Traceback" not in self.err, self.err
        assert self.code == 2, (self.code, self.out, self.err)
        assert self.out == ""
        assert self.err.count("\n") == 1
        assert self.err.endswith("\n")
        assert self.err.startswith("nntui: ")
        return self.err


@dataclass
class Cli:
    """The command, started in `cwd` (the folder where ./saved_models would appear)."""

    cwd: Path
    env: dict[str, str] = field(default_factory=dict)
    """Set on top of an environment without any of nntui's or Python's own variables."""

    def at(self, cwd: Path, **env: str) -> Cli:
        cwd.mkdir(parents=True, exist_ok=True)
        return Cli(cwd, {**self.env, **env})

    @property
    def saved(self) -> Path:
        return self.cwd / "saved_models"

    def environment(self) -> dict[str, str]:
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("NNTUI_", "PYTHON", "LC_")) or name == "PYTHONDONTWRITEBYTECODE"
        }
        return {
            **kept,
            "XDG_CACHE_HOME": str(self.cwd / "no-cache"),
            "XDG_CONFIG_HOME": str(self.cwd / "no-config"),
            "CUDA_VISIBLE_DEVICES": "",
            "OMP_NUM_THREADS": "1",
            **self.env,
        }

    def spawn(self, *arguments: str, ignore: tuple[signal.Signals, ...] = (), **options: Any) -> subprocess.Popen[str]:
        """A child whose signals are as a terminal's shell leaves them, whatever this process inherited."""
        settings: dict[str, Any] = {
            "stdin": subprocess.DEVNULL,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
            "text": True,
            "encoding": "utf-8",
            "cwd": self.cwd,
            "env": self.environment(),
            **options,
        }

        def dispositions() -> None:
            for number in HANDLED:
                signal.signal(number, signal.SIG_IGN if number in ignore else signal.SIG_DFL)

        return subprocess.Popen(
            [sys.executable, "-P", "-m", "tui.cli", *arguments], preexec_fn=dispositions, **settings
        )

    def launch(self, *arguments: str, timeout: float = 120, **options: Any) -> Result:
        """Run a child to its end."""
        return finish(self.spawn(*arguments, **options), timeout)

    def call(self, *arguments: str, **streams: TextIO | None) -> Result:
        """`run()` in this process: no torch to import again. `stdout=…` in place of the one that is read back."""
        from tui.cli import __main__

        out, err = _pipe(), _pipe()
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(self.cwd)
            for name in list(os.environ):
                if name.startswith("NNTUI_"):
                    patch.delenv(name)
            patch.setenv("XDG_CACHE_HOME", str(self.cwd / "no-cache"))
            patch.setenv("XDG_CONFIG_HOME", str(self.cwd / "no-config"))
            for name, value in self.env.items():
                patch.setenv(name, value)
            patch.setattr(sys, "argv", ["nntui", *arguments])
            with contextlib.redirect_stdout(streams.get("stdout", out)), contextlib.redirect_stderr(err):
                before = {number: signal.getsignal(number) for number in HANDLED}
                try:
                    code = _exit_code(__main__.run)
                finally:  # a process of its own would be over
                    for number, handler in before.items():
                        signal.signal(number, handler)
        return Result(code, _text(out), _text(err))

    def runs(self, *options: str) -> list[dict[str, Any]]:
        """What `nntui runs --json` tells."""
        result = self.call("runs", "--json", *options)
        assert result.code == 0
        found: list[dict[str, Any]] = json.loads(result.out)
        return found

    @property
    def only_run(self) -> Path:
        """The folder of the one run there is."""
        (path,) = self.saved.iterdir()
        return path


def _exit_code(main: Callable[[], None]) -> int:
    """What the interpreter makes of a program's end: an exception is a traceback on stderr and exit 1."""
    try:
        main()
    except SystemExit as end:
        return int(end.code or 0)
    except Exception:
        traceback.print_exc(limit=-3, file=sys.stderr)
        return 1
    return 0


def _pipe() -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="", write_through=True)


def _text(stream: io.TextIOWrapper) -> str:
    stream.flush()
    buffer = stream.buffer
    assert isinstance(buffer, io.BytesIO)
    return buffer.getvalue().decode("utf-8")


def finish(child: subprocess.Popen[str], timeout: float = 120) -> Result:
    """Wait for a child; the exit code as a shell shows it."""
    try:
        out, err = child.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        child.kill()
        child.communicate()
        raise
    code = child.returncode
    return Result(code if code >= 0 else 128 - code, out or "", err or "")


def wait_until(condition: Callable[[], Any], child: subprocess.Popen[str], timeout: float = 60) -> Any:
    """The first true value of `condition`, asked every 10 ms for as long as the child lives."""
    deadline = time.monotonic() + timeout
    while True:
        alive = child.poll() is None
        if value := condition():
            return value
        if not alive or time.monotonic() > deadline:
            child.kill()
            out, err = child.communicate()
            raise AssertionError(f"waited in vain; exit {child.returncode}, stdout {out!r}, stderr {err!r}")
        time.sleep(0.01)


def read_log(run: Path) -> list[dict[str, Any]]:
    """The whole lines of a run's events.jsonl."""
    path = run / "events.jsonl"
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_bytes().split(b"\n")[:-1]]


def last_event(root: Path, *types: str) -> dict[str, Any]:
    """The last event (of these types) in the log of the one run in `root`, an empty one before there is any.

    Asked often while the run goes on: decodes no more than it has to.
    """
    for path in root.glob("*/events.jsonl"):
        for line in reversed(path.read_bytes().split(b"\n")[:-1]):
            if not types or any(b'"type": "%b"' % name.encode() in line for name in types):
                event: dict[str, Any] = json.loads(line)
                return event
    return {}


def last_step(root: Path) -> int:
    """The last step in the log of the one run in `root`; 0 before there is any."""
    event = last_event(root, "StepsEnded")
    return event["first_step"] + len(event["losses"]) - 1 if event else 0


def folded_losses(events: list[dict[str, Any]]) -> list[float]:
    """Every batch loss by step, what a resume threw away left out."""
    losses: list[float] = []
    for event in events:
        if event["type"] == "RunResumed":
            losses = losses[: event["step"]]
        if event["type"] == "StepsEnded":
            assert event["first_step"] == len(losses) + 1
            losses += [float(loss) for loss in event["losses"]]
    return losses


def weights(run: Path) -> dict[str, Any]:
    import torch

    loaded: dict[str, Any] = torch.load(run / "model.pt", weights_only=True)
    return loaded


def same_weights(one: Path, other: Path) -> bool:
    import torch

    a, b = weights(one), weights(other)
    return list(a) == list(b) and all(torch.equal(a[name], b[name]) for name in a)


@dataclass(frozen=True)
class Tools:
    """The helpers above, for tests: conftest cannot be imported."""

    finish = staticmethod(finish)
    wait_until = staticmethod(wait_until)
    read_log = staticmethod(read_log)
    last_event = staticmethod(last_event)
    last_step = staticmethod(last_step)
    folded_losses = staticmethod(folded_losses)
    weights = staticmethod(weights)
    same_weights = staticmethod(same_weights)

    @staticmethod
    def events(text: str | bytes) -> list[dict[str, Any]]:
        return [json.loads(line) for line in text.splitlines()]

    @staticmethod
    def together(*jobs: Callable[[], Any]) -> list[Any]:
        """Do the jobs at once: children of two spend most of their time importing torch on one core each."""
        with ThreadPoolExecutor(3) as pool:
            return [job.result() for job in [pool.submit(job) for job in jobs]]


@pytest.fixture(scope="session")
def tools() -> Tools:
    return Tools()


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    return Cli(tmp_path)


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Cli:
    """For runs that several tests look at and none changes, each in a folder of its own there (`shared.at`)."""
    return Cli(tmp_path_factory.mktemp("shared"))


def write_idx(path: Path, array: np.ndarray) -> None:
    """An IDX file of bytes: magic 0, 0, 8, dimensions; sizes as big-endian 32 bits; the bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    header = bytes([0, 0, 8, array.ndim]) + b"".join(n.to_bytes(4, "big") for n in array.shape)
    path.write_bytes(header + array.astype(np.uint8).tobytes())


@pytest.fixture(scope="session")
def fashion_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small FashionMNIST: noisy pictures of ten patterns, in torchvision's layout.

    6,437 to train on: the 101st batch of 64 is the last one and holds 37, for which the document prints
    `[ 3700/ 6437]`. Its 700 test pictures are no multiple of 64 either.
    """
    random = np.random.default_rng(20)
    patterns = random.integers(0, 256, (10, 28, 28))
    root = tmp_path_factory.mktemp("small-fashion")
    for kind, n in (("train", 6437), ("t10k", 700)):
        labels = random.integers(0, 10, n)
        pictures = 0.8 * patterns[labels] + 0.2 * random.integers(0, 256, (n, 28, 28))
        write_idx(root / "FashionMNIST" / "raw" / f"{kind}-images-idx3-ubyte", pictures)
        write_idx(root / "FashionMNIST" / "raw" / f"{kind}-labels-idx1-ubyte", labels)
    return root


@pytest.fixture
def idx_writer() -> Callable[[Path, np.ndarray], None]:
    return write_idx


@pytest.fixture(scope="session")
def real_fashion_data() -> Path:
    folder = os.environ.get("NNTUI_DATA_DIR")
    if not folder or not (Path(folder) / "FashionMNIST" / "raw" / "train-images-idx3-ubyte").is_file():
        pytest.skip("the real FashionMNIST is not in $NNTUI_DATA_DIR")
    return Path(folder).absolute()


@dataclass(frozen=True)
class Finished:
    """A run that a child did: what it printed, and where it lies."""

    cli: Cli
    result: Result
    path: Path

    @property
    def log(self) -> list[dict[str, Any]]:
        return read_log(self.path)


@pytest.fixture(scope="session")
def iris(shared: Cli) -> Iterator[Finished]:
    """`nntui run iris-net --json --seed 7 --csv epochs.csv`, whole. Look, do not touch."""
    here = shared.at(shared.cwd / "iris")
    result = here.launch("run", "iris-net", "--json", "--seed", "7", "--device", "cpu", "--csv", "epochs.csv")
    yield Finished(here, result, here.only_run)
    assert len(list(here.saved.iterdir())) == 1, "a test changed the shared run's folder"
