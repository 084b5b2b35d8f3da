"""Where runs go and where data comes from: options, environment, defaults, and what a run remembers of them."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

import pytest

QUICK = ("run", "iris-net", "--epochs", "1", "--device", "cpu", "--quiet")
FASHION = ("run", "fashion-mlp", "--epochs", "1", "--batch-size", "1000", "--device", "cpu", "--quiet")


def one_run(root):
    (path,) = root.iterdir()
    assert (path / "events.jsonl").is_file()
    return path


def test_saved_models_is_the_default(cli):
    run_id = cli.call(*QUICK).out.strip()
    assert one_run(cli.cwd / "saved_models").name == run_id


def test_a_relative_models_folder_is_made(cli):
    run_id = cli.call(*QUICK, "--models-dir", "out/of the way").out.strip()
    assert one_run(cli.cwd / "out" / "of the way").name == run_id
    assert not cli.saved.exists()
    assert [run["run_id"] for run in cli.runs("--models-dir", "out/of the way")] == [run_id]
    assert cli.call("show", "last", "--models-dir", "out/of the way").code == 0
    assert cli.call("show", f"out/of the way/{run_id}").code == 0
    assert cli.runs() == []


def test_the_environment_names_the_models_folder_and_the_option_overrules_it(cli):
    there = cli.at(cli.cwd / "work", NNTUI_MODELS_DIR=str(cli.cwd / "environment"))
    first = there.call(*QUICK).out.strip()
    assert one_run(cli.cwd / "environment").name == first
    second = there.call(*QUICK, "--models-dir", str(cli.cwd / "option")).out.strip()
    assert one_run(cli.cwd / "option").name == second
    assert one_run(cli.cwd / "environment").name == first
    assert list(there.cwd.iterdir()) == []
    assert [run["run_id"] for run in there.runs()] == [first]


def test_an_empty_environment_variable_is_none(cli):
    run_id = cli.at(cli.cwd, NNTUI_MODELS_DIR="").call(*QUICK).out.strip()
    assert one_run(cli.saved).name == run_id


def test_the_home_folder_is_found(cli):
    home = cli.cwd / "home"
    there = cli.at(cli.cwd / "work", HOME=str(home))
    run_id = there.call(*QUICK, "--models-dir", "~/models").out.strip()
    assert one_run(home / "models").name == run_id


def test_a_models_folder_whose_name_is_no_text(cli):
    """A byte that is not UTF-8, as Python hands it over: used or refused, never a crash."""
    result = cli.call(*QUICK, "--models-dir", "out\udcff")
    assert "Traceback" not in result.err
    assert result.code in (0, 2)
    listed = cli.call("runs", "--models-dir", "other\udcff")
    assert (listed.code, listed.err) == (0, "")


def test_two_runs_of_one_second_do_not_meet(cli):
    names = [cli.call(*QUICK).out.strip() for _ in range(3)]
    assert {path.name for path in cli.saved.iterdir()} == set(names)
    assert len(set(names)) == 3
    assert [run["run_id"] for run in cli.runs()] == names  # in the order in which they began


def remembered(run):
    return tomllib.loads((run / "config.toml").read_text(encoding="utf-8"))["data_dir"]


@pytest.mark.parametrize(
    "how", ["relative option", "environment", "option over environment", "setting over environment", "config"]
)
def test_the_data_folder_is_remembered_as_an_absolute_path(cli, fashion_data, how):
    relative = os.path.relpath(fashion_data, cli.cwd)
    match how:
        case "relative option":
            result = cli.call(*FASHION, "--data-dir", relative)
        case "environment":
            result = cli.at(cli.cwd, NNTUI_DATA_DIR=relative).call(*FASHION)
        case "option over environment":
            result = cli.at(cli.cwd, NNTUI_DATA_DIR="/nowhere").call(*FASHION, "--data-dir", relative)
        case "setting over environment":
            result = cli.at(cli.cwd, NNTUI_DATA_DIR="/nowhere").call(*FASHION, "--set", f"data_dir={relative}")
        case "config":
            result = cli.call(*FASHION, "--set", f"data_dir={fashion_data}")
    assert (result.code, result.err) == (0, "")
    path = Path(remembered(cli.only_run))
    assert path.is_absolute()
    assert path.samefile(fashion_data)


def test_the_config_of_a_run_finds_its_data_from_anywhere(cli, fashion_data, tools):
    first = cli.at(cli.cwd / "first")
    assert first.call(*FASHION, "--data-dir", os.path.relpath(fashion_data, first.cwd)).code == 0
    second = cli.at(cli.cwd / "second" / "deeper")
    result = second.call("run", str(first.only_run / "config.toml"), "--quiet")
    assert (result.code, result.err) == (0, "")
    assert tools.same_weights(first.only_run, second.only_run)


def test_a_table_beside_its_experiment_is_found_from_anywhere(cli):
    """The path in the file is relative to the file; the run remembers it as an absolute one."""
    mine = cli.at(cli.cwd / "mine")
    rows = "".join(f"{i},{-i},{'ab'[i % 2]}\n" for i in range(20))
    (mine.cwd / "own.toml").write_text(OWN)
    line = cli.call("run", "mine/own.toml", "--quiet").refused()
    assert f"{mine.cwd / 't.csv'} does not exist; set dataset.path to a CSV file" in line
    (mine.cwd / "t.csv").write_text(f"u,v,y\n{rows}")
    assert cli.call("run", "mine/own.toml", "--quiet").code == 0
    (cli.cwd / "t.csv").write_text(f"u,v,y\n{rows}{rows}")
    assert cli.call("run", "mine/own.toml", "--quiet", "--set", "dataset.path=t.csv", "--epochs", "3").code == 0
    elsewhere = mine.at(mine.cwd / "elsewhere")
    assert elsewhere.call("predict", "last", "1", "2", "--models-dir", str(cli.saved)).code == 0
    again = elsewhere.call("run", str(min(cli.saved.iterdir()) / "config.toml"), "--quiet")
    assert (again.code, again.err) == (0, "")
    paths = {tomllib.loads((run / "config.toml").read_text())["dataset"]["path"] for run in cli.saved.iterdir()}
    assert paths == {str(mine.cwd / "t.csv"), str(cli.cwd / "t.csv")}


OWN = """
epochs = 2
[dataset]
name = "csv"
path = "t.csv"
target = "y"
[model]
name = "mlp"
hidden = [4]
[loss]
name = "cross-entropy"
[optimizer]
name = "adam"
"""


def test_data_is_read_in_place(cli, fashion_data):
    before = {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in fashion_data.rglob("*")}
    assert cli.call(*FASHION, "--data-dir", str(fashion_data)).code == 0
    assert {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in fashion_data.rglob("*")} == before
    assert not (cli.cwd / "no-cache").exists()


def test_data_in_the_cache_folder_is_found(cli, fashion_data):
    cache = cli.cwd / "no-cache" / "nntui"
    cache.mkdir(parents=True)
    (cache / "data").symlink_to(fashion_data)
    result = cli.call(*FASHION)
    assert (result.code, result.err) == (0, "")


def test_a_users_own_core_folder_is_not_imported(cli):
    """`python -P -m tui.cli` in a folder that holds packages of the same names."""
    for name in ("core", "tui"):
        (cli.cwd / name).mkdir()
        (cli.cwd / name / "__init__.py").write_text("raise SystemExit(99)")
    assert cli.launch("--version").code == 0
