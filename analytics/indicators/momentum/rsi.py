"""The relative strength index. Its methods are described in `analytics.indicators`. Pure."""

from analytics.indicators.series.indicator_state import parts
from analytics.indicators.series.inputs import CLOSE, Input
from analytics.indicators.series.rounding import ROUNDING
from analytics.indicators.series.window import FADED
from shared.market.records import Bar


class RSI:
    """Relative strength index, 0 to 100: 100 * average gain / (average gain + average loss).

    Averages as in Wilder, New Concepts in Technical Trading Systems (1978): average += (change - average) / period,
    seeded with the simple mean of the first `period` changes, so the first value comes with bar `period + 1`. Without
    losses it is 100. If no value differs from the one before it, or none has for so long that both averages have faded
    away, it is 50, neither strong nor weak (TA-Lib returns 0).
    """

    def __init__(self, period: int, of: Input = CLOSE) -> None:
        self.period = period
        self.warm_after = (period + 1,)
        self.seen = 0
        self._of, self._read = of, of.read
        self._previous = self._gain = self._loss = 0.0

    @property
    def key(self) -> str:
        return f"rsi-{self._of.tag}{self.period}"

    def update(self, bar: Bar) -> float | None:
        value = self._read(bar)
        self._gain, self._loss = self._next_averages(value)
        self._previous = value
        self.seen += 1
        return None if self.seen <= self.period else _strength(self._gain, self._loss)

    def preview(self, bar: Bar) -> float | None:
        if self.seen < self.period:
            return None
        gain, loss = self._next_averages(self._read(bar))
        return _strength(gain, loss)

    def _next_averages(self, value: float) -> tuple[float, float]:
        if self.seen == 0:
            return 0.0, 0.0
        change, tie = value - self._previous, ROUNDING * value
        gain = change if change > tie else 0.0
        loss = -change if change < -tie else 0.0
        # This is change number `seen`: a plain mean of the changes up to `period`, Wilder's average after that.
        span = self.seen if self.seen < self.period else self.period
        return self._gain + (gain - self._gain) / span, self._loss + (loss - self._loss) / span

    def split(self, ratio: float) -> None:
        """Exact: gains and losses scale with the values between which they lie."""
        divisor = self._of.divisor(ratio)
        self._previous, self._gain, self._loss = (
            self._previous / divisor,
            self._gain / divisor,
            self._loss / divisor,
        )

    def state(self) -> list[float]:
        return [self.seen, self._previous, self._gain, self._loss]

    def restore(self, state: list[float]) -> None:
        self.seen, (self._previous, self._gain, self._loss) = parts(self.key, state, fixed=3)


def _strength(gain: float, loss: float) -> float:
    both = gain + loss
    return 50.0 if gain == loss or both < FADED else 100.0 * (gain / both)
