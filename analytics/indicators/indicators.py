"""Indicators: one small class each, updated with one bar at a time. Pure.

Every class keeps a few numbers and at most one window, whatever the length of the series.

- `update(bar)` adds a closed bar and returns the value, None while warming up. An indicator with several outputs
  returns a tuple of one value for each, in the order of the catalog.
- `preview(bar)` returns what `update(bar)` would return and changes nothing.
- `split(ratio)` continues as if every bar so far had been in new shares, of which there are `ratio` for one old
  share: prices are divided by it, numbers of shares are multiplied. Exact except for rounding.
- `state()` is all that `restore()` needs to continue bit for bit: finite numbers, which JSON carries exactly. The first
  one must be `seen`: by it a rebuild recognises states that were taken at the same bar. `restore()` raises ValueError
  if the state does not fit, and then changes nothing.
- `key` names the indicator and its parameters, such as `rsi-14`. Its first part belongs to the class alone.
- `warm_after` is the number of bars until each output has its first value.
- `seen` is the number of bars added so far.

The input is the close unless another one is given. Prices are finite and positive: that is checked where quotes enter
the pipeline.

Sums over a window are computed again at every bar and rounded once: a running sum drifts, and a running sum of squares
is wrong by percents for ticks of 0.01 at a price of 65,000.
"""

from math import fsum

from analytics.indicators.indicator_state import parts
from analytics.indicators.inputs import CLOSE, Input
from analytics.indicators.window import ExponentialMean, WindowIndicator
from shared.market.records import Bar

MACDValue = tuple[float, float | None, float | None]
"""MACD, signal and histogram; the last two are None until the signal is warm."""


class SMA(WindowIndicator):
    """Simple moving average: the mean of the last `period` values, in units of the input."""

    def __init__(self, period: int, of: Input = CLOSE) -> None:
        super().__init__(f"sma-{of.tag}{period}", period, of)
        self.warm_after = (period,)

    def update(self, bar: Bar) -> float | None:
        values = self._window.add(self._read(bar))
        return None if values is None else fsum(values) / self.period

    def preview(self, bar: Bar) -> float | None:
        values = self._window.up_to(self._read(bar))
        return None if values is None else fsum(values) / self.period


class EMA:
    """Exponential moving average, in units of the input: mean += (value - mean) * 2 / (period + 1).

    Seeded with the simple mean of the first `period` values, as StockCharts' ChartSchool does.
    """

    def __init__(self, period: int, of: Input = CLOSE) -> None:
        self.period = period
        self.warm_after = (period,)
        self._of, self._read = of, of.read
        self._mean = ExponentialMean(period)

    @property
    def key(self) -> str:
        return f"ema-{self._of.tag}{self.period}"

    @property
    def seen(self) -> int:
        return self._mean.seen

    def update(self, bar: Bar) -> float | None:
        return self._mean.update(self._read(bar))

    def preview(self, bar: Bar) -> float | None:
        return self._mean.preview(self._read(bar))

    def split(self, ratio: float) -> None:
        """Exact: a weighted mean scales with its values."""
        self._mean.split(self._of.divisor(ratio))

    def state(self) -> list[float]:
        return self._mean.state()

    def restore(self, state: list[float]) -> None:
        self._mean.restore(self.key, state)


class RSI:
    """Relative strength index, 0 to 100: 100 * average gain / (average gain + average loss).

    Averages as in Wilder, New Concepts in Technical Trading Systems (1978): average += (change - average) / period,
    seeded with the simple mean of the first `period` changes, so the first value comes with bar `period + 1`. Without
    losses it is 100. If no value differs from the one before it, it is 50, neither strong nor weak (TA-Lib returns 0).
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
        change = value - self._previous
        gain = change if change > 0.0 else 0.0
        loss = gain - change
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


class MACD:
    """Moving average convergence/divergence, in units of the input (Gerald Appel).

    macd = EMA(fast) - EMA(slow), each seeded with the mean of its own first values, from bar `slow` on;
    signal = EMA(signal) of the macd, seeded with the mean of its first `signal` values, from bar `slow + signal - 1`
    on; histogram = macd - signal. TA-Lib starts both averages at bar `slow` instead; the difference fades out over
    some hundred bars.
    """

    def __init__(self, fast: int, slow: int, signal: int, of: Input = CLOSE) -> None:
        self._of, self._read = of, of.read
        self._fast = ExponentialMean(fast)
        self._slow = ExponentialMean(slow)
        self._signal = ExponentialMean(signal)
        self.warm_after = (slow, slow + signal - 1, slow + signal - 1)

    @property
    def key(self) -> str:
        return f"macd-{self._of.tag}{self._fast.period}-{self._slow.period}-{self._signal.period}"

    @property
    def seen(self) -> int:
        return self._slow.seen

    def update(self, bar: Bar) -> MACDValue | None:
        value = self._read(bar)
        fast, slow = self._fast.update(value), self._slow.update(value)
        if fast is None or slow is None:
            return None
        macd = fast - slow
        return _with_histogram(macd, self._signal.update(macd))

    def preview(self, bar: Bar) -> MACDValue | None:
        value = self._read(bar)
        fast, slow = self._fast.preview(value), self._slow.preview(value)
        if fast is None or slow is None:
            return None
        macd = fast - slow
        return _with_histogram(macd, self._signal.preview(macd))

    def split(self, ratio: float) -> None:
        """Exact: averages, their difference and its average scale alike."""
        for average in (self._fast, self._slow, self._signal):
            average.split(self._of.divisor(ratio))

    def state(self) -> list[float]:
        return [*self._fast.state(), *self._slow.state(), *self._signal.state()]

    def restore(self, state: list[float]) -> None:
        if len(state) != 6 or state[0] != state[2] or state[4] != max(0, state[2] - self._slow.period + 1):
            raise ValueError(f"the stored state does not fit {self.key}")
        pieces = [state[:2], state[2:4], state[4:]]
        for piece in pieces:  # a state that does not fit must change nothing
            parts(self.key, piece, fixed=1)
        for average, piece in zip((self._fast, self._slow, self._signal), pieces, strict=True):
            average.restore(self.key, piece)


def _strength(gain: float, loss: float) -> float:
    return 50.0 if gain == loss else 100.0 * (gain / (gain + loss))


def _with_histogram(macd: float, signal: float | None) -> MACDValue:
    return macd, signal, None if signal is None else macd - signal
