"""The settings of the engine. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from analytics.alerts.threshold_rules import AlertSettings
from analytics.indicators.catalog import DEFAULTS, STORED
from analytics.indicators.own.own_indicators import OwnSpec
from analytics.indicators.spec import Parameters, Spec
from ml.arima.forecaster import ForecastSettings
from shared.market.records import Interval


@dataclass(frozen=True)
class LiveEvery:
    """The live value of an indicator is recalculated at every n-th quote of its symbol."""

    rsi: int = 1
    sma: int = 1
    ema: int = 1
    bollinger: int = 5
    macd: int = 1
    volatility: int = 5

    def slower(self) -> dict[int, list[str]]:
        """The families that are not recalculated at every quote, by their number of quotes."""
        found: dict[int, list[str]] = {}
        for family, every in vars(self).items():
            if every > 1:
                found.setdefault(every, []).append(family)
        return found


@dataclass(frozen=True)
class EngineSettings:
    """The settings that the engine's results depend on. `specs` are the indicators to calculate, `own` those of the
    user, `grace` is how long a minute waits for late quotes, in seconds; only intervals in `forecasts` are forecast.
    `trade_conditions` is as in `shared.market.trade_conditions`."""

    indicators: Parameters = field(default_factory=lambda: DEFAULTS)
    alerts: AlertSettings = field(default_factory=AlertSettings)
    live_every: LiveEvery = field(default_factory=LiveEvery)
    grace: float = 2.0
    skip_extreme: bool = True
    forecasts: dict[Interval, ForecastSettings] = field(default_factory=dict)
    trade_conditions: str = "tape"
    specs: Sequence[Spec] = STORED
    own: Sequence[OwnSpec] = ()
