"""The average true range. Its methods are described in `analytics.indicators`. Pure."""

from analytics.indicators.series.indicator_state import parts
from analytics.indicators.volatility.true_range import true_range
from shared.market.records import Bar


class ATR:
    """Average true range, in units of price (Wilder, New Concepts in Technical Trading Systems, 1978).

    average += (true range - average) / period, seeded with the simple mean of the first `period` true ranges. The
    first bar has no close before it and no true range, so the first value comes with bar `period + 1`, as in TA-Lib.
    """

    def __init__(self, period: int) -> None:
        self.period = period
        self.warm_after = (period + 1,)
        self.seen = 0
        self._previous = self._average = 0.0

    @property
    def key(self) -> str:
        return f"atr-{self.period}"

    def update(self, bar: Bar) -> float | None:
        self._average = self._next_average(bar)
        self._previous = bar.close
        self.seen += 1
        return None if self.seen <= self.period else self._average

    def preview(self, bar: Bar) -> float | None:
        return None if self.seen < self.period else self._next_average(bar)

    def _next_average(self, bar: Bar) -> float:
        if self.seen == 0:
            return 0.0
        # This is true range number `seen`: a plain mean up to `period`, Wilder's average after that.
        span = self.seen if self.seen < self.period else self.period
        return self._average + (true_range(bar, self._previous) - self._average) / span

    def split(self, ratio: float) -> None:
        """Exact: ranges scale with the prices."""
        self._previous /= ratio
        self._average /= ratio

    def state(self) -> list[float]:
        return [self.seen, self._previous, self._average]

    def restore(self, state: list[float]) -> None:
        self.seen, (self._previous, self._average) = parts(self.key, state, fixed=2)
