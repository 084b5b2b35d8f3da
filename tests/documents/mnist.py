"""The MNIST document: softmax regression and the multilayer perceptron, evaluated one image at a time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
import torch.nn as nn
from torch.utils.data import DataLoader
from torchvision import datasets
from torchvision.transforms import transforms


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


NETWORKS = {"mnist-softmax": SoftMax, "mnist-mlp": MLP}


def main(
    network: str,
    seed: int,
    data_dir: Path,
    num_epoch: int = 2,
    evaluate_after: Sequence[int] = (),
    orders: Sequence[torch.Tensor] = (),
) -> dict[str, float]:
    """Prints the document's text after the last epoch and after those in `evaluate_after`; returns the accuracies
    there, as fractions, by `test_accuracy_2` and so on. `orders`: of the samples in each epoch, else shuffled."""
    root = str(data_dir)
    train_set = datasets.MNIST(root=root, train=True, transform=transforms.ToTensor(), download=False)
    test_set = datasets.MNIST(root=root, train=False, transform=transforms.ToTensor(), download=False)
    torch.manual_seed(seed)
    model = NETWORKS[network]()
    train_loader = DataLoader(dataset=train_set, batch_size=64, shuffle=True)
    test_loader = DataLoader(dataset=test_set, batch_size=1, shuffle=False)
    loss_function = torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.03)
    found = {}
    for epoch in range(num_epoch):
        if orders:
            train_loader = DataLoader(dataset=train_set, batch_size=64, sampler=orders[epoch].tolist())
        for images, labels in train_loader:
            optimizer.zero_grad()
            train_loss = loss_function(model(images), labels)
            train_loss.backward()
            optimizer.step()
        if epoch + 1 in (num_epoch, *evaluate_after):
            found[f"test_accuracy_{epoch + 1}"] = evaluate(model, loss_function, test_loader)
    return found


def evaluate(model, loss_function, test_loader) -> float:
    test_loss, correct = 0, 0
    with torch.no_grad():
        for image, label in test_loader:
            output = model(image)
            test_loss += loss_function(output, label).item()
            pred = output.max(1, keepdim=True)[1]
            correct += pred.eq(label.view_as(pred)).sum().item()
    print(f"""[Test set]\nAverage loss: {test_loss / len(test_loader):.4f}, 
Accuracy: {correct}/{len(test_loader)} ({100.0 * correct / len(test_loader):.2f}%)""")
    return correct / len(test_loader)
