"""The MNIST document's multilayer perceptron: its loop, and its test set one image at a time.

On the CPU always. The document chooses CUDA where there is any, but leaves the train batches on the CPU: there its code
would stop with an error."""

from __future__ import annotations

import argparse

import torch
import torch.nn as nn
from torch.utils.data import DataLoader
from torchvision import datasets
from torchvision.transforms import transforms


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


def evaluate(model, loss_function, test_loader, device):
    test_loss, correct = 0, 0
    for image, label in test_loader:
        image, label = image.to(device), label.to(device)
        output = model(image)
        test_loss += loss_function(output, label).item()
        pred = output.max(1, keepdim=True)[1]
        correct += pred.eq(label.view_as(pred)).sum().item()
    print(
        f"[Test set]\nAverage loss: {test_loss / len(test_loader):.4f}, \n"
        f"Accuracy: {correct}/{len(test_loader)} ({100.0 * correct / len(test_loader):.2f}%)"
    )
    return correct / len(test_loader), test_loss / len(test_loader)


def main(seed: int, data_dir: str, epochs: int = 10) -> dict[str, float]:
    """Prints the document's text after 2 epochs and after the last one; returns the accuracy, as a fraction, and the
    loss on the test set there: `test_accuracy_2` and so on. The document trains twice, for 2 and for 10 epochs; here
    the first 2 of the 10 stand for the first training."""
    torch.manual_seed(seed)
    train_set = datasets.MNIST(root=data_dir, train=True, transform=transforms.ToTensor(), download=False)
    test_set = datasets.MNIST(root=data_dir, train=False, transform=transforms.ToTensor(), download=False)
    train_loader = DataLoader(dataset=train_set, batch_size=64, shuffle=True)
    test_loader = DataLoader(dataset=test_set, batch_size=1, shuffle=False)
    device = torch.device("cpu")

    model = MLP().to(device)
    loss_function = torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.03)
    found = {}
    for epoch in range(epochs):
        for images, labels in train_loader:
            optimizer.zero_grad()
            train_loss = loss_function(model(images), labels)
            train_loss.backward()
            optimizer.step()
        if epoch + 1 in (2, epochs):
            accuracy, loss = evaluate(model, loss_function, test_loader, device)
            found[f"test_accuracy_{epoch + 1}"] = accuracy
            found[f"test_loss_{epoch + 1}"] = loss
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--data-dir", required=True, help="the folder that holds MNIST/raw")
    arguments = parser.parse_args()
    print(main(arguments.seed, arguments.data_dir))
