"""The FashionMNIST document: its network, its train_loop and test_loop, its print statements. It sets epochs to 5, then
to 10, and shows the log of 10: so here. The weights are not saved."""

from __future__ import annotations

import argparse

import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets
from torchvision.transforms import ToTensor


class NeuralNetwork(nn.Module):
    def __init__(self):
        super().__init__()
        self.flatten = nn.Flatten()
        self.linear_relu_stack = nn.Sequential(
            nn.Linear(28 * 28, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 10), nn.ReLU()
        )

    def forward(self, x):
        x = self.flatten(x)
        logits = self.linear_relu_stack(x)
        return logits  # noqa: RET504


def train_loop(dataloader, model, loss_fn, optimizer):
    size = len(dataloader.dataset)
    for batch, (X, y) in enumerate(dataloader):
        # Compute prediction and loss
        pred = model(X)
        loss = loss_fn(pred, y)

        # Backpropagation
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

        if batch % 100 == 0:
            loss, current = loss.item(), batch * len(X)
            print(f"loss: {loss:>7f}  [{current:>5d}/{size:>5d}]")


def test_loop(dataloader, model, loss_fn):
    size = len(dataloader.dataset)
    test_loss, correct = 0, 0

    with torch.no_grad():
        for X, y in dataloader:
            pred = model(X)
            test_loss += loss_fn(pred, y).item()
            correct += (pred.argmax(1) == y).type(torch.float).sum().item()

    test_loss /= size
    correct /= size
    print(f"Test Error: \n Accuracy: {(100 * correct):>0.1f}%, Avg loss: {test_loss:>8f} \n")
    return correct, test_loss


def train(seed: int, data_dir: str, epochs: int) -> tuple[nn.Module, dict[str, float]]:
    """The trained network, and by epoch `test_accuracy_3`, a fraction, and `avg_loss_3`, which is what the document
    prints: the sum of the batches' mean losses over the number of samples."""
    torch.manual_seed(seed)
    training_data = datasets.FashionMNIST(root=data_dir, train=True, download=False, transform=ToTensor())
    test_data = datasets.FashionMNIST(root=data_dir, train=False, download=False, transform=ToTensor())
    train_dataloader = DataLoader(training_data, batch_size=64)
    test_dataloader = DataLoader(test_data, batch_size=64)
    model = NeuralNetwork()
    learning_rate = 1e-3
    loss_fn = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate)
    found = {}
    for t in range(epochs):
        print(f"Epoch {t + 1}\n-------------------------------")
        train_loop(train_dataloader, model, loss_fn, optimizer)
        correct, test_loss = test_loop(test_dataloader, model, loss_fn)
        found[f"test_accuracy_{t + 1}"] = correct
        found[f"avg_loss_{t + 1}"] = test_loss
    print("Done!")
    return model, found


def main(seed: int, data_dir: str, epochs: int = 10) -> dict[str, float]:
    return train(seed, data_dir, epochs)[1]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--data-dir", required=True, help="the folder that holds FashionMNIST/raw")
    arguments = parser.parse_args()
    print(main(arguments.seed, arguments.data_dir))
