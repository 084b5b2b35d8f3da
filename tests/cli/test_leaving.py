"""The way out of the process: at once, but not before its output is whole and its threads are done."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

CHILD = """
import atexit, sys, threading, time
from tui.cli import __main__ as cli

def work():
    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
    if "held" in sys.argv:
        threading.Thread(target=lambda: (threading.main_thread().join(), print("last words", flush=True))).start()
    atexit.register(lambda: print("taken down", file=sys.stderr, flush=True))
    print("x" * 100_000)
    print("done")
    return int(sys.argv[1])

cli._main = work
cli.main()
"""


def ended(cwd: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", "-c", CHILD, *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, timeout=50, check=False)


@pytest.mark.parametrize("code", [0, 1, 130])
def test_it_is_left_at_once_with_all_that_was_printed(tmp_path: Path, code: int) -> None:
    left = ended(tmp_path, str(code))
    assert (left.returncode, left.stderr) == (code, "")
    assert left.stdout == "x" * 100_000 + "\ndone\n"


def test_whoever_holds_it_open_is_waited_for(tmp_path: Path) -> None:
    left = ended(tmp_path, "0", "held")
    assert left.returncode == 0
    assert left.stdout.endswith("done\nlast words\n")
    assert left.stderr == "taken down\n"
