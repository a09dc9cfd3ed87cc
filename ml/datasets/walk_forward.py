"""Walk-forward splits into training and test rows: training rows always precede test rows.

A row is made when its bar closes, and due when its target bar closes. A row that was made before a test block but is
due inside it has a target from that block, so it is purged (López de Prado, Advances in financial machine learning,
2018, chapter 7). Rows are never shuffled: neighbours share most of their window, so a model trained on both neighbours
of a row would practically know the row itself.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.intp]
Times = NDArray[np.int64]


class TrainTestSplit(NamedTuple):
    """Indices of training and test rows, both rising. `train` may be empty if there are few rows."""

    train: Indices
    test: Indices


def folds(made_at: Times, due_at: Times, blocks: int, first_share: float = 0.5) -> Iterator[TrainTestSplit]:
    """Consecutive test blocks of about equal size that together contain all rows after the first `first_share`.

    `made_at` and `due_at` are in seconds, rows are ordered by `made_at`. Each block is tested with a model trained on
    all rows before it, purged. Rows of the same time are never separated, so there may be fewer blocks. Raises
    ValueError if rows are out of order or arguments out of range.
    """
    if blocks < 1 or not 0.0 < first_share < 1.0:
        raise ValueError("blocks must be at least 1, and first_share between 0 and 1")
    if np.any(np.diff(made_at) < 0) or np.any(due_at <= made_at):
        raise ValueError("rows must be ordered by made_at, and due_at must be later than made_at")
    if len(made_at) == 0:
        return
    edges = np.linspace(int(len(made_at) * first_share), len(made_at), blocks + 1).astype(np.intp)[:-1]
    starts = np.unique(np.searchsorted(made_at, made_at[edges]))
    for start, end in zip(starts, [*starts[1:], len(made_at)], strict=True):
        yield TrainTestSplit(np.flatnonzero(due_at <= made_at[start]), np.arange(start, end))


def holdout(made_at: Times, due_at: Times, test_size: float) -> TrainTestSplit:
    """The last `test_size` (a share) of the rows as holdout, and the rows before it, purged, as training rows.

    Raises ValueError as `folds` does, and if there are no rows.
    """
    if len(made_at) == 0:
        raise ValueError("there are no rows to hold out")
    return next(folds(made_at, due_at, 1, 1.0 - test_size))
