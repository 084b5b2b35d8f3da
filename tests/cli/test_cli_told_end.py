"""The end of a run that took long: `on_end` of the settings, and never a bell into a pipe."""

from __future__ import annotations

import json
import shlex
import sys
from typing import Any

import pytest
import tomli_w

from tui.cli import plain
from tui.live import told_end


@pytest.fixture(autouse=True)
def everything_is_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(told_end, "LONG", 0.0)
    monkeypatch.setattr(plain, "LONG", 0.0)


def wish(cli: Any, command: str) -> None:
    folder = cli.cwd / "no-config" / "nntui"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "settings.toml").write_text(tomli_w.dumps({"on_end": command, "notify": "desktop"}))


def test_a_command_hears_of_each_run(cli: Any) -> None:
    code = "import json, os; open('told', 'a').write(json.dumps(dict(os.environ)) + '\\n')"
    wish(cli, shlex.join([sys.executable, "-c", code]))
    result = cli.call("run", "iris-net", "iris-net", "--epochs", "2", "--quiet")
    assert (result.code, result.err) == (0, ""), "no bell where stderr is no terminal"
    told = [json.loads(line) for line in (cli.cwd / "told").read_text().splitlines()]
    assert [each["NNTUI_RUN"] for each in told] == result.out.split()
    assert {each["NNTUI_STATE"] for each in told} == {"completed"}
    for each, row in zip(told, cli.runs(), strict=True):
        assert float(each["NNTUI_VALUE"]) == row["metrics"][each["NNTUI_METRIC"]]


def test_one_that_does_not_work_is_a_line_and_changes_no_exit_code(cli: Any) -> None:
    wish(cli, "no-such-program")
    result = cli.call("run", "iris-net", "--epochs", "1", "--quiet")
    assert result.code == 0
    assert result.err == "nntui: on_end: cannot start no-such-program: No such file or directory; see F9, Settings\n"
    failed = cli.call("run", "iris-net", "--set", "optimizer.name=sgd", "--set", "optimizer.lr=1e30", "--quiet")
    assert failed.code == 1
