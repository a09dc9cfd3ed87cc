"""Converts the settings of `.env` to those of the engine."""

from analytics.alerts.alerts import AlertSettings
from analytics.engine.engine_settings import EngineSettings, LiveEvery
from ml.forecast_settings import forecast_settings
from shared.settings.config import Config


def engine_settings(config: Config) -> EngineSettings:
    """The engine settings that correspond to the configuration."""
    indicators, alerts = config.indicators, config.alerts
    return EngineSettings(
        indicators.values,
        AlertSettings(
            rsi_overbought=alerts.rsi_overbought,
            rsi_oversold=alerts.rsi_oversold,
            volatility=alerts.volatility_threshold,
            price_change=alerts.price_change_threshold,
            volume_change=alerts.volume_change_threshold,
            intervals=alerts.intervals,
        ),
        LiveEvery(**indicators.frequencies.model_dump()),
        config.running.bar_grace_seconds,
        config.errors.skip_extreme_values,
        {
            interval: forecast_settings(config.models, interval)
            for interval in config.models.forecast_intervals
        },
        config.running.trade_conditions,
    )
