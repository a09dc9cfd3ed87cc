"""What ARIMA would have said at every bar of a history, by the rules that the live analysis goes by.

The searches are those of `ml.order_search.order_search`, made where they fall due and in this process. With the
settings of `ml.forecast_settings` they fall due and count at the same bars as those of an analysis that began with
this history.
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
    """For each bar its end, epoch seconds, and the log return forecast over the settings' last step.

    NaN where nothing is forecast: closes are too few, or the model ran away from all prices there can be.
    """
    from ml.order_search.order_search import search  # takes seconds: only who asks for ARIMA waits for it

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
