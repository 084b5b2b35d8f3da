"""Where the output goes: pipes that close, full disks, terminals that know no UTF-8, names that want to steer them."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

RUN = ("run", "--device", "cpu", "--seed", "5")
CONTROLS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""What must not reach a terminal; a newline may."""
ASCII = {"LC_ALL": "C", "PYTHONIOENCODING": "ascii"}
NO_UTF8 = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
"""An old locale: file names and arguments are ASCII too."""

IRIS = """
name = {name}
epochs = 1
batch_size = 12
[dataset]
name = "iris"
[model]
name = "mlp"
[loss]
name = "cross-entropy"
[optimizer]
name = "adam"
"""
KOREAN = "붓꽃 é 😀 \\u009b31m\\u001b[31m\\u202e[/]"


def experiment(folder, name):
    """A TOML file of one epoch of iris, named by a TOML string."""
    path = folder / "mine.toml"
    path.write_text(IRIS.format(name=name), encoding="utf-8")
    return path


def test_a_reader_that_leaves_stops_the_run_with_a_checkpoint(cli, tools):
    """`nntui run … --json | head -1`"""
    child = cli.spawn(*RUN, "iris-net", "--epochs", "1000000", "--json")
    first = child.stdout.readline()
    child.stdout.close()
    child.stdout = None
    result = tools.finish(child, 60)
    assert json.loads(first)["type"] == "RunStarted"
    assert result.err == ""
    assert result.code == 141  # as a shell shows a program that SIGPIPE ended
    log = tools.read_log(cli.only_run)
    assert (log[-1]["type"], log[-1]["status"]) == ("RunEnded", "stopped")
    assert (cli.only_run / "checkpoint.pt").is_file()
    assert log[-1]["t"] < 5
    (run,) = cli.runs()
    assert run["status"] == "stopped"


def test_a_full_disk_behind_stdout_is_one_line(cli):
    stdout = Path("/dev/full").open("w", encoding="utf-8")  # noqa: SIM115
    result = cli.call(*RUN, "iris-net", "--epochs", "1", stdout=stdout)
    with contextlib.suppress(OSError):
        stdout.close()
    assert "Traceback" not in result.err
    assert result.err.count("\n") == 1
    assert "No space left" in result.err
    assert result.code in (1, 2)


@pytest.mark.parametrize("options", [(), ("--json",), ("--quiet",)], ids=str)
def test_no_stdout_at_all(cli, tools, options):
    """A service manager may start it so: the run is done and recorded all the same."""
    result = cli.call(*RUN, "iris-net", "--epochs", "1", *options, stdout=None)
    assert (result.code, result.err) == (0, "")
    assert tools.read_log(cli.only_run)[-1]["status"] == "completed"


def test_a_list_without_stdout(iris):
    """`nntui runs >&-`"""
    command = ["sh", "-c", 'exec "$@" >&-', "sh", sys.executable, "-P", "-m", "tui.cli", "runs"]
    child = subprocess.run(
        command, cwd=iris.cli.cwd, env=iris.cli.environment(), stderr=subprocess.PIPE, text=True, check=False
    )
    assert (child.returncode, child.stderr) == (0, "")


@pytest.mark.parametrize(
    "arguments",
    [["presets"], ["presets", "--json"], ["runs"], ["runs", "--json"], ["show", "last"], ["--help"]],
    ids=" ".join,
)
def test_a_list_whose_reader_has_left(iris, arguments):
    """`nntui runs | true`: no traceback, nor the interpreter's own complaint at exit."""
    read, write = os.pipe()
    os.close(read)
    try:
        result = iris.cli.launch(*arguments, stdout=write)
    finally:
        os.close(write)
    assert result.err == ""
    assert result.code != 2


def test_a_list_on_a_full_disk(iris, cli):
    with Path("/dev/full").open("wb") as full:
        result = iris.cli.launch("runs", stdout=full)
    assert "Traceback" not in result.err
    assert result.err.count("\n") == 1
    assert "No space left" in result.err


# A terminal without UTF-8.


def ascii_stdout():
    return io.TextIOWrapper(io.BytesIO(), encoding="ascii", write_through=True)


@pytest.fixture(scope="module")
def in_ascii(shared):
    """A run whose name no ASCII terminal can show; its log was printed on one."""
    here = shared.at(shared.cwd / "ascii", **ASCII)
    stdout = ascii_stdout()
    result = here.call(*RUN, str(experiment(here.cwd, f'"{KOREAN}"')), stdout=stdout)
    result.out = stdout.buffer.getvalue().decode("ascii")
    return here, result


def test_a_run_in_ascii(in_ascii, tools):
    here, result = in_ascii
    assert (result.code, result.err) == (0, "")
    assert tools.read_log(here.only_run)[-1]["status"] == "completed"
    assert "Epoch 1/1" in result.out
    assert not CONTROLS.search(result.out)


@pytest.mark.parametrize(
    "arguments", [["runs"], ["show", "last"], ["presets"], ["runs", "--models-dir", "붓꽃"]], ids=" ".join
)
def test_lists_in_ascii(in_ascii, arguments):
    here, _result = in_ascii
    result = here.launch(*arguments, encoding="ascii")
    assert (result.code, result.err) == (0, "")
    assert result.out.count("\n") >= 1
    assert not CONTROLS.search(result.out)


@pytest.mark.parametrize(
    "arguments", [["runs"], ["show", "last"], ["presets"], ["runs", "--models-dir", "붓꽃"]], ids=" ".join
)
def test_lists_in_an_old_locale(iris, arguments):
    result = iris.cli.at(iris.cli.cwd, **NO_UTF8).launch(*arguments)
    assert (result.code, result.err) == (0, "")
    assert result.out.count("\n") >= 1


def test_an_error_in_ascii(in_ascii):
    here, _result = in_ascii
    assert here.launch("show", "붓꽃없음", encoding="ascii").refused()


@pytest.mark.parametrize(
    "arguments", [["runs", "--json"], ["show", "last", "--json"], ["presets", "--json"]], ids=" ".join
)
def test_json_in_ascii_is_json(in_ascii, arguments):
    """Whatever the encoding, the same values."""
    here, _result = in_ascii
    result = here.launch(*arguments, encoding="ascii")
    assert (result.code, result.err) == (0, "")
    assert json.loads(result.out) == json.loads(here.at(here.cwd, PYTHONIOENCODING="utf-8").launch(*arguments).out)
    assert arguments[0] == "presets" or "😀" in str(json.loads(result.out))


def test_the_event_stream_in_ascii_is_json(cli, tools):
    """The run is whole, and each line decodes to the event in the log."""
    stdout = ascii_stdout()
    result = cli.call(*RUN, str(experiment(cli.cwd, f'"{KOREAN}"')), "--json", stdout=stdout)
    assert (result.code, result.err) == (0, "")
    assert tools.events(stdout.buffer.getvalue()) == tools.read_log(cli.only_run)
    assert tools.read_log(cli.only_run)[0]["config"]["name"].startswith("붓꽃 é 😀")


# Names.


@pytest.mark.parametrize(
    "name",
    [
        '"../../evil\\u001b[31m"',
        '"/etc/passwd"',
        '".."',
        '"/"',
        '"."',
        '" "',
        '"-rf"',
        '".hidden"',
        '"[/]"',
        '"[@click=app.quit]x[/]"',
        '"붓꽃 실험"',
        f'"{"꽃" * 200}"',
        f'"{"😀" * 200}"',
        '"a\\nb\\tc\\u0000d"',
        '"\\u009b31m\\u007f\\u202eevil"',
        '"=cmd()"',
        '"a\\\\b:c*d?"',
    ],
    ids=lambda name: name[:24],
)
def test_hostile_names(cli, tools, name):
    """A name from a file makes one folder inside the models folder and never steers the terminal."""
    folder = cli.cwd / "work" / "deep"
    here = cli.at(folder)
    path = experiment(cli.cwd, name)
    outside = sorted(p for p in cli.cwd.rglob("*") if here.saved not in [p, *p.parents])
    result = here.call(*RUN, str(path))
    assert (result.code, result.err) == (0, "")
    run = here.only_run
    assert run.resolve().parent == here.saved.resolve()
    assert re.fullmatch(r"\d{8}-\d{6}-[\w.][\w.-]*-[0-9a-f]{4}", run.name)
    assert len(run.name.encode()) <= 255
    assert sorted(p for p in cli.cwd.rglob("*") if here.saved not in [p, *p.parents]) == outside
    assert run.name in result.out
    shown = [result, here.call("runs"), here.call("show", "last"), here.call("runs", "--json")]
    shown += [here.call("show", "last", "--json"), here.call("resume", run.name)]
    for each in shown:
        assert "Traceback" not in each.err
        assert not CONTROLS.search(each.out + each.err)
    expected = tools.read_log(run)[0]["config"]["name"]
    assert json.loads(shown[3].out)[0]["name"] == expected
    assert json.loads(shown[4].out)["config"]["name"] == expected


def test_the_event_stream_does_not_steer_the_terminal(cli, tools):
    path = experiment(cli.cwd, '"\\u009b31m\\u007f\\u202e\\u001b[31mevil"')
    result = cli.call(*RUN, str(path), "--json")
    assert (result.code, result.err) == (0, "")
    assert not CONTROLS.search(result.out)
    assert result.events()[0]["config"]["name"] == "\x9b31m\x7f\u202e\x1b[31mevil"
    assert result.events() == tools.read_log(cli.only_run)


def test_a_name_without_end_is_refused(cli):
    path = experiment(cli.cwd, f'"{"x" * 10_000}"')
    line = cli.call(*RUN, str(path)).refused()
    assert line.startswith("nntui: name = xxx")
    assert len(line) < 300
    assert not cli.saved.exists()


def test_the_log_has_no_escape_codes_in_a_pipe(iris):
    for arguments in (["runs"], ["show", "last"], ["presets"]):
        result = iris.cli.at(iris.cli.cwd, FORCE_COLOR="1", TERM="xterm-256color").launch(*arguments)
        assert result.code == 0
        assert not CONTROLS.search(result.out)
