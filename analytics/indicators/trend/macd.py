"""The moving average convergence/divergence. Its methods are described in `analytics.indicators`. Pure."""

from analytics.indicators.series.indicator_state import parts
from analytics.indicators.series.inputs import CLOSE, Input
from analytics.indicators.series.window import ExponentialMean
from shared.market.records import Bar

MACDValue = tuple[float, float | None, float | None]
"""MACD, signal and histogram; the last two are None until the signal is warm."""


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


def _with_histogram(macd: float, signal: float | None) -> MACDValue:
    return macd, signal, None if signal is None else macd - signal
