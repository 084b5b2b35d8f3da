"""The iris document's network and loop, its data from scikit-learn instead of a web page."""

from __future__ import annotations

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


def main(seed: int, num_epochs: int = 200) -> dict[str, float]:
    """Accuracies as fractions, after the last epoch. The train accuracy is that of its last batch, as there."""
    iris = load_iris()
    X = torch.tensor(iris.data, dtype=torch.float)
    y = torch.tensor(iris.target, dtype=torch.long)
    X_train, X_test, y_train, y_test = train_test_split(X, y, train_size=0.8, random_state=42)
    train_data = TensorDataset(X_train, y_train)
    test_data = TensorDataset(X_test, y_test)
    torch.manual_seed(seed)
    train_loader = DataLoader(train_data, shuffle=True, batch_size=12)
    test_loader = DataLoader(test_data, batch_size=len(test_data.tensors[0]))
    model = Net()
    train_accuracies, test_accuracies = [], []
    loss_function = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(params=model.parameters(), lr=0.01)
    for _epoch in range(num_epochs):
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
    return {"last_batch_accuracy": train_accuracies[-1] / 100, "test_accuracy": test_accuracies[-1] / 100}
