"""`make reproduce`: trains every document's experiment on 5 seeds, by the document's own script and by nntui, and
writes the table of docs/measured.md; `tests/reproduce.py iris` prints the rows that have `iris` in them. MNIST and
FashionMNIST are read from the data folder (`nntui data fetch mnist`).
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import os
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from core.events.events import Evaluated, Predicted
from core.experiment import open as search_config
from core.experiment import resolve
from core.history.trials import Trials
from core.runs.event_log import read_events
from core.sessions import network, open
from core.system.folders import data_root

PAGE = Path(__file__).parent.parent / "docs" / "measured.md"
BEGIN, END = "<!-- reproduction: made by `make reproduce` -->", "<!-- end of reproduction -->"
SEEDS = range(5)

Figures = dict[str, float]


def document(name: str) -> ModuleType:
    path = Path(__file__).parent / "documents" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def ours(preset: str, seed: int, *settings: tuple[str, str]) -> Figures:
    """What nntui's run measured on the test split, by `accuracy_<epoch>` and `loss_<epoch>`, and what it predicted."""
    resolved = resolve.load(preset, [("seed", str(seed)), ("device", "cpu"), *settings]).with_data_dir(None)
    with tempfile.TemporaryDirectory() as folder:
        made = network.start(resolved, Path(folder))
        ended = made.run.execute()
        if ended.status != "completed":
            raise SystemExit(f"{preset}, seed {seed}: {ended.reason}")
        found: Figures = {}
        for event in read_events(made.run_dir.events):
            if isinstance(event, Evaluated) and event.split == "test":
                found[f"accuracy_{event.epoch}"] = event.metrics["accuracy"]
                found[f"loss_{event.epoch}"] = event.metrics["loss"]
            elif isinstance(event, Predicted):
                found["probability"] = event.outputs[0][1]
        return found


def searched(seed: int) -> Figures:
    """What the 32 networks of nntui's search came to."""
    resolved = search_config.load("iris-search", [("seed", str(seed)), ("device", "cpu")])
    with tempfile.TemporaryDirectory() as folder:
        made = open.start(resolved, Path(folder))
        made.run.execute()
        trials = Trials.fold(read_events(made.run_dir.events))
        return spread([trial.metrics["test_accuracy"] for trial in trials])


def spread(accuracies: list[float]) -> Figures:
    """Of the networks of a search."""
    good = sum(accuracy >= 0.9 for accuracy in accuracies)
    return {"median": statistics.median(accuracies), "good": good / len(accuracies)}


def their_search(main: Callable[[int], Figures]) -> Callable[[int], Figures]:
    return lambda seed: spread([value for key, value in main(seed).items() if re.match(r"test_accuracy_\d", key)])


@dataclass(frozen=True)
class Row:
    """One line of the table: what, what the document reports, and how to measure it both ways."""

    what: str
    reported: str
    theirs: Callable[[int], Figures] | None
    """None: it would take days."""
    mine: Callable[[int], Figures]
    their_key: str
    my_key: str
    percent: bool = True
    seeds: Sequence[int] = SEEDS


def two_layer(data_dir: Path) -> Callable[[int], Figures]:
    """The document's script by backpropagation, which it leaves to its next chapter."""
    from torchvision import datasets

    parts = [datasets.MNIST(root=str(data_dir), train=train, download=False) for train in (True, False)]
    data = [array for part in parts for array in (part.data.flatten(1).numpy() / 255, part.targets.numpy())]

    def script(seed: int) -> Figures:
        lines: list[str] = []
        document("two_layer_net").main(seed, data, gradient="gradient", tell=lines.append)
        return {"test_accuracy": float(lines[-1].rpartition(", ")[2])}

    return script


def rows(data_dir: Path, scratch: Path) -> list[Row]:
    mnist, fashion = document("mnist").main, document("fashion_mlp").main
    iris, blobs = document("iris_net").main, document("blobs_binary").main
    ten = [("epochs", "10"), ("evaluate.when", "epoch")]
    softmax = (lambda s: mnist("mnist-softmax", s, data_dir), lambda s: ours("mnist-softmax", s))
    mlp = (lambda s: mnist("mnist-mlp", s, data_dir, 10, (2,)), lambda s: ours("mnist-mlp", s, *ten))
    clothes = (lambda s: fashion(s, data_dir), lambda s: ours("fashion-mlp", s))
    points = (lambda s: blobs(s, scratch), lambda s: ours("blobs-binary", s))
    flowers = (iris, lambda s: ours("iris-net", s))
    grid = (their_search(document("iris_search").main), searched)
    nets = (two_layer(data_dir), lambda s: ours("two-layer", s, ("gradient", "backprop")))
    test = "test accuracy after"
    return [
        Row(f"`iris-net`, {test} 200 epochs", "curves only", *flowers, "test_accuracy", "accuracy_200"),
        Row("`iris-search`, median test accuracy of 32 networks", "not in the text", *grid, "median", "median"),
        Row("`iris-search`, networks of at least 90 %", "almost all", *grid, "good", "good"),
        Row(f"`mnist-softmax`, {test} 2", "92.11 %", *softmax, "test_accuracy_2", "accuracy_2"),
        Row(f"`mnist-mlp`, {test} 2", "about 96 %", *mlp, "test_accuracy_2", "accuracy_2"),
        Row(f"`mnist-mlp`, {test} 10", "98 %", *mlp, "test_accuracy_10", "accuracy_10"),
        Row(f"`fashion-mlp`, {test} 3", "41.2 %", *clothes, "test_accuracy_3", "accuracy_3"),
        Row(f"`fashion-mlp`, {test} 10", "49.5 %", *clothes, "test_accuracy_10", "accuracy_10"),
        Row("`blobs-binary`, test loss after 2,000", "not in the text", *points, "test_loss", "loss_2000", False),
        Row("`blobs-binary`, P(label 1) at [-1, 1]", "not in the text", *points, "probability", "probability", False),
        Row(
            f"`two-layer`, {test} 9,601 iterations by numerical gradient, seed 0",
            "85.9 %",
            *(None, lambda s: ours("two-layer", s), "", "accuracy_17"),
            seeds=[0],
        ),
        Row(
            f"`two-layer`, {test} 9,601 iterations by backpropagation",
            "announced",
            *(*nets, "test_accuracy", "accuracy_17"),
        ),
    ]


class Measured:
    """Each script is run once per seed, however many rows look at it."""

    def __init__(self) -> None:
        self._found: dict[tuple[int, int], Figures] = {}

    def __call__(self, script: Callable[[int], Figures], seed: int) -> Figures:
        key = (id(script), seed)
        if key not in self._found:
            began = time.monotonic()
            with contextlib.redirect_stdout(io.StringIO()):
                self._found[key] = script(seed)
            print(f"  {len(self._found)}: seed {seed}, {time.monotonic() - began:.1f} s", file=sys.stderr, flush=True)
        return self._found[key]


def shown(values: list[float], *, percent: bool) -> str:
    if len(values) == 1:
        return f"{100 * values[0]:.1f} %" if percent else f"{values[0]:.4f}"
    mean, deviation = statistics.mean(values), statistics.stdev(values)
    return f"{100 * mean:.1f} ± {100 * deviation:.1f} %" if percent else f"{mean:.4f} ± {deviation:.4f}"


def table(data_dir: Path, wanted: str = "") -> str:
    """Of the rows that `wanted` occurs in."""
    measured = Measured()
    lines = [
        f"Mean ± standard deviation over seeds {SEEDS[0]}-{SEEDS[-1]}, on {os.cpu_count()} cores; `make reproduce` "
        "writes this table.",
        "",
        "| experiment | the document reports | its own code, run here | nntui |",
        "|---|---|---|---|",
    ]
    with tempfile.TemporaryDirectory() as scratch:
        for row in (each for each in rows(data_dir, Path(scratch)) if wanted in each.what):
            print(row.what, file=sys.stderr, flush=True)
            their = "not run: some 30 hours"
            if row.theirs is not None:
                values = [measured(row.theirs, seed)[row.their_key] for seed in row.seeds]
                their = shown(values, percent=row.percent)
            mine = [measured(row.mine, seed)[row.my_key] for seed in row.seeds]
            lines.append(f"| {row.what} | {row.reported} | {their} | {shown(mine, percent=row.percent)} |")
    return "\n".join(lines)


def main() -> None:
    if sys.argv[1:]:  # a part of it, to look at
        print(table(data_root(), sys.argv[1]))
        return
    made = table(data_root())
    text = PAGE.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _old, end, after = rest.partition(END)
    if not begin or not end:
        raise SystemExit(f"{PAGE} has lost the marks between which the table goes: {BEGIN} … {END}")
    PAGE.write_text(f"{before}{BEGIN}\n{made}\n{END}{after}", encoding="utf-8")
    print(made)


if __name__ == "__main__":
    main()
