"""The settings of the analysis as they are stored beside the offset from which they apply."""

from dataclasses import fields, replace

from analytics.alerts.threshold_rules import AlertSettings
from analytics.engine.engine_settings import EngineSettings
from analytics.runtime.settings import KEPT_SETTINGS, decoded_settings, encoded_settings, parameters_of
from ml.arima.forecaster import ForecastSettings
from tests.inputs.records import periods

NOW = EngineSettings()
OLDER = replace(
    NOW,
    indicators=periods(rsi_period=7),
    alerts=AlertSettings(price_change=0.01, intervals=("1m", "1d")),
    grace=30.0,
    skip_extreme=False,
    forecasts={"1m": ForecastSettings(min_observations=20, steps=3)},
    trade_conditions="all",
)


def test_every_setting_is_stored_that_closed_bars_depend_on() -> None:
    live_alone, chosen_by_the_version, calculated_anew_when_changed = "live_every", "specs", "own"
    others = {live_alone, chosen_by_the_version, calculated_anew_when_changed}
    assert {*KEPT_SETTINGS, *others} == {each.name for each in fields(NOW)}


def test_stored_settings_come_back_with_the_current_parameters_of_indicators() -> None:
    encoded = encoded_settings(OLDER)
    assert decoded_settings(encoded, NOW) == replace(OLDER, indicators=NOW.indicators)
    assert parameters_of(encoded) == OLDER.indicators
