"""`nntui run fashion-mlp` prints what the FashionMNIST document's own script prints, to the character.

The script is the oracle: the document's loops, network and data pipeline, copied here with their print statements.
"""

from __future__ import annotations

import contextlib
import io
import re


def the_documents_script(root, seed, epochs):
    """What the document's code prints when it starts from the weights of `seed`."""
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

    training_data = datasets.FashionMNIST(root=root, train=True, download=False, transform=ToTensor())
    test_data = datasets.FashionMNIST(root=root, train=False, download=False, transform=ToTensor())
    train_dataloader = DataLoader(training_data, batch_size=64)
    test_dataloader = DataLoader(test_data, batch_size=64)
    torch.manual_seed(seed)
    model = NeuralNetwork()
    loss_fn = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        for t in range(epochs):
            print(f"Epoch {t + 1}\n-------------------------------")
            train_loop(train_dataloader, model, loss_fn, optimizer)
            test_loop(test_dataloader, model, loss_fn)
        print("Done!")
    return printed.getvalue(), model


def assert_equal_weights(saved, model):
    import torch

    for mine, theirs in zip(saved.values(), model.state_dict().values(), strict=True):
        assert torch.equal(mine, theirs)


def test_three_epochs_on_a_small_set(cli, fashion_data, tools):
    result = cli.launch(
        *("run", "fashion-mlp", "--epochs", "3", "--seed", "11", "--device", "cpu", "--data-dir", str(fashion_data))
    )
    script, model = the_documents_script(fashion_data, seed=11, epochs=3)
    assert (result.code, result.err) == (0, "")
    accuracies = re.findall(r"Accuracy: ([\d.]+)%", script)
    assert len(set(accuracies)) > 1, "the oracle learns nothing: this would compare constants"
    assert "[ 3700/ 6437]" in script  # the document's own arithmetic for a short last batch
    assert result.out[: len(script)] == script
    saved, farewell = result.out[len(script) :].splitlines()
    assert saved == f"Saved PyTorch Model State to {(cli.only_run / 'model.pt').relative_to(cli.cwd)}"
    assert farewell.startswith(f"Run {cli.only_run.name}, ")
    assert_equal_weights(tools.weights(cli.only_run), model)


def test_one_epoch_on_the_real_data(cli, real_fashion_data, tools):
    result = cli.call(
        *("run", "fashion-mlp", "--epochs", "1", "--seed", "0", "--device", "cpu"),
        *("--data-dir", str(real_fashion_data)),
    )
    script, model = the_documents_script(real_fashion_data, seed=0, epochs=1)
    assert (result.code, result.err) == (0, "")
    assert script.count("\nloss: ") == 10  # every 100th of 938 batches
    assert result.out[: len(script)] == script
    assert result.out[len(script) :].startswith("Saved PyTorch Model State to saved_models/")
    assert_equal_weights(tools.weights(cli.only_run), model)
