"""What a search has beside the keys of its runs. Needs neither torch nor Optuna."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class SearchKeys(BaseModel):
    """What a search has beside the keys of its runs; bare keys, as `--set max_stack=8`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    method: Annotated[
        Literal["grid", "random", "tpe"],
        Field(description="all cells, cells at random, or cells near good ones (tree-structured Parzen estimator)"),
    ] = "grid"
    trials: Annotated[int | None, Field(ge=1, description="cells to try; of a grid the first ones, all if none")] = None
    repeats: Annotated[int, Field(ge=1, description="networks for each cell, each with a seed of its own")] = 1
    rank: Annotated[
        str | None,
        Field(description="column to rank by; validation accuracy or loss if there is such a split, else test"),
    ] = None
    prune: Annotated[
        Literal["none", "median", "halving"],
        Field(description="end trials early that are below the median, or the worse half again and again"),
    ] = "none"
    max_stack: Annotated[
        int | None,
        Field(ge=1, description="most trials that train side by side; as many as there is memory for if not given"),
    ] = None
    axes: Annotated[
        list[str] | None,
        Field(description="order of the axes, by which cells are numbered; as they are given, or stand in the file"),
    ] = None
