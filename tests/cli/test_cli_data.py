"""`nntui data`: list, show, fetch as a user sees them."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from typing import Annotated

import pytest
from pydantic import Field

from core.experiment.schema import REGISTRIES


def test_list(cli, fashion_data):
    result = cli.call("data", "list", "--data-dir", str(fashion_data))
    assert (result.code, result.err) == (0, "")
    rows = {line.split()[0]: line for line in result.out.splitlines()}
    assert "none needed" in rows["iris"]
    assert f"in {fashion_data}" in rows["fashion-mnist"]
    assert "missing: nntui data fetch mnist" in rows["mnist"]
    assert "regression" in rows["diabetes"]
    assert rows["iris"].split()[1:5] == ["classification", "150", "4", "3"]
    assert cli.call("data").out.split()[:6] == result.out.split()[:6]
    shown = {each["name"]: each for each in cli.call("data", "list", "--json").json()}
    assert shown["iris"]["shape"] == [4]
    assert (shown["iris"]["samples"], shown["iris"]["outputs"], shown["iris"]["complete"]) == (150, 3, True)
    assert (shown["mnist"]["complete"], len(shown["mnist"]["files"])) == (False, 4)


def test_a_file_that_is_cut_short_is_not_here(cli, fashion_data, tmp_path):
    shutil.copytree(fashion_data, tmp_path / "data")
    cut = tmp_path / "data/FashionMNIST/raw/t10k-labels-idx1-ubyte"
    cut.write_bytes(cut.read_bytes()[:-1])
    listed = cli.call("data", "list", "--json", "--data-dir", str(tmp_path / "data")).json()
    (found,) = [each for each in listed if each["name"] == "fashion-mnist"]
    assert not found["complete"]
    assert found["where"] == "not whole: nntui data fetch fashion-mnist"


def test_what_is_complete_is_left_alone(cli, fashion_data):
    def stamps():
        return {path: path.stat().st_mtime_ns for path in (fashion_data, *fashion_data.rglob("*"))}

    before = stamps()
    for offline in ("0", "1"):
        here = cli.at(cli.cwd, NNTUI_OFFLINE=offline, NNTUI_MIRROR="http://127.0.0.1:9/")
        result = here.call("data", "fetch", "fashion-mnist", "--data-dir", str(fashion_data))
        assert (result.code, result.out) == (0, "")
        assert result.err == f"fashion-mnist is complete in {fashion_data / 'FashionMNIST/raw'}\n"
    assert stamps() == before


def test_the_help_names_the_variables(cli):
    text = cli.call("data", "fetch", "--help").out
    assert "NNTUI_OFFLINE=1" in text
    assert "NNTUI_MIRROR=URL" in text


def test_show_says_what_pandas_says(cli):
    from sklearn.datasets import load_iris

    frame = load_iris(as_frame=True).frame
    shown = cli.call("data", "show", "iris", "--json").json()
    assert shown["sizes"] == {"train": 120, "test": 30}
    totals = [sum(counts) for counts in zip(*shown["balance"].values(), strict=True)]
    assert totals == frame["target"].value_counts().sort_index().tolist()
    for column in shown["columns"]:
        values = frame[column["name"]]
        assert column["minimum"] == values.min()
        assert column["maximum"] == values.max()
        assert column["mean"] == pytest.approx(values.mean())
        assert column["deviation"] == pytest.approx(values.std(ddof=0))
    assert all(row in frame.iloc[:, :4].to_numpy().tolist() for row in shown["rows"])
    text = cli.call("data", "show", "iris").out
    assert "120 train, 30 test" in text
    assert "virginica" in text
    assert "petal width (cm)" in text


@pytest.mark.parametrize("name", ["blobs", "moons", "circles"])
def test_points_are_drawn(cli, name):
    text = cli.call("data", "show", name, "--seed", "3").out
    assert text.count("│") == 18
    assert "● 0   + 1" in text
    assert cli.call("data", "show", name, "--seed", "4").out != text


def test_pictures_are_drawn(cli, fashion_data):
    text = cli.call("data", "show", "digits").out
    assert "██" in text
    assert "pixel" in text
    text = cli.call("data", "show", "fashion-mnist", "--data-dir", str(fashion_data)).out
    assert "6,437 train, 700 test" in text
    assert "█" in text


def test_a_csv_file_is_shown(cli):
    (cli.cwd / "t.csv").write_text(
        "키,무게,종\n" + "".join(f"{i},{2 * i},{'고양이' if i % 2 else '개'}\n" for i in range(20))
    )
    result = cli.call("data", "show", "csv", "--set", "path=t.csv", "--set", "dataset.target=종")
    assert (result.code, result.err) == (0, "")
    assert "고양이" in result.out
    assert "무게" in result.out


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (["show", "irs"], "no dataset named 'irs'; choose from blobs"),
        (["show", "iris", "--set", "samples=3"], "iris has no keys"),
        (["show", "moons", "--set", "samples=3"], "dataset.samples = 3: must be greater than or equal to 10"),
        (["show", "moons", "--set", "samples"], "write KEY=VALUE"),
        (["show", "moons", "--seed", "-1"], "seed = -1: must be greater than or equal to 0"),
        (["show", "moons", "--seed", "9" * 30], "must be less than 4294967296"),
        (["show", "moons", "--seed", "x"], "seed = x: must be a valid integer"),
        (["show", "moons", "--set", "noise=1e308"], "dataset.noise = 1e308: must be less than or equal to 1000000"),
        (["show", "blobs", "--set", "std=1e308"], "dataset.std = 1e308: must be less than or equal to 1000000"),
        (["show", "blobs", "--set", "centers=[[1e308,0],[0,0]]"], "must be less than or equal to 1000000"),
        (["show", "csv"], "dataset.path is missing"),
        (["show", "csv", "--set", "path=no.csv", "--set", "target=y"], "no.csv does not exist"),
        (["show", "mnist"], "nntui data fetch mnist"),
        (["fetch", "irs"], "no dataset named 'irs'"),
        (["fetch"], "NAME"),
        (["nonsense"], "nonsense"),
    ],
    ids=str,
)
def test_bad_usage(cli, arguments, names):
    assert names in cli.call("data", *arguments).refused()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("data.json", b'{"a": [1, 2]}', "data.json is JSON; make it a table"),
        ("p.png", b"\x89PNG\r\n\x1a\n0", "p.png is a picture"),
        ("w.pt", bytes(range(256)), "w.pt is a file of bytes that nntui cannot read as a table"),
        ("folder", None, "folder is a folder; name a file in it"),
        ("nothing.log", b"", "nothing.log is empty"),
        ("rows.log", b"a,b\n1,2\n", "nntui data show csv --set path=rows.log reads it"),
    ],
)
def test_what_is_no_table_is_called_what_it_is(cli, name, content, words):
    if content is None:
        (cli.cwd / name).mkdir()
    else:
        (cli.cwd / name).write_bytes(content)
    line = cli.call("data", "show", name).refused()
    assert words in line
    assert "tables are text of rows (.csv, .tsv" in line


def test_a_category_is_one_line(cli):
    rows = "".join(f"{'' if i == 3 else i},{'abc'[i % 3]},{['yes', 'no'][i % 2]},{i / 7:.2f}\n" for i in range(40))
    (cli.cwd / "t.csv").write_text(f"x,island,sure,y\n{rows}")
    text = cli.call("data", "show", "t.csv", "--set", "target=y", "--set", "missing=category").out
    lines = text.splitlines()
    first = next(i for i, line in enumerate(lines) if line.startswith("  range of"))
    ranges = [line.split() for line in lines[first + 1 : lines.index("", first)]]
    assert [words[0] for words in ranges] == ["x", "island", "sure", "y"]
    assert ranges[0][1:3] == ["0", "39"]
    assert " ".join(ranges[1]) == "island 3 categories, 0 or 1"
    assert " ".join(ranges[2]) == "sure yes/no, 0 or 1"


def test_what_needs_no_files(cli):
    result = cli.call("data", "fetch", "iris")
    assert (result.code, result.out, result.err) == (0, "", "iris needs no files\n")


def test_offline_is_one_line(cli):
    line = cli.at(cli.cwd, NNTUI_OFFLINE="1").launch("data", "fetch", "mnist").refused()
    for part in ("NNTUI_OFFLINE", "https://", "MNIST/raw", "nntui run iris-net"):
        assert part in line
    for name in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"):
        assert line.count(f"{name}-ubyte.gz") == 1, "all that has to be put there, at once"
    assert untouched(cli)


def untouched(cli):
    """Whether the working folder is as empty as the test found it."""
    return not list(cli.cwd.iterdir())


@pytest.mark.parametrize(("name", "noise"), [("moons", "1e6"), ("circles", "1e6"), ("blobs", "1e6")])
def test_the_widest_points_are_drawn(cli, name, noise):
    key = "std" if name == "blobs" else "noise"
    assert cli.call("data", "show", name, "--set", f"{key}={noise}").code == 0


def test_the_summary_of_blobs_holds_for_any_blobs(cli):
    text = cli.call("data", "show", "blobs", "--set", "centers=[[1,1,1],[0,0,0]]").out
    assert text.startswith("blobs: points around middles, a class for each; ")


def test_large_values_are_told_apart(cli):
    rows = "".join(f"{1_000_000 + 2 * i},{7.5 + i % 2 / 8},{2_000_000.25 + i}\n" for i in range(40))
    (cli.cwd / "t.csv").write_text(f"year,same,y\n{rows}")
    text = cli.call("data", "show", "csv", "--set", "path=t.csv", "--set", "target=y").out
    lines = [line for line in text.splitlines() if line.strip()]
    first = next(i for i, line in enumerate(lines) if line.startswith("  range of"))
    ranges = [line.split()[:4] for line in lines[first + 1 : first + 4]]
    assert ranges == [
        ["year", "1000000", "1000078", "1000039"],
        ["same", "7.5", "7.625", "7.562"],
        ["y", "2000000", "2000039", "2000020"],
    ]
    rows = re.findall(r" 10000(\d\d)  +7\.[\d]+  20000(\d\d)\.25\n", text)
    assert rows
    assert all(int(year) == 2 * int(y) for year, y in rows)
    assert "1000000 to 1000078" in text


def test_a_mirror_that_has_something_else_is_one_line(server, cli, tmp_path):
    with server.serving({"train-images-idx3-ubyte.gz": b"?"}, server.wrong) as mirror:
        here = cli.at(cli.cwd, NNTUI_MIRROR=mirror.url)
        line = here.launch("data", "fetch", "mnist", "--data-dir", "data").refused()
    assert "wrong hash" in line
    assert not (cli.cwd / "data").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda n: n.name)
def test_a_signal_leaves_nothing_half(server, tmp_path, number):
    with server.serving({"train-images-idx3-ubyte.gz": b"x" * 100_000}, server.stuck) as mirror:
        environment = {**os.environ, "NNTUI_MIRROR": mirror.url, "NNTUI_OFFLINE": "0"}
        child = subprocess.Popen(
            [sys.executable, "-P", "-m", "tui.cli", "data", "fetch", "mnist", "--data-dir", str(tmp_path / "data")],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),  # a background job of a script ignores SIGINT
        )
        until = time.monotonic() + 60
        while not mirror.asked and time.monotonic() < until:
            time.sleep(0.02)
        assert mirror.asked
        child.send_signal(number)
        out, err = child.communicate(timeout=30)
    assert (child.returncode, out, err) == (128 + number, "", "")
    assert not (tmp_path / "data").exists()


DRIVER = """
import json, sys
from core.datasets import DATASETS, Download
component = DATASETS["mnist"]
files = json.loads(sys.argv.pop(1))
component.facts["download"] = Download(folder="MNIST/raw", files=files, mirrors=("http://127.0.0.1:9/",))
from tui.cli.__main__ import main
main()
"""


def test_fetch_and_train(server, cli, fashion_data):
    import gzip
    import hashlib

    raw = fashion_data / "FashionMNIST" / "raw"
    packed = {f"{path.name}.gz": gzip.compress(path.read_bytes(), mtime=0) for path in raw.iterdir()}
    md5s = json.dumps({name.removesuffix(".gz"): hashlib.md5(body).hexdigest() for name, body in packed.items()})
    with server.serving(packed) as mirror:
        environment = {**os.environ, "NNTUI_MIRROR": mirror.url, "NNTUI_OFFLINE": "0", "NNTUI_DATA_DIR": "data"}
        jobs = [
            subprocess.Popen(
                [sys.executable, "-P", "-c", DRIVER, md5s, "data", "fetch", "mnist"],
                cwd=cli.cwd,
                env=environment,
                stderr=subprocess.PIPE,
                text=True,
            )
            for _both in range(2)
        ]
        for job in jobs:  # at once: neither meets half a file of the other
            _out, err = job.communicate(timeout=60)
            assert (job.returncode, err.count("\n")) == (0, 1), err
    assert sorted(path.name for path in (cli.cwd / "data/MNIST/raw").iterdir()) == sorted(p.name for p in raw.iterdir())
    result = cli.call("run", "mnist-softmax", "--epochs", "1", "--data-dir", "data", "--quiet")
    assert (result.code, result.err) == (0, "")


def test_components(cli):
    text = cli.call("components").out
    for part in ("optimizer sgd", "optimizer.momentum", "schedule one-cycle", "metric macro_f1", "dataset moons"):
        assert part in text
    shown = cli.call("components", "loss", "--json").json()
    assert {each["kind"] for each in shown} == {"loss"}
    (huber,) = [each for each in shown if each["name"] == "huber"]
    assert huber["keys"] == [{"key": "delta", "default": "1", "range": "> 0", "help": "error where linear begins"}]
    assert "choose from run, search, split, evaluate, stop, dataset" in cli.call("components", "nonsense").refused()


def test_a_new_component_is_listed_at_once(cli):
    """One decorated function is all: listings, --set and its errors know it."""

    def toy(*_given, size: Annotated[int, Field(ge=1, le=9, description="how big")] = 3):
        """Toy: does nothing."""

    for kind, registry in REGISTRIES.items():
        facts = {"shape": (4,), "outputs": 3} if kind == "dataset" else {}
        registry.add("toy", **facts)(toy)
        try:
            (listed,) = [c for c in cli.call("components", kind, "--json").json() if c["name"] == "toy"]
            assert listed["keys"] == [{"key": "size", "default": "3", "range": "≥ 1, ≤ 9", "help": "how big"}]
            assert f"{kind} toy: does nothing." in cli.call("components").out.splitlines()
            setting = "metrics=to" if kind == "metric" else f"{kind}.name=to"
            assert "toy" in cli.call("run", "iris-net", "--set", setting).refused()
            if kind == "dataset":
                assert "does nothing." in cli.call("data").out
        finally:
            registry.remove("toy")
        assert "toy" not in cli.call("components", kind).out
