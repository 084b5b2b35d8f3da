"""The datasets. Each module here registers some; importing them needs neither torch nor scikit-learn.

A dataset is a function of a `Source` (where its files lie) that returns `RawData`. Facts given at registration tell
its shape before it is loaded: `shape` of one sample, `outputs` (classes, or 1 for regression), `sizes`, `splits` (True
when it comes with its own test split), `files` (True when it must be on disk).
"""

from core.datasets import idx, sklearn_sets
from core.datasets.base import DATASETS, RawData, Source

__all__ = ["DATASETS", "RawData", "Source", "idx", "sklearn_sets"]
