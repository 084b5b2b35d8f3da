"""The datasets. Each module here registers some; importing them needs neither torch nor scikit-learn.

A dataset is a function of a `Source` (where its files lie) that returns `RawData`. Facts given at registration tell
about it before it is loaded: `task` (classification if not given), `shape` of one sample, `outputs` (classes; 1 for
regression), `samples` (those to train on, where it comes with its own test split), `splits` (True when it does),
`files` (what must lie in the data folder). A fact that cannot be known before loading is left out.
"""

from core.datasets import drawn, mnist, own_table, scikit_learn
from core.datasets.base import DATASETS, Download, RawData, Source

__all__ = ["DATASETS", "Download", "RawData", "Source", "drawn", "mnist", "own_table", "scikit_learn"]
