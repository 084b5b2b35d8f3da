"""The iris document's first half: its network, its loop, its print statements. Its data comes with scikit-learn, not
from the web; its plots are left out."""

from __future__ import annotations

import argparse

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_iris
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, TensorDataset


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.input = nn.Linear(in_features=4, out_features=16)
        self.hidden_1 = nn.Linear(in_features=16, out_features=16)
        self.output = nn.Linear(in_features=16, out_features=3)

    def forward(self, x):
        x = F.relu(self.input(x))
        x = F.relu(self.hidden_1(x))
        return self.output(x)


def main(seed: int, data_dir: str = "", epochs: int = 200) -> dict[str, float]:
    """Accuracies after the last epoch, as fractions. The document's train accuracy is `last_batch_accuracy`: its last
    batch of 12, before that batch's update. It does not look at `train_accuracy`, over all 120. `data_dir` is not
    read."""
    torch.manual_seed(seed)
    iris = load_iris(as_frame=True)
    X = torch.tensor(iris.data.values, dtype=torch.float)
    y = torch.tensor(iris.target.values, dtype=torch.long)
    print(X.shape, y.shape)
    X_train, X_test, y_train, y_test = train_test_split(X, y, train_size=0.8, random_state=42)
    train_data = TensorDataset(X_train, y_train)
    test_data = TensorDataset(X_test, y_test)
    train_loader = DataLoader(train_data, shuffle=True, batch_size=12)
    test_loader = DataLoader(test_data, batch_size=len(test_data.tensors[0]))
    print("Training data batches:")
    for X, y in train_loader:
        print(X.shape, y.shape)
    print("\nTest data batches:")
    for X, y in test_loader:
        print(X.shape, y.shape)

    model = Net()
    print(model)
    train_accuracies, test_accuracies = [], []
    loss_function = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(params=model.parameters(), lr=0.01)
    for _epoch in range(epochs):
        # Train set
        for X, y in train_loader:
            preds = model(X)
            pred_labels = torch.argmax(preds, axis=1)
            loss = loss_function(preds, y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        train_accuracies.append(100 * torch.mean((pred_labels == y).float()).item())
        # Test set
        X, y = next(iter(test_loader))
        pred_labels = torch.argmax(model(X), axis=1)
        test_accuracies.append(100 * torch.mean((pred_labels == y).float()).item())

    right = torch.argmax(model(X_train), axis=1) == y_train
    return {
        "last_batch_accuracy": train_accuracies[-1] / 100,
        "train_accuracy": right.double().mean().item(),
        "test_accuracy": test_accuracies[-1] / 100,
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--data-dir", default="", help="not read: the data comes with scikit-learn")
    arguments = parser.parse_args()
    print(main(arguments.seed, arguments.data_dir))
