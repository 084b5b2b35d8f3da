"""How a terminal asks for attention, and a command of the user's own that is started at the end of a run."""

from __future__ import annotations

import json
import shlex
import sys
import time
from pathlib import Path

import pytest

from tui.system import on_end
from tui.system.attention import BELL, codes

KITTY = {"TERM": "xterm-kitty"}
OSC_9 = "\x1b]9;nntui: iris-net completed\x07"


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"TERM": "xterm-256color"}, BELL),
        ({"TERM": "linux"}, BELL),
        ({}, BELL),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "iTerm.app"}, OSC_9),
        ({"TERM": "xterm-256color", "LC_TERMINAL": "iTerm2"}, OSC_9),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm"}, OSC_9),
        ({"TERM": "xterm-ghostty"}, OSC_9),
        ({"TERM": "foot"}, OSC_9),
        ({"TERM": "tmux-256color", "TERM_PROGRAM": "tmux", "LC_TERMINAL": "iTerm2"}, BELL),
        ({**KITTY, "TMUX": "/tmp/tmux-0/default,1,0"}, BELL),
        ({**KITTY, "STY": "1.tty"}, BELL),
        ({"TERM": "screen", "TERM_PROGRAM": "WezTerm"}, BELL),
    ],
)
def test_a_notification_where_it_works_else_the_bell(environ: dict[str, str], expected: str) -> None:
    assert codes("desktop", "iris-net completed", environ) == expected
    assert codes("bell", "iris-net completed", environ) == BELL
    assert codes("off", "iris-net completed", environ) == ""


def test_kitty() -> None:
    assert codes("desktop", "it is over", KITTY).endswith("\x1b]99;i=nntui:d=1:p=body;it is over\x1b\\")


@pytest.mark.parametrize("environ", [KITTY, {"TERM": "foot"}])
def test_a_name_steers_no_terminal(environ: dict[str, str]) -> None:
    hostile = "a\x1b]52;c;aGk=\x07b\x9c\x1b\\\n\u202ec" + "x" * 1000
    plain = codes("desktop", "", environ)
    found = codes("desktop", hostile, environ)
    assert found.count("\x1b") == plain.count("\x1b")
    assert found.count("\x07") == plain.count("\x07")
    assert "\x9c" not in found
    assert len(found) < 300


def started(command: str, facts: dict[str, str] | None = None) -> list[str]:
    told: list[str] = []
    thread = on_end.begin(command, facts or {}, told.append)
    thread.join(30)
    assert not thread.is_alive()
    return told


def test_a_command_has_the_facts_and_no_shell(tmp_path: Path) -> None:
    target = tmp_path / "facts.json"
    code = "import json, os, sys; json.dump([sys.argv[1:], dict(os.environ)], open(os.environ['NNTUI_PATH'], 'w'))"
    line = shlex.join([sys.executable, "-c", code, "$HOME; touch x", "*"])
    assert started(line, {"NNTUI_PATH": str(target), "NNTUI_REASON": "a\x00\x1bb\ud800\nc"}) == []
    arguments, environ = json.loads(target.read_text())
    assert arguments == ["$HOME; touch x", "*"]
    assert environ["NNTUI_REASON"] == "ab?c"


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("no-such-program --now", "on_end: cannot start no-such-program: No such file or directory"),
        ("/etc", "on_end: cannot start /etc: Permission denied"),
        ("'unfinished", "on_end: no closing quotation"),
        (f"{sys.executable} -c 'raise SystemExit(3)'", "ended with exit code 3"),
    ],
)
def test_what_does_not_work_is_one_line(command: str, said: str) -> None:
    (told,) = started(command)
    assert said in told
    assert "\n" not in told


def test_nobody_waits_for_it() -> None:
    began = time.monotonic()
    thread = on_end.begin(f"{sys.executable} -c 'import time; time.sleep(0.4)'", {}, print)
    assert time.monotonic() - began < 0.3
    assert thread.daemon
    thread.join(30)
