"""From codes to what a network takes in: numbers as they are, yes or no as 1 or 0, a category as one input for each
(one-hot), missing values filled. Fitted on the train split, saved as plain values.

A category that was not trained on gives, where others are taken, each input the share that its category has in the
train split. That is the average row: 0 once it is standardised, between all that the network has seen, as the mean is
for a missing number. All inputs at 0, or one more input that no row of the train split has, would be none it has seen.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

import numpy as np
import torch

from core.data.scale import AT_ONCE
from core.tables.fields import OTHER, Field


def fitted(fields: Sequence[Field], train: torch.Tensor, unknown: str = "refuse") -> tuple[Field, ...]:
    """To the codes (n, columns) of the train split. With what missing values are filled, where a field wants that: the
    mean of a number, the most frequent one of all else (of equally many the first), 0 where nothing is known, as
    scikit-learn's SimpleImputer does it; one behind the last category where they are a category of their own. Where
    `unknown` is `other`, with the share of each category."""
    fields = _filling(fields, train)
    return _sharing(fields, train) if unknown == "other" else fields


def _sharing(fields: Sequence[Field], train: torch.Tensor) -> tuple[Field, ...]:
    found = list(fields)
    for i, field in enumerate(fields):
        if field.categories:
            codes, n = train[:, i], len(field.categories)
            known = field.fill is None or field.fill >= n  # what is missing is no category, or one of its own
            codes = codes[~codes.isnan()] if known else codes.nan_to_num(field.fill)
            counts = codes.long().bincount(minlength=n).double()
            if counts.sum():
                found[i] = replace(field, shares=tuple((counts / counts.sum()).tolist()))
    return tuple(found)


def _filling(fields: Sequence[Field], train: torch.Tensor) -> tuple[Field, ...]:
    if all(field.missing == "refuse" for field in fields):
        return tuple(fields)
    found = []
    codes = train.numpy()
    for i, field in enumerate(fields):
        if field.missing == "refuse":
            found.append(field)
            continue
        if field.missing == "category" and field.kind == "category":
            found.append(replace(field, fill=float(len(field.categories))))
            continue
        known = codes[:, i][~np.isnan(codes[:, i])]
        if not len(known):
            fill = 0.0
        elif field.kind == "number":
            fill = float(np.ma.mean(np.ma.masked_invalid(codes[:, i])))
        else:
            values, counts = np.unique(known, return_counts=True)
            fill = float(values[counts.argmax()])
        found.append(replace(field, fill=fill))
    return tuple(found)


def encoded(fields: Sequence[Field], codes: torch.Tensor, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    """Codes (n, columns) float64 as inputs (n, inputs) of `dtype`, missing values filled where a field says with what,
    and told where it has an input for that."""
    missing = {i: codes[:, i].isnan() for i, field in enumerate(fields) if field.missing == "category"}
    if any(field.fill is not None for field in fields):
        fills = torch.tensor([math.nan if field.fill is None else field.fill for field in fields], dtype=torch.float64)
        codes = torch.where(codes.isnan(), fills, codes)
    for i, field in enumerate(fields):
        if field.kind == "yes-no" and field.shares and (codes[:, i] == OTHER).any():
            codes = codes.clone()
            codes[codes[:, i] == OTHER, i] = field.shares[1]
    if dtype == codes.dtype and not missing and all(field.kind != "category" for field in fields):
        return codes
    inputs = torch.empty((len(codes), sum(len(field.inputs) for field in fields)), dtype=dtype)
    at = to = 0
    for is_plain, run in groupby(fields, key=lambda field: len(field.inputs) == 1 and field.kind != "category"):
        some = list(run)
        columns = codes[:, at : at + len(some)]
        if is_plain:  # all of them at once: tables may have thousands
            inputs[:, to : to + len(some)] = columns
            to += len(some)
            at += len(some)
            continue
        for field, column in zip(some, columns.unbind(1), strict=True):
            n = len(field.categories) if field.kind == "category" else 1
            own, gone = inputs[:, to : to + n], missing.get(at)
            if field.kind == "category":
                own.zero_().scatter_(1, column.long().clamp_(0, n - 1).unsqueeze(1), 1)
                if field.shares:  # of those that the train split does not have, too
                    shares = torch.tensor(field.shares, dtype=dtype)
                    own[(column == OTHER) | (own @ (shares == 0).to(dtype) > 0)] = shares
            else:
                own[:, 0] = column
            if gone is not None:
                inputs[:, to + n] = gone
                if field.kind == "category":
                    own[gone] = 0
            to += len(field.inputs)
            at += 1
    return inputs


def inputs_between(fields: Sequence[Field], codes: torch.Tensor, first: int, last: int) -> torch.Tensor:
    """The inputs from `first` up to `last`, in float64, of codes (n, columns): (n, last - first)."""
    at = start = 0
    some: list[int] = []
    for i, field in enumerate(fields):
        width = len(field.inputs)
        if at < last and at + width > first:
            start = start if some else at
            some.append(i)
        at += width
    wanted = [fields[i] for i in some]
    columns = codes[:, some[0] : some[-1] + 1]
    made = torch.empty((len(codes), last - first), dtype=torch.float64)
    at_once = max(1, AT_ONCE // sum(len(field.inputs) for field in wanted))
    for rows, part in zip(torch.split(made, at_once), torch.split(columns, at_once), strict=True):
        rows.copy_(encoded(wanted, part)[:, first - start : last - start])
    return made


def ranges(fields: Sequence[Field], train: torch.Tensor) -> tuple[tuple[float, float] | None, ...]:
    """The smallest and the largest number that each field has in the codes (n, columns) of the train split; None of
    what is no number."""
    codes = train.numpy()
    low, high = (edge.reduce(codes, axis=0).tolist() for edge in (np.fmin, np.fmax))  # leave NaN alone
    known = [field.kind == "number" and math.isfinite(low[i]) for i, field in enumerate(fields)]
    return tuple((low[i], high[i]) if it_is else None for i, it_is in enumerate(known))
