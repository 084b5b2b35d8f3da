"""The blobs document's network, loop and print statements. Two changes: its points have a seed, and train and test
points are drawn in turn from one RandomState(seed), so that none is in both. Its plot is left out."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy
import torch
from sklearn.datasets import make_blobs


def label_map(y_, from_, to_):
    y = numpy.copy(y_)
    for f in from_:
        y[y_ == f] = to_
    return y


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
        linear1 = self.linear_1(input_tensor)
        relu = self.relu(linear1)
        linear2 = self.linear_2(relu)
        return self.sigmoid(linear2)


def main(seed: int, data_dir: str = "", epochs: int = 2000) -> dict[str, float]:
    """Prints the document's text; returns the test loss, the probability that [-1, 1] has label 1, and the test
    accuracy, which the document does not look at. `data_dir` is not read."""
    torch.manual_seed(seed)
    rng = numpy.random.RandomState(seed)
    centers = [[1, 1], [-1, -1], [1, -1], [-1, 1]]
    same = {"n_features": 2, "centers": centers, "shuffle": True, "cluster_std": 0.3, "random_state": rng}
    x_train, y_train = make_blobs(n_samples=80, **same)
    x_test, y_test = make_blobs(n_samples=20, **same)
    y_train = label_map(y_train, [0, 1], 0)
    y_train = label_map(y_train, [2, 3], 1)
    y_test = label_map(y_test, [0, 1], 0)
    y_test = label_map(y_test, [2, 3], 1)
    x_train = torch.FloatTensor(x_train)
    x_test = torch.FloatTensor(x_test)
    y_train = torch.FloatTensor(y_train)
    y_test = torch.FloatTensor(y_test)

    model = NeuralNet(2, 5)
    learning_rate = 0.03
    criterion = torch.nn.BCELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate)
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
    with tempfile.TemporaryDirectory() as folder:
        torch.save(model.state_dict(), Path(folder) / "model.pt")
        print(f"state_dict format of the model: {model.state_dict()}")
        new_model = NeuralNet(2, 5)
        new_model.load_state_dict(torch.load(Path(folder) / "model.pt"))
    new_model.eval()
    probability = new_model(torch.FloatTensor([-1, 1])).item()
    print(f"벡터 [-1, 1]이 레이블 1을 가질 확률은 {probability}")
    right = (new_model(x_test).squeeze() >= 0.5).float() == y_test
    return {"test_loss": test_loss.item(), "probability": probability, "test_accuracy": right.double().mean().item()}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--data-dir", default="", help="not read: the points are drawn")
    arguments = parser.parse_args()
    print(main(arguments.seed, arguments.data_dir))
