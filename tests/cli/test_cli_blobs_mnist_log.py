"""The logs of the blobs and the MNIST document, line by line, against their scripts with their print statements."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
from pathlib import Path

import pytest


def the_blobs_script(seed: int, folder: Path) -> str:
    """What the blobs document prints, its points drawn in turn from one RandomState(seed)."""
    import numpy
    import torch
    from sklearn.datasets import make_blobs

    rng = numpy.random.RandomState(seed)
    centers = [[1, 1], [-1, -1], [1, -1], [-1, 1]]
    x_train, y_train = make_blobs(
        n_samples=80, n_features=2, centers=centers, shuffle=True, cluster_std=0.3, random_state=rng
    )
    x_test, y_test = make_blobs(
        n_samples=20, n_features=2, centers=centers, shuffle=True, cluster_std=0.3, random_state=rng
    )

    def label_map(y_, from_, to_):
        y = numpy.copy(y_)
        for f in from_:
            y[y_ == f] = to_
        return y

    y_train = label_map(y_train, [0, 1], 0)
    y_train = label_map(y_train, [2, 3], 1)
    y_test = label_map(y_test, [0, 1], 0)
    y_test = label_map(y_test, [2, 3], 1)
    x_train, x_test = torch.FloatTensor(x_train), torch.FloatTensor(x_test)
    y_train, y_test = torch.FloatTensor(y_train), torch.FloatTensor(y_test)

    class NeuralNet(torch.nn.Module):
        def __init__(self, input_size, hidden_size):
            super().__init__()
            self.input_size = input_size
            self.hidden_size = hidden_size
            self.linear_1 = torch.nn.Linear(self.input_size, self.hidden_size)
            self.relu = torch.nn.ReLU()
            self.linear_2 = torch.nn.Linear(self.hidden_size, 1)
            self.sigmoid = torch.nn.Sigmoid()

        def forward(self, input_tensor):
            return self.sigmoid(self.linear_2(self.relu(self.linear_1(input_tensor))))

    torch.manual_seed(seed)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        model = NeuralNet(2, 5)
        criterion = torch.nn.BCELoss()
        epochs = 2000
        optimizer = torch.optim.SGD(model.parameters(), lr=0.03)
        model.eval()
        test_loss_before = criterion(model(x_test).squeeze(), y_test)
        print(f"Before Training, test loss is {test_loss_before.item()}")
        for epoch in range(epochs):
            model.train()
            optimizer.zero_grad()
            train_output = model(x_train)
            train_loss = criterion(train_output.squeeze(), y_train)
            if epoch % 100 == 0:
                print(f"Train loss at {epoch} is {train_loss.item()}")
            train_loss.backward()
            optimizer.step()
        model.eval()
        test_loss = criterion(torch.squeeze(model(x_test)), y_test)
        print(f"After Training, test loss is {test_loss.item()}")
        torch.save(model.state_dict(), folder / "model.pt")
        print(f"state_dict format of the model: {model.state_dict()}")
        new_model = NeuralNet(2, 5)
        new_model.load_state_dict(torch.load(folder / "model.pt"))
        new_model.eval()
        print(f"벡터 [-1, 1]이 레이블 1을 가질 확률은 {new_model(torch.FloatTensor([-1, 1])).item()}")
    return printed.getvalue()


@pytest.mark.parametrize("seed", [0, 5])
def test_blobs_binary_prints_what_the_document_prints(cli, tmp_path, seed):
    result = cli.launch("run", "blobs-binary", "--seed", str(seed), "--device", "cpu")
    assert (result.code, result.err) == (0, "")
    script = the_blobs_script(seed, tmp_path).splitlines()
    ours = result.out.splitlines()
    assert len(script) == 1 + 20 + 1 + len(script[22:])
    assert len(ours) == len(script) + 1, "and where it is saved"
    for mine, theirs in zip(ours, script, strict=False):
        words, number = mine.rpartition(" ")[::2]
        expected = theirs.rpartition(" ")[0]
        if mine != theirs:  # another kernel for a batch of one than for no batch: the last digit
            assert words == expected
            assert float(number) == pytest.approx(float(theirs.rpartition(" ")[2]), rel=3e-7)
    assert ours[-1].startswith("Run ")


def test_the_probability_in_the_log_is_what_predict_says(cli):
    """In a new process, from the saved weights alone, to the last digit."""
    assert cli.call("run", "blobs-binary", "--quiet", "--epochs", "300").code == 0
    log = cli.call("run", "blobs-binary", "--epochs", "300").out
    probability = next(line for line in log.splitlines() if line.startswith("벡터 [-1, 1]")).split()[-1]
    result = cli.launch("predict", "last", "--", "-1", "1")
    assert (result.code, result.err) == (0, "")
    assert f"1      {probability}" in result.out.splitlines()
    assert cli.call("predict", "last", "-1", "1").out == result.out, "-- is only needed for values like -h"
    shown = cli.call("predict", "last", "--json", "--", "-1", "1").json()
    assert str(shown["probabilities"]["1"]) == probability
    assert shown["label"] == "1"
    assert sum(shown["probabilities"].values()) == pytest.approx(1, abs=1e-6)


def the_mnist_script(root: Path, orders: list, model_name: str, seed: int) -> str:
    """What the MNIST document prints after training with batches in `orders`, one per epoch."""
    import torch
    from torch import nn
    from torch.utils.data import DataLoader
    from torchvision import datasets
    from torchvision.transforms import transforms

    train_set = datasets.MNIST(root=str(root), train=True, transform=transforms.ToTensor(), download=False)
    test_set = datasets.MNIST(root=str(root), train=False, transform=transforms.ToTensor(), download=False)
    test_loader = DataLoader(dataset=test_set, batch_size=1, shuffle=False)

    class SoftMax(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(28 * 28, 10, bias=True)

        def forward(self, x):
            return self.layer(x.float().view(-1, 28 * 28))

    class MLP(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = nn.Linear(784, 256, bias=True)
            self.linear2 = nn.Linear(256, 128, bias=True)
            self.linear3 = nn.Linear(128, 64, bias=True)
            self.linear4 = nn.Linear(64, 10, bias=True)

        def forward(self, x):
            x = x.float().view(-1, 784)
            x = nn.functional.relu(self.linear(x))
            x = nn.functional.relu(self.linear2(x))
            x = nn.functional.relu(self.linear3(x))
            return self.linear4(x)

    torch.manual_seed(seed)
    model = {"mnist-softmax": SoftMax, "mnist-mlp": MLP}[model_name]()
    loss_function = torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.03)
    for order in orders:
        for images, labels in DataLoader(dataset=train_set, batch_size=64, sampler=order.tolist()):
            optimizer.zero_grad()
            train_loss = loss_function(model(images), labels)
            train_loss.backward()
            optimizer.step()
    test_loss, correct = 0, 0
    with torch.no_grad():
        for image, label in test_loader:
            output = model(image)
            test_loss += loss_function(output, label).item()
            pred = output.max(1, keepdim=True)[1]
            correct += pred.eq(label.view_as(pred)).sum().item()
    return f"""[Test set]\nAverage loss: {test_loss / len(test_loader):.4f}, 
Accuracy: {correct}/{len(test_loader)} ({100.0 * correct / len(test_loader):.2f}%)
"""


def mnist_folder(kind: str, fashion_data: Path, tmp_path: Path) -> Path:
    if kind == "small":
        shutil.copytree(fashion_data / "FashionMNIST", tmp_path / "data" / "MNIST")
        return tmp_path / "data"
    folder = Path(os.environ.get("NNTUI_DATA_DIR", "/nowhere"))
    if not (folder / "MNIST" / "raw" / "train-images-idx3-ubyte").is_file():
        pytest.skip("the real MNIST is not in $NNTUI_DATA_DIR")
    return folder


@pytest.mark.parametrize(
    ("preset", "kind"), [("mnist-softmax", "small"), ("mnist-softmax", "real"), ("mnist-mlp", "small")]
)
def test_the_mnist_presets_print_what_the_document_prints(cli, fashion_data, tmp_path, preset, kind):
    from core import config
    from core.train import batch_order

    folder = mnist_folder(kind, fashion_data, tmp_path)
    result = cli.launch("run", preset, "--seed", "4", "--device", "cpu", "--data-dir", str(folder))
    assert (result.code, result.err) == (0, "")
    resolved = config.load(preset, [("seed", "4")])
    n = 60000 if kind == "real" else 6437
    script = the_mnist_script(folder, [batch_order(resolved, epoch, n) for epoch in range(2)], preset, 4)
    assert result.out[: len(script)] == script
    assert result.out[len(script) :].startswith("Run ")
    assert result.out.count("\n") == script.count("\n") + 1
