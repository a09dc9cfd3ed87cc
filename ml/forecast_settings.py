"""What the settings mean to forecasts of an interval's closes, live and wherever they are measured."""

from ml.arima.forecaster import ForecastSettings
from ml.arima.search import SearchSettings, season_of
from shared.market.records import Interval
from shared.settings.model_settings import Models

SEARCH_WINDOW = 500
"""Closes that a model is searched over, where a forecast does not ask for more."""
SEARCH_EVERY: dict[Interval, int] = {"1m": 1_950, "5m": 780, "15m": 520, "1h": 420, "1d": 252}
"""Bars after which a model is searched for again at the latest: 5 regular days of minutes, 10 of five minutes, 20 of
quarters of an hour, 60 of hours, a year of days. A first start, which folds years of days and days of minutes, waits
for all of these searches."""
SEARCH_LAG: dict[Interval, int] = {"1m": 30, "5m": 6}
"""Bars that a search may take, 5 where nothing is said: half an hour, which a whole market's searches stay within. At
history's speed it is some tenths of a second, which is about what a search takes: the fold need not wait for it."""


def forecast_settings(models: Models, interval: Interval) -> ForecastSettings:
    """What the settings mean to the forecasts of an interval."""
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
