"""The drawdown. Its methods are described in `analytics.indicators`. Pure."""

from itertools import chain

from analytics.indicators.series.indicator_state import counted, misfit
from analytics.indicators.series.sessions import SessionOf, day_of
from shared.market.records import Bar

YEAR_SECONDS = 365 * 86_400

Drawdowns = tuple[float, float]
"""Below the high of the session and below that of the year."""


class Drawdown:
    """How far the close is below the highest high, as a fraction of it: -0.1 means 10 % below, 0 at the high.

    The first value is below the high of the session, which starts again with every session; the second one below the
    high of the last 365 days, or of all bars if there are fewer. Of the year the highs of days are stored as long as no
    later day was higher, so that the state is short.
    """

    key = "drawdown"
    warm_after = (1, 1)

    def __init__(self, session_of: SessionOf) -> None:
        self._session_of = session_of
        self.seen = 0
        self._session = self._session_high = 0.0
        self._highs: list[tuple[float, float]] = []

    def update(self, bar: Bar) -> Drawdowns:
        session = self._session_of(bar)
        self._session_high, self._session = self._high_of(session, bar), session
        day, highs = day_of(session), self._highs
        while highs and highs[-1][1] <= bar.high:
            highs.pop()
        if not highs or highs[-1][0] != day:
            highs.append((day, bar.high))
        self._highs = highs = _of_last_year(highs, day)
        self.seen += 1
        return _below(self._session_high, bar), _below(highs[0][1], bar)

    def preview(self, bar: Bar) -> Drawdowns:
        session = self._session_of(bar)
        highs = [high for _, high in _of_last_year(self._highs, day_of(session))[:1]]
        return _below(self._high_of(session, bar), bar), _below(max([*highs, bar.high]), bar)

    def _high_of(self, session: float, bar: Bar) -> float:
        """The high of the session with this bar."""
        return max(self._session_high, bar.high) if session == self._session else bar.high

    def split(self, ratio: float) -> None:
        """Exact: highs scale with the prices."""
        self._session_high /= ratio
        self._highs = [(day, high / ratio) for day, high in self._highs]

    def state(self) -> list[float]:
        return [self.seen, self._session, self._session_high, *chain.from_iterable(self._highs)]

    def restore(self, state: list[float]) -> None:
        seen, numbers = counted(self.key, state)
        if len(numbers) % 2 or not numbers or bool(seen) != (len(numbers) > 2):
            raise misfit(self.key)
        self.seen, self._session, self._session_high = seen, numbers[0], numbers[1]
        self._highs = list(zip(numbers[2::2], numbers[3::2], strict=True))


def _of_last_year(highs: list[tuple[float, float]], day: float) -> list[tuple[float, float]]:
    """The highs of days, without those of more than a year ago; usually that is the same list."""
    first = 0
    while first < len(highs) and highs[first][0] < day - YEAR_SECONDS:
        first += 1
    return highs[first:] if first else highs


def _below(high: float, bar: Bar) -> float:
    return bar.close / high - 1.0
