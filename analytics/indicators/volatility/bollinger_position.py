"""Where a value stands within its Bollinger bands. Its methods are described in `analytics.indicators`. Pure."""

from analytics.indicators.series.inputs import CLOSE, Input
from analytics.indicators.volatility.bollinger import Bands, Bollinger
from shared.market.records import Bar

Position = tuple[float | None, float | None]
"""%B and band width."""


class BollingerPosition:
    """%B and band width (Bollinger on Bollinger Bands, 2001).

    %B = (value - lower band) / (upper band - lower band): 0 at the lower band, 1 at the upper one, absent while the
    bands have no width. Width = (upper band - lower band) / middle band, so 0.1 means 10 % of the price; absent
    while the middle band is 0, as that of volumes may be.
    """

    def __init__(self, period: int, deviations: float = 2, of: Input = CLOSE) -> None:
        self._bands = Bollinger(period, deviations, of)
        self._read = of.read
        self.key = self._bands.key.replace("bollinger", "bollinger_position", 1)
        self.warm_after = (period,) * 2

    @property
    def seen(self) -> int:
        return self._bands.seen

    def update(self, bar: Bar) -> Position | None:
        return self._position(bar, self._bands.update(bar))

    def preview(self, bar: Bar) -> Position | None:
        return self._position(bar, self._bands.preview(bar))

    def _position(self, bar: Bar, bands: Bands | None) -> Position | None:
        if bands is None:
            return None
        lower, middle, upper = bands
        width = upper - lower
        place = (self._read(bar) - lower) / width if width > 0.0 else None
        return place, width / middle if middle else None

    def split(self, ratio: float) -> None:
        """Exact: bands scale with the values."""
        self._bands.split(ratio)

    def state(self) -> list[float]:
        return self._bands.state()

    def restore(self, state: list[float]) -> None:
        self._bands.restore(state)
