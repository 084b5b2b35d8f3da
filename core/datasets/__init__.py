"""The datasets. Each module here registers some; importing them needs neither torch nor scikit-learn.

A dataset is a function of a `Source` (where its files lie) that returns `RawData`. Facts given at registration tell
about it before it is loaded: `task` (classification if not given), `shape` of one sample, `outputs` (classes; 1 for
regression), `samples` (those to train on, where it comes with its own test split), `splits` (True when it does),
`files` (what must lie in the data folder), `paths` (hyperparameters that are paths of files of the user's), `columns`
(those that name columns of that file). A fact that cannot be known before loading is left out.

`table` says that the dataset is a table of one's own, which `core.tables` reads and the screens let one choose columns
of: it has the hyperparameters that `core.tables.choices.Choices` has, `path`, `target` and `task` among them. It is a
function, `(text) → whether that names a file that the dataset reads`, see `Component.brings`. So is `few`, `(source,
n) → RawData` of the first n samples alone, of a dataset that takes long to load.
"""

from core.datasets import drawn, mnist, own_table, scikit_learn
from core.datasets.base import DATASETS, Download, RawData, Source, reader_of

__all__ = ["DATASETS", "Download", "RawData", "Source", "drawn", "mnist", "own_table", "reader_of", "scikit_learn"]
