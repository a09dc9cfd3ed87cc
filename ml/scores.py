"""What became of a forecast, once the close that it was about is there.

All errors are log returns, log(actual / mean): 0.01 is one percent. So scores of symbols at 5 and at 5,000 can stand
side by side, and a split changes none. The naive forecast says "no change": its mean is the price when it was made.
Measures as in Hyndman and Koehler, "Another look at measures of forecast accuracy" (2006); the interval score is that
of Winkler (1972) as in Gneiting and Raftery, "Strictly proper scoring rules" (2007), equation 43.
"""

from collections.abc import Sequence
from math import isfinite, log, sqrt
from operator import add
from typing import NamedTuple

from ml.conformal import Forecast

BLOCK = 20
"""Scores in a block; a rolling record drops whole blocks, so that it need not keep each score."""
BLOCKS = 10


class Score(NamedTuple):
    """One forecast against the close that came.

    `error` is positive where the close came higher; `naive_error` is that of "no change". `hit` tells whether the
    direction was right, None where the forecast or the price did not move. `covered` and `winkler` hold one entry
    a level: whether the close lay inside, and the width of the interval plus 2 / (1 - level) times what the close
    lay outside by; less is better.
    """

    error: float
    naive_error: float
    hit: bool | None
    covered: tuple[bool, ...]
    winkler: tuple[float, ...]


def score(forecast: Forecast, actual: float, levels: Sequence[float]) -> Score:
    """Score `forecast`, whose widths are those of `levels`. Raises ValueError where `actual` is no price."""
    if not (isfinite(actual) and actual > 0.0):
        raise ValueError(f"a price must be finite and positive, not {actual}")
    error = log(actual / forecast.mean)
    reaches = [width * forecast.sigma for width in forecast.widths]
    outside = [max(abs(error) - reach, 0.0) for reach in reaches]
    return Score(
        error,
        log(actual / forecast.origin),
        _hit(forecast, actual),
        tuple([excess == 0.0 for excess in outside]),
        tuple(
            [
                2.0 * reach + 2.0 / (1.0 - level) * excess
                for reach, excess, level in zip(reaches, outside, levels, strict=True)
            ]
        ),
    )


def _hit(forecast: Forecast, actual: float) -> bool | None:
    said, came = forecast.mean - forecast.origin, actual - forecast.origin
    return None if said == 0.0 or came == 0.0 else (said > 0.0) == (came > 0.0)


class Summary(NamedTuple):
    """What a number of scores come to. Errors are log returns.

    `scaled` is the mean absolute error over that of "no change" on the same closes (1 is as good, less is better);
    `skill` is 1 - mean squared error over that of "no change", the out-of-sample R^2 of Campbell and Thompson
    (2008). Both are None where the price never moved. `hit_rate` is the share of right directions among `moves`
    forecasts that had one, None where none had. `covered` and `winkler` hold the means of each level.
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


class Record:
    """The scores of one symbol, model and horizon: since ever, and of late.

    It keeps sums only, at most eleven rows of them. Of late means the newest 200 scores, less up to 19 whenever a
    block of 20 has begun.
    """

    def __init__(self, levels: int) -> None:
        self._size = FIXED + 2 * levels
        self._lifetime = [0.0] * self._size
        self._blocks: list[list[float]] = []

    def add(self, each: Score) -> None:
        """Raises ValueError where the score holds other levels, and counts nothing then."""
        terms = _terms(each)
        if len(terms) != self._size:
            raise ValueError("the score and the record are of different levels")
        if not self._blocks or self._blocks[-1][0] == BLOCK:
            self._blocks = [*self._blocks[1 - BLOCKS :], [0.0] * self._size]
        self._lifetime = _sum(self._lifetime, terms)
        self._blocks[-1] = _sum(self._blocks[-1], terms)

    def lifetime(self) -> Summary | None:
        """All scores so far; None where there are none."""
        return _summary(self._lifetime)

    def rolling(self) -> Summary | None:
        """The newest 181 to 200 scores, all while there are fewer; None where there are none."""
        return _summary([sum(column) for column in zip(*self._blocks, strict=True)] or self._lifetime)

    def state(self) -> list[list[float]]:
        """All that `restore()` needs to go on bit for bit, as finite numbers."""
        return [list(self._lifetime), *map(list, self._blocks)]

    def restore(self, state: Sequence[Sequence[float]]) -> None:
        """Raises ValueError where the state is none of such a record's."""
        rows = [list(row) for row in state]
        if not 1 <= len(rows) <= 1 + BLOCKS or any(len(row) != self._size for row in rows):
            raise ValueError("the stored record is of other levels or of too many scores")
        if not all(isfinite(number) for row in rows for number in row):
            raise ValueError("the stored record must hold finite numbers")
        self._lifetime, *self._blocks = rows


FIXED = 8
"""Sums beside those of the levels, in the order of `_terms`."""


def _terms(each: Score) -> list[float]:
    """What one score adds to each sum."""
    error, naive = each.error, each.naive_error
    moves, hits = float(each.hit is not None), float(each.hit is True)
    errors = (error, abs(error), error * error, abs(naive), naive * naive)
    return [1.0, *errors, moves, hits, *map(float, each.covered), *each.winkler]


def _sum(sums: list[float], terms: list[float]) -> list[float]:
    return list(map(add, sums, terms))


def _summary(sums: list[float]) -> Summary | None:
    count, error, absolute, squared, naive_absolute, naive_squared, moves, hits = sums[:FIXED]
    if count == 0.0:
        return None
    shares = [total / count for total in sums[FIXED:]]
    levels = len(shares) // 2
    return Summary(
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
