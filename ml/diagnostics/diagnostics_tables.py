"""Reads forecasts and scores from their tables, and writes the diagnostics to forecast_diagnostics."""

from collections import deque
from collections.abc import Iterator

import msgspec
import numpy as np

from ml.diagnostics.diagnostics import Outcomes, findings
from shared.market.records import Interval
from shared.postgres.database import Connection, Cursor, transaction
from shared.postgres.upsert import upsert

NEWEST = 1_000
"""Newest scores that the diagnostics use."""
BATCH = 100
"""Findings written per transaction."""

# Models with several horizons are diagnosed at one bar; a trained model at its only horizon.
SERIES = """
    select symbol, model, min(horizon) from forecast_records
    where interval = %s and lifetime_scores > 0
    group by symbol, model order by symbol, model
"""
# Both read the primary key backwards, up to a limit. Rows are sent as JSON, because parsing arrays in the client takes
# more than twice as long. They are joined here: before its tables are analysed, the server assumes that they are
# almost empty and would use a nested loop.
SCORED = """
    select json_build_array(extract(epoch from start)::float8, number, extract(epoch from scored_at)::float8, levels,
        error[%(horizon)s], naive_loss[%(horizon)s], covered[%(horizon)s:%(horizon)s])::text
    from forecast_scores
    where symbol = %(symbol)s and interval = %(interval)s and model = %(model)s and error[%(horizon)s] is not null
    order by start desc limit %(newest)s
"""
MADE = """
    select json_build_array(extract(epoch from start)::float8, number, mean[%(horizon)s], sigma[%(horizon)s],
        upper[%(horizon)s:%(horizon)s])::text
    from forecasts
    where symbol = %(symbol)s and interval = %(interval)s and model = %(model)s and mean[%(horizon)s] is not null
    order by start desc limit %(newest)s + %(horizon)s
"""
COLUMNS = ("symbol", "interval", "model", "as_of", "findings")
ROW = "(%s, %s, %s, to_timestamp(%s), %s::jsonb)"


class _Scored(msgspec.Struct, array_like=True, frozen=True):
    """A row of SCORED; `covered` contains one row, with the levels of the horizon."""

    start: float
    number: int
    scored_at: float
    levels: tuple[float, ...]
    error: float
    naive_loss: float
    covered: tuple[tuple[bool, ...]]


class _Made(msgspec.Struct, array_like=True, frozen=True):
    """A row of MADE; `upper` as `covered` above."""

    start: float
    number: int
    mean: float
    sigma: float
    upper: tuple[tuple[float, ...]]


_scored_rows = msgspec.json.Decoder(list[_Scored])
_made_rows = msgspec.json.Decoder(list[_Made])


def write_diagnostics(connection: Connection, interval: Interval, as_of: float) -> None:
    """Diagnose the newest 1,000 scored forecasts of each symbol and model in an interval.

    `as_of` is the time in epoch seconds. Each batch of findings has its own transaction, because a transaction of a
    minute would prevent the server from vacuuming.
    """
    with transaction(connection) as cursor:
        cursor.execute(SERIES, (interval,))
        series = cursor.fetchall()
    for first in range(0, len(series), BATCH):
        with transaction(connection) as cursor:
            rows = [*_rows(cursor, interval, as_of, series[first : first + BATCH])]
            upsert(cursor, "forecast_diagnostics", COLUMNS, rows, keys=3, template=ROW)


def _rows(
    cursor: Cursor, interval: Interval, as_of: float, series: list[tuple[str, str, int]]
) -> Iterator[tuple[object, ...]]:
    for symbol, model, horizon in series:
        outcomes = read_outcomes(cursor, symbol, interval, model, horizon)
        if outcomes is not None:
            yield symbol, interval, model, as_of, msgspec.json.encode(findings(outcomes)).decode()


def read_outcomes(
    cursor: Cursor, symbol: str, interval: Interval, model: str, horizon: int
) -> Outcomes | None:
    """The newest scored forecasts of a series that have the levels of the newest one; None if there are none."""
    given = {"symbol": symbol, "interval": interval, "model": model, "horizon": horizon, "newest": NEWEST}
    cursor.execute(SCORED, given)
    scored = _scored_rows.decode(_lines(cursor))
    cursor.execute(MADE, given)
    pairs = _pairs(scored, _made_rows.decode(_lines(cursor)), horizon)
    return _outcomes(pairs, horizon) if pairs else None


def _lines(cursor: Cursor) -> str:
    """One JSON array of all rows, oldest first."""
    return "[" + ",".join([line for (line,) in reversed(cursor.fetchall())]) + "]"


def _pairs(scored: list[_Scored], made: list[_Made], horizon: int) -> list[tuple[_Scored, _Made]]:
    """Each score with its forecast, in order.

    Bar numbers start again when the forecasts of a series are restarted. Of several forecasts with the same number, the
    newest before the score's own bar is used.
    """
    pairs, by_number, remaining = [], {}, deque(made)
    for score in scored:
        while remaining and remaining[0].start < score.start:
            forecast = remaining.popleft()
            by_number[forecast.number] = forecast
        if score.levels == scored[-1].levels and score.number - horizon in by_number:
            pairs.append((score, by_number[score.number - horizon]))
    return pairs


def _outcomes(pairs: list[tuple[_Scored, _Made]], horizon: int) -> Outcomes:
    scored, made = zip(*pairs, strict=True)
    mean, sigma = np.array([each.mean for each in made]), np.array([each.sigma for each in made])
    upper = np.array([each.upper[0] for each in made])
    return Outcomes(
        horizon,
        scored[-1].levels,
        np.array([each.scored_at for each in scored]),
        np.array([each.error for each in scored]),
        np.array([each.naive_loss for each in scored]),
        sigma,
        np.log(upper / mean[:, None]) / sigma[:, None],
        np.array([each.covered[0] for each in scored]),
    )
