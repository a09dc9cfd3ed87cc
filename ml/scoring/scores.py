"""Scores forecasts against the actual close.

All errors are log returns, log(actual / mean): 0.01 is one percent. Scores of symbols at 5 and at 5,000 are therefore
comparable, and a split changes none. The naive forecast is "no change": its mean is the price when it was made.
Measures as in Hyndman and Koehler, "Another look at measures of forecast accuracy" (2006); the interval score is that
of Winkler (1972) as in Gneiting and Raftery, "Strictly proper scoring rules" (2007), equation 43.
"""

from collections.abc import Sequence
from math import fsum, inf, isfinite, log, sqrt
from operator import add
from typing import NamedTuple

from ml.uncertainty.conformal import Forecast

BLOCK = 20
"""Scores per block; a rolling record drops whole blocks, so that it need not store each score."""
BLOCKS = 10


class Score(tuple[float, ...]):
    """One forecast compared with the actual close, as the values that it adds to the sums of a `TrackRecord`.

    The values are 1, the error, its absolute value, its square, the absolute value and the square of the error of "no
    change", whether forecast and price moved, whether they moved the same way, then for each level whether the close
    was inside the interval, then for each level the interval score: its width plus 2 / (1 - level) times the distance
    of the close from the interval; less is better.
    """

    __slots__ = ()

    @classmethod
    def without_interval(cls, error: float, naive_error: float, hit: bool | None) -> "Score":
        """The score of a point forecast, with the error of "no change"."""
        moved = hit is not None, hit is True
        return cls(
            (1.0, error, abs(error), error * error, abs(naive_error), naive_error * naive_error, *moved)
        )

    @property
    def error(self) -> float:
        """Positive if the close was higher than the forecast."""
        return self[1]

    @property
    def size(self) -> float:
        """The absolute error."""
        return self[2]

    @property
    def loss(self) -> float:
        """The squared error."""
        return self[3]

    @property
    def naive_loss(self) -> float:
        """The squared error of "no change"."""
        return self[5]

    @property
    def hit(self) -> bool | None:
        """Whether the direction was right, None if the forecast or the price did not move."""
        return bool(self[7]) if self[6] else None

    @property
    def covered(self) -> tuple[bool, ...]:
        """Whether the close was inside the interval, by level."""
        return tuple(map(bool, self[FIXED : (len(self) + FIXED) // 2]))

    @property
    def winkler(self) -> tuple[float, ...]:
        """The interval score, by level."""
        return self[(len(self) + FIXED) // 2 :]


FIXED = 8
"""Values of a score before those of the levels."""


def penalties_of(levels: Sequence[float]) -> tuple[float, ...]:
    """The penalty factor of each level for a close outside its interval, by distance."""
    return tuple([2.0 / (1.0 - level) for level in levels])


def score(forecast: Forecast, actual: float, penalties: tuple[float, ...]) -> Score:
    """Score `forecast`, whose widths correspond to the levels of `penalties`.

    Raises ValueError if `actual` is not a valid price.
    """
    if not 0.0 < actual < inf:
        raise ValueError(f"a price must be finite and positive, not {actual}")
    _, origin, mean, sigma, widths = forecast
    error = log(actual / mean)
    size = abs(error)
    square = size * size
    if mean == origin:
        terms: list[float] = [1.0, error, size, square, size, square, False, False]
    else:
        naive, moved = log(actual / origin), origin != actual
        hit = moved and (mean > origin) == (actual > origin)
        terms = [1.0, error, size, square, abs(naive), naive * naive, moved, hit]
    winkler: list[float] = []
    for width, penalty in zip(widths, penalties, strict=True):
        reach = width * sigma
        if size <= reach:
            terms.append(True)
            winkler.append(2.0 * reach)
        else:
            terms.append(False)
            winkler.append(2.0 * reach + penalty * (size - reach))
    return Score(terms + winkler)


class ScoreSummary(NamedTuple):
    """Aggregated scores. Errors are log returns.

    `scaled` is the mean absolute error divided by that of "no change" on the same closes (1 is equal, less is better);
    `skill` is 1 - mean squared error / that of "no change", the out-of-sample R^2 of Campbell and Thompson (2008). Both
    are None if the price never moved. `hit_rate` is the fraction of right directions among `moves` forecasts with a
    direction, None if there are none. `covered` and `winkler` are the means of each level.
    """

    scores: int
    bias: float
    mean_absolute: float
    root_mean_square: float
    scaled: float | None
    skill: float | None
    moves: int
    hit_rate: float | None
    covered: tuple[float, ...]
    winkler: tuple[float, ...]


class TrackRecord:
    """The scores of one symbol, model and horizon: over its lifetime, and rolling.

    It stores only sums, at most eleven rows: of everything before the blocks, and of each block. The rolling record
    covers the newest 181 to 200 scores, because whole blocks of 20 are dropped.
    """

    __slots__ = ("_blocks", "_ended", "_size")

    def __init__(self, levels: int) -> None:
        self._size = FIXED + 2 * levels
        self._ended = [0.0] * self._size
        self._blocks: list[list[float]] = []

    def add(self, each: Score) -> None:
        """Raises ValueError, without any change, if the score has other levels."""
        if len(each) != self._size:
            raise ValueError("the score and the record have different levels")
        blocks = self._blocks
        if not blocks or blocks[-1][0] == BLOCK:
            self._begin_block()
        blocks[-1] = list(map(add, blocks[-1], each))

    def _begin_block(self) -> None:
        blocks = self._blocks
        if blocks:
            self._ended = list(map(add, self._ended, blocks[-1]))
        del blocks[: 1 - BLOCKS]
        blocks.append([0.0] * self._size)

    def lifetime(self) -> ScoreSummary | None:
        """All scores so far; None if there are none."""
        return _summary(list(map(add, self._ended, self._blocks[-1])) if self._blocks else self._ended)

    def rolling(self) -> ScoreSummary | None:
        """The newest 181 to 200 scores, all while there are fewer; None if there are none."""
        return _summary([fsum(column) for column in zip(*self._blocks, strict=True)] or self._ended)

    def state(self) -> list[list[float]]:
        """The complete state for `restore()`, as finite numbers."""
        return [list(self._ended), *map(list, self._blocks)]

    def restore(self, state: Sequence[Sequence[float]]) -> None:
        """Raises ValueError if the state is not valid for this record."""
        rows = [list(row) for row in state]
        if not 1 <= len(rows) <= 1 + BLOCKS or any(len(row) != self._size for row in rows):
            raise ValueError("the stored record has other levels or too many blocks")
        if not all(isfinite(number) for row in rows for number in row):
            raise ValueError("the stored record must contain finite numbers only")
        self._ended, *self._blocks = rows


def _summary(sums: list[float]) -> ScoreSummary | None:
    count, error, absolute, squared, naive_absolute, naive_squared, moves, hits = sums[:FIXED]
    if count == 0.0:
        return None
    shares = [total / count for total in sums[FIXED:]]
    levels = len(shares) // 2
    return ScoreSummary(
        scores=int(count),
        bias=error / count,
        mean_absolute=absolute / count,
        root_mean_square=sqrt(squared / count),
        scaled=absolute / naive_absolute if naive_absolute > 0.0 else None,
        skill=1.0 - squared / naive_squared if naive_squared > 0.0 else None,
        moves=int(moves),
        hit_rate=hits / moves if moves > 0.0 else None,
        covered=tuple(shares[:levels]),
        winkler=tuple(shares[levels:]),
    )
