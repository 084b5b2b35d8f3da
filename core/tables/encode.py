"""From codes to what a network takes in: numbers as they are, yes or no as 1 or 0, a category as one input for each
(one-hot), missing values filled. Fitted on the train split, saved as plain values.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

import torch

from core.tables.fields import Field


def fitted(fields: Sequence[Field], train: torch.Tensor, missing: str) -> tuple[Field, ...]:
    """With what missing values are filled: the mean of a number, the most frequent one of all else, of the codes
    (n, columns) of the train split. By scikit-learn's SimpleImputer; unless `missing` is `fill`, fields stay as they
    are."""
    from sklearn.impute import SimpleImputer

    if missing != "fill":
        return tuple(fields)
    found = []
    codes = train.numpy()
    for i, field in enumerate(fields):
        strategy = "mean" if field.kind == "number" else "most_frequent"
        imputer = SimpleImputer(strategy=strategy, keep_empty_features=True).fit(codes[:, i : i + 1])
        found.append(replace(field, fill=float(imputer.statistics_[0])))
    return tuple(found)


def encoded(fields: Sequence[Field], codes: torch.Tensor, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    """Codes (n, columns) float64 as inputs (n, inputs) of `dtype`, missing values filled where a field says with
    what."""
    if any(field.fill is not None for field in fields):
        fills = torch.tensor([math.nan if field.fill is None else field.fill for field in fields], dtype=torch.float64)
        codes = torch.where(codes.isnan(), fills, codes)
    if dtype == codes.dtype and all(field.kind != "category" for field in fields):
        return codes
    inputs = torch.empty((len(codes), sum(len(field.inputs) for field in fields)), dtype=dtype)
    at = to = 0
    for is_category, run in groupby(fields, key=lambda field: field.kind == "category"):
        some = list(run)
        columns = codes[:, at : at + len(some)]
        at += len(some)
        if not is_category:  # all of them at once: tables may have thousands
            inputs[:, to : to + len(some)] = columns
            to += len(some)
            continue
        for field, column in zip(some, columns.unbind(1), strict=True):
            one_hot = inputs[:, to : to + len(field.categories)]
            one_hot.zero_().scatter_(1, column.long().unsqueeze(1), 1)
            to += len(field.categories)
    return inputs
