"""The app on a real pseudo-terminal: how it leaves, and how it dies."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import shlex
import signal
import struct
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

from core.events.events import RunEnded, StepsEnded
from core.runs.event_log import read_events
from core.runs.find import all_runs
from core.runs.folder import RunDir

LAUNCH = "import sys, pathlib; from core import presets; presets.FOLDER = pathlib.Path(sys.argv.pop()); \
from tui.cli.__main__ import main; main()"


class Child:
    """nntui on a pty of 24 rows and 80 columns; the test holds the other end."""

    def __init__(self, preset_folder: Path, models: Path, *options: str, shell: bool = False, **environ: str) -> None:
        self.models = models
        self.output = b""
        self.master, self.slave = pty.openpty()
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.before = termios.tcgetattr(self.slave)
        self.pid = os.fork()
        if self.pid == 0:
            os.setsid()
            fcntl.ioctl(self.slave, termios.TIOCSCTTY, 0)
            for stream in (0, 1, 2):
                os.dup2(self.slave, stream)
            env = {**os.environ, "TERM": "xterm-256color", "NNTUI_MODELS_DIR": str(models), **environ}
            command = [sys.executable, "-P", "-c", LAUNCH, *options, str(preset_folder)]
            if shell:
                env |= {"PS1": "SHELL$ ", "COMMAND": shlex.join(command)}
                command = ["/bin/bash", "--norc", "--noprofile", "-i"]
            os.execve(command[0], command, env)

    def read(self) -> None:
        if select.select([self.master], [], [], 0.05)[0]:
            self.output += os.read(self.master, 65536)

    def read_until(self, condition: Callable[[], bool], seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, self.output[-2000:]
            self.read()

    def type(self, keys: bytes) -> None:
        os.write(self.master, keys)

    def steps(self) -> int:
        runs = all_runs(self.models)
        return sum(isinstance(event, StepsEnded) for event in read_events(runs[0].events)) if runs else 0

    def ended(self, seconds: float, *, reading: bool = True) -> int | None:
        """The exit code, or None when it lives on."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.pid = 0
                return os.waitstatus_to_exitcode(status)
            if reading:
                self.read()
            else:
                time.sleep(0.05)
        return None

    def drain(self) -> None:
        while select.select([self.master], [], [], 0.2)[0]:
            self.output += os.read(self.master, 65536)


@pytest.fixture
def start(preset_folder: Path, tmp_path: Path) -> Iterator[Callable[..., Child]]:
    """`start(NO_COLOR="1")`: the program on a terminal, with these variables."""
    children: list[Child] = []

    def start(*options: str, shell: bool = False, **environ: str) -> Child:
        environ = {"XDG_CONFIG_HOME": str(tmp_path / "config"), **environ}  # not the settings of who runs the tests
        children.append(Child(preset_folder, tmp_path / "models", *options, shell=shell, **environ))
        return children[-1]

    yield start
    for child in children:
        if child.pid:
            os.kill(child.pid, signal.SIGKILL)
            os.waitpid(child.pid, 0)
        os.close(child.master)
        os.close(child.slave)


@pytest.fixture
def child(start: Callable[..., Child]) -> Child:
    return start()


def train(child: Child) -> RunDir:
    """Start `long` and wait until it trains."""
    child.read_until(lambda: b"Experiments" in child.output)
    child.type(b"\x1b[B\r")
    child.read_until(lambda: child.steps() > 2)
    return all_runs(child.models)[0]


def assert_terminal_is_restored(child: Child) -> None:
    child.drain()
    assert termios.tcgetattr(child.slave) == child.before
    for on, off in ((b"\x1b[?1049h", b"\x1b[?1049l"), (b"\x1b[?1000h", b"\x1b[?1000l"), (b"\x1b[?25l", b"\x1b[?25h")):
        assert child.output.rindex(off) > child.output.rindex(on), f"{on!r} was left on"


def assert_stopped_with_checkpoint(run_dir: RunDir, reason: str) -> None:
    events = list(read_events(run_dir.events))
    ended = [event for event in events if isinstance(event, RunEnded)]
    assert [(event.status, event.reason) for event in ended] == [("stopped", reason)]
    last_step = max(e.first_step + len(e.losses) - 1 for e in events if isinstance(e, StepsEnded))
    assert torch.load(run_dir.checkpoint, weights_only=True)["step"] == last_step


@pytest.mark.parametrize(
    "number",
    [signal.SIGHUP, *(pytest.param(number, marks=pytest.mark.slow) for number in (signal.SIGTERM, signal.SIGINT))],
)
def test_a_signal_stops_with_a_checkpoint_and_restores_the_terminal(child: Child, number: signal.Signals) -> None:
    run_dir = train(child)
    os.kill(child.pid, number)
    assert child.ended(20) == 128 + number
    assert_terminal_is_restored(child)
    assert_stopped_with_checkpoint(run_dir, f"stopped by {number.name}")


@pytest.mark.slow
def test_a_signal_on_a_stalled_link_still_ends_the_program(child: Child) -> None:
    """Nobody reads the terminal: Textual's loop blocks, yet the run is saved and the process ends."""
    run_dir = train(child)
    full = child.steps() + 40  # enough frames to fill the pty's buffer
    deadline = time.monotonic() + 60
    while child.steps() < full:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    os.kill(child.pid, signal.SIGTERM)
    assert child.ended(30, reading=False) == 128 + signal.SIGTERM
    assert_stopped_with_checkpoint(run_dir, "stopped by SIGTERM")


def test_quit_asks_and_restores_the_terminal(child: Child) -> None:
    run_dir = train(child)
    child.type(b"q")
    child.read_until(lambda: b"Stop it with a checkpoint" in child.output)
    child.type(b"\r")
    assert child.ended(20) == 0
    assert_terminal_is_restored(child)
    assert_stopped_with_checkpoint(run_dir, "stopped by the user")


def test_ctrl_c_before_training_quits(child: Child) -> None:
    child.read_until(lambda: b"Experiments" in child.output)
    child.type(b"\x03")
    assert child.ended(20) == 0
    assert_terminal_is_restored(child)
    assert not child.models.exists()


def test_nothing_is_sent_while_nothing_changes(child: Child) -> None:
    train(child)
    child.type(b" ")
    child.read_until(lambda: b"paused" in child.output)
    deadline, quiet_since = time.monotonic() + 30, time.monotonic()
    while time.monotonic() - quiet_since < 3:  # however long a busy machine takes for the last frames
        assert time.monotonic() < deadline, child.output[-2000:]
        child.output = b""
        child.read()
        if child.output:
            quiet_since = time.monotonic()
    child.type(b" ")
    child.read_until(lambda: b"training" in child.output)


def test_a_terminal_that_is_not_utf8_gets_ascii(start: Callable[..., Child]) -> None:
    child = start(LC_ALL="C", LANG="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    train(child)
    child.type(b" ")
    child.read_until(lambda: b"paused" in child.output)
    child.drain()
    assert child.output.isascii()
    assert b"\\u" not in child.output


def test_a_terminal_that_is_said_to_have_no_utf8_is_believed(start: Callable[..., Child]) -> None:
    """Python itself then takes UTF-8."""
    child = start(LC_ALL="C", LANG="C")
    child.read_until(lambda: b"Experiments" in child.output)
    child.type(b"?")
    child.read_until(lambda: b"Keys that work here" in child.output)
    child.drain()
    assert child.output.isascii()


@pytest.mark.parametrize(("term", "colour"), [("foot", b"38;2;"), ("alacritty", b"38;2;"), ("xterm", b"\x1b[3")])
def test_colours_are_those_of_the_terminal(start: Callable[..., Child], term: str, colour: bytes) -> None:
    """Over ssh there is no COLORTERM."""
    child = start(TERM=term, COLORTERM="")
    child.read_until(lambda: b"Experiments" in child.output)
    child.drain()
    assert colour in child.output
    assert (b"38;2;" in child.output) == (term != "xterm")


MOUSE = b"\x1b[?1000h"


@pytest.mark.parametrize(
    ("options", "environ", "reported"),
    [
        ((), {}, True),
        (("--no-mouse",), {}, False),
        ((), {"STY": "123.screen"}, False),
        (("--mouse",), {"STY": "123.screen"}, True),
    ],
)
def test_the_mouse_is_left_alone_where_it_would_hold_escape_back(
    start: Callable[..., Child], options: tuple[str, ...], environ: dict[str, str], reported: bool
) -> None:
    """GNU screen does not pass Escape on while the mouse is reported."""
    child = start(*options, **environ)
    child.read_until(lambda: b"Experiments" in child.output)
    child.drain()
    assert (MOUSE in child.output) == reported


def test_ctrl_z_gives_the_terminal_back_and_fg_goes_on(start: Callable[..., Child]) -> None:
    """In a shell: the program stops, what is typed then goes to the shell, fg paints everything again."""
    child = start(shell=True)
    child.read_until(lambda: b"SHELL$" in child.output)
    child.type(b'eval "$COMMAND"\n')
    child.read_until(lambda: b"Experiments" in child.output)
    child.type(b"\x1b[B\r")
    child.read_until(lambda: child.steps() > 2)
    child.type(b"\x1a")
    child.read_until(
        lambda: b"stands still; fg goes on" in child.output and b"SHELL" in child.output.split(b"fg goes")[1]
    )
    child.drain()
    for on, off in ((b"\x1b[?1049h", b"\x1b[?1049l"), (b"\x1b[?1000h", b"\x1b[?1000l"), (b"\x1b[?25l", b"\x1b[?25h")):
        assert child.output.rindex(off) > child.output.rindex(on), f"{on!r} was left on"
    before = child.steps()
    child.output = b""
    child.type(b"echo typed $((6 * 7))\n")
    child.read_until(lambda: b"typed 42" in child.output)
    assert child.steps() <= before + 1, "it trains on"
    child.output = b""
    child.type(b"fg\n")
    child.read_until(lambda: b"\x1b[?1049h" in child.output and b"training" in child.output and b"Log" in child.output)
    child.read_until(lambda: child.steps() > before + 2)
    child.type(b"q")
    child.read_until(lambda: b"Stop it with a checkpoint" in child.output)
    child.type(b"\r")
    child.read_until(lambda: child.output.rstrip().endswith(b"SHELL$"))
    child.type(b"exit\n")
    assert child.ended(20) == 0


def test_ctrl_z_is_refused_where_nobody_could_let_it_go_on(child: Child) -> None:
    child.read_until(lambda: b"Experiments" in child.output)
    child.type(b"\x1a")
    child.read_until(lambda: b"no shell has started" in child.output)
    child.type(b"q")
    assert child.ended(20) == 0
    assert_terminal_is_restored(child)


def test_no_color_means_none(start: Callable[..., Child]) -> None:
    child = start(NO_COLOR="1")
    train(child)
    child.drain()
    styles = {code for sgr in re.findall(rb"\x1b\[([\d;]*)m", child.output) for code in sgr.split(b";")}
    assert styles <= {b"", b"0", b"1", b"2", b"3", b"4", b"7", b"39", b"49"}, "the terminal's own colours only"


def test_a_signal_to_go_on_is_nothing_to_a_program_that_was_not_suspended(child: Child) -> None:
    """Each would start two more threads: a reader of the keyboard that takes keys from the other, and a writer."""

    child.read_until(lambda: b"Experiments" in child.output)
    child.drain()  # PyTorch has loaded
    before = len(list(Path(f"/proc/{child.pid}/task").iterdir()))
    for _ in range(5):
        os.kill(child.pid, signal.SIGCONT)
        child.drain()
    assert len(list(Path(f"/proc/{child.pid}/task").iterdir())) <= before + 4
    child.type(b"q")
    assert child.ended(20) == 0
    assert_terminal_is_restored(child)
