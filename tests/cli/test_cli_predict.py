"""`nntui predict` and `nntui show --state-dict`: saved weights in a fresh network, raw values in."""

from __future__ import annotations

import json

import pytest


@pytest.fixture(scope="module")
def iris_run(shared):
    here = shared.at(shared.cwd / "predict-iris")
    assert here.call("run", "iris-net", "--epochs", "20", "--device", "cpu", "--quiet").code == 0
    return here


@pytest.fixture(scope="module")
def diabetes_run(shared):
    here = shared.at(shared.cwd / "predict-diabetes")
    assert here.call("run", "diabetes-regression", "--device", "cpu", "--quiet").code == 0
    return here


def test_iris_equals_pytorch(iris_run, tools):
    import torch
    from sklearn.datasets import load_iris

    weights = tools.weights(iris_run.only_run)
    model = torch.nn.Sequential(
        *(torch.nn.Linear(4, 16), torch.nn.ReLU(), torch.nn.Linear(16, 16), torch.nn.ReLU(), torch.nn.Linear(16, 3))
    )
    model.load_state_dict(dict(zip(model.state_dict(), weights.values(), strict=True)))
    iris = load_iris()
    for i in (0, 60, 149):
        row = iris.data[i].tolist()
        shown = iris_run.call("predict", "last", "--json", *map(str, row)).json()
        with torch.no_grad():
            expected = torch.softmax(model(torch.tensor([row])), dim=1)[0].tolist()
        assert list(shown["probabilities"].values()) == pytest.approx(expected, abs=1e-6)
        assert list(shown["probabilities"]) == ["setosa", "versicolor", "virginica"]
        assert shown["label"] == iris.target_names[max(range(3), key=expected.__getitem__)]
        text = iris_run.call("predict", "last", *map(str, row)).out.splitlines()
        assert text[0] == f"species: {shown['label']}"


@pytest.mark.parametrize("weights", ["model.pt", "best.pt"])
def test_diabetes_equals_pytorch_with_scikit_learns_preprocessing(diabetes_run, weights):
    import torch
    from sklearn.datasets import load_diabetes
    from sklearn.model_selection import train_test_split
    from sklearn.preprocessing import StandardScaler

    raw = load_diabetes(scaled=False)
    kept, _, values, _ = train_test_split(raw.data, raw.target, train_size=0.8, random_state=42)
    rows, _, values, _ = train_test_split(kept, values, test_size=0.2, random_state=42)
    x_scaler, y_scaler = StandardScaler().fit(rows), StandardScaler().fit(values.reshape(-1, 1))
    model = torch.nn.Sequential(torch.nn.Linear(10, 16), torch.nn.Tanh(), torch.nn.Linear(16, 1))
    saved = torch.load(diabetes_run.only_run / weights, weights_only=True)
    model.load_state_dict(dict(zip(model.state_dict(), saved.values(), strict=True)))
    best = ["--best"] if weights == "best.pt" else []
    for i in (0, 200, 441):
        row = raw.data[i]
        with torch.no_grad():
            output = model(torch.tensor(x_scaler.transform([row]), dtype=torch.float32)).numpy()
        expected = float(y_scaler.inverse_transform(output)[0, 0])
        shown = diabetes_run.call("predict", "last", "--json", *best, *map(repr, row.tolist())).json()
        assert shown["value"] == pytest.approx(expected, rel=1e-6)
        assert shown["target"] == "progression"


def test_the_best_weights_give_the_best_validation_loss(diabetes_run, tools):
    import torch
    from sklearn.metrics import mean_squared_error

    from core.data.prepare import load_data
    from core.experiment import resolve

    events = [json.loads(line) for line in (diabetes_run.only_run / "events.jsonl").read_text().splitlines()]
    losses = [e["metrics"]["loss"] for e in events if e["type"] == "Evaluated" and e["split"] == "validation"]
    assert events[-1]["status"] == "completed"
    assert "validation_loss has not become better for 20 epochs" in events[-1]["reason"]
    assert len(losses) == losses.index(min(losses)) + 1 + 20
    data = load_data(resolve.load(str(diabetes_run.only_run / "config.toml")))
    model = torch.nn.Sequential(torch.nn.Linear(10, 16), torch.nn.Tanh(), torch.nn.Linear(16, 1))
    saved = torch.load(diabetes_run.only_run / "best.pt", weights_only=True)
    model.load_state_dict(dict(zip(model.state_dict(), saved.values(), strict=True)))
    part = data.splits["validation"]
    with torch.no_grad():
        loss = mean_squared_error(part.y.numpy(), model(part.x).numpy())
    assert loss == pytest.approx(min(losses), rel=1e-6)


def test_pictures_are_asked_by_their_pixels(cli, tools):
    """In the units of the data: 0 to 16, divided as in training."""
    import torch
    from sklearn.datasets import load_digits

    assert cli.call("run", "digits-mlp", "--epochs", "3", "--quiet").code == 0
    pixels = load_digits().images[5].ravel()
    shown = cli.call("predict", "last", "--json", *(f"{p:g}" for p in pixels)).json()
    model = torch.nn.Sequential(
        *(torch.nn.Linear(64, 64), torch.nn.ReLU(), torch.nn.Linear(64, 32), torch.nn.ReLU(), torch.nn.Linear(32, 10))
    )
    model.load_state_dict(dict(zip(model.state_dict(), tools.weights(cli.only_run).values(), strict=True)))
    with torch.no_grad():
        expected = torch.softmax(model(torch.tensor([pixels / 16], dtype=torch.float32)), dim=1)[0].tolist()
    assert list(shown["probabilities"].values()) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("values", "names"),
    [
        (["1", "2"], "2 value(s) given, but the network takes 4 (sepal length (cm)"),
        (["1", "2", "3", "4", "5"], "5 value(s) given"),
        (["1", "2", "x", "4"], "VALUE = x: must be a number"),
        (["1", "2", "nan", "4"], "not a finite number"),
        (["1", "2", "1e39", "4"], "not a finite number"),
        ([], "VALUE"),
        (["1", "2", "3", "4", "--best"], "no best.pt: it was trained without stop.keep_best=true"),
    ],
)
def test_bad_values(iris_run, values, names):
    assert names in iris_run.call("predict", "last", *values).refused()


@pytest.mark.parametrize(
    ("file", "damage", "names"),
    [
        ("model.pt", b"garbage", "cannot read the weights"),
        ("model.pt", None, "has no model.pt"),
        ("model.pt", [1, 2], "holds something else than tensors by their names"),
        ("model.pt", {"a": 3}, "holds something else than tensors by their names"),
        ("model.pt", {}, "does not fit the network"),
        ("inputs.json", b"{}", "inputs.json is damaged"),
        ("inputs.json", b"\xff\xfe", "inputs.json is damaged"),
        ("inputs.json", b"[]", "inputs.json is damaged"),
        ("inputs.json", {"shape": "4"}, "inputs.json is damaged"),
        ("inputs.json", {"shape": [4.5]}, "inputs.json is damaged"),
        ("inputs.json", {"shape": []}, "inputs.json is damaged"),
        ("inputs.json", {"classes": ["a", 2]}, "inputs.json is damaged"),
        ("inputs.json", {"reading": "tea leaves"}, "inputs.json is damaged"),
        ("inputs.json", {"reading": "value"}, "inputs.json is damaged"),
        ("inputs.json", {"feature_scale": {"mean": 3, "deviation": [1]}}, "inputs.json is damaged"),
        ("inputs.json", {"feature_scale": {"mean": [3.0], "deviation": [1.0]}}, "inputs.json is damaged"),
        ("inputs.json", {"divided_by": 0}, "inputs.json is damaged"),
        ("inputs.json", {"shape": [5], "features": []}, "does not fit the network"),
        ("inputs.json", None, "cannot read"),
        ("config.toml", None, "cannot read the experiment"),
    ],
)
def test_damaged_runs(cli, file, damage, names):
    import torch

    assert cli.call("run", "iris-net", "--epochs", "1", "--quiet").code == 0
    path = cli.only_run / file
    if file == "model.pt" and not isinstance(damage, bytes | None):
        torch.save(damage, path)
    elif isinstance(damage, dict):
        path.write_text(json.dumps({**json.loads(path.read_text()), **damage}))
    else:
        path.unlink() if damage is None else path.write_bytes(damage)
    assert names in cli.call("predict", "last", "1", "2", "3", "4").refused()
    if file == "model.pt" and damage != {}:
        for json_too in ([], ["--json"]):
            assert names in cli.call("show", "last", "--state-dict", *json_too).refused()


def test_inputs_of_another_kind_than_the_network(cli):
    assert cli.call("run", "digits-mlp", "--set", "model.name=cnn", "--epochs", "1", "--quiet").code == 0
    path = cli.only_run / "inputs.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "shape": [64]}))
    assert "does not fit" in cli.call("predict", "last", *["1"] * 64).refused()


def test_weights_of_another_network(cli):
    assert cli.call("run", "iris-net", "--epochs", "1", "--quiet").code == 0
    config = cli.only_run / "config.toml"
    config.write_text(config.read_text().replace("    16,\n    16,\n", "    8,\n"))
    assert "does not fit the network" in cli.call("predict", "last", "1", "2", "3", "4").refused()


def test_show_state_dict(iris_run, tools):
    result = iris_run.call("show", "last", "--state-dict")
    assert (result.code, result.err) == (0, "")
    weights = tools.weights(iris_run.only_run)
    rows = [line.split() for line in result.out.splitlines()]
    for name, tensor in weights.items():
        assert [name, "×".join(map(str, tensor.shape)), "float32"] in rows
    assert result.out.endswith(f"state_dict format of the model: {weights}\n")
    shown = iris_run.call("show", "last", "--state-dict", "--json").json()
    assert {name: entry["shape"] for name, entry in shown.items()} == {n: list(t.shape) for n, t in weights.items()}
    assert shown["output.bias"]["values"] == weights["output.bias"].tolist()
