"""`nntui run fashion-mlp` prints what the FashionMNIST document's own script prints, to the character.

The script is the oracle: the document's loops, network and data pipeline with their print statements.
"""

from __future__ import annotations

import contextlib
import io
import re

import pytest


def the_documents_script(document, root, seed, epochs):
    """What the document's code prints when it starts from the weights of `seed`, and its network."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        model, _found = document("fashion_mlp").train(seed, root, epochs)
    return printed.getvalue(), model


def assert_equal_weights(saved, model):
    import torch

    for mine, theirs in zip(saved.values(), model.state_dict().values(), strict=True):
        assert torch.equal(mine, theirs)


def test_three_epochs_on_a_small_set(cli, document, fashion_data, tools):
    result = cli.launch(
        *("run", "fashion-mlp", "--epochs", "3", "--seed", "11", "--device", "cpu", "--data-dir", str(fashion_data))
    )
    script, model = the_documents_script(document, fashion_data, seed=11, epochs=3)
    assert (result.code, result.err) == (0, "")
    accuracies = re.findall(r"Accuracy: ([\d.]+)%", script)
    assert len(set(accuracies)) > 1, "the oracle learns nothing: this would compare constants"
    assert "[ 3700/ 6437]" in script  # the document's own arithmetic for a short last batch
    assert result.out[: len(script)] == script
    saved, farewell = result.out[len(script) :].splitlines()
    assert saved == f"Saved PyTorch Model State to {(cli.only_run / 'model.pt').relative_to(cli.cwd)}"
    assert farewell.startswith(f"Run {cli.only_run.name}, ")
    assert_equal_weights(tools.weights(cli.only_run), model)


@pytest.mark.slow
def test_one_epoch_on_the_real_data(cli, document, real_fashion_data, tools):
    result = cli.call(
        *("run", "fashion-mlp", "--epochs", "1", "--seed", "0", "--device", "cpu"),
        *("--data-dir", str(real_fashion_data)),
    )
    script, model = the_documents_script(document, real_fashion_data, seed=0, epochs=1)
    assert (result.code, result.err) == (0, "")
    assert script.count("\nloss: ") == 10  # every 100th of 938 batches
    assert result.out[: len(script)] == script
    assert result.out[len(script) :].startswith("Saved PyTorch Model State to saved_models/")
    assert_equal_weights(tools.weights(cli.only_run), model)
