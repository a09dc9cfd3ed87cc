"""All indicators of one symbol in one interval, updated together."""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

from analytics.indicators.bands import Bands, Bollinger, Volatility
from analytics.indicators.indicators import EMA, MACD, RSI, SMA, MACDValue
from shared.errors import TickstreamError

BOLLINGER_DEVIATIONS = 2

Three = tuple[float | None, float | None, float | None]
NOT_WARM: Three = (None, None, None)


class SettingsChanged(TickstreamError):
    """A stored state was made with other settings; throw the set away and rebuild its state by replay."""


@dataclass(frozen=True)
class IndicatorSettings:
    """Periods, in bars; the settings see to it that each can be computed."""

    rsi_period: int = 14
    sma_short_period: int = 20
    sma_long_period: int = 50
    ema_short_period: int = 12
    ema_long_period: int = 26
    bollinger_period: int = 20
    macd_fast: int = 12
    macd_slow: int = 26
    macd_signal: int = 9
    volatility_period: int = 20


class IndicatorRow(NamedTuple):
    """One bar's values, None while warming up; units as in `analytics.indicators.indicators`."""

    rsi: float | None
    sma_short: float | None
    sma_long: float | None
    ema_short: float | None
    ema_long: float | None
    macd: float | None
    macd_signal: float | None
    macd_histogram: float | None
    bollinger_lower: float | None
    bollinger_middle: float | None
    bollinger_upper: float | None
    volatility: float | None


class LiveCloses(NamedTuple):
    """The open bar's close as each family of indicators last took it: families may look less often."""

    rsi: float
    sma: float
    ema: float
    bollinger: float
    macd: float
    volatility: float


class Indicator(Protocol):
    """What every indicator tells about itself, whatever it computes; see `analytics.indicators.indicators`."""

    @property
    def key(self) -> str: ...
    @property
    def seen(self) -> int: ...
    @property
    def warm_after(self) -> int: ...
    def split(self, ratio: float) -> None: ...
    def state(self) -> list[float]: ...
    def restore(self, state: list[float]) -> None: ...


class IndicatorSet:
    """The indicators of one series. `periods_per_year` counts its bars in a year of trading."""

    def __init__(self, settings: IndicatorSettings, periods_per_year: float) -> None:
        self._rsi = RSI(settings.rsi_period)
        self._sma_short = SMA(settings.sma_short_period)
        self._sma_long = SMA(settings.sma_long_period)
        self._ema_short = EMA(settings.ema_short_period)
        self._ema_long = EMA(settings.ema_long_period)
        self._macd = MACD(settings.macd_fast, settings.macd_slow, settings.macd_signal)
        self._bollinger = Bollinger(settings.bollinger_period, BOLLINGER_DEVIATIONS)
        self._volatility = Volatility(settings.volatility_period, periods_per_year)
        self.warm_after = max(indicator.warm_after for indicator in self._indicators())

    @property
    def seen(self) -> int:
        """Number of closes folded in so far; every value is there from `warm_after` on."""
        return self._rsi.seen

    def update(self, close: float) -> IndicatorRow:
        """Fold in the close of a finished bar."""
        return _row(
            self._rsi.update(close),
            self._sma_short.update(close),
            self._sma_long.update(close),
            self._ema_short.update(close),
            self._ema_long.update(close),
            self._macd.update(close),
            self._bollinger.update(close),
            self._volatility.update(close),
        )

    def preview(self, closes: LiveCloses) -> IndicatorRow:
        """The row of the open bar if it closed now; changes nothing."""
        return _row(
            self._rsi.preview(closes.rsi),
            self._sma_short.preview(closes.sma),
            self._sma_long.preview(closes.sma),
            self._ema_short.preview(closes.ema),
            self._ema_long.preview(closes.ema),
            self._macd.preview(closes.macd),
            self._bollinger.preview(closes.bollinger),
            self._volatility.preview(closes.volatility),
        )

    def split(self, ratio: float) -> None:
        """One share became `ratio` shares: go on as if every close so far had been told in new shares."""
        for indicator in self._indicators():
            indicator.split(ratio)

    def state(self) -> dict[str, list[float]]:
        """State by key; indicators of one kind with equal periods share a key, and their states are equal."""
        return {indicator.key: indicator.state() for indicator in self._indicators()}

    def restore(self, state: dict[str, list[float]]) -> None:
        """Go on where `state` was taken. Raises SettingsChanged where a key is missing or does not fit."""
        for indicator in self._indicators():
            if indicator.key not in state:
                raise SettingsChanged(f"the stored state has no {indicator.key}")
            try:
                indicator.restore(state[indicator.key])
            except ValueError as error:
                raise SettingsChanged(str(error)) from error
        if len({indicator.seen for indicator in self._indicators()}) > 1:
            raise SettingsChanged("the stored states were not taken at the same bar")

    def _indicators(self) -> tuple[Indicator, ...]:
        return (
            self._rsi,
            self._sma_short,
            self._sma_long,
            self._ema_short,
            self._ema_long,
            self._macd,
            self._bollinger,
            self._volatility,
        )


def _row(
    rsi: float | None,
    sma_short: float | None,
    sma_long: float | None,
    ema_short: float | None,
    ema_long: float | None,
    macd: MACDValue | None,
    bands: Bands | None,
    volatility: float | None,
) -> IndicatorRow:
    macd_values: Three = NOT_WARM if macd is None else macd
    band_values: Three = NOT_WARM if bands is None else bands
    return IndicatorRow(rsi, sma_short, sma_long, ema_short, ema_long, *macd_values, *band_values, volatility)
