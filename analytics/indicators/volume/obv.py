"""The on-balance volume. Its methods are described in `analytics.indicators`. Pure."""

from analytics.indicators.series.indicator_state import parts
from analytics.indicators.series.rounding import ROUNDING
from shared.market.records import Bar


class OBV:
    """On-balance volume, in shares (Joseph Granville, New Key to Stock Market Profits, 1963).

    The volume of each bar is added if it closed above the bar before and subtracted if it closed below. It starts at 0
    with the first bar, so only its changes have a meaning (TA-Lib starts with the first volume).
    """

    key = "obv"
    warm_after = (1,)

    def __init__(self) -> None:
        self.seen = 0
        self._previous = self._total = 0.0

    def update(self, bar: Bar) -> float:
        self._total = self._next_total(bar)
        self._previous = bar.close
        self.seen += 1
        return self._total

    def preview(self, bar: Bar) -> float:
        return self._next_total(bar)

    def _next_total(self, bar: Bar) -> float:
        change = bar.close - self._previous
        if self.seen == 0 or abs(change) <= ROUNDING * bar.close:
            return self._total
        return self._total + bar.volume if change > 0.0 else self._total - bar.volume

    def split(self, ratio: float) -> None:
        """Exact: volumes are multiplied, prices are divided."""
        self._previous /= ratio
        self._total *= ratio

    def state(self) -> list[float]:
        return [self.seen, self._previous, self._total]

    def restore(self, state: list[float]) -> None:
        self.seen, (self._previous, self._total) = parts(self.key, state, fixed=2)
