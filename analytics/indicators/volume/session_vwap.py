"""The volume-weighted average price of a session. Its methods are described in `analytics.indicators`. Pure."""

from analytics.indicators.series.indicator_state import parts
from analytics.indicators.series.inputs import TYPICAL
from analytics.indicators.series.sessions import SessionOf
from shared.market.records import Bar


class SessionVWAP:
    """Volume-weighted average price since the session began, in units of price.

    Each bar counts with its volume, at its own VWAP if its quotes had sizes, else at its typical price (high + low +
    close) / 3. It starts again with every session, also with the pre- and the post-market. Absent while the session has
    no volume. The mean is moved by (price - mean) * volume / total volume (West, Updating Mean and Variance Estimates,
    1979), which keeps no large sums.
    """

    key = "session_vwap"
    warm_after = (1,)

    def __init__(self, session_of: SessionOf) -> None:
        self._session_of = session_of
        self.seen = 0
        self._session = self._mean = self._volume = 0.0

    def update(self, bar: Bar) -> float | None:
        self._session, self._mean, self._volume = self._next(bar)
        self.seen += 1
        return self._mean if self._volume else None

    def preview(self, bar: Bar) -> float | None:
        _, mean, volume = self._next(bar)
        return mean if volume else None

    def _next(self, bar: Bar) -> tuple[float, float, float]:
        session = self._session_of(bar)
        mean, volume = (self._mean, self._volume) if session == self._session else (0.0, 0.0)
        if bar.volume > 0.0:
            volume += bar.volume
            price = TYPICAL.read(bar) if bar.vwap is None else bar.vwap
            mean += (price - mean) * (bar.volume / volume)
        return session, mean, volume

    def split(self, ratio: float) -> None:
        """Exact: volumes are multiplied, prices are divided."""
        self._mean /= ratio
        self._volume *= ratio

    def state(self) -> list[float]:
        return [self.seen, self._session, self._mean, self._volume]

    def restore(self, state: list[float]) -> None:
        self.seen, (self._session, self._mean, self._volume) = parts(self.key, state, fixed=3)
