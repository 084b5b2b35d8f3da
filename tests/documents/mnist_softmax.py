"""The MNIST document's softmax regression: its loop, and its test set one image at a time.

On the CPU always. The document chooses CUDA where there is any, but leaves the network or the train batches on the CPU:
there its code would stop with an error."""

from __future__ import annotations

import argparse

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


def main(seed: int, data_dir: str, epochs: int = 2) -> dict[str, float]:
    """Prints the document's text; returns the accuracy, as a fraction, and the loss on the test set after the last
    epoch: `test_accuracy_2` and so on."""
    torch.manual_seed(seed)
    train_set = datasets.MNIST(root=data_dir, train=True, transform=transforms.ToTensor(), download=False)
    test_set = datasets.MNIST(root=data_dir, train=False, transform=transforms.ToTensor(), download=False)
    train_loader = DataLoader(dataset=train_set, batch_size=64, shuffle=True)
    test_loader = DataLoader(dataset=test_set, batch_size=1, shuffle=False)
    device = torch.device("cpu")

    model = SoftMax()
    loss_function = torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.03)
    for _epoch in range(epochs):
        for images, labels in train_loader:
            optimizer.zero_grad()
            train_loss = loss_function(model(images), labels)
            train_loss.backward()
            optimizer.step()

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
    return {
        f"test_accuracy_{epochs}": correct / len(test_loader),
        f"test_loss_{epochs}": test_loss / len(test_loader),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--data-dir", required=True, help="the folder that holds MNIST/raw")
    arguments = parser.parse_args()
    print(main(arguments.seed, arguments.data_dir))
