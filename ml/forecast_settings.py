"""Converts the settings to those of the forecasts of an interval, for live forecasts and for evaluations."""

from ml.arima.forecaster import ForecastSettings
from ml.arima.search import SearchSettings, season_of
from shared.market.records import Interval
from shared.settings.model_settings import Models

SEARCH_WINDOW = 500
"""Closes that a model search uses, unless a forecast needs more."""
SEARCH_EVERY: dict[Interval, int] = {"1m": 1_950, "5m": 780, "15m": 520, "1h": 420, "1d": 252}
"""Bars until the next regular search: 5 regular days of minutes, 10 of five minutes, 20 of quarters of an hour, 60 of
hours, a year of days. The first start, which processes years of daily bars and days of minutes, waits for all of these
searches."""
SEARCH_LAG: dict[Interval, int] = {"1m": 30, "5m": 6}
"""Bars that a search may take, 5 for other intervals: half an hour, which is enough for the searches of a whole market.
At the speed of a backfill this is some tenths of a second, about the duration of a search, so that processing need not
wait for it."""


def forecast_settings(models: Models, interval: Interval) -> ForecastSettings:
    """The forecast settings of an interval."""
    season = season_of(interval) if models.arima_seasonal else 1
    return ForecastSettings(
        min_observations=models.arima_min_observations,
        steps=models.arima_forecast_steps,
        confidence=models.arima_confidence_level,
        window=max(SEARCH_WINDOW, models.arima_min_observations),
        search_every=SEARCH_EVERY[interval],
        search_lag=SEARCH_LAG.get(interval, 5),
        search=SearchSettings(models.arima_max_p, models.arima_max_d, models.arima_max_q, season),
    )
