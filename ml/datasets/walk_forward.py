"""Which rows a model may learn from, and which it is tested on: always the past, and then what came after it.

A row is made when a bar closes and due when the bar closes that it is about. A row that was made before a test block
but is due inside it carries the block's own closes in its target: it is purged (López de Prado, Advances in
financial machine learning, 2018, chapter 7). Rows are never shuffled: neighbours share most of their window, and a
model that has learnt from both sides of a row has as good as seen it.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.intp]
Times = NDArray[np.int64]


class TrainTestSplit(NamedTuple):
    """Rows to learn from and rows to be tested on, both rising. `train` may be empty where rows are few."""

    train: Indices
    test: Indices


def folds(made_at: Times, due_at: Times, blocks: int, first_share: float = 0.5) -> Iterator[TrainTestSplit]:
    """Test blocks of about equal size, one after the other, that together hold all rows behind `first_share` of them.

    `made_at` and `due_at` are seconds, rows ordered by `made_at`. Each block is tested on what all rows before it
    teach, purged. Rows made at one moment are never parted, so that blocks may be fewer where moments are. Raises
    ValueError where rows are out of order or the arguments out of range.
    """
    if blocks < 1 or not 0.0 < first_share < 1.0:
        raise ValueError("blocks count from 1, and the first share lies between 0 and 1")
    if np.any(np.diff(made_at) < 0) or np.any(due_at <= made_at):
        raise ValueError("rows must be ordered by when they were made, and be due later")
    if len(made_at) == 0:
        return
    edges = np.linspace(int(len(made_at) * first_share), len(made_at), blocks + 1).astype(np.intp)[:-1]
    starts = np.unique(np.searchsorted(made_at, made_at[edges]))
    for start, end in zip(starts, [*starts[1:], len(made_at)], strict=True):
        yield TrainTestSplit(np.flatnonzero(due_at <= made_at[start]), np.arange(start, end))


def holdout(made_at: Times, due_at: Times, test_size: float) -> TrainTestSplit:
    """The last `test_size` (a share) of the rows to be tested on, and what came before, purged, to learn from.

    Raises ValueError as `folds` does, and where there is no row.
    """
    if len(made_at) == 0:
        raise ValueError("there is no row to hold out")
    return next(folds(made_at, due_at, 1, 1.0 - test_size))
