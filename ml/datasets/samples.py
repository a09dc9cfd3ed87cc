"""Samples to train and test models on: for each closed bar, the features known at its close, and the target."""

from array import array
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ml.models.features import RETURNS, Features, FeatureSettings, Observation, features, names, split, target


class TrainingHistory(NamedTuple):
    """The closed bars of one symbol and interval in order: their ends in epoch seconds UTC, and their prices and
    volumes in shares of their own day. `splits` are in order of time: (epoch seconds UTC, new shares per old share)."""

    symbol: str
    made_at: list[int]
    observations: list[Observation]
    splits: list[tuple[int, float]]


class Samples(NamedTuple):
    """Columns of n rows, ordered by made_at, then by symbol.

    At `made_at` the bar closed at `close`; at `due_at` the bar `horizon` bars later closed; epoch seconds UTC. `values`
    (n, k), `returns` (n, RETURNS), `sigma` and `target` are defined in `ml.models.features`; `target` is not limited.
    """

    symbol: NDArray[np.str_]
    made_at: NDArray[np.int64]
    due_at: NDArray[np.int64]
    close: NDArray[np.float64]
    values: NDArray[np.float64]
    returns: NDArray[np.float64]
    sigma: NDArray[np.float64]
    target: NDArray[np.float64]

    def select(self, rows: NDArray[Any]) -> "Samples":
        """The rows of a mask, or those at these indices."""
        return Samples(*(column[rows] for column in self))


class _Row(NamedTuple):
    made_at: int
    due_at: int
    close: float
    features: Features
    target: float


def samples(histories: Iterable[TrainingHistory], settings: FeatureSettings, horizon: int) -> Samples:
    """A row for every bar that has features and a bar `horizon` bars later.

    Raises ValueError if the horizon is not from 1 to RETURNS, or if the bars of a history are not in order of time.
    """
    if not 1 <= horizon <= RETURNS:
        raise ValueError(f"the horizon must be 1 to {RETURNS} bars, not {horizon}")
    symbols: list[str] = []
    times, numbers = array("q"), array("d")
    values, returns = array("d"), array("d")
    for history in histories:
        for row in _rows(history, settings, horizon):
            symbols.append(history.symbol)
            times.extend((row.made_at, row.due_at))
            numbers.extend((row.close, row.features.sigma, row.target))
            values.extend(row.features.values)
            returns.extend(row.features.returns)
    made_at, due_at = np.array(times, dtype=np.int64).reshape(-1, 2).T
    close, sigma, targets = np.array(numbers).reshape(-1, 3).T
    symbol = np.array(symbols, dtype=np.str_)
    found = Samples(
        *(symbol, made_at, due_at, close),
        np.array(values).reshape(-1, len(names(settings))),
        np.array(returns).reshape(-1, RETURNS),
        *(sigma, targets),
    )
    return found.select(np.lexsort((symbol, made_at)))


def windows(history: TrainingHistory) -> Iterator[tuple[int, deque[Observation]]]:
    """The end of each bar, and the newest observations at its close, adjusted to its shares: one window that is updated
    in place.

    Raises ValueError if the bars are not in order of time.
    """
    window: deque[Observation] = deque(maxlen=RETURNS + 1)
    splits = deque(history.splits)
    before = -1
    for end, observation in zip(history.made_at, history.observations, strict=True):
        if end <= before:
            raise ValueError(f"the bars of {history.symbol} are not in order of time")
        before = end
        while splits and splits[0][0] < end:
            _, ratio = splits.popleft()
            adjusted = [split(each, ratio) for each in window]
            window.clear()
            window.extend(adjusted)
        window.append(observation)
        yield end, window


def _rows(history: TrainingHistory, settings: FeatureSettings, horizon: int) -> Iterator[_Row]:
    """A bar's row is complete when the bar `horizon` bars later has closed; the window contains its close in the later
    bar's shares."""
    waiting: deque[tuple[int, float, Features | None]] = deque(maxlen=horizon)
    for end, window in windows(history):
        close = window[-1].close
        if len(waiting) == horizon:
            made_at, then, found = waiting[0]
            if found is not None:
                now = target(window[-1 - horizon].close, close, found.sigma, horizon)
                yield _Row(made_at, end, then, found, now)
        waiting.append((end, close, features(window, settings)))
