"""How far the price moved over a span: change and drawdown. Pure."""

from collections import deque

from analytics.alerts.evaluation.spans import Span
from analytics.indicators.series.sessions import REGULAR
from shared.market.records import Bar


class ChangeOver:
    """The close divided by an earlier one, minus 1: 0.02 is 2 % up.

    The earlier one is the last close that lies the whole span before. Over days it is the last close of a regular
    session, from the day that lies so many days of trading before.
    """

    def __init__(self, span: Span, of_sessions: bool) -> None:
        self._span, self._of_sessions = span, of_sessions
        self._closes: deque[tuple[float, float]] = deque()

    def update(self, bar: Bar) -> float | None:
        position, closes = self._span.position(bar), self._closes
        if not self._of_sessions or bar.session == REGULAR:
            if closes and closes[-1][0] == position:
                closes.pop()
            closes.append((position, bar.close))
        limit = position - self._span.length
        while len(closes) > 1 and closes[1][0] <= limit:
            closes.popleft()
        return bar.close / closes[0][1] - 1.0 if closes and closes[0][0] <= limit else None

    def split(self, ratio: float) -> None:
        """One share became `ratio` shares: earlier closes in new shares."""
        self._closes = deque((position, close / ratio) for position, close in self._closes)

    def state(self) -> list[list[float]]:
        """All that `restore` needs."""
        return [self._span.state(), *([position, close] for position, close in self._closes)]

    def restore(self, state: list[list[float]]) -> None:
        """Continue from `state`."""
        span, *closes = state
        self._span.restore(span)
        self._closes = deque((position, close) for position, close in closes)


class DrawdownOver:
    """How far the close is below the highest high of a span, as a fraction of it: 0.1 is 10 % below, 0 at the high.

    Unknown until the bars cover the span. Only highs that no later one exceeds are stored.
    """

    def __init__(self, span: Span) -> None:
        self._span = span
        self._begin: float | None = None
        self._highs: deque[tuple[float, float]] = deque()

    def update(self, bar: Bar) -> float | None:
        position, highs = self._span.position(bar), self._highs
        if self._begin is None:
            self._begin = float(bar.start) if position == bar.end else position - 1.0
        while highs and highs[-1][1] <= bar.high:
            highs.pop()
        highs.append((position, bar.high))
        limit = position - self._span.length
        while highs[0][0] <= limit:
            highs.popleft()
        return 1.0 - bar.close / highs[0][1] if self._begin <= limit else None

    def split(self, ratio: float) -> None:
        """One share became `ratio` shares: earlier highs in new shares."""
        self._highs = deque((position, high / ratio) for position, high in self._highs)

    def state(self) -> list[list[float]]:
        """All that `restore` needs."""
        begin = [] if self._begin is None else [self._begin]
        return [self._span.state(), begin, *([position, high] for position, high in self._highs)]

    def restore(self, state: list[list[float]]) -> None:
        """Continue from `state`."""
        span, begin, *highs = state
        self._span.restore(span)
        self._begin = begin[0] if begin else None
        self._highs = deque((position, high) for position, high in highs)
