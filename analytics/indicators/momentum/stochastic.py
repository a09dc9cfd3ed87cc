"""The stochastic oscillator. Its methods are described in `analytics.indicators`. Pure."""

from math import fsum

from analytics.indicators.series.extremes import Extremes, Range
from analytics.indicators.series.rounding import all_equal
from analytics.indicators.series.running import Lagged, RunningState
from analytics.indicators.series.window import Window
from shared.market.records import Bar

Oscillator = tuple[float | None, float | None]
"""%K and %D; each is None until it is warm."""


class Stochastic:
    """The slow stochastic oscillator, 0 to 100 (George Lane).

    Raw %K = 100 (close - lowest low) / (highest high - lowest low) over the last `period` bars. %K is the simple mean
    of `smoothing` raw values, %D that of `signal` values of %K; with a smoothing of 1 it is the fast stochastic. Where
    all prices of the window are equal, raw %K is 50, neither high nor low (TA-Lib returns 0).
    """

    def __init__(self, period: int, smoothing: int, signal: int) -> None:
        self.key = f"stochastic-{period}-{smoothing}-{signal}"
        self.warm_after = (period + smoothing - 1, period + smoothing + signal - 2)
        self.seen = 0
        self._extremes = Extremes(period)
        self._smoothed = Smoothed(smoothing, signal)
        self._state = RunningState(
            self.key, 0, Lagged(self._extremes), *self._smoothed.lagged(after=period - 1)
        )

    def update(self, bar: Bar) -> Oscillator | None:
        self.seen += 1
        found = self._extremes.update(bar)
        return None if found is None else self._smoothed.update(_place(found, bar.close))

    def preview(self, bar: Bar) -> Oscillator | None:
        found = self._extremes.preview(bar)
        return None if found is None else self._smoothed.preview(_place(found, bar.close))

    def split(self, ratio: float) -> None:
        """Exact: a place between two prices is the same in old and in new shares."""
        self._extremes.split(ratio)

    def state(self) -> list[float]:
        return self._state.numbers(self.seen)

    def restore(self, state: list[float]) -> None:
        self.seen, _ = self._state.restore(state)


class Smoothed:
    """%K and %D of raw values: simple means of `smoothing` of them, and of `signal` of those."""

    def __init__(self, smoothing: int, signal: int) -> None:
        self._raw, self._means = Window(smoothing), Window(signal)

    def lagged(self, after: int) -> tuple[Lagged, Lagged]:
        """Its windows, where the first raw value comes after this many bars."""
        return Lagged(self._raw, after), Lagged(self._means, after + self._raw.period - 1)

    def update(self, value: float) -> Oscillator | None:
        """Add a raw value; %K and %D with it."""
        k = _mean(self._raw.add(value))
        return None if k is None else (k, _mean(self._means.add(k)))

    def preview(self, value: float) -> Oscillator | None:
        """What `update` would return. Changes nothing."""
        k = _mean(self._raw.up_to(value))
        return None if k is None else (k, _mean(self._means.up_to(k)))


def place_between(low: float, value: float, high: float) -> float:
    """0 at `low`, 100 at `high`, 50 if both are equal."""
    return 50.0 if high == low else 100.0 * ((value - low) / (high - low))


def _place(found: Range, close: float) -> float:
    return 50.0 if all_equal(found) else place_between(found.low, close, found.high)


def _mean(values: list[float] | None) -> float | None:
    return None if values is None else fsum(values) / len(values)
