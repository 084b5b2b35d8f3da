"""`make bench`: what nntui costs on top of a hand-written loop, measured side by side.

Each ratio is the median of alternating pairs A B A B … on this machine, with its smallest and largest pair. Uses the
real FashionMNIST where NNTUI_DATA_DIR points at it, else random pictures of the same size.
"""

from __future__ import annotations

import fcntl
import importlib.util
import json
import math
import os
import pty
import re
import select
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import ModuleType

PAIRS = 7
PARAMETERS = {"fashion-mlp": b"669,706", "iris-net": b"403"}
"""What the start screen shows of a preset as soon as PyTorch has loaded."""
EPOCHS = 3
HERE = Path(__file__)


def _beside(name: str) -> ModuleType:
    """A script of this folder, which must not be on the path: its folders are called as our packages."""
    spec = importlib.util.spec_from_file_location(name, HERE.with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


bench_search = _beside("bench_search")
bench_two_layer = _beside("bench_two_layer")
bench_table = _beside("bench_table")
bench_training = _beside("bench_training")
bench_process = _beside("bench_process")
bench_runs = _beside("bench_runs")


# The sides, each in a process of its own: `bench.py headless`, `bench.py screen`.


def screen(preset: str, epochs: int, *, low_bandwidth: bool = False) -> None:
    """The app on a terminal, with one preset of so many epochs as its only experiment."""
    from core import presets
    from tui.app import open_screens
    from tui.system import responsive

    responsive.before_torch()  # as `nntui` does

    folder = Path(tempfile.mkdtemp())
    text = re.sub(r"(?m)^epochs = .*", f"epochs = {epochs}", (presets.FOLDER / f"{preset}.toml").read_text())
    (folder / f"{preset}.toml").write_text(text)
    presets.FOLDER = folder
    sys.exit(open_screens(low_bandwidth=low_bandwidth))


def headless(preset: str, epochs: int, models: Path) -> float:
    """Seconds of a run without a screen, log printed, as its own events date it."""
    from tui.system import responsive

    responsive.before_torch()  # as `nntui run` does
    from core.events.events import Event
    from core.experiment import resolve
    from core.logs.documents import open_log
    from core.sessions import network

    chosen = resolve.load(preset, [("epochs", str(epochs))]).with_data_dir(None)
    log = open_log(chosen.log)

    def show(event: Event) -> None:
        for line in log.lines(event):
            print(line, file=sys.stderr)

    opened = network.start(chosen, models, recorders=[show])
    return opened.run.execute().t


def bare_app() -> None:
    from textual.app import App, ComposeResult
    from textual.widgets import Static

    class Bare(App[None]):
        def compose(self) -> ComposeResult:
            yield Static("Experiments")

    Bare().run()


# Measuring.


class Terminal:
    """A child on a pseudo-terminal whose output is read as fast as it comes."""

    def __init__(self, command: list[str], env: dict[str, str]) -> None:
        self.output = b""
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            os.execve(command[0], command, {**os.environ, **env, "TERM": "xterm-256color"})
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))

    def read_for(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        self.read_until(lambda: time.monotonic() > deadline)

    def read_until(self, condition: Callable[[], bool], seconds: float = 120) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                raise TimeoutError(self.output[-500:])
            if select.select([self._fd], [], [], 0.05)[0]:
                self.output += os.read(self._fd, 65536)

    def type(self, keys: bytes) -> None:
        os.write(self._fd, keys)

    def end(self) -> None:
        os.kill(self.pid, 9)
        os.waitpid(self.pid, 0)
        os.close(self._fd)


def child(side: str, models: Path, *more: str) -> float:
    command = [sys.executable, "-P", str(HERE), side, str(models), *more]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    return float(output)


def open_and_train(preset: str, epochs: int, models: Path, *, low_bandwidth: bool = False) -> Terminal:
    """The app on a terminal of 120×40, just told to train; PyTorch had been loaded before."""
    options = ["low-bandwidth"] if low_bandwidth else []
    command = [sys.executable, "-P", str(HERE), "screen", preset, str(epochs), *options]
    terminal = Terminal(command, {"NNTUI_MODELS_DIR": str(models)})
    terminal.read_until(lambda: PARAMETERS[preset] in terminal.output)
    terminal.type(b"\r")
    return terminal


def on_screen(models: Path, preset: str = "fashion-mlp", epochs: int = EPOCHS) -> float:
    """Seconds from the first step to the end of the last epoch with the app in view, as its log dates them."""
    before = set(models.glob("*"))
    terminal = open_and_train(preset, epochs, models)

    asked = 0.0

    def ended() -> bool:  # looks seldom and reads little: it runs on the same two cores
        nonlocal asked
        if time.monotonic() - asked < 0.5:
            return False
        asked = time.monotonic()
        for log in (folder / "events.jsonl" for folder in set(models.glob("*")) - before):
            if log.exists():
                with log.open("rb") as file:
                    file.seek(max(0, log.stat().st_size - 300))
                    return b'"RunEnded"' in file.read()
        return False

    terminal.read_until(ended)
    terminal.end()
    (folder,) = set(models.glob("*")) - before
    lines = (folder / "events.jsonl").read_text().splitlines()
    return float(json.loads(lines[-1])["t"]) - float(json.loads(lines[0])["t"])


def first_paint(command: list[str], models: Path) -> float:
    """Seconds from the start of the process to its first painted screen."""
    began = time.perf_counter()
    terminal = Terminal(command, {"NNTUI_MODELS_DIR": str(models)})
    terminal.read_until(lambda: b"Experiments" in terminal.output)
    seconds = time.perf_counter() - began
    terminal.end()
    return seconds


def trained_a_while(models: Path, *, low_bandwidth: bool = False) -> Terminal:
    """`fashion-mlp` in the middle of its first epochs, both plots in view."""
    terminal = open_and_train("fashion-mlp", 100, models, low_bandwidth=low_bandwidth)
    terminal.read_for(12)
    return terminal


def bytes_per_second(terminal: Terminal, seconds: float = 20) -> float:
    before = len(terminal.output)
    terminal.read_for(seconds)
    return (len(terminal.output) - before) / seconds


def screen_share(terminal: Terminal, seconds: float = 10) -> float:
    """Share of a core that the thread of the screen takes."""

    def used() -> float:
        fields = Path(f"/proc/{terminal.pid}/task/{terminal.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    before = used()
    terminal.read_for(seconds)
    return (used() - before) / seconds


def key_to_screen(terminal: Terminal, times: int = 40) -> list[float]:
    """Milliseconds from a key to the first byte of the plot that it changes: y, the logarithmic axis, on and off."""
    found = []
    for i in range(2 * times):
        terminal.read_for(0.15 + 0.1 * (i % 7) / 7)  # not in step with the frames
        start, began = len(terminal.output), time.perf_counter()
        terminal.type(b"y")
        if i % 2:
            continue
        terminal.read_until(lambda: terminal.output.find(b"(log)", start) >= 0)  # noqa: B023  (called before the next)
        found.append(1000 * (time.perf_counter() - began))
    return sorted(found)


def steer(models: Path) -> None:
    """What a person at the other end of a link notices."""
    terminal = trained_a_while(models)
    delays = key_to_screen(terminal)
    at_95 = delays[math.ceil(0.95 * len(delays)) - 1]
    figure("key to changed screen while it trains, 95th percentile", at_95, "ms", 60)
    figure("bytes to the terminal at 120×40, both plots in view", bytes_per_second(terminal) / 1e3, "KB/s", 20)
    figure("the thread of the screen, of one core", 100 * screen_share(terminal), "%", 8)
    terminal.type(b" ")
    terminal.read_for(3)
    figure("bytes while it is paused", bytes_per_second(terminal, 5), "B/s", 0)
    terminal.end()
    terminal = trained_a_while(models, low_bandwidth=True)
    figure("bytes with --low-bandwidth", bytes_per_second(terminal) / 1e3, "KB/s", 3)
    terminal.end()


MISSED: list[str] = []
"""What was beyond its limit."""


def figure(name: str, found: float, unit: str, most: float) -> None:
    print(f"{name:58} {f'{found:.3g} {unit}':>11}  at most {most:g} {unit}", flush=True)
    if found > most:
        MISSED.append(name)


def compare(name: str, target: float, a: Callable[[], float], b: Callable[[], float]) -> None:
    a(), b()  # warm the disk cache
    pairs = [(a(), b()) for _ in range(PAIRS)]
    ratios = sorted(x / y for x, y in pairs)
    if statistics.median(ratios) > target:
        MISSED.append(name)
    print(
        f"{name:58} {statistics.median(ratios):5.2f} ×  ({ratios[0]:.2f}-{ratios[-1]:.2f})  at most {target:.2f}"
        f"   {statistics.median(x for x, _ in pairs):.2f} s : {statistics.median(y for _, y in pairs):.2f} s",
        flush=True,
    )


def random_pictures(folder: Path) -> None:
    import numpy as np

    raw = folder / "FashionMNIST" / "raw"
    raw.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for name, n in (("train", 60000), ("t10k", 10000)):
        pixels, labels = rng.integers(0, 256, (n, 28, 28), np.uint8), rng.integers(0, 10, n, np.uint8)
        (raw / f"{name}-images-idx3-ubyte").write_bytes(struct.pack(">4I", 0x803, n, 28, 28) + pixels.tobytes())
        (raw / f"{name}-labels-idx1-ubyte").write_bytes(struct.pack(">2I", 0x801, n) + labels.tobytes())
    (folder / "MNIST").symlink_to(folder / "FashionMNIST")


def main(*, quick: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        models = Path(folder) / "models"
        models.mkdir()
        if "NNTUI_DATA_DIR" not in os.environ:
            random_pictures(Path(folder))
            os.environ["NNTUI_DATA_DIR"] = folder
        print(f"median of {PAIRS} alternating pairs (smallest-largest pair); then the medians of both sides")
        nntui = [str(Path(sys.executable).parent / "nntui")]
        bare = [sys.executable, "-P", str(HERE), "bare"]
        compare(
            "first painted screen, against a bare Textual app",
            2.0,
            lambda: first_paint(nntui, models),
            lambda: first_paint(bare, models),
        )
        if quick:
            MISSED.extend(bench_training.rows(("iris-net",), 3, ("document",)))
            MISSED.extend(bench_training.rows(("fashion-mlp",), 3, ("loop",)))
            MISSED.extend(bench_process.start(3))
            return
        MISSED.extend(bench_training.rows())
        MISSED.extend(bench_process.rows(bench_training, partial(child, "document-search", models)))
        for preset, epochs, most in (("fashion-mlp", EPOCHS, 1.10), ("iris-net", 1000, 1.10)):
            compare(
                f"{preset}, {epochs} epochs, screen at 120×40 against headless",
                most,
                partial(on_screen, models, preset, epochs),
                partial(child, "headless", models, preset, str(epochs)),
            )
        steer(models)
        bench_runs.rows(Terminal, figure, Path(folder))
        MISSED.extend(bench_search.searches(child, models))
        MISSED.extend(bench_two_layer.two_layer(child, models))
        MISSED.extend(bench_table.table(models))


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["headless", path, preset, epochs]:
            print(headless(preset, int(epochs), Path(path)))
        case ["screen", preset, epochs, *options]:
            screen(preset, int(epochs), low_bandwidth=bool(options))
        case ["steer"]:
            with tempfile.TemporaryDirectory() as models:
                steer(Path(models))
        case ["document-search", _]:
            print(bench_search.document())
        case ["search", path, repeats]:
            print(bench_search.ours(Path(path), int(repeats)))
        case ["search"]:
            with tempfile.TemporaryDirectory() as models:
                sys.exit("; ".join(bench_search.searches(child, Path(models))) or None)
        case ["two-layer", path, gradient]:
            print(bench_two_layer.train(Path(path), gradient))
        case ["two-layer"]:
            with tempfile.TemporaryDirectory() as models:
                sys.exit("; ".join(bench_two_layer.two_layer(child, Path(models))) or None)
        case ["runs"]:
            with tempfile.TemporaryDirectory() as models:
                bench_runs.rows(Terminal, figure, Path(models))
                sys.exit("; ".join(MISSED) or None)
        case ["table"]:
            with tempfile.TemporaryDirectory() as models:
                sys.exit("; ".join(bench_table.table(Path(models))) or None)
        case ["bare"]:
            bare_app()
        case options:
            main(quick="--quick" in options)
            if MISSED:
                sys.exit(f"beyond the limit: {'; '.join(MISSED)}")
