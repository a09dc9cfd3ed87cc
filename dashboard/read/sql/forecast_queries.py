"""The dashboard's SQL queries for forecasts. Parameters are always bound; each function runs one query."""

from typing import Any

from dashboard.read.rows import (
    ForecastPath,
    ForecastRow,
    ModelAccuracy,
    PastForecastRow,
    SeriesAccuracy,
    SeriesKey,
)
from shared.postgres.database import Cursor

STEPS_SHOWN = 5
"""The number of forecast bars that are shown; more may be stored."""


def read_series_accuracy(cursor: Cursor) -> dict[SeriesKey, SeriesAccuracy]:
    """Progress and accuracy of the forecasts of each symbol and interval; a series without a record is omitted."""
    cursor.execute(
        """select n.symbol, n.interval, n.seen, n.needed, array(
                select champion from forecast_records where symbol = n.symbol and interval = n.interval
                    and model = 'naive' and horizon <= %(steps)s order by horizon
            ), n.levels[cardinality(n.levels)], m.models, m.scores, m.skills, m.verdicts, m.held
        from forecast_records n cross join lateral (
            select array_agg(model order by model) as models, array_agg(lifetime_scores order by model) as scores,
                array_agg(lifetime_skill order by model) as skills, array_agg(verdict order by model) as verdicts,
                array_agg(lifetime_covered[cardinality(levels)] order by model) as held
            from forecast_records where symbol = n.symbol and interval = n.interval and horizon = n.horizon
        ) m
        where n.model = 'naive' and n.horizon = 1""",
        {"steps": STEPS_SHOWN},
    )
    return {
        (symbol, interval): SeriesAccuracy(seen, needed, tuple(champions), level, _models(*each))
        for symbol, interval, seen, needed, champions, level, *each in cursor.fetchall()
    }


def _models(names: list[str], *columns: list[Any]) -> dict[str, ModelAccuracy]:
    return {model: ModelAccuracy(*row) for model, *row in zip(names, *columns, strict=True)}


def read_forecasts(cursor: Cursor, keys: list[SeriesKey]) -> dict[SeriesKey, ForecastRow]:
    """Each model's newest forecast of each series; a series without a forecast is omitted."""
    cursor.execute(
        """select f.symbol, f.interval, extract(epoch from f.start)::bigint, extract(epoch from f.made_at)::bigint,
            f.levels, f.model, case when f.p is not null then array[f.p, f.d, f.q] end, f.version,
            f.mean[:%(steps)s], f.lower[:%(steps)s], f.upper[:%(steps)s]
        from unnest(%(symbols)s::text[], %(intervals)s::text[]) as wanted(symbol, interval)
        cross join lateral (
            select start from forecasts where symbol = wanted.symbol and interval = wanted.interval
            order by start desc limit 1
        ) newest join forecasts f
            on (f.symbol, f.interval, f.start) = (wanted.symbol, wanted.interval, newest.start)""",
        {
            "symbols": [symbol for symbol, _ in keys],
            "intervals": [interval for _, interval in keys],
            "steps": STEPS_SHOWN,
        },
    )
    found: dict[SeriesKey, ForecastRow] = {}
    for symbol, interval, start, made_at, levels, model, order, *path in cursor.fetchall():
        forecast = found.setdefault((symbol, interval), ForecastRow(start, made_at, levels, {}))
        forecast.models[model] = ForecastPath(None if order is None else tuple(order), *path)
    return found


def read_trained(cursor: Cursor) -> dict[str, float]:
    """The time of the last training of each interval, epoch seconds; an interval without a training is omitted."""
    cursor.execute(
        "select interval, extract(epoch from max(trained_at))::float8 from model_trainings group by interval"
    )
    return dict(cursor.fetchall())


def read_past_forecasts(
    cursor: Cursor, key: SeriesKey, model: str, level: float, limit: int
) -> list[PastForecastRow]:
    """The forecasts of the next close by `model` at each of the newest `limit` bars, oldest first.

    The bounds are those of the interval with nominal coverage `level`.
    """
    cursor.execute(
        """select extract(epoch from n.start)::bigint, extract(epoch from n.made_at)::bigint, n.number, n.close,
            s.mean[1], s.lower[1][array_position(s.levels, %(level)s)], s.upper[1][array_position(s.levels, %(level)s)]
        from (
            select * from forecasts where symbol = %(symbol)s and interval = %(interval)s and model = 'naive'
            order by start desc limit %(limit)s
        ) n left join lateral (
            select * from forecasts
            where symbol = n.symbol and interval = n.interval and start = n.start and model = %(model)s limit 1
        ) s on true order by n.start""",
        {"symbol": key[0], "interval": key[1], "model": model, "level": level, "limit": limit},
    )
    return [PastForecastRow._make(row) for row in cursor.fetchall()]
