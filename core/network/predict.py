"""A trained network put to use: saved weights in a fresh network, raw values in, classes or values out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from core.data.inputs import Inputs
from core.data.saved_inputs import read_inputs
from core.errors import RunError, UserError
from core.experiment import resolve
from core.experiment.schema import RunConfig
from core.network.build import build_model
from core.network.weights import fill, read_weights
from core.runs.folder import RunDir
from core.tables.ask import Asked, Rows, ask_file, far_outside, is_far, not_trained_on
from core.tables.choices import told_of_others
from core.tables.columns import FLOAT32
from core.tables.fields import OTHER, Field, codes_of_row

AT_ONCE = 10_000
"""Samples that go through the network together: a table of millions would make large activations."""


@dataclass(frozen=True)
class Prediction:
    """For one sample: `label` and the probability of each class, or a `value` in the units of the data."""

    value: float | None = None
    label: str = ""
    probabilities: tuple[float, ...] = ()


@dataclass(frozen=True)
class Predictions:
    """For many samples: their values, or their labels and `probabilities` (n, classes)."""

    values: list[float]
    labels: list[str]
    probabilities: np.ndarray[Any, Any]

    def __getitem__(self, i: int) -> Prediction:
        if self.values:
            return Prediction(value=self.values[i])
        return Prediction(label=self.labels[i], probabilities=tuple(self.probabilities[i].tolist()))

    def columns(self) -> list[list[Any]]:
        """What one sample has after the other: values; or labels, and the probabilities of each class."""
        classes = self.probabilities.shape[1]
        return [self.labels, *self.probabilities.T.tolist()] if classes else [self.values]


@dataclass(frozen=True)
class Answers:
    """For some rows of a file."""

    rows: Rows
    answered: Sequence[int]
    """Which of them have no problem."""
    predictions: Predictions
    """Of these."""


@dataclass(frozen=True)
class Predictor:
    """A network in evaluation mode, on the CPU, and how to talk to it."""

    model: nn.Module
    inputs: Inputs
    written: Mapping[str, str] = field(default_factory=dict)
    """What was told of how the table is written that it was trained on: so are others."""

    @classmethod
    def load(cls, run_dir: RunDir, *, best: bool = False) -> Predictor:
        """From a run's folder: `model.pt`, or `best.pt`. Raises RunError."""
        path = run_dir.best if best else run_dir.model
        inputs, run_config = read_inputs(run_dir), resolve.load(str(run_dir.config))
        dimensions = run_config.component("model").facts.get("dimensions", len(inputs.shape))
        if dimensions != len(inputs.shape):
            raise RunError(f"{run_dir.inputs} does not fit {run_dir.config}: model {run_config.model['name']}")
        model = fresh_model(run_config, inputs)
        fill(model, read_weights(path), path, run_dir.config)
        dataset = run_config.arguments("dataset")
        return cls(model.eval(), inputs, told_of_others(dataset))

    def predict(self, rows: Sequence[Sequence[float | str]]) -> list[Prediction]:
        """Raw values, one row per sample, in the order of the features; of a table, whole rows too, with the target, or
        without it where that is no features and the target. Raises UserError for a row of another length or with a
        value that is not finite."""
        return self.predict_inputs(self.encode(rows))

    def encode(self, rows: Sequence[Sequence[float | str]]) -> torch.Tensor:
        """What `predict` takes, as the network takes it: (n, *shape). Raises as it does."""
        return self.inputs.encode([self._taken(row) for row in rows])

    def _taken(self, row: Sequence[float | str]) -> Sequence[float | str]:
        """What the network takes of a row."""
        inputs, known = self.inputs, self.inputs.raw_names
        n = len(known) or prod(inputs.shape)
        if len(row) == n:
            return row
        without_target = [name for name in inputs.columns if name != inputs.target]
        for columns in (inputs.columns, without_target if len(without_target) != n + 1 else ()):
            if len(row) == len(columns):
                values = dict(zip(columns, row, strict=True))
                return [values[name] for name in known]
        names = f" ({', '.join(known)})" if 0 < len(known) <= 30 else ""
        whole = f"; a whole row of its table has {len(inputs.columns)}" if len(inputs.columns) > n else ""
        raise UserError(f"{len(row)} value(s) given, but the network takes {n}{names}{whole}")

    def ask(self, path: Path, written: Mapping[str, str] | None = None, carry: Sequence[str] = ()) -> Asked:
        """A table, looked through, whose columns, in any order, are called as those that the network was trained on
        (`x1`, `x2`, … where these had no names). `written`: separator, encoding, decimal, header, where they are not as
        those were. `carry`: columns that are carried along as their texts. Raises UserError."""
        inputs, written = self.inputs, {**self.written, **(written or {})}
        fields = inputs.fields
        if not fields:
            if len(inputs.shape) > 1:
                raise UserError(
                    f"the network takes pictures of {'×'.join(map(str, inputs.shape))}, not rows of a table"
                )
            names = inputs.features or tuple(f"x{i + 1}" for i in range(prod(inputs.shape)))
            fields = tuple(Field(name) for name in names)
        return ask_file(path, fields, written, self._unnamed, carry, inputs.ranges, self._bounds(fields))

    def answers(self, asked: Asked) -> Iterator[Answers]:
        """For all rows of a table, in pieces."""
        for rows in asked:
            good = [i for i in range(len(rows)) if i not in rows.problems] if rows.problems else range(len(rows))
            codes = torch.from_numpy(rows.codes[good] if rows.problems else rows.codes)
            x = self.inputs.encode_codes(codes) if len(codes) else codes
            yield Answers(rows, good, self._predictions(x))

    def predict_file(self, path: Path, written: Mapping[str, str] | None = None) -> list[Prediction]:
        """One for each row of a table. Raises UserError where one has none."""
        asked = self.ask(path, written)
        if asked.n_problems:
            raise UserError(f"{path}: {asked.first_problem}")
        return [each.predictions[i] for each in self.answers(asked) for i in range(len(each.rows))]

    def _bounds(self, fields: Sequence[Field]) -> np.ndarray[Any, Any]:
        """From where on a number of each field is infinite for the network."""
        scale, bounds, at = self.inputs.feature_scale, np.full(len(fields), FLOAT32), 0
        for i, each in enumerate(fields):
            if scale is not None:
                bounds[i] = min(FLOAT32, FLOAT32 * 0.99 * scale.deviation[at] - abs(scale.mean[at]))
            at += len(each.inputs)
        return bounds

    def notes(self, row: Sequence[float | str]) -> list[str]:
        """What is doubtful of the answer to a sample that `predict` takes."""
        inputs, row = self.inputs, self._taken(row)
        codes = codes_of_row(inputs.fields, row) if inputs.fields else [float(value) for value in row]
        found = [
            far_outside(name, code, span)
            for name, code, span in zip(inputs.raw_names, codes, inputs.ranges, strict=False)
            if span is not None and is_far(np.array(code), span)
        ]
        return found + [
            not_trained_on(each.name, str(value).strip())
            for each, code, value in zip(inputs.fields, codes, row, strict=False)
            if each.shares and code == OTHER
        ]

    @property
    def _unnamed(self) -> list[str]:
        """Columns of the table that it was trained on, where that had no header; the target last."""
        target, n = self.inputs.target, self.inputs.unnamed
        return [*(name for name in (f"column {i}" for i in range(1, n + 1)) if name != target), target] if n else []

    def predict_inputs(self, x: torch.Tensor) -> list[Prediction]:
        """As `Inputs.encode` made them: (n, *shape)."""
        found = self._predictions(x)
        return [found[i] for i in range(len(x))]

    def _predictions(self, x: torch.Tensor) -> Predictions:
        if not len(x):
            return Predictions([], [], np.empty((0, len(self.inputs.classes))))
        with torch.inference_mode():
            output = torch.cat([self.model(x[i : i + AT_ONCE]) for i in range(0, len(x), AT_ONCE)])
            found = self.inputs.predictions(output).tolist()
            if self.inputs.task == "regression":
                return Predictions(found, [], np.empty((len(x), 0)))
            probabilities = self.inputs.output.probabilities(output).numpy()
        return Predictions([], [self.inputs.classes[label] for label in found], probabilities)


def fresh_model(run_config: RunConfig, inputs: Inputs) -> nn.Module:
    """The network of a run, its weights not yet loaded; no generator is advanced by it."""
    with torch.random.fork_rng(devices=[]):
        return build_model(run_config, inputs)
