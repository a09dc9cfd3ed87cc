"""The stochastic RSI. Its methods are described in `analytics.indicators`. Pure."""

from analytics.indicators.momentum.rsi import RSI
from analytics.indicators.momentum.stochastic import Oscillator, Smoothed, place_between
from analytics.indicators.series.running import Lagged, RunningState
from analytics.indicators.series.window import Window
from shared.market.records import Bar

FIXED = 3
"""Numbers of an RSI's state after its count."""
STILL = 1e-9
"""An RSI that moves by less stands still: without a trade its averages fade alike, and it moves by rounding alone."""


class StochasticRSI:
    """The place of the RSI between its own extremes, 0 to 100 (Chande and Kroll, The New Technical Trader, 1994).

    Raw %K = 100 (RSI - lowest RSI) / (highest RSI - lowest RSI) over the last `period` values of RSI(`period`); %K is
    the simple mean of `smoothing` raw values, %D that of `signal` values of %K. Where the RSI stands still, as it does
    while the price does, raw %K is 50.
    """

    def __init__(self, period: int, smoothing: int, signal: int) -> None:
        self.key = f"stochastic_rsi-{period}-{smoothing}-{signal}"
        first = 2 * period - 1
        self.warm_after = (first + smoothing, first + smoothing + signal - 1)
        self._rsi, self._window = RSI(period), Window(period)
        self._smoothed = Smoothed(smoothing, signal)
        self._state = RunningState(
            self.key, FIXED, Lagged(self._window, period), *self._smoothed.lagged(after=first)
        )

    @property
    def seen(self) -> int:
        return self._rsi.seen

    def update(self, bar: Bar) -> Oscillator | None:
        strength = self._rsi.update(bar)
        window = None if strength is None else self._window.add(strength)
        return None if window is None else self._smoothed.update(_place(window))

    def preview(self, bar: Bar) -> Oscillator | None:
        strength = self._rsi.preview(bar)
        window = None if strength is None else self._window.up_to(strength)
        return None if window is None else self._smoothed.preview(_place(window))

    def split(self, ratio: float) -> None:
        """Exact: an RSI is the same in old and in new shares."""
        self._rsi.split(ratio)

    def state(self) -> list[float]:
        seen, *fixed = self._rsi.state()
        return self._state.numbers(int(seen), fixed)

    def restore(self, state: list[float]) -> None:
        seen, fixed = self._state.restore(state)
        self._rsi.restore([seen, *fixed])


def _place(strengths: list[float]) -> float:
    low, high = min(strengths), max(strengths)
    return 50.0 if high - low < STILL else place_between(low, strengths[-1], high)
