"""Settings of forecasts that are due after few bars, and the rows of a query."""

from dataclasses import replace
from typing import Any

from analytics.engine.engine_settings import EngineSettings
from ml.arima.search import SearchSettings
from shared.market.records import Interval
from shared.postgres.database import Connection, transaction
from tests.inputs.forecast_minutes import BRISK

QUICKLY_SEARCHED = replace(BRISK, search=SearchSettings(max_p=1, max_q=1))
"""With an order search that takes a tenth of the time."""
MINUTES = EngineSettings(forecasts={"1m": QUICKLY_SEARCHED})


def rows(connection: Connection, query: str) -> list[tuple[Any, ...]]:
    with transaction(connection) as cursor:
        cursor.execute(query)
        return cursor.fetchall()


def under(*intervals: Interval, **changes: Any) -> EngineSettings:
    return EngineSettings(forecasts=dict.fromkeys(intervals, replace(QUICKLY_SEARCHED, **changes)))
