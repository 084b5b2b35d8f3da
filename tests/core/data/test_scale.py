"""A scale is scikit-learn's, to the last bit, however few columns are taken at a time."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import StandardScaler

from core.data.encode import encoded, fitted, inputs_between
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


@pytest.mark.filterwarnings("ignore::RuntimeWarning:sklearn")  # of an overflow, which it keeps
@given(
    rows=st.integers(1, 3000),
    width=st.integers(1, 9),
    exponent=st.floats(-300, 150),
    offset=st.sampled_from([0.0, 1.0, -7e9, 1e200]),
    missing=st.sampled_from([0.0, 0.3]),
    seed=st.integers(0, 99),
)
def test_it_is_the_scale_of_scikit_learn(
    rows: int, width: int, exponent: float, offset: float, missing: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(rows, width)) * 10.0**exponent + offset
    values[1:][rng.random((rows - 1, width)) < missing] = np.nan
    expected = StandardScaler().fit(values)
    found = Scale.fit(torch.from_numpy(values))
    assert np.array_equal(found.mean, expected.mean_, equal_nan=True)
    assert np.array_equal(found.deviation, expected.scale_, equal_nan=True)


@given(rows=st.integers(1, 3000), values=st.integers(1, 5), missing=st.sampled_from([0.1, 0.9, 1.0]))
def test_what_is_missing_is_filled_as_by_scikit_learn(rows: int, values: int, missing: float) -> None:
    rng = np.random.default_rng(rows)
    codes = np.stack([rng.normal(size=rows) * 1e3, *rng.integers(0, values, (2, rows)).astype(float)], axis=1)
    codes[rng.random(codes.shape) < missing] = np.nan
    fields = (
        Field("a", missing="fill"),
        Field("b", "category", tuple("abcde"[:values]), missing="fill"),
        Field("c", "yes-no", ("no", "yes"), missing="fill"),
    )
    found = [field.fill for field in fitted(fields, torch.from_numpy(codes))]
    for fill, strategy, column in zip(found, ("mean", "most_frequent", "most_frequent"), codes.T, strict=True):
        imputer = SimpleImputer(strategy=strategy, keep_empty_features=True).fit(column[:, None])
        assert fill == imputer.statistics_[0]


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
