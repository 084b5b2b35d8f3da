"""The datasets. Each module here registers some; importing them needs neither torch nor scikit-learn.

A dataset is a function of a `Source` (where its files lie) that returns `RawData`. Facts given at registration tell
about it before it is loaded: `shape` of one sample, `outputs` (classes), `samples` (those to train on, where it comes
with its own test split), `splits` (True when it does), `files` (what must lie in the data folder).
"""

from core.datasets import idx, sklearn_sets
from core.datasets.base import DATASETS, RawData, Source

__all__ = ["DATASETS", "RawData", "Source", "idx", "sklearn_sets"]
