"""Parts that do not go together are refused with the reason and with what would fit; what is proposed does fit."""

from __future__ import annotations

import re

import pytest

from core.errors import ConfigError
from core.experiment import resolve

CLASSES = [("dataset.name", "breast-cancer"), ("standardise", "features")]
VALUES = [("dataset.name", "diabetes"), ("loss.name", "mse")]


def complaint(*pairs: tuple[str, str]) -> str:
    with pytest.raises(ConfigError) as error:
        resolve.load("iris-net", pairs)
    return str(error.value)


@pytest.mark.parametrize(
    ("pairs", "reason"),
    [
        ([("loss.name", "mse")], "loss mse is for values, but iris has classes; use loss.name=cross-entropy"),
        (
            [("dataset.name", "diabetes")],
            "loss cross-entropy is for classes, but diabetes has values",
        ),
        ([("loss.name", "bce")], "loss bce tells two classes apart, but iris has 3; use loss.name=cross-entropy"),
        ([("loss.name", "nll")], "loss nll takes log-probabilities, but gets a last layer without activation"),
        (
            [("model.output_activation", "softmax")],
            "takes logits, one per class, but gets the softmax",
        ),
        ([("model.output_activation", "log-softmax")], "use model.output_activation=none or loss.name=nll"),
        ([*CLASSES, ("loss.name", "bce")], "use model.output_activation=sigmoid or loss.name=bce-logits"),
        (
            [*CLASSES, ("loss.name", "bce-logits"), ("model.output_activation", "sigmoid")],
            "takes one logit, but gets the sigmoid of the last layer; use model.output_activation=none or ",
        ),
        ([*VALUES, ("model.output_activation", "softmax")], "loss mse takes a value, but gets the softmax"),
        ([("metrics", "accuracy,mae")], "metric mae is for regression, but iris has classes"),
        ([*VALUES, ("metrics", "accuracy")], "metric accuracy is for classification, but diabetes has values"),
        ([("model.name", "cnn")], "model cnn takes pictures"),
        ([("standardise", "target")], "only values can be standardised as target"),
        ([*VALUES, ("label_map", "0,1")], "label_map is for classes, but diabetes has values"),
        ([*VALUES, ("split.stratify", "true")], "split.stratify is for classes, but diabetes has values"),
        ([("label_map", "0,1")], "label_map has 2 labels, but iris has 3 classes"),
        ([("label_map", "0,2,2")], "without gaps"),
        ([("label_map", "0,0,0")], "at least two"),
        ([("label_map", "0,1,1"), ("loss.name", "bce")], "use model.output_activation=sigmoid or loss.name=bce-"),
        ([("evaluate.splits", "validation")], "there is no validation split; set split.validation"),
        ([("predict", "[[1, 2]]")], "predict: an input of 2 values, but a sample of iris has 4"),
        ([("model.n_units", "8"), ("model.hidden", "8")], "model.hidden and model.n_units say the same thing"),
        ([("log", "fashion"), ("metrics", "macro_f1")], "but accuracy is not measured; add accuracy to metrics or use"),
        ([("log", "mnist"), ("metrics", "")], "log mnist prints the accuracy on the test split, but accuracy is not"),
        ([("log", "mnist"), ("evaluate.splits", "train")], "but that is never measured; see evaluate.splits, or use"),
        ([("log", "blobs"), ("evaluate.when", "")], "prints the loss on the test split, but that is never measured"),
        ([*VALUES, ("log", "fashion")], "but accuracy is not measured; use log=plain"),
        ([("model.layer_names", "a,b")], "2 names, but there are 3 layers"),
        ([("optimizer.name", "sgd"), ("optimizer.nesterov", "true")], "optimizer.nesterov needs momentum"),
        ([("dataset.name", "csv")], "dataset.path is missing"),
        ([("clip_grad_norm", "0")], "must be greater than 0"),
        ([("dataset.name", "fashion-mnist"), ("split.train_size", "0.5")], "leave out split.train_size"),
    ],
    ids=str,
)
def test_misfits(pairs: list[tuple[str, str]], reason: str) -> None:
    assert reason in complaint(*pairs)


@pytest.mark.parametrize(
    "pairs",
    [
        [("loss.name", "mse")],
        [("dataset.name", "diabetes")],
        [("loss.name", "bce")],
        [("loss.name", "nll")],
        [("model.output_activation", "log-softmax")],
        [*CLASSES, ("loss.name", "bce")],
        [*CLASSES, ("loss.name", "bce-logits"), ("model.output_activation", "sigmoid")],
        [*CLASSES, ("loss.name", "mae")],
        [*VALUES, ("loss.name", "huber"), ("model.output_activation", "log-softmax")],
        [("model.name", "cnn")],
    ],
    ids=str,
)
def test_what_is_proposed_fits(pairs: list[tuple[str, str]]) -> None:
    proposals = re.findall(r"([\w.]+)=([\w-]+)", complaint(*pairs).partition("; use ")[2])
    assert proposals
    for proposal in proposals:
        resolve.load("iris-net", [*(pair for pair in pairs if pair[0] != proposal[0]), proposal])


def test_a_validation_split_is_measured_without_being_asked() -> None:
    resolved = resolve.load("iris-net", [("split.validation", "0.2"), ("evaluate.splits", "test")])
    assert resolved.evaluate.splits == ["validation", "test"]


def test_a_dataset_with_its_own_test_split_can_have_a_validation_split() -> None:
    resolved = resolve.load("fashion-mlp", [("split.validation", "0.1")])
    assert resolved.split is not None
    assert (resolved.split.train_size, resolved.split.validation) == (None, 0.1)
    assert resolved.evaluate.splits == ["validation", "test"]
