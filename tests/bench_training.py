"""Training's rows of `make bench`: nntui with its log, events and checkpoints against a hand-written loop over tensor
slices, the documents' own scripts, skorch and Lightning, each in a process of its own, in turn.

`bench_training.py SIDE PRESET EPOCHS` is one side: prints its seconds of training, data and network being there.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import logging
import os
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

HERE = Path(__file__)
PAIRS = 5
LEAST = {
    ("iris-net", "document"): 5.0,
    ("iris-net", "skorch"): 8.0,
    ("iris-net", "lightning"): 8.0,
    ("fashion-mlp", "loop"): 1 / 0.95,
    ("fashion-mlp", "document"): 3.0,
    ("fashion-mlp", "skorch"): 1.4,
    ("fashion-mlp", "lightning"): 1.4,
    ("mnist-mlp", "loop"): 1 / 0.95,
    ("mnist-mlp", "document"): 3.0,
    ("mnist-mlp", "skorch"): 1.4,
    ("mnist-mlp", "lightning"): 1.4,
}
"""How many times faster nntui is to be."""
EPOCHS = {"iris-net": 200, "fashion-mlp": 2, "mnist-mlp": 2}
DOCUMENTS = {"iris-net": "iris_net", "fashion-mlp": "fashion_mlp", "mnist-mlp": "mnist"}


class Task:
    """A preset's data and network, of one's own making."""

    def __init__(self, preset: str, epochs: int) -> None:
        import torch
        from torch import nn

        from core.data.prepare import load_data
        from core.experiment import resolve

        self.config = resolve.load(preset, [("epochs", str(epochs)), ("device", "cpu")]).with_data_dir(None)
        data = load_data(self.config)
        self.train, self.test = data.splits["train"], data.splits["test"]
        self.epochs, self.batch = epochs, self.config.batch_size
        self.at_once = self.config.evaluate.batch_size or self.batch
        sizes = [self.train.x[0].numel(), *self.config.model["hidden"], data.outputs]
        torch.manual_seed(0)
        layers: list[nn.Module] = [nn.Flatten()] if self.train.x.ndim > 2 else []
        for i, (n, m) in enumerate(pairwise(sizes)):
            last = i == len(sizes) - 2
            layers += [nn.Linear(n, m)]
            if not last or self.config.model["output_activation"] == "relu":
                layers += [nn.ReLU()]
        self.model = nn.Sequential(*layers)
        self.optimizer = {"adam": torch.optim.Adam, "sgd": torch.optim.SGD}[self.config.optimizer["name"]]
        self.lr = float(self.config.optimizer["lr"])

    def measures(self, epoch: int) -> bool:
        """Whether the preset evaluates after this epoch, 0 for the first."""
        return "epoch" in self.config.evaluate.when or epoch == self.epochs - 1

    def loader(self, part: Any, size: int, *, shuffle: bool) -> Any:
        from torch.utils.data import DataLoader, TensorDataset

        return DataLoader(TensorDataset(part.x, part.y), batch_size=size, shuffle=shuffle)


def loop(preset: str, epochs: int) -> float:
    """As somebody writes it who wants it quick: slices of tensors, one `item` a batch."""
    import torch
    from torch import nn

    task = Task(preset, epochs)
    model, loss_fn, optimizer = task.model, nn.CrossEntropyLoss(), task.optimizer(task.model.parameters(), lr=task.lr)
    n, shown = len(task.train), []
    began = time.perf_counter()
    for epoch in range(epochs):
        model.train()
        order = torch.randperm(n) if task.config.shuffle else None
        for start in range(0, n, task.batch):
            rows = slice(start, start + task.batch) if order is None else order[start : start + task.batch]
            x, y = task.train.x[rows], task.train.y[rows]
            loss = loss_fn(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            shown.append(loss.item())
        if task.measures(epoch):
            model.eval()
            right = total = 0.0
            with torch.no_grad():
                for start in range(0, len(task.test), task.at_once):
                    x, y = task.test.x[start : start + task.at_once], task.test.y[start : start + task.at_once]
                    output = model(x)
                    total += loss_fn(output, y).item() * len(y)
                    right += (output.argmax(1) == y).sum().item()
    return time.perf_counter() - began


def products(preset: str, epochs: int) -> float:
    """The matrix products of the steps alone, into memory that is there."""
    import torch

    task = Task(preset, epochs)
    weights = [p.detach() for p in task.model.parameters() if p.ndim == 2]
    x = task.train.x[: task.batch].flatten(1)
    ins, h = [], x
    for weight in weights:
        ins.append(h)
        h = h @ weight.t()
    outs = [h @ torch.eye(h.shape[1]) for h in ins[1:]] + [h]
    grads = [torch.randn_like(out) for out in outs]
    by_weight = [torch.empty_like(weight) for weight in weights]
    back = [torch.empty_like(each) for each in ins]
    steps = epochs * -(-len(task.train) // task.batch)
    began = time.perf_counter()
    with torch.inference_mode():
        for _step in range(steps):
            for i, weight in enumerate(weights):
                torch.mm(ins[i], weight.t(), out=outs[i])
                torch.mm(grads[i].t(), ins[i], out=by_weight[i])
                if i:
                    torch.mm(grads[i], weight, out=back[i])
    return time.perf_counter() - began


def document(preset: str, epochs: int) -> float:
    """The document's own script, its printing included."""
    name = DOCUMENTS[preset]
    spec = importlib.util.spec_from_file_location(name, HERE.parent / "documents" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    folder = os.environ["NNTUI_DATA_DIR"]
    began = time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()):
        if name == "mnist":
            module.main(preset, 0, Path(folder), epochs=epochs)
        else:
            module.main(0, folder, epochs)
    return time.perf_counter() - began


def skorch(preset: str, epochs: int) -> float:
    from skorch import NeuralNetClassifier
    from skorch.dataset import Dataset
    from skorch.helper import predefined_split
    from torch import nn

    task = Task(preset, epochs)
    split = predefined_split(Dataset(task.test.x, task.test.y)) if "epoch" in task.config.evaluate.when else None
    net = NeuralNetClassifier(
        task.model,
        criterion=nn.CrossEntropyLoss,
        optimizer=task.optimizer,
        lr=task.lr,
        max_epochs=epochs,
        batch_size=task.batch,
        iterator_train__shuffle=task.config.shuffle,
        iterator_valid__batch_size=task.at_once,
        train_split=split,
        verbose=0,
    )
    net.initialize()
    began = time.perf_counter()
    net.fit(task.train.x, task.train.y)
    return time.perf_counter() - began


def lightning(preset: str, epochs: int) -> float:
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    import lightning.pytorch as pl
    from torch import Tensor
    from torch.nn import functional

    task = Task(preset, epochs)

    class Module(pl.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.net = task.model

        def training_step(self, batch: tuple[Tensor, Tensor], _index: int) -> Tensor:
            x, y = batch
            return functional.cross_entropy(self.net(x), y)

        def validation_step(self, batch: tuple[Tensor, Tensor], _index: int) -> None:
            x, y = batch
            output = self.net(x)
            self.log("loss", functional.cross_entropy(output, y))
            self.log("accuracy", (output.argmax(1) == y).float().mean())

        def configure_optimizers(self) -> Any:
            return task.optimizer(self.parameters(), lr=task.lr)

    every = 1 if "epoch" in task.config.evaluate.when else epochs
    trainer = pl.Trainer(
        max_epochs=epochs,
        accelerator="cpu",
        logger=False,
        enable_progress_bar=False,
        enable_checkpointing=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        check_val_every_n_epoch=every,
    )
    train = task.loader(task.train, task.batch, shuffle=task.config.shuffle)
    test = task.loader(task.test, task.at_once, shuffle=False)
    module = Module()
    began = time.perf_counter()
    trainer.fit(module, train, test)
    return time.perf_counter() - began


def nntui(preset: str, epochs: int) -> float:
    """A run as `nntui run` makes it: log printed, events, checkpoints and weights written."""
    from tui.system import responsive

    responsive.before_torch()
    from core.events.events import Event
    from core.experiment import resolve
    from core.logs.documents import open_log
    from core.sessions import network

    config = resolve.load(preset, [("epochs", str(epochs)), ("device", "cpu")]).with_data_dir(None)
    log = open_log(config.log)

    def show(event: Event) -> None:
        for line in log.lines(event):
            print(line, file=sys.stderr)

    with tempfile.TemporaryDirectory() as models:
        session = network.start(config, Path(models), recorders=[show])
        responsive.loaded()
        began = time.perf_counter()
        session.run.execute()
        return time.perf_counter() - began


SIDES: dict[str, Callable[[str, int], float]] = {
    "nntui": nntui,
    "loop": loop,
    "products": products,
    "document": document,
    "skorch": skorch,
    "lightning": lightning,
}


def child(side: str, preset: str, threads: int | None = None) -> float:
    """Seconds of one side in a process of its own; `threads`: for all but nntui, which chooses."""
    env = {**os.environ, **({"OMP_NUM_THREADS": str(threads)} if threads else {})}
    command = [sys.executable, "-P", str(HERE), side, preset, str(EPOCHS[preset])]
    run = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=env)
    return float(run.stdout.decode().split()[-1])


def best_threads(side: str, preset: str) -> int:
    """One, or as many as there are cores: whatever is quicker for it."""
    cores = len(os.sched_getaffinity(0))
    return min({1, cores}, key=lambda n: min(child(side, preset, n) for _ in range(2)))


def there(side: str) -> bool:
    return side not in ("skorch", "lightning") or importlib.util.find_spec(side) is not None


OTHERS = tuple(side for side in SIDES if side != "nntui")


def rows(
    presets: tuple[str, ...] = tuple(EPOCHS), pairs: int = PAIRS, others: tuple[str, ...] = OTHERS
) -> Iterator[str]:
    """Print the rows; the names of those below their limit."""
    for preset in presets:
        for side in others:
            name = f"{preset}, {EPOCHS[preset]} epochs, against {side}"
            if not there(side):
                print(f"{name:58} not measured: pip install '.[bench]'", flush=True)
                continue
            threads = best_threads(side, preset)
            found = [(child(side, preset, threads), child("nntui", preset)) for _ in range(pairs)]
            ratios = sorted(theirs / ours for theirs, ours in found)
            median, least = statistics.median(ratios), LEAST.get((preset, side))
            theirs, ours = (statistics.median(side) for side in zip(*found, strict=True))
            wanted = "" if least is None else f"at least {least:.2f}"
            print(
                f"{name:58} {median:5.2f} ×  ({ratios[0]:.2f}-{ratios[-1]:.2f})  {wanted:13} "
                f"{ours:.2f} s : {theirs:.2f} s on {threads}",
                flush=True,
            )
            if least is not None and median < least:
                yield name


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    if sys.argv[1] in SIDES:
        print(SIDES[sys.argv[1]](sys.argv[2], int(sys.argv[3])))
    else:
        missed = list(rows(tuple(sys.argv[1:])))
        if missed:
            sys.exit(f"beyond the limit: {'; '.join(missed)}")
