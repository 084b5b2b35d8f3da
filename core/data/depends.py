"""What data depend on: two runs with the same key have the same data, whatever else differs between them."""

from __future__ import annotations

import json
from typing import Any, Literal

from core.experiment.schema import RunConfig

SHAPED_BY = ("dataset", "split", "label_map", "standardise", "data_dir", "device", "predict", "use")
"""Keys of an experiment, or tables of them. `predict`: the inputs are checked by the data. `use`: a dataset of one's
own is what its file says."""


def data_key(config: RunConfig, *, drawn: bool) -> str:
    """Equal where the data are. `drawn`: whether its dataset is drawn by the run's seed (`Data.drawn`)."""
    told: dict[str, Any] = {key: value for key, value in config.to_dict().items() if key in SHAPED_BY}
    # They decide how targets are written, and in which numbers all is.
    told["loss"] = config.loss["name"]
    told["output"] = config.model.get("output_activation")
    told["dtype"] = dtype_of(config)
    if drawn:
        told["seed"] = config.seed
    return json.dumps(told, sort_keys=True)


def dtype_of(config: RunConfig) -> Literal["float32", "float64"]:
    """What the model of `config` computes in, as its registration says."""
    dtype: Literal["float32", "float64"] = config.component("model").facts.get("dtype", "float32")
    return dtype
