"""The parabolic stop and reverse. Its methods are described in `analytics.indicators`. Pure."""

from typing import NamedTuple

from analytics.indicators.series.indicator_state import parts
from shared.market.records import Bar

STEP, LIMIT = 0.02, 0.2
"""Wilder's acceleration: its first value and step, and its limit."""


class _Stop(NamedTuple):
    """The stop of the next bar. `direction` is 1 in an upward trend and -1 in a downward one; 0 after the first bar.

    `best` is the highest high or the lowest low of the trend; `low` and `high` are those of the last bar.
    """

    stop: float
    best: float
    acceleration: float
    low: float
    high: float
    direction: float


class ParabolicSAR:
    """Parabolic stop and reverse, in units of price (Wilder, New Concepts in Technical Trading Systems, 1978).

    stop += acceleration * (best price of the trend - stop). The acceleration begins at 0.02 and grows by 0.02 with each
    new best price up to 0.2; the stop never enters the range of the last two bars. If a bar reaches its stop, the trend
    turns, and the stop of that bar is the best price of the old trend. The first value comes with bar 2, whose larger
    movement decides the first trend, as in TA-Lib.
    """

    key = "parabolic_sar"
    warm_after = (2,)

    def __init__(self) -> None:
        self.seen = 0
        self._next = _Stop(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)

    def update(self, bar: Bar) -> float | None:
        stop, self._next = self._after(bar)
        self.seen += 1
        return stop

    def preview(self, bar: Bar) -> float | None:
        return self._after(bar)[0]

    def _after(self, bar: Bar) -> tuple[float | None, _Stop]:
        """The stop of this bar, and what the next bar needs."""
        if self.seen == 0:
            return None, _Stop(0.0, 0.0, 0.0, bar.low, bar.high, 0.0)
        before = self._next if self._next.direction else _first(self._next, bar)
        if before.direction > 0.0:
            return _rising(before, bar.low, bar.high)
        stop, after = _rising(_mirrored(before), -bar.high, -bar.low)
        return -stop, _mirrored(after)

    def split(self, ratio: float) -> None:
        """Exact: the stop scales with the prices."""
        stop, best, acceleration, low, high, direction = self._next
        self._next = _Stop(stop / ratio, best / ratio, acceleration, low / ratio, high / ratio, direction)

    def state(self) -> list[float]:
        return [self.seen, *self._next]

    def restore(self, state: list[float]) -> None:
        self.seen, numbers = parts(self.key, state, fixed=6)
        self._next = _Stop(*numbers)


def _first(before: _Stop, bar: Bar) -> _Stop:
    """The stop of the second bar."""
    up, down = bar.high - before.high, before.low - bar.low
    if down > 0.0 and down > up:
        return _Stop(before.high, bar.low, STEP, bar.low, bar.high, -1.0)
    return _Stop(before.low, bar.high, STEP, bar.low, bar.high, 1.0)


def _mirrored(stop: _Stop) -> _Stop:
    """A downward trend as an upward one of negative prices, and back."""
    return _Stop(-stop.stop, -stop.best, stop.acceleration, -stop.high, -stop.low, -stop.direction)


def _rising(before: _Stop, low: float, high: float) -> tuple[float, _Stop]:
    """The stop of a bar in an upward trend, and what the next bar needs."""
    stop, best, acceleration = before.stop, before.best, before.acceleration
    if low <= stop:
        stop = max(best, before.high, high)
        following = max(stop + STEP * (low - stop), before.high, high)
        return stop, _Stop(following, low, STEP, low, high, -1.0)
    if high > best:
        best, acceleration = high, min(acceleration + STEP, LIMIT)
    following = min(stop + acceleration * (best - stop), before.low, low)
    return stop, _Stop(following, best, acceleration, low, high, 1.0)
