"""The analytics part: bars, indicators, alerts and the live view from every quote of the log, exactly once.

    python -m analytics.analytics_consumer          run until Ctrl-C

It reads the topic of the configured feed (SOURCES). Stop it, kill it, start it again: it goes on where its tables
end. Settings: .env, see .env.example.
"""

import sys
from threading import Event

from analytics.alerts import AlertSettings
from analytics.analysis import Analysis
from analytics.indicator_set import IndicatorSettings
from analytics.symbol_state import EngineSettings, LiveEvery
from db.migrate import migrate
from shared.command_line import run_part
from shared.config import Config
from shared.consuming import ConsumingPart, consume


def engine_settings(config: Config) -> EngineSettings:
    """What the settings mean to the engine."""
    indicators, alerts = config.indicators, config.alerts
    return EngineSettings(
        IndicatorSettings(**indicators.model_dump(exclude={"frequencies"})),
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
    )


def analyse(config: Config, stop: Event) -> None:
    """Fold until `stop` is set. Raises ConfigError or StopPart."""
    settings = engine_settings(config)
    part = ConsumingPart(
        "analytics", config.kafka.group_id, lambda reading, _: Analysis(reading, settings), migrate
    )
    consume(part, config, stop)


if __name__ == "__main__":
    sys.exit(run_part("analytics", __doc__, analyse))
