"""A scale is scikit-learn's, to the last bit, however few columns are taken at a time."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.preprocessing import StandardScaler

from core.data.encode import encoded, inputs_between
from core.data.scale import Scale
from core.tables.fields import Field


@pytest.mark.parametrize("at_once", [1, 3000, 7000, 10**9])
@pytest.mark.parametrize("width", [1, 2, 3, 5, 18])
def test_columns_taken_apart_have_the_scale_of_the_whole(width: int, at_once: int) -> None:
    rng = np.random.default_rng(width)
    values = rng.normal(size=(1013, width)) * 10.0 ** rng.uniform(-3, 5, width) + rng.normal(size=width) * 100
    values[:, rng.random(width) < 0.3] = 7.0  # constant ones
    table = torch.from_numpy(values)
    expected = StandardScaler().fit(values)
    found = Scale.fit_columns(len(table), width, lambda first, last: table[:, first:last], at_once)
    assert found.mean == expected.mean_.tolist()
    assert found.deviation == expected.scale_.tolist()


@pytest.mark.parametrize(("first", "last"), [(0, 1), (0, 8), (1, 2), (1, 5), (3, 4), (2, 7), (6, 8)])
def test_inputs_between_are_those_of_the_whole(first: int, last: int) -> None:
    fields = (
        Field("a"),
        Field("b", "category", ("x", "y", "z", "w")),
        Field("c", "yes-no", ("no", "yes"), fill=1.0),
        Field("d", "category", ("u", "v"), fill=0.0),
    )
    codes = torch.tensor([[0.5, 3, 1, 0], [-2.0, 0, float("nan"), 1], [9.0, 2, 0, float("nan")]], dtype=torch.float64)
    assert torch.equal(inputs_between(fields, codes, first, last), encoded(fields, codes)[:, first:last])
