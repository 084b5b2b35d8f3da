"""Files for --use that cannot be used: one line with file, line and remedy, exit 2, nothing written."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from core.components.registry import Registry
from core.experiment import named
from core.experiment.schema import REGISTRIES


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    """Whatever is wrong with a file, nothing of it stays registered."""
    before = {kind: registry.registered() for kind, registry in REGISTRIES.items()}
    yield
    named.forget()
    assert {kind: registry.registered() for kind, registry in REGISTRIES.items()} == before


MODEL = "from core.components.models import MODELS\n"
LOSS = "from core.components.losses import LOSSES\n"
OPTIMIZER = "import torch\nfrom core.components.optimizers import OPTIMIZERS, LearningRate\n"
METRIC = "from core.components.metrics import METRICS\n"
DATASET = "import torch\nfrom core.datasets import DATASETS, RawData\n"
SCHEDULE = "from core.components.schedules import SCHEDULES\n"

ON_LOADING = {
    "no Python": ("x = 1\ndef", "line 2", "no Python"),
    "a tab too much": ("if True:\n\tx = 1\n        y = 2\n", "line 3", "no Python"),
    "no UTF-8": (b"# fine\nx = '\xe9'\n", "line 2", "save it as UTF-8"),
    "a null byte": ("x = 1\0", "bad.py", "null byte"),
    "raises": ("import math\n\nmath.sqrt(-1)\n", "line 3", "ValueError: math domain error"),
    "raises in a function": ("def f():\n    return 1 / 0\n\nf()\n", "line 2", "ZeroDivisionError"),
    "imports what is not there": ("import not_there_at_all\n", "line 1", "ModuleNotFoundError"),
    "imports its neighbour": ("import neighbour\n", "line 1", "put neighbour.py into the same file"),
    "calls sys.exit": ("import sys\nsys.exit(0)\n", "line 2", 'if __name__ == "__main__"'),
    "registers nothing": ("x = 1\n", "bad.py", '@MODELS.add("my-net")'),
    "a name that exists": (f"{MODEL}\n@MODELS.add('mlp')\ndef f(shape, outputs): ...\n", "line 3", "another name"),
    "twice the same name": (
        f"{MODEL}\n@MODELS.add('a')\ndef f(shape, outputs): ...\n@MODELS.add('a')\ndef g(shape, outputs): ...\n",
        "line 5",
        "another name",
    ),
    "takes a component away": (f"{MODEL}MODELS.remove('mlp')\n", "bad.py", "takes away the model mlp"),
    "a name with a comma": (f"{MODEL}\n@MODELS.add('a,b')\ndef f(shape, outputs): ...\n", "line 3", "letters"),
    "no annotation": (
        f"{MODEL}\n@MODELS.add('x')\ndef f(\n    shape,\n    outputs,\n    *,\n    width=3,\n): ...\n",
        "line 8",
        "width: float",
    ),
    "an annotation without a schema": (
        f"{MODEL}class C: ...\n@MODELS.add('x')\ndef f(shape, outputs, *, width: C = 1): ...\n",
        "line 4",
        "Literal",
    ),
    "an annotation that is not there": (
        f"from __future__ import annotations\n{MODEL}\n@MODELS.add('x')\ndef f(shape, outputs, *, w: Gone = 1): ...\n",
        "line 5",
        "NameError",
    ),
    "an annotation for no form": (
        f"{MODEL}\n@MODELS.add('x')\ndef f(shape, outputs, *, w: dict[str, int] = {{}}): ...\n",
        "line 4",
        "--set",
    ),
    "a default that does not fit": (
        f"{MODEL}\n@MODELS.add('x')\ndef f(shape, outputs, *, w: int = 'wide'): ...\n",
        "line 4",
        "default",
    ),
    "a hyperparameter called name": (
        f"{MODEL}\n@MODELS.add('x')\ndef f(shape, outputs, *, name: str = ''): ...\n",
        "line 4",
        "otherwise",
    ),
    "no hyperparameter": (
        f"{MODEL}\n@MODELS.add('x')\ndef f(shape, outputs, width: int = 3): ...\n",
        "line 3",
        "(shape, outputs, *, width)",
    ),
    "too few arguments": (f"{MODEL}\n@MODELS.add('x')\ndef f(shape): ...\n", "line 3", "(shape, outputs, *, …)"),
    "arguments of a loss": (f"{LOSS}\n@LOSSES.add('x')\ndef f(output, target): ...\n", "line 3", "handed nothing"),
    "no function": (f"{MODEL}\nMODELS.add('x')(3)\n", "bad.py", "must be a function"),
    "no learning rate": (f"{OPTIMIZER}\n@OPTIMIZERS.add('x')\ndef f(parameters): ...\n", "line 4", "lr: LearningRate"),
    "an output that is not known": (f"{LOSS}\n@LOSSES.add('x', output='odds')\ndef f(): ...\n", "line 3", "logits"),
    "a metric with hyperparameters": (
        f"{METRIC}\n@METRICS.add('x')\ndef f(predicted, target, *, k: int = 1): ...\n",
        "line 3",
        "no hyperparameters",
    ),
    "a metric that is no column": (f"{METRIC}\n@METRICS.add('a-b')\ndef f(predicted, target): ...\n", "line 3", "_"),
    "a metric called loss": (f"{METRIC}\n@METRICS.add('loss')\ndef f(predicted, target): ...\n", "line 3", "another"),
}


@pytest.mark.parametrize("case", ON_LOADING)
def test_files_that_cannot_be_loaded(cli: Any, case: str) -> None:
    content, line, remedy = ON_LOADING[case]
    file = cli.cwd / "bad.py"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    (cli.cwd / "neighbour.py").write_text("open('was-run', 'w')\n")
    refused = cli.call("run", "iris-net", "--use", "bad.py").refused()
    assert str(file) in refused
    assert line in refused, refused
    assert remedy in refused, refused
    assert not cli.saved.exists()
    assert not (cli.cwd / "was-run").exists()


def test_files_that_are_none(cli: Any) -> None:
    (cli.cwd / "folder").mkdir()
    assert "there is no such file" in cli.call("run", "iris-net", "--use", "gone.py").refused()
    for command in (["components"], ["predict", "last", "1"], ["data", "show", "iris"]):
        assert "there is no such file" in cli.call(*command, "--use", "gone.py").refused()
    assert "there is no such file" in cli.call("--use", "gone.py").refused()
    assert "is a folder" in cli.call("run", "iris-net", "--use", "folder").refused()
    (cli.cwd / "my.toml").write_text('use = "one.py"\n')
    assert 'use = ["my_net.py"]' in cli.call("run", "my.toml").refused()
    (cli.cwd / "my.toml").write_text('use = ["gone.py"]\n')
    assert str(cli.cwd / "gone.py") in cli.call("run", "my.toml").refused()
    assert "--use FILE" in cli.call("run", "iris-net", "--set", "use=my_net.py").refused()


def net(forward: str = "return self.layer(x)", init: str = "self.layer = nn.Linear(4, outputs)") -> str:
    return dedent(
        f"""\
        from torch import nn
        from core.components.models import MODELS
        class Net(nn.Module):
            def __init__(self, outputs):
                super().__init__()
                {init}
            def forward(self, x):
                {forward}
        @MODELS.add("x")
        def x(shape, outputs): return Net(outputs)
        """
    )


def loss(body: str) -> str:
    return dedent(
        f"""\
        from torch import nn
        from core.components.losses import LOSSES
        class Loss(nn.Module):
            def forward(self, output, target):
                {body}
        @LOSSES.add("x")
        def x(): return Loss()
        """
    )


def optimizer(step: str, defaults: str = "{'lr': lr}", arguments: str = "self") -> str:
    return dedent(
        f"""\
        import torch
        from core.components.optimizers import OPTIMIZERS
        class Mine(torch.optim.Optimizer):
            def step({arguments}):
                {step}
        @OPTIMIZERS.add("x")
        def x(parameters, *, lr: float = 0.1): return Mine(parameters, {defaults})
        """
    )


def raw(returned: str, facts: str = "") -> str:
    return f"{DATASET}@DATASETS.add('x'{facts})\ndef x(source):\n    return {returned}\n"


WHEN_TRIED = {
    "raises when it is built": (
        f"{MODEL}@MODELS.add('x')\ndef x(shape, outputs):\n    raise ValueError('odd')\n",
        "line 4",
        "ValueError: odd",
    ),
    "returns no module": (f"{MODEL}@MODELS.add('x')\ndef x(shape, outputs): return 3\n", "line 2", "torch.nn.Module"),
    "another number of outputs": (net(init="self.layer = nn.Linear(4, 7)"), "(4, 7)", "(4, 3) is expected"),
    "one dimension too few": (net("return self.layer(x)[:, 0]"), "shape (4,)", "(4, 3) is expected"),
    "a tuple": (net("return self.layer(x), None"), "line 9", "returns a tuple"),
    "nothing": (net("self.layer(x)"), "line 9", "returns nothing"),
    "raises in forward": (net("raise KeyError('x')"), "line 8", "KeyError"),
    "shapes that clash": (net(init="self.layer = nn.Linear(5, outputs)"), "line 8", "RuntimeError"),
    "raises in training only": (net("return self.layer(x) if not self.training else 1 / 0"), "line 8", "division"),
    "no weights": (net("return x[:, :3]", "self.layer = None"), "line 9", "no weights"),
    "lazy layers": (net(init="self.layer = nn.LazyLinear(outputs)"), "line 9", "lazy"),
    "a loss that is no module": (f"{LOSS}@LOSSES.add('x')\ndef x(): return lambda o, t: 1\n", "line 2", "Module"),
    "a loss for each sample": (
        loss("return nn.functional.cross_entropy(output, target, reduction='none')"),
        "(4,)",
        "mean()",
    ),
    "a loss that is a float": (loss("return 1.5"), "line 6", "a float"),
    "a loss without gradient": (loss("return output.detach().mean()"), "line 6", "detach"),
    "a loss that raises": (loss("return output.mean() + target['a']"), "line 5", "Error"),
    "no optimizer": (
        f"{OPTIMIZER}@OPTIMIZERS.add('x')\ndef x(parameters, *, lr: float = 0.1): return 3\n",
        "line 3",
        "torch.optim.Optimizer",
    ),
    "an optimizer without lr": (optimizer("pass", "{}"), "line 6", "'lr': lr"),
    "a step that raises": (optimizer("self.gone()"), "line 5", "AttributeError"),
    "a step that needs a closure": (optimizer("closure()", arguments="self, closure"), "line 6", "closure"),
    "a state that cannot be saved": (
        optimizer("self.state[self.param_groups[0]['params'][0]]['x'] = {1, 2}"),
        "line 6",
        "a set",
    ),
    "a metric that is no number": (
        f"{METRIC}@METRICS.add('x')\ndef x(predicted, target): return predicted\n",
        "line 2",
        "one number",
    ),
    "a metric that is nothing": (f"{METRIC}@METRICS.add('x')\ndef x(predicted, target): ...\n", "line 2", "nothing"),
    "a metric that raises": (
        f"{METRIC}@METRICS.add('x')\ndef x(predicted, target):\n    1 / 0\n",
        "line 4",
        "division",
    ),
    "no raw data": (raw("[1, 2, 3]"), "line 3", "RawData"),
    "data that is no tensor": (raw("RawData(x=[[1.0]], y=torch.zeros(1))"), "line 3", "torch.tensor"),
    "whole numbers": (raw("RawData(x=torch.ones(9, 4).long(), y=torch.zeros(9).long())"), "line 3", "float()"),
    "labels out of range": (
        raw("RawData(x=torch.ones(9, 4), y=torch.arange(9), classes=('a', 'b', 'c'))"),
        "line 3",
        "0 to 8",
    ),
    "labels of another length": (
        raw("RawData(x=torch.ones(9, 4), y=torch.zeros(8).long(), classes=('a', 'b', 'c'))"),
        "line 3",
        "(9,)",
    ),
    "another shape than told": (
        raw("RawData(x=torch.ones(9, 4), y=torch.zeros(9).long(), classes=('a', 'b', 'c'))", ", shape=(5,)"),
        "line 3",
        "shape=(5,)",
    ),
    "values, not classes": (
        raw("RawData(x=torch.ones(9, 4), y=torch.ones(9))"),
        "line 3",
        "regression",
    ),
    "a dataset that raises": (raw("open('gone.bin')"), "line 5", "FileNotFoundError"),
    "a factor that is no number": (
        f"{SCHEDULE}@SCHEDULES.add('x')\ndef x(steps, steps_per_epoch): return lambda step: 'low'\n",
        "line 2",
        "Error",
    ),
    "a schedule that is no function": (
        f"{SCHEDULE}@SCHEDULES.add('x')\ndef x(steps, steps_per_epoch): return 0.5\n",
        "line 2",
        "step → factor",
    ),
}


@pytest.mark.parametrize("case", WHEN_TRIED)
def test_components_that_do_not_work(cli: Any, case: str) -> None:
    content, line, remedy = WHEN_TRIED[case]
    (cli.cwd / "bad.py").write_text(content)
    kind = next(kind for kind, registry in REGISTRIES.items() if f"{registry.kind.upper()[:4]}" in content)
    setting = "metrics=accuracy,x" if kind == "metric" else f"{kind}.name=x"
    refused = cli.call("run", "iris-net", "--use", "bad.py", "--set", setting).refused()
    assert str(cli.cwd / "bad.py") in refused
    assert line in refused, refused
    assert remedy in refused, refused
    assert not cli.saved.exists()


def test_what_is_raised_while_it_trains_ends_the_run(cli: Any) -> None:
    (cli.cwd / "bad.py").write_text(
        net("return self.layer(x)", "self.layer = nn.Linear(4, outputs); self.n = 0").replace(
            "return self.layer(x)", "self.n += 1; return self.layer(x) if self.n < 9 else 1 / 0"
        )
    )
    done = cli.call("run", "iris-net", "--use", "bad.py", "--set", "model.name=x", "--json")
    assert done.code == 1
    assert done.events()[-1]["status"] == "failed"
    assert f"{cli.cwd / 'bad.py'}, line 8: ZeroDivisionError" in done.events()[-1]["reason"]
    assert not (cli.only_run / "error.txt").exists()


def test_a_package_that_cannot_be_loaded(cli: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Packages are found by their metadata: nothing of them is imported before a name is missing."""
    (tmp_path / "broken_plugin.py").write_text("1 / 0\n")
    (tmp_path / "good_plugin.py").write_text(net().replace('add("x")', 'add("packed")') + "LOADED = []\n")
    for name in ("broken", "good"):
        info = tmp_path / f"{name}_plugin-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}-plugin\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[nntui.components]\nit = {name}_plugin\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    named.forget()
    assert cli.call("run", "iris-net", "--dry-run").code == 0
    assert "good_plugin" not in sys.modules
    try:
        done = cli.call("run", "iris-net", "--epochs", "1", "--set", "model.name=packed", "--json")
        assert done.code == 0, done.err
        assert done.events()[0]["versions"]["good-plugin"] == "1.0"
        assert cli.call("predict", "last", "1", "2", "3", "4").code == 0
        refused = cli.call("run", "iris-net", "--set", "model.name=nothing").refused()
        assert "the package broken-plugin has components, but cannot be loaded: ZeroDivisionError" in refused
        listed = cli.call("components", "model")
        assert "model packed (from the package good-plugin)" in listed.out
        assert "broken-plugin" in listed.err
        assert listed.code == 0
    finally:
        REGISTRIES["model"].remove("packed")
        Registry.find_more()
        for name in ("broken_plugin", "good_plugin"):
            sys.modules.pop(name, None)
