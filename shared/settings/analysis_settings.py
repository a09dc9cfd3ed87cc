"""The settings of indicators, alerts and the market's figures, and the base class of all sections of settings. Pure."""

from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, create_model, model_validator

from analytics.indicators.catalog import PARAMETERS
from analytics.indicators.spec import Parameter, Parameters
from shared.settings.setting_types import (
    MAX_PERIOD,
    Benchmark,
    Every,
    Intervals,
    IntervalsOrNone,
    Percent,
    Share,
    StormSymbols,
    Threshold,
    WaitSeconds,
)


class Section(BaseModel):
    """A group of settings, created from keys of `.env` or, in code, from field names."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        validate_by_name=True,
        validate_by_alias=True,
        allow_inf_nan=False,
        hide_input_in_errors=True,
    )


class Frequencies(Section):
    """After how many quotes of a symbol an indicator of the open bar is recomputed."""

    rsi: Every = Field(default=1, validation_alias="RSI_CALC_FREQUENCY")
    sma: Every = Field(default=1, validation_alias="SMA_CALC_FREQUENCY")
    ema: Every = Field(default=1, validation_alias="EMA_CALC_FREQUENCY")
    bollinger: Every = Field(default=5, validation_alias="BOLLINGER_CALC_FREQUENCY")
    macd: Every = Field(default=1, validation_alias="MACD_CALC_FREQUENCY")
    volatility: Every = Field(default=5, validation_alias="VOLATILITY_CALC_FREQUENCY")


class IndicatorSection(Section):
    """What `Indicators` has besides the parameters in the catalog."""

    frequencies: Frequencies = Frequencies()

    @property
    def values(self) -> Parameters:
        """The parameters as the catalog takes them."""
        return {name: getattr(self, name) for name in PARAMETERS}

    @model_validator(mode="after")
    def _require_order(self) -> Self:
        for lower in PARAMETERS.values():
            if lower.below:
                upper = PARAMETERS[lower.below]
                values = getattr(self, lower.name), getattr(self, upper.name)
                _require_below(lower.key, values[0], upper.key, values[1])
        return self


def _field(parameter: Parameter) -> Any:
    """A parameter of the catalog as a setting."""
    kind = Annotated[int, Field(ge=parameter.least, le=MAX_PERIOD)]
    return kind, Field(default=parameter.default, validation_alias=parameter.key)


if TYPE_CHECKING:

    class Indicators(IndicatorSection):
        """The parameters of the indicators, in bars, by their names in the catalog."""

        def __init__(self, **given: int) -> None: ...
        def __getattr__(self, name: str) -> int: ...
        def __setattr__(self, name: str, value: int) -> None: ...
else:
    Indicators = create_model(
        "Indicators",
        __base__=IndicatorSection,
        __doc__="The parameters of the indicators, in bars, by their names in the catalog.",
        **{name: _field(parameter) for name, parameter in PARAMETERS.items()},
    )


def _require_below(lower: str, low: float, upper: str, high: float) -> None:
    if low >= high:
        raise ValueError(f"{lower}={low:g}: must be below {upper}, which is {high:g}.")


class Alerts(Section):
    """Thresholds of the alert rules, the intervals whose closed bars are checked, and whether anomalies are alerts."""

    rsi_overbought: Percent = Field(default=70.0, validation_alias="RSI_OVERBOUGHT")
    rsi_oversold: Percent = Field(default=30.0, validation_alias="RSI_OVERSOLD")
    volatility_threshold: Threshold = Field(default=0.05, validation_alias="VOLATILITY_THRESHOLD")
    price_change_threshold: Threshold = Field(default=0.05, validation_alias="PRICE_CHANGE_THRESHOLD")
    volume_change_threshold: Threshold = Field(default=2.0, validation_alias="VOLUME_CHANGE_THRESHOLD")
    intervals: Intervals = Field(default=("5m", "1h", "1d"), validation_alias="ALERT_INTERVALS")
    anomalies: bool = Field(default=True, validation_alias="ANOMALY_ALERTS")

    @model_validator(mode="after")
    def _require_order(self) -> Self:
        _require_below("RSI_OVERSOLD", self.rsi_oversold, "RSI_OVERBOUGHT", self.rsi_overbought)
        return self


class MarketFiguresSettings(Section):
    """The intervals whose figures of the whole market are kept, the symbol that betas refer to, empty for no betas, and
    the number of returns that they are calculated over."""

    intervals: IntervalsOrNone = Field(default=("1h", "1d"), validation_alias="MARKET_INTERVALS")
    benchmark: Benchmark = Field(default="SPY", validation_alias="MARKET_BENCHMARK")
    returns: Annotated[int, Field(ge=20, le=MAX_PERIOD)] = Field(
        default=60, validation_alias="MARKET_RETURNS"
    )


class AcrossSettings(Section):
    """What is evaluated over several symbols.

    One that stays more than `wait_seconds` of event time behind is no longer waited for. The alerts of a rule at the
    end of the same bars are grouped if they are those of at least `storm_symbols` symbols, and of at least the share
    `storm_share` of those with a bar.
    """

    wait_seconds: WaitSeconds = Field(default=900.0, validation_alias="COMPARISON_WAIT_SECONDS")
    storm_symbols: StormSymbols = Field(default=5, validation_alias="STORM_MIN_SYMBOLS")
    storm_share: Share = Field(default=0.3, validation_alias="STORM_MIN_SHARE")
