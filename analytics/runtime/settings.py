"""Converts the settings of `.env`, and those that a snapshot was made with, to those of the engine."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import msgspec

from analytics.alerts.threshold_rules import AlertSettings
from analytics.engine.engine_settings import EngineSettings, LiveEvery
from analytics.indicators.spec import Parameters
from analytics.runtime.own_files import own_specs
from ml.arima.forecaster import ForecastSettings
from ml.forecast_settings import forecast_settings
from shared.market.records import Interval
from shared.settings.config import Config

WITHOUT_CONDITIONS = "all"
"""The trade conditions of a snapshot that names none: the version that made it knew none."""

KEPT_SETTINGS = ("indicators", "alerts", "grace", "skip_extreme", "forecasts", "trade_conditions")
"""The settings that are stored with the offset from which they apply."""


def engine_settings(config: Config) -> EngineSettings:
    """The engine settings that correspond to the configuration. Raises ConfigError if an indicator of the user's own is
    refused."""
    indicators = config.indicators
    return EngineSettings(
        indicators.values,
        alert_settings(config),
        LiveEvery(**indicators.frequencies.model_dump()),
        config.running.bar_grace_seconds,
        config.errors.skip_extreme_values,
        {
            interval: forecast_settings(config.models, interval)
            for interval in config.models.forecast_intervals
        },
        config.running.trade_conditions,
        own=own_specs(config.running.indicators_path),
    )


def alert_settings(config: Config) -> AlertSettings:
    """The thresholds that correspond to the configuration."""
    alerts = config.alerts
    return AlertSettings(
        rsi_overbought=alerts.rsi_overbought,
        rsi_oversold=alerts.rsi_oversold,
        volatility=alerts.volatility_threshold,
        price_change=alerts.price_change_threshold,
        volume_change=alerts.volume_change_threshold,
        intervals=alerts.intervals,
        anomalies=alerts.anomalies,
    )


def encoded_settings(settings: EngineSettings) -> str:
    """The settings that closed bars and what is derived from them depend on, as they are stored."""
    return msgspec.json.encode({name: getattr(settings, name) for name in KEPT_SETTINGS}).decode()


def parameters_of(encoded: str) -> Parameters:
    """The parameters of the indicators in stored settings."""
    parameters: Parameters = msgspec.json.decode(encoded)["indicators"]
    return parameters


def decoded_settings(encoded: str, settings: EngineSettings) -> EngineSettings:
    """These settings with the stored ones in them, except for the parameters of indicators, of which every row has the
    current ones."""
    kept = msgspec.json.decode(encoded)
    return replace(settings_of(kept, settings), alerts=msgspec.convert(kept["alerts"], AlertSettings))


def settings_of(kept: Mapping[str, Any], settings: EngineSettings) -> EngineSettings:
    """These settings, but with the rules that a snapshot of this version was made with; `kept` is the state of its
    partition."""
    return replace(
        settings,
        grace=kept.get("grace", settings.grace),
        skip_extreme=kept.get("skip_extreme", settings.skip_extreme),
        trade_conditions=kept.get("trade_conditions", WITHOUT_CONDITIONS),
        forecasts=msgspec.convert(
            kept.get("forecasts", settings.forecasts), dict[Interval, ForecastSettings]
        ),
    )
