"""Reads diagnostics of the forecast models: error findings, ARIMA searches, trainings and their promotion, scores."""

from typing import Any

from dashboard.read.rows import SeriesKey
from shared.postgres.database import Cursor

NEWEST_SHOWN = 20
"""The number of searches and of trainings that are returned."""
_FINDINGS = """select model, extract(epoch from as_of)::float8 as as_of, findings from forecast_diagnostics
    where symbol = %(symbol)s and interval = %(interval)s order by model"""
_FITS = """select number, extract(epoch from asked_at)::float8 as asked_at, p, d, q, aicc, reason, seconds
    from forecast_fits where symbol = %(symbol)s and interval = %(interval)s
    order by number desc limit %(limit)s"""
_TRAININGS = """select model, version, parent, extract(epoch from trained_at)::float8 as trained_at, rows,
    extract(epoch from first_at)::float8 as first_at, extract(epoch from last_at)::float8 as last_at,
    test_rows, loss, parent_loss, naive_loss, is_live, reason, importances, seconds
    from model_trainings where interval = %(interval)s
    order by trained_at desc, model, version desc limit %(limit)s"""
_RECORDS = """select * from forecast_records
    where symbol = %(symbol)s and interval = %(interval)s order by model, horizon"""


def read_diagnostics(cursor: Cursor, key: SeriesKey) -> dict[str, Any]:
    """Diagnostics of the models of a symbol and interval; every time is in epoch seconds UTC.

    - `findings`, by model: `as_of`, when they were calculated, and `findings` as stored in forecast_diagnostics.
    - `fits`: the latest ARIMA order searches, newest first: order, AICc, duration in seconds, or the `reason` why there
      is no model.
    - `trainings`: the latest trainings for the interval, over all symbols: losses in squared sigmas, whether it was
      promoted, the `reason`, and the feature importances.
    - `records`: the scores of each model at each horizon, as stored in forecast_records.

    A number that is not finite is returned as text, such as "NaN", because JSON has no such numbers.
    """
    symbol, interval = key
    given = {"symbol": symbol, "interval": interval, "limit": NEWEST_SHOWN}
    found = {row.pop("model"): row for row in _rows(cursor, _FINDINGS, given)}
    lists = {"fits": _FITS, "trainings": _TRAININGS, "records": _RECORDS}
    return {"findings": found, **{name: _rows(cursor, query, given) for name, query in lists.items()}}


def _rows(cursor: Cursor, query: str, given: dict[str, object]) -> list[dict[str, Any]]:
    """The rows of a query as PostgreSQL writes them in JSON."""
    cursor.execute(f"select to_jsonb(r) from ({query}) r", given)  # noqa: S608
    return [row for (row,) in cursor.fetchall()]
