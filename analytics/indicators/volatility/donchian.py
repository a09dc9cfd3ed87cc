"""Donchian channels. Their methods are described in `analytics.indicators`. Pure."""

from analytics.indicators.series.extremes import Extremes, Range
from shared.market.records import Bar

Channel = tuple[float, float, float]
"""Lower, middle and upper line."""


class Donchian:
    """Donchian channels, in units of price: the lowest low, the highest high of the last `period` bars, and their mean.

    The bar itself is among them, as in TA-Lib's MIN and MAX and at TradingView; a breakout is a high above the channel
    of the bar before (Richard Donchian's rule of four weeks, 1960).
    """

    def __init__(self, period: int) -> None:
        self.key = f"donchian-{period}"
        self.warm_after = (period,) * 3
        self.seen = 0
        self._extremes = Extremes(period)

    def update(self, bar: Bar) -> Channel | None:
        self.seen += 1
        return _channel(self._extremes.update(bar))

    def preview(self, bar: Bar) -> Channel | None:
        return _channel(self._extremes.preview(bar))

    def split(self, ratio: float) -> None:
        """Exact: extremes scale with the prices."""
        self._extremes.split(ratio)

    def state(self) -> list[float]:
        return self._extremes.state()

    def restore(self, state: list[float]) -> None:
        self._extremes.restore(self.key, state)
        self.seen = int(state[0])


def _channel(found: Range | None) -> Channel | None:
    return None if found is None else (found.low, found.middle, found.high)
