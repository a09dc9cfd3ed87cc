"""Every statement about forecasts that the screen needs. Parameters are always bound; each function asks once."""

from dashboard.rows import ForecastRow, PastRow, RecordRow, Said, SeriesKey
from shared.database import Cursor

STEPS_SHOWN = 5
"""So many of the next bars are shown, however many are forecast."""


def read_records(cursor: Cursor) -> dict[SeriesKey, RecordRow]:
    """How far and how good the forecasts of each symbol and interval are; a series without is left out."""
    cursor.execute(
        """select n.symbol, n.interval, n.seen, n.needed, array(
                select champion from forecast_records where symbol = n.symbol and interval = n.interval
                    and model = 'naive' and horizon <= %(steps)s order by horizon
            ), coalesce(b.compared, 0), b.model, coalesce(b.lifetime_scores, 0), b.lifetime_skill, b.verdict,
            c.levels[cardinality(c.levels)], c.lifetime_covered[cardinality(c.levels)]
        from forecast_records n join forecast_records c
            on (c.symbol, c.interval, c.model, c.horizon) = (n.symbol, n.interval, n.champion, n.horizon)
        left join lateral (
            select *, count(*) filter (where lifetime_scores > 0) over () as compared from forecast_records
            where symbol = n.symbol and interval = n.interval and horizon = n.horizon and model <> 'naive'
            order by model = n.champion desc, lifetime_skill desc nulls last, model limit 1
        ) b on true
        where n.model = 'naive' and n.horizon = 1""",
        {"steps": STEPS_SHOWN},
    )
    return {
        (symbol, interval): RecordRow(seen, needed, tuple(champions), *rest)
        for symbol, interval, seen, needed, champions, *rest in cursor.fetchall()
    }


def read_forecasts(cursor: Cursor, keys: list[SeriesKey]) -> dict[SeriesKey, ForecastRow]:
    """What every model said at the newest bar of each series that is forecast; a series without is left out."""
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
    for symbol, interval, start, made_at, levels, model, order, *said in cursor.fetchall():
        forecast = found.setdefault((symbol, interval), ForecastRow(start, made_at, levels, {}))
        forecast.models[model] = Said(None if order is None else tuple(order), *said)
    return found


def read_past(cursor: Cursor, key: SeriesKey, model: str, level: float, limit: int) -> list[PastRow]:
    """What `model`, else "no change", said of the next close at each of the newest `limit` bars, oldest first.

    The bounds are those of the interval that shall hold the share `level`.
    """
    cursor.execute(
        """select extract(epoch from n.start)::bigint, extract(epoch from n.made_at)::bigint, n.number, n.close, said.*
        from forecasts n cross join lateral (
            select mean[1], lower[1][array_position(levels, %(level)s)], upper[1][array_position(levels, %(level)s)]
            from forecasts where (symbol, interval, start) = (n.symbol, n.interval, n.start)
                and model in (%(model)s, 'naive') and mean[1] is not null
            order by model = %(model)s desc limit 1
        ) said where n.symbol = %(symbol)s and n.interval = %(interval)s and n.model = 'naive'
        order by n.start desc limit %(limit)s""",
        {"symbol": key[0], "interval": key[1], "model": model, "level": level, "limit": limit},
    )
    return [PastRow._make(row) for row in reversed(cursor.fetchall())]
