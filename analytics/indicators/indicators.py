"""Indicators: one small class each, fed one close at a time.

Every class keeps a handful of numbers and at most one window, whatever the length of the series.
`update(close)` folds a close in and returns the value, None while warming up; `preview(close)` returns
what `update(close)` would and changes nothing. `split(ratio)` goes on as if every close so far had been
divided by `ratio`, but for rounding. `state()` is all that `restore()` needs to go on bit for
bit, as finite numbers that JSON carries exactly; `restore()` raises ValueError where the state does not
fit. `key` names indicator and parameters, `warm_after` counts the closes that the first complete value
needs, `seen` those folded in so far. Closes are finite and positive: that is checked where quotes enter.

Windows are summed anew at every close with correctly rounded sums, because a running sum drifts and a
running sum of squares is wrong by percents where ticks of 0.01 meet a price of 65,000.
"""

from collections.abc import Callable
from math import fsum
from typing import NamedTuple

from analytics.indicators.indicator_state import parts
from analytics.indicators.window import Window


class MACDValue(NamedTuple):
    """In units of price; signal and histogram are None until the signal is warm."""

    macd: float
    signal: float | None
    histogram: float | None


class SMA:
    """Simple moving average: the mean of the last `period` closes, in units of price."""

    def __init__(self, period: int) -> None:
        self.period = period
        self.warm_after = period
        self._window = Window(period)

    @property
    def key(self) -> str:
        return f"sma-{self.period}"

    @property
    def seen(self) -> int:
        return self._window.seen

    def update(self, close: float) -> float | None:
        value = self.preview(close)
        self._window.add(close)
        return value

    def preview(self, close: float) -> float | None:
        closes = self._window.up_to(close)
        return None if closes is None else fsum(closes) / self.period

    def split(self, ratio: float) -> None:
        """Exact: a mean of closes scales with them."""
        self._window.split(ratio)

    def state(self) -> list[float]:
        return self._window.state()

    def restore(self, state: list[float]) -> None:
        self._window.restore(self.key, state)


class EMA:
    """Exponential moving average, in units of price: mean += (close - mean) * 2 / (period + 1).

    Seeded with the simple mean of the first `period` closes, as StockCharts' ChartSchool does. The mean of
    the first k closes is the same step with the weight 1 / k (Welford 1962), so seeding needs no window.
    """

    def __init__(self, period: int) -> None:
        self.period = period
        self.warm_after = period
        self.seen = 0
        self._weight = 2.0 / (period + 1)
        self._mean = 0.0

    @property
    def key(self) -> str:
        return f"ema-{self.period}"

    def update(self, close: float) -> float | None:
        self._mean = self._next_mean(close)
        self.seen += 1
        return None if self.seen < self.period else self._mean

    def preview(self, close: float) -> float | None:
        return None if self.seen + 1 < self.period else self._next_mean(close)

    def _next_mean(self, close: float) -> float:
        weight = self._weight if self.seen >= self.period else 1.0 / (self.seen + 1)
        return self._mean + (close - self._mean) * weight

    def split(self, ratio: float) -> None:
        """Exact: a weighted mean of closes scales with them."""
        self._mean /= ratio

    def state(self) -> list[float]:
        return [self.seen, self._mean]

    def restore(self, state: list[float]) -> None:
        self.seen, (self._mean,) = parts(self.key, state, fixed=1)


class RSI:
    """Relative strength index, 0 to 100: 100 * average gain / (average gain + average loss).

    Averages as in Wilder, New Concepts in Technical Trading Systems (1978): average += (change - average) /
    period, seeded with the simple mean of the first `period` changes, so the first value comes with close
    `period + 1`. Without losses it is 100. Where no close differs from the one before it is 50, neither
    strong nor weak (TA-Lib says 0 there).
    """

    def __init__(self, period: int) -> None:
        self.period = period
        self.warm_after = period + 1
        self.seen = 0
        self._previous = self._gain = self._loss = 0.0

    @property
    def key(self) -> str:
        return f"rsi-{self.period}"

    def update(self, close: float) -> float | None:
        self._gain, self._loss = self._next_averages(close)
        self._previous = close
        self.seen += 1
        return None if self.seen <= self.period else _strength(self._gain, self._loss)

    def preview(self, close: float) -> float | None:
        return None if self.seen < self.period else _strength(*self._next_averages(close))

    def _next_averages(self, close: float) -> tuple[float, float]:
        if self.seen == 0:
            return 0.0, 0.0
        change = close - self._previous
        gain = change if change > 0.0 else 0.0
        loss = gain - change
        # This is change number `seen`: a plain mean of the changes up to `period`, Wilder's from there on.
        span = self.seen if self.seen < self.period else self.period
        return self._gain + (gain - self._gain) / span, self._loss + (loss - self._loss) / span

    def split(self, ratio: float) -> None:
        """Exact: gains and losses scale with the closes that they lie between."""
        self._previous, self._gain, self._loss = (
            self._previous / ratio,
            self._gain / ratio,
            self._loss / ratio,
        )

    def state(self) -> list[float]:
        return [self.seen, self._previous, self._gain, self._loss]

    def restore(self, state: list[float]) -> None:
        self.seen, (self._previous, self._gain, self._loss) = parts(self.key, state, fixed=3)


class MACD:
    """Moving average convergence/divergence, in units of price (Gerald Appel).

    macd = EMA(fast) - EMA(slow), each seeded with the mean of its own first closes, from close `slow` on;
    signal = EMA(signal) of the macd, seeded with the mean of its first `signal` values, from close
    `slow + signal - 1` on; histogram = macd - signal. TA-Lib starts both averages at close `slow` instead;
    the difference fades out over some hundred closes.
    """

    def __init__(self, fast: int, slow: int, signal: int) -> None:
        self._fast = EMA(fast)
        self._slow = EMA(slow)
        self._signal = EMA(signal)
        self.warm_after = slow + signal - 1

    @property
    def key(self) -> str:
        return f"macd-{self._fast.period}-{self._slow.period}-{self._signal.period}"

    @property
    def seen(self) -> int:
        return self._slow.seen

    def update(self, close: float) -> MACDValue | None:
        fast, slow = self._fast.update(close), self._slow.update(close)
        return None if fast is None or slow is None else _macd_value(fast - slow, self._signal.update)

    def preview(self, close: float) -> MACDValue | None:
        fast, slow = self._fast.preview(close), self._slow.preview(close)
        return None if fast is None or slow is None else _macd_value(fast - slow, self._signal.preview)

    def split(self, ratio: float) -> None:
        """Exact: averages, their difference and its average scale alike."""
        for average in (self._fast, self._slow, self._signal):
            average.split(ratio)

    def state(self) -> list[float]:
        return [*self._fast.state(), *self._slow.state(), *self._signal.state()]

    def restore(self, state: list[float]) -> None:
        if len(state) != 6 or state[0] != state[2] or state[4] != max(0, state[2] - self._slow.period + 1):
            raise ValueError(f"the stored state does not fit {self.key}")
        self._fast.restore(state[:2])
        self._slow.restore(state[2:4])
        self._signal.restore(state[4:])


def _strength(gain: float, loss: float) -> float:
    return 50.0 if gain == loss else 100.0 * (gain / (gain + loss))


def _macd_value(macd: float, smooth: Callable[[float], float | None]) -> MACDValue:
    signal = smooth(macd)
    return MACDValue(macd, signal, None if signal is None else macd - signal)
