"""What cannot be done is refused in one line on stderr with exit 2, before anything is written."""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import subprocess
import sys
import time

import numpy as np
import pytest

from core.presets import preset_names

IRIS_TABLES = """
[dataset]
name = "iris"
[model]
name = "mlp"
[loss]
name = "cross-entropy"
[optimizer]
name = "adam"
"""


def untouched(cli):
    """Whether the working folder is as empty as the test found it."""
    return not list(cli.cwd.iterdir())


# What is not a command.


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (["frobnicate"], "frobnicate"),
        (["--frobnicate"], "--frobnicate"),
        (["run"], "EXPERIMENT"),
        (["run", "iris-net", "surplus"], "surplus"),
        (["run", "iris-net", "--frobnicate"], "--frobnicate"),
        (["run", "iris-net", "--epochs"], "--epochs"),
        (["resume"], "RUN"),
        (["show"], "RUN"),
        (["runs", "(surplus"], "this ( is never closed"),
        (["export", "last"], "--csv"),
        (["export", "--csv", "a.csv"], "RUN"),
        (["run", "iris-net", "--set", "epochs"], "KEY=VALUE"),
        (["run", "iris-net", "--set", "=3"], "KEY=VALUE"),
        (["run", "iris-net", "--set", ""], "KEY=VALUE"),
    ],
    ids=str,
)
def test_usage(cli, arguments, names):
    assert names in cli.call(*arguments).refused()
    assert untouched(cli)


def test_usage_as_a_process(cli):
    """Once as a user sees it: nothing of Python's or a library's own beside our line."""
    line = cli.launch("run", "iris-nett", "--epochs", "1").refused()
    presets = ", ".join(preset_names())
    expected = f"no experiment named 'iris-nett': neither a preset ({presets}) nor a TOML file; did you mean iris-net?"
    assert line == f"nntui: {expected}\n"
    assert untouched(cli)


# Keys and values.


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("epoch=3", "epochs"),
        ("schedule.warmup=0.5", "constant has no keys; to use it, set schedule.name to one-cycle"),
        ("optimizer.betas=0.9", "optimizer.betas = 0.9: takes 2 values, such as 0.9,0.999"),
        ("optimizer.betas=0.9,0.9,0.9", "takes 2 values"),
        ("model.hidden=[true]", "integer"),
        ("label_map=0", "label_map = 0: must have at least 2 items"),
        ("optimizer.momentum=0.9", "adam has lr, betas, weight_decay; to use it, set optimizer.name to rmsprop or sgd"),
        ("model.units=3", "hidden"),
        ("loss.weight=1", "cross-entropy has label_smoothing"),
        ("dataset.rows=1", "no keys"),
        ("split.test_size=0.2", "train_size"),
        ("evaluate.often=1", "when"),
        ("schedule.name=cosinus", "choose from constant, cosine, one-cycle, plateau, step, warmup"),
        ("optimizer=sgd", "optimizer.name="),
        ("evaluate=epoch", "evaluate"),
        ("epochs=0", "greater than or equal to 1"),
        ("epochs=-3", "greater than or equal to 1"),
        ("epochs=1.5", "integer"),
        ("epochs=many", "integer"),
        ("epochs=", "integer"),
        ("epochs=none", "integer"),
        ("epochs=3,x", "integer"),
        ("batch_size=0", "greater than or equal to 1"),
        ("seed=-1", "greater than or equal to 0"),
        ("seed=4294967296", "less than 4294967296"),
        ("shuffle=perhaps", "boolean"),
        ("device=tpu", "'auto', 'cpu', 'cuda' or 'mps'"),
        ("log=nonsense", "choose from blobs, fashion, iris, mnist, plain"),
        ("name=", "at least 1 character"),
        ("dataset.name=cifar", "fashion-mnist"),
        ("model.name=gnn", "choose from cnn, linear, mlp"),
        ("loss.name=hinge", "choose from bce, bce-logits, cross-entropy, huber, mae, mse, nll"),
        ("optimizer.name=adm", "choose from adam, adamw, rmsprop, sgd"),
        ("optimizer.lr=0", "greater than 0"),
        ("optimizer.lr=-0.1", "greater than 0"),
        ("optimizer.lr=nan", ""),
        ("optimizer.lr=inf", "finite"),
        ("optimizer.lr=fast", "number"),
        ("model.hidden=0", "greater than or equal to 1"),
        ("model.hidden=16,zwei", "integer"),
        ("model.hidden=[16, 16", "[64, 64]"),
        ("model.hidden=[[16],[x]]", "list"),
        pytest.param("model.hidden=" + "[" * 20_000, "[64, 64]", id="model.hidden=[[[["),
        ("model.activation=gelu", "'relu', 'tanh', 'sigmoid' or 'none'"),
        ("split.train_size=0", "greater than 0"),
        ("split.train_size=1", "less than 1"),
        ("split.random_state=-1", "greater than or equal to 0"),
        ("evaluate.when=often", "'start', 'epoch' or 'end'"),
        ("evaluate.splits=validation", "set split.validation"),
        ("evaluate.batch_size=0", "greater than or equal to 1"),
    ],
)
def test_settings(cli, setting, says):
    line = cli.call("run", "iris-net", "--set", setting).refused()
    key = setting.partition("=")[0]
    assert key.partition(".")[0] in line
    assert says in line
    assert len(line) < 400
    assert untouched(cli)


@pytest.mark.parametrize(
    ("option", "value", "key"),
    [
        ("--epochs", "0", "epochs"),
        ("--epochs", "ten", "epochs"),
        ("--batch-size", "-1", "batch_size"),
        ("--lr", "zero", "optimizer.lr"),
        ("--lr", "-1", "optimizer.lr"),
        ("--lr", "inf", "optimizer.lr"),
        ("--seed", "x", "seed"),
        ("--device", "gpu", "device"),
    ],
)
def test_options(cli, option, value, key):
    assert cli.call("run", "iris-net", option, value).refused().startswith(f"nntui: {key} = {value}: must be ")
    assert untouched(cli)


def test_a_split_that_leaves_nothing_to_train_on(cli):
    assert "train_size" in cli.call("run", "iris-net", "--set", "split.train_size=0.001").refused()
    assert untouched(cli)


def test_a_network_that_no_memory_holds(cli):
    """4 × 10^15 weights, more than there are addresses: one line, not a traceback out of torch."""
    result = cli.call("run", "iris-net", "--set", "model.hidden=1000000000000000")
    assert "Traceback" not in result.err
    assert result.code in (1, 2)
    assert result.err.count("\n") == 1
    assert len(result.err) < 400


def test_a_gpu_that_is_not_there(cli):
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    line = cli.call("run", "iris-net", "--device", "cuda").refused()
    assert line.startswith("nntui: device = cuda: ")
    assert "cpu" in line
    assert untouched(cli)


def test_an_endless_value_is_shortened(cli):
    assert len(cli.call("run", "iris-net", "--lr", "9" * 20_000 + "x").refused()) < 300


@pytest.mark.parametrize(
    "name",
    ["x" * 300, "~no-such-user-here/x", "~no-such-user-here/x.toml", "", ".", "/", "a\x1b[31mb"],
    ids=lambda name: repr(name[:30]),
)
@pytest.mark.parametrize("command", ["run", "show"])
def test_names_that_no_file_has(cli, command, name):
    line = cli.call(command, name).refused()
    assert "\x1b" not in line
    assert untouched(cli)


# TOML files.


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"epochs = ", "is not a TOML file"),
        (b"[model\nname = 'mlp'", "is not a TOML file"),
        (b"epochs = 3\nepochs = 4\n", "is not a TOML file"),
        (b"\xff\xfe\x00name", "is not a TOML file"),
        ("name = '붓꽃'".encode("cp949"), "is not a TOML file"),
        (b"x = " + b"[" * 20_000, "TOML"),
        (b"", "dataset"),
        (b"[model]\nname = 'mlp'\n", "dataset"),
        (IRIS_TABLES.encode() + b"momentum = 0.9\n", "momentum"),
        (b"epochz = 3\n" + IRIS_TABLES.encode(), "epochz"),
        (IRIS_TABLES.encode() + b"[split]\ntest_size = 0.2\n", "test_size"),
        (IRIS_TABLES.encode() + b"[schedule]\nname = 'cosinus'\n", "schedule"),
        (b"epochs = 'ten'\n" + IRIS_TABLES.encode(), 'epochs = "ten": must be a valid integer'),
        (b"epochs = '10'\n" + IRIS_TABLES.encode(), 'epochs = "10": must be a valid integer'),
        (b"epochs = true\n" + IRIS_TABLES.encode(), "epochs = true: must be a valid integer"),
        (b"epochs = 10.0\n" + IRIS_TABLES.encode(), "epochs = 10.0: must be a valid integer"),
        (b"shuffle = 'yes'\n" + IRIS_TABLES.encode(), 'shuffle = "yes": must be a valid boolean'),
        (b"label_map = [true, 0, 1]\n" + IRIS_TABLES.encode(), "label_map.0 = true: must be a valid integer"),
        (b"label_map = [1.0, 0, 1]\n" + IRIS_TABLES.encode(), "label_map.0 = 1.0: must be a valid integer"),
        (b"name = 2026-11-21\n" + IRIS_TABLES.encode(), "name = 2026-11-21: must be text, a number"),
        (b"standardise = 'features'\n" + IRIS_TABLES.encode(), "such as features,target after --set or ["),
        (b"metrics = 'accuracy'\n" + IRIS_TABLES.encode(), "such as accuracy,macro_f1 after --set or ["),
        (IRIS_TABLES.encode() + b"lr = '0.1'\n", 'optimizer.lr = "0.1": must be a valid number'),
        (IRIS_TABLES.encode() + b"betas = [0.9]\n", "optimizer.betas = [0.9]: takes 2 values, such as 0.9,0.999"),
        (IRIS_TABLES.encode() + b"betas = [1, 2, 3]\n", "optimizer.betas = [1, 2, 3]: takes 2 values"),
        (
            IRIS_TABLES.encode() + b"[evaluate]\nwhen = 'epoch'\n",
            'such as start,epoch after --set or ["start", "epoch"]',
        ),
        (IRIS_TABLES.encode() + b"[[split]]\ntrain_size = 0.5\n", "split must be a table: write [split], not [[…]]"),
        (
            IRIS_TABLES.encode().replace(b"[model]", b"[[model]]"),
            "model.name is missing: model must be a table, [model]",
        ),
        (b"epochs = 2026-11-21\n" + IRIS_TABLES.encode(), "epochs"),
        (b"epochs = [1, 'two']\n" + IRIS_TABLES.encode(), "epochs"),
        (b"model = 3\n" + IRIS_TABLES.encode().replace(b'[model]\nname = "mlp"\n', b""), "model"),
        (b"dataset = 'iris'\n", "dataset.name"),
        (b"dataset = [{name = 'iris'}]\n", "dataset.name"),
        (IRIS_TABLES.encode().replace(b"'iris'", b"[1]").replace(b'"iris"', b"[1]"), "dataset"),
        (IRIS_TABLES.encode() + b"lr = nan\n", "lr"),
        (IRIS_TABLES.encode() + b"lr = inf\n", "lr"),
        (b"name = 'iris-\\u001b[31m'\nlog = \"\\u001b[31m\"\n" + IRIS_TABLES.encode(), "log"),
    ],
    ids=lambda value: repr(value[:30]),
)
def test_toml(cli, tmp_path_factory, content, says):
    path = tmp_path_factory.mktemp("toml") / "mine.toml"
    path.write_bytes(content)
    line = cli.call("run", str(path)).refused()
    assert says in line
    assert "\x1b" not in line
    assert len(line) < 400
    assert untouched(cli)


def test_a_setting_on_top_of_a_broken_file(cli, tmp_path_factory):
    """`model = 3` in the file and `--set model.hidden=5` on top: still one line."""
    path = tmp_path_factory.mktemp("toml") / "mine.toml"
    path.write_text("model = 3\n")
    assert "model" in cli.call("run", str(path), "--set", "model.hidden=5").refused()
    path.write_text("[model]\nname = 'mpl'\n")
    assert "mpl" in cli.call("run", str(path), "--set", "model.hidden=5").refused()


def test_toml_paths(cli, tmp_path_factory):
    folder = tmp_path_factory.mktemp("toml")
    (folder / "folder.toml").mkdir()
    assert "directory" in cli.call("run", str(folder / "folder.toml")).refused()
    assert "missing.toml" in cli.call("run", str(folder / "missing.toml")).refused()
    assert cli.call("run", str(folder)).refused()
    (folder / "dangling.toml").symlink_to(folder / "nowhere")
    assert "dangling.toml" in cli.call("run", str(folder / "dangling.toml")).refused()
    assert untouched(cli)


# Data.


@pytest.fixture
def raw(tmp_path_factory, idx_writer):
    """A FashionMNIST of ten pictures, to be broken; the folder of its files."""
    folder = tmp_path_factory.mktemp("data") / "FashionMNIST" / "raw"
    for kind in ("train", "t10k"):
        idx_writer(folder / f"{kind}-images-idx3-ubyte", np.full((10, 28, 28), 7))
        idx_writer(folder / f"{kind}-labels-idx1-ubyte", np.arange(10))
    return folder


def train_on(cli, raw):
    return cli.call("run", "fashion-mlp", "--epochs", "1", "--device", "cpu", "--data-dir", str(raw.parent.parent))


def test_ten_pictures_are_enough(cli, raw):
    """What the tests below break is whole before."""
    assert train_on(cli, raw).code == 0


def test_data_folder_that_is_missing(cli):
    line = cli.call("run", "fashion-mlp", "--data-dir", "nowhere").refused()
    assert str(cli.cwd / "nowhere" / "FashionMNIST" / "raw") in line
    assert "--data-dir" in line
    assert untouched(cli)


def test_data_folder_that_was_never_named(cli):
    line = cli.call("run", "fashion-mlp").refused()
    assert "--data-dir" in line
    assert "NNTUI_DATA_DIR" in line
    assert untouched(cli)


def test_data_folder_of_the_environment_that_is_missing(cli, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "missing"
    assert str(elsewhere) in cli.at(cli.cwd, NNTUI_DATA_DIR=str(elsewhere)).call("run", "fashion-mlp").refused()
    assert untouched(cli)


FILES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(
    "harm", ["missing", "empty", "header only", "one byte short", "one byte long", "magic", "folder"]
)
def test_idx_files(cli, raw, name, harm):
    path = raw / name
    whole = path.read_bytes()
    path.unlink()
    match harm:
        case "empty":
            path.write_bytes(b"")
        case "header only":
            path.write_bytes(whole[:4])
        case "one byte short":
            path.write_bytes(whole[:-1])
        case "one byte long":
            path.write_bytes(whole + b"\0")
        case "magic":
            path.write_bytes(b"\x1f\x8b" + whole[2:])  # of a .gz that was never unpacked
        case "folder":
            path.mkdir()
    line = train_on(cli, raw).refused()
    assert name in line
    assert str(raw) in line
    assert untouched(cli)


@pytest.mark.parametrize(
    ("name", "array", "says"),
    [
        ("train-images-idx3-ubyte", np.zeros((10, 32, 32)), "32×32"),
        ("train-labels-idx1-ubyte", np.arange(9), "9 labels for the 10 pictures"),
        ("t10k-labels-idx1-ubyte", np.arange(1, 11), "label 10"),
        ("t10k-images-idx3-ubyte", np.zeros((0, 28, 28)), "t10k-images-idx3-ubyte"),
        ("train-images-idx3-ubyte", np.zeros(10), "train-images-idx3-ubyte"),
    ],
)
def test_idx_files_that_hold_something_else(cli, raw, idx_writer, name, array, says):
    idx_writer(raw / name, array)
    assert says in train_on(cli, raw).refused()
    assert untouched(cli)


def test_an_idx_header_that_promises_the_moon(cli, raw):
    """2^96 pixels: refused by its length, not by the memory."""
    path = raw / "train-images-idx3-ubyte"
    path.write_bytes(bytes([0, 0, 8, 3]) + b"\xff" * 12 + b"\0" * 100)
    assert str(path) in train_on(cli, raw).refused()
    assert untouched(cli)


# Where to write.


@pytest.mark.parametrize("below", ["models", "models/deeper"])
def test_a_models_folder_that_cannot_be_made(cli, tmp_path_factory, below):
    """A path at or below a regular file: nobody can write there, root neither."""
    file = tmp_path_factory.mktemp("elsewhere") / "models"
    file.write_text("mine")
    for result in (
        cli.call("run", "iris-net", "--epochs", "1", "--models-dir", str(file.parent / below)),
        cli.at(cli.cwd, NNTUI_MODELS_DIR=str(file.parent / below)).call("run", "iris-net", "--epochs", "1"),
    ):
        line = result.refused()
        assert str(file.parent / below) in line
        assert "--models-dir" in line
    assert file.read_text() == "mine"
    assert untouched(cli)


def test_a_models_folder_that_is_not_ours(cli, tmp_path_factory):
    if os.geteuid() == 0:
        pytest.skip("root may write anywhere")
    folder = tmp_path_factory.mktemp("closed")
    folder.chmod(0o500)
    assert str(folder) in cli.call("run", "iris-net", "--models-dir", str(folder / "new")).refused()


def test_folders_of_a_user_who_is_not_there(cli):
    for command in (["run", "iris-net"], ["runs"], ["show", "last"]):
        assert "no-such-user-here" in cli.call(*command, "--models-dir", "~no-such-user-here/x").refused()
    assert "no-such-user-here" in cli.call("run", "fashion-mlp", "--data-dir", "~no-such-user-here/x").refused()
    assert untouched(cli)


@pytest.mark.parametrize("target", ["missing/epochs.csv", ".", "", "x" * 300 + ".csv"], ids=lambda name: name[:30])
def test_a_csv_that_cannot_be_written_is_refused_before_training(cli, target):
    cli.call("run", "iris-net", "--epochs", "1", "--csv", target).refused()
    assert untouched(cli)


# RUN.


@pytest.fixture
def two_runs(cli, iris):
    """Two finished runs whose names begin alike."""
    for name in ("20260101-000000-iris-net-aaaa", "20260101-000000-iris-net-bbbb"):
        shutil.copytree(iris.path, cli.saved / name)
    return cli


@pytest.mark.parametrize("command", [["show"], ["resume"], ["export", "--csv", "a.csv"]], ids=lambda c: c[0])
def test_runs_that_cannot_be_told(two_runs, command):
    ambiguous = two_runs.call(*command, "iris-net").refused()
    assert "aaaa" in ambiguous
    assert "bbbb" in ambiguous
    unknown = two_runs.call(*command, "fashion").refused()
    assert "fashion" in unknown
    assert "nntui runs" in unknown
    assert two_runs.call(*command, "").refused()
    assert not (two_runs.cwd / "a.csv").exists()


@pytest.mark.parametrize(
    "command", [["show", "last"], ["resume", "last"], ["export", "last", "--csv", "a.csv"]], ids=" ".join
)
def test_last_of_no_runs(cli, command):
    assert "nntui run iris-net" in cli.call(*command).refused()
    assert untouched(cli)


def test_a_complete_run_is_not_resumed(two_runs):
    before = (two_runs.saved / "20260101-000000-iris-net-aaaa" / "events.jsonl").read_bytes()
    assert "complete" in two_runs.call("resume", "aaaa").refused()
    assert (two_runs.saved / "20260101-000000-iris-net-aaaa" / "events.jsonl").read_bytes() == before


@pytest.mark.parametrize("harm", ["config.toml", "checkpoint.pt", "no config.toml", "no checkpoint.pt"])
def test_a_damaged_run_is_not_resumed(two_runs, harm):
    """The run stopped; then one of its files was cut in half or removed, and there is no checkpoint before it."""
    run = two_runs.saved / "20260101-000000-iris-net-aaaa"
    log = (run / "events.jsonl").read_text().replace('"status": "completed"', '"status": "stopped"')
    (run / "events.jsonl").write_text(log)
    name = harm.removeprefix("no ")
    (run / "checkpoint.previous.pt").unlink(missing_ok=True)  # a quick run has none
    content = (run / name).read_bytes()
    (run / name).unlink()
    if harm == name:
        (run / name).write_bytes(content[: len(content) // 2])
    line = two_runs.call("resume", "aaaa").refused()
    assert name in line or "checkpoint" in line
    assert (run / "events.jsonl").read_text() == log


@pytest.mark.parametrize(
    "content", [b"", b"\n\n", b"\xff\x00garbage\n", b'{"v":1,"seq":0,"t":0,"type":"RunSta', b"[]\n3\nnull\n"]
)
def test_a_log_without_a_beginning(two_runs, content):
    """A run that died at its first line is listed and shown, and cannot be resumed; of a log of something else that is
    told in a line."""
    (two_runs.saved / "20260101-000000-iris-net-aaaa" / "events.jsonl").write_bytes(content)
    listed, foreign = two_runs.call("runs"), bool(content.strip()) and content.endswith(b"\n")
    assert (listed.code, listed.out.count("\n"), listed.err.count("\n")) == (0, 3 - foreign, foreign)
    assert ("aaaa" in listed.err) == foreign
    assert two_runs.call("show", "aaaa").code == 0
    assert two_runs.call("show", "aaaa", "--json").code == 0
    assert "nntui run" in two_runs.call("resume", "aaaa").refused()


def test_what_export_cannot_do(two_runs):
    assert (
        "choose from epochs, steps" in two_runs.call("export", "aaaa", "--csv", "a.csv", "--what", "layers").refused()
    )
    assert "missing" in two_runs.call("export", "aaaa", "--csv", "missing/a.csv").refused()
    assert "folder" in two_runs.call("export", "aaaa", "--csv", "saved_models").refused()
    assert sorted(path.name for path in two_runs.cwd.iterdir()) == ["saved_models"]


# No terminal to draw on.


def on_terminal(cli, *, stdin=True, stderr=True, term="xterm-256color"):
    """Start bare `nntui` with some of its streams on a pseudo-terminal; exit code and all it wrote."""
    ours, theirs = pty.openpty()
    environment = {**cli.environment(), "TERM": term}
    if not term:
        del environment["TERM"]
    read, write = os.pipe()
    child = subprocess.Popen(
        [sys.executable, "-P", "-m", "tui.cli"],
        cwd=cli.cwd,
        env=environment,
        stdin=theirs if stdin else subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs if stderr else write,
        start_new_session=True,
    )
    os.close(theirs)
    os.close(write)
    written, open_ends, deadline = b"", {ours, read}, time.monotonic() + 30
    while open_ends and time.monotonic() < deadline:
        for end in select.select(open_ends, [], [], 1)[0]:
            try:
                data = os.read(end, 65536)
            except OSError:  # a terminal that nobody holds any more
                data = b""
            written += data
            if not data:
                open_ends.remove(end)
    if open_ends:
        child.kill()
    code = child.wait()
    os.close(ours)
    os.close(read)
    return code, written.decode().replace("\r\n", "\n")


def test_bare_nntui_without_any_terminal(cli):
    line = cli.launch().refused()
    assert "stdin is not a terminal" in line
    assert "nntui run" in line
    assert untouched(cli)


@pytest.mark.parametrize(
    ("streams", "says"),
    [
        ({"stdin": False}, "stdin is not a terminal"),
        ({"stderr": False}, "stderr is not a terminal"),
        ({"term": "dumb"}, "TERM is dumb"),
        ({"term": ""}, "TERM is not set"),
    ],
    ids=["stdin", "stderr", "dumb", "no TERM"],
)
def test_bare_nntui_where_it_cannot_draw(cli, streams, says):
    code, written = on_terminal(cli, **streams)
    assert code == 2
    assert re.fullmatch(r"nntui: [^\n\x1b]*nntui run iris-net\n", written)
    assert says in written
    assert untouched(cli)
