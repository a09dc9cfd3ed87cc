"""The settings of indicators and alerts, and the base class of all sections of settings. Pure."""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from shared.settings.setting_types import Every, Intervals, Percent, Period, SpreadPeriod, Threshold


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


class Indicators(Section):
    """Periods of the indicators, in bars."""

    rsi_period: SpreadPeriod = Field(default=14, validation_alias="RSI_PERIOD")
    sma_short_period: Period = Field(default=20, validation_alias="SMA_SHORT_PERIOD")
    sma_long_period: Period = Field(default=50, validation_alias="SMA_LONG_PERIOD")
    ema_short_period: Period = Field(default=12, validation_alias="EMA_SHORT_PERIOD")
    ema_long_period: Period = Field(default=26, validation_alias="EMA_LONG_PERIOD")
    bollinger_period: SpreadPeriod = Field(default=20, validation_alias="BOLLINGER_PERIOD")
    macd_fast: Period = Field(default=12, validation_alias="MACD_FAST")
    macd_slow: Period = Field(default=26, validation_alias="MACD_SLOW")
    macd_signal: Period = Field(default=9, validation_alias="MACD_SIGNAL")
    volatility_period: SpreadPeriod = Field(default=20, validation_alias="VOLATILITY_PERIOD")
    frequencies: Frequencies = Frequencies()

    @model_validator(mode="after")
    def _require_order(self) -> Self:
        _require_below("SMA_SHORT_PERIOD", self.sma_short_period, "SMA_LONG_PERIOD", self.sma_long_period)
        _require_below("EMA_SHORT_PERIOD", self.ema_short_period, "EMA_LONG_PERIOD", self.ema_long_period)
        _require_below("MACD_FAST", self.macd_fast, "MACD_SLOW", self.macd_slow)
        return self


def _require_below(lower: str, low: float, upper: str, high: float) -> None:
    if low >= high:
        raise ValueError(f"{lower}={low:g}: must be below {upper}, which is {high:g}.")


class Alerts(Section):
    """Thresholds of the alert rules, and the intervals whose closed bars are checked."""

    rsi_overbought: Percent = Field(default=70.0, validation_alias="RSI_OVERBOUGHT")
    rsi_oversold: Percent = Field(default=30.0, validation_alias="RSI_OVERSOLD")
    volatility_threshold: Threshold = Field(default=0.05, validation_alias="VOLATILITY_THRESHOLD")
    price_change_threshold: Threshold = Field(default=0.05, validation_alias="PRICE_CHANGE_THRESHOLD")
    volume_change_threshold: Threshold = Field(default=2.0, validation_alias="VOLUME_CHANGE_THRESHOLD")
    intervals: Intervals = Field(default=("5m", "1h", "1d"), validation_alias="ALERT_INTERVALS")

    @model_validator(mode="after")
    def _require_order(self) -> Self:
        _require_below("RSI_OVERSOLD", self.rsi_oversold, "RSI_OVERBOUGHT", self.rsi_overbought)
        return self
