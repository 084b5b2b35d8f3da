"""A signal when all is done: the exit code is that of what was done, or 128 + n; nothing dies of the bare signal."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import textwrap
import time
from functools import partial

import pytest

SIGNALS = (signal.SIGINT, signal.SIGTERM)

CHILD = """
import atexit, os, signal, sys, threading

for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
moment, number = sys.argv[1], int(sys.argv[2])
sys.argv[1:] = ["--version"]

def now(*_):
    os.kill(os.getpid(), number)

class Last:
    kill, me, which = staticmethod(os.kill), os.getpid(), number
    def __del__(self):  # when the modules go, after Python has put the default in place of its handlers
        self.kill(self.me, self.which)

from tui.cli import __main__ as cli
from tui.system import signals
let_go, work = signals.let_go, cli._main

def leaving():
    if moment == "before the end": now()
    let_go()
    if moment == "at the end": now()
    if moment == "first at exit": atexit.register(now)

def working():
    code = work()
    if moment == "done": now()
    return code

signals.let_go, cli._main = leaving, working
if moment == "last at exit": atexit.register(now)
if moment == "threads": threading.Thread(target=lambda: (threading.main_thread().join(), now())).start()
if moment == "modules": sys.modules["last"] = Last()
cli.main()
"""
MOMENTS = {
    **dict.fromkeys(("done", "before the end"), False),
    **dict.fromkeys(("at the end", "threads", "first at exit", "last at exit", "modules"), True),
}
"""Whether the exit code is known by then."""


@pytest.fixture(scope="module")
def codes(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, int], tuple[int, str]]:
    """Of each moment and signal the exit code and stderr."""
    cwd = tmp_path_factory.mktemp("signals")
    found = {}
    for number in SIGNALS:
        children = {
            moment: subprocess.Popen(
                [sys.executable, "-P", "-c", textwrap.dedent(CHILD), moment, str(int(number))],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                cwd=cwd,
            )
            for moment in MOMENTS
        }
        for moment, child in children.items():
            _out, err = child.communicate(timeout=60)
            found[moment, int(number)] = (child.returncode, err)
    return found


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_signal_at_any_moment_of_the_end(codes, moment, number):
    code, err = codes[moment, int(number)]
    assert (code, err) == (0 if MOMENTS[moment] else 128 + number, "")


def around_the_end(tools, cli, number, delay):
    """A run that gets the signal so many seconds after it has told of its end."""
    child = cli.spawn("run", "iris-net", "--device", "cpu", "--epochs", "2")
    tools.wait_until(lambda: tools.last_event(cli.saved, "RunEnded"), child)
    time.sleep(delay)
    child.send_signal(number)
    result = tools.finish(child)
    assert child.returncode >= 0, f"it died of the bare signal {number}, {delay:.2f} s after its end"
    return result


def check(result, number):
    assert "Traceback" not in result.err
    assert result.code in (0, 128 + number), result.err


def test_a_signal_just_after_a_run_is_completed(cli, tools):
    check(around_the_end(tools, cli, signal.SIGTERM, 0.0), signal.SIGTERM)


@pytest.mark.slow
def test_signals_around_the_end_of_runs(shared, tools):
    rng = random.Random(0)
    moments = [(rng.choice((*SIGNALS, signal.SIGHUP)), rng.uniform(0, 1.2)) for _ in range(12)]
    jobs = [
        partial(around_the_end, tools, shared.at(shared.cwd / f"{i}"), number, delay)
        for i, (number, delay) in enumerate(moments)
    ]
    for at in range(0, len(jobs), 4):
        for result, (number, _delay) in zip(tools.together(*jobs[at : at + 4]), moments[at : at + 4], strict=True):
            check(result, number)
