"""ARIMA forecasts at every bar of a history, by the rules of the live analysis.

Searches are those of `ml.order_search.order_search`, run in this process when they are due. With the settings of
`ml.forecast_settings` they are due and take effect at the same bars as in a live analysis that started with this
history.
"""

from collections import deque
from collections.abc import Iterator
from math import log, nan

from ml.arima.forecaster import ArimaForecast, Forecaster, ForecastSettings
from ml.datasets.samples import TrainingHistory
from shared.market.records import Interval


def arima_returns(
    history: TrainingHistory, interval: Interval, settings: ForecastSettings
) -> Iterator[tuple[int, float]]:
    """For each bar its end, epoch seconds, and the log return forecast at the longest horizon of the settings.

    NaN if there is no forecast: too few closes, or a price that is not positive and finite.
    """
    from ml.order_search.order_search import search  # takes seconds, so only if ARIMA is evaluated

    forecaster = Forecaster(history.symbol, interval, settings)
    splits = deque(history.splits)
    bars = zip(history.made_at, history.observations, strict=True)
    for number, (made_at, bar) in enumerate(bars, start=1):
        while splits and splits[0][0] < made_at:
            forecaster.split(splits.popleft()[1])
        is_due = forecaster.needs_result(number)
        outcome = search(forecaster.search(), settings.search) if is_due else None
        forecast = forecaster.update(number, bar.close, outcome)
        price = forecast.prices[-1] if isinstance(forecast, ArimaForecast) else 0.0
        yield made_at, log(price / bar.close) if price > 0.0 else nan
