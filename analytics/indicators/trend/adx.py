"""The average directional index. Its methods are described in `analytics.indicators`. Pure."""

from analytics.indicators.series.running import Lagged, RunningState
from analytics.indicators.series.window import FADED, wilder_mean
from analytics.indicators.volatility.true_range import true_range
from shared.market.records import Bar

TIE = 1e-12
"""Movements that differ by less than this fraction of the price are equal: that is the rounding of decimal prices."""

Directions = tuple[float | None, float, float]
"""ADX, +DI and -DI; the first is None until it is warm."""
Moves = tuple[float, float, float]
"""True range, upward and downward movement of a bar."""


class ADX:
    """Average directional index with +DI and -DI, each 0 to 100 (Wilder, New Concepts in Technical Trading Systems,
    1978).

    Upward movement is high - previous high where that is positive and more than previous low - low, else 0; downward
    movement likewise. +DI = 100 * average upward movement / average true range, -DI likewise;
    DX = 100 |+DI - -DI| / (+DI + -DI); ADX is the average of DX. All averages are Wilder's, seeded with the simple mean
    of their first `period` values, so +DI and -DI come with bar `period + 1` and ADX with bar `2 period` (TA-Lib seeds
    its averages with one value less; the difference fades out over some hundred bars). Where nothing moved, or has for
    so long that the averages have faded away, +DI, -DI and DX are 0.
    """

    def __init__(self, period: int) -> None:
        self.key = f"adx-{period}"
        self.warm_after = (2 * period, period + 1, period + 1)
        self.seen = 0
        self._high = self._low = self._close = 0.0
        self._means = wilder_mean(period), wilder_mean(period), wilder_mean(period)
        self._index = wilder_mean(period)
        moved = [Lagged(mean, lag=1) for mean in self._means]
        self._state = RunningState(self.key, 3, *moved, Lagged(self._index, lag=period))

    def update(self, bar: Bar) -> Directions | None:
        moves = self._moves(bar)
        self._high, self._low, self._close = bar.high, bar.low, bar.close
        self.seen += 1
        if self.seen == 1:
            return None
        length, up, down = self._means
        plus, minus = _lines(length.update(moves[0]), up.update(moves[1]), down.update(moves[2]))
        return None if plus is None or minus is None else (self._index.update(_dx(plus, minus)), plus, minus)

    def preview(self, bar: Bar) -> Directions | None:
        if self.seen == 0:
            return None
        moves = self._moves(bar)
        length, up, down = self._means
        plus, minus = _lines(length.preview(moves[0]), up.preview(moves[1]), down.preview(moves[2]))
        return None if plus is None or minus is None else (self._index.preview(_dx(plus, minus)), plus, minus)

    def _moves(self, bar: Bar) -> Moves:
        up, down, tie = bar.high - self._high, self._low - bar.low, TIE * bar.high
        is_up = up - (down if down > 0.0 else 0.0) > tie
        is_down = down - (up if up > 0.0 else 0.0) > tie
        return true_range(bar, self._close), up if is_up else 0.0, down if is_down else 0.0

    def split(self, ratio: float) -> None:
        """Exact: movements scale with the prices, and their ratios do not change."""
        self._high, self._low, self._close = self._high / ratio, self._low / ratio, self._close / ratio
        for mean in self._means:
            mean.split(ratio)

    def state(self) -> list[float]:
        return self._state.numbers(self.seen, [self._high, self._low, self._close])

    def restore(self, state: list[float]) -> None:
        self.seen, (self._high, self._low, self._close) = self._state.restore(state)


def _lines(length: float | None, up: float | None, down: float | None) -> tuple[float | None, float | None]:
    """+DI and -DI of the average true range and movements."""
    if length is None or up is None or down is None:
        return None, None
    return (100.0 * (up / length), 100.0 * (down / length)) if length > FADED else (0.0, 0.0)


def _dx(plus: float, minus: float) -> float:
    both = plus + minus
    return 100.0 * (abs(plus - minus) / both) if both > FADED else 0.0
