"""Settings of forecasts that are due after few bars, and the rows of a query."""

from dataclasses import replace
from typing import Any

from analytics.engine.symbol_state import EngineSettings
from ml.arima.forecaster import ForecastSettings
from ml.arima.search import SearchSettings
from shared.market.records import Interval
from shared.postgres.database import Connection, transaction

FEW_ORDERS = SearchSettings(max_p=1, max_q=1)
BRISK = ForecastSettings(
    min_observations=25, steps=3, window=40, search_every=30, search_lag=4, search=FEW_ORDERS
)
MINUTES = EngineSettings(forecasts={"1m": BRISK})


def rows(connection: Connection, query: str) -> list[tuple[Any, ...]]:
    with transaction(connection) as cursor:
        cursor.execute(query)
        return cursor.fetchall()


def under(*intervals: Interval, **changes: Any) -> EngineSettings:
    return EngineSettings(forecasts=dict.fromkeys(intervals, replace(BRISK, **changes)))
