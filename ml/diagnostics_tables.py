"""Findings on how forecasts err, from the tables of forecasts and scores into forecast_diagnostics."""

from collections.abc import Iterator
from math import log

import msgspec
import numpy as np
from psycopg2.extras import execute_values

from ml.diagnostics import Outcomes, findings
from shared.database import Cursor
from shared.market import Interval

NEWEST = 1_000
"""Scores that findings are made of."""
BATCH = 100
"""Findings written by one statement."""

# A model that looks one bar ahead among others is judged by that; a trained one by the only horizon it has.
SERIES = """
    select symbol, model, min(horizon) from forecast_records
    where interval = %s and lifetime_scores > 0
    group by symbol, model order by symbol, model
"""
# Bars are counted anew where forecasting began anew: of the forecasts with a number, the newest before the score's bar
# is meant. Both reads go backwards along the primary key and end after so many rows.
OUTCOMES = """
    with scored as (
        select start, number - %(horizon)s as made_number, extract(epoch from scored_at)::float8 as scored_at, levels,
            error[%(horizon)s] as error, naive_loss[%(horizon)s] as naive_loss,
            covered[%(horizon)s:%(horizon)s] as covered
        from forecast_scores
        where symbol = %(symbol)s and interval = %(interval)s and model = %(model)s
            and error[%(horizon)s] is not null
        order by start desc limit %(newest)s
    ), made as (
        select start, number, mean[%(horizon)s] as mean, sigma[%(horizon)s] as sigma,
            upper[%(horizon)s:%(horizon)s] as upper
        from forecasts
        where symbol = %(symbol)s and interval = %(interval)s and model = %(model)s
        order by start desc limit %(newest)s + %(horizon)s
    )
    select distinct on (scored.start) scored_at, levels, error, naive_loss, covered, mean, sigma, upper
    from scored join made on made.number = made_number and made.start < scored.start
    order by scored.start, made.start desc
"""
UPSERT = """
    insert into forecast_diagnostics (symbol, interval, model, as_of, findings) values %s
    on conflict (symbol, interval, model) do update set as_of = excluded.as_of, findings = excluded.findings
"""
ROW = "(%s, %s, %s, to_timestamp(%s), %s::jsonb)"


def write_diagnostics(cursor: Cursor, interval: Interval, as_of: float) -> None:
    """Find anew how the newest 1,000 scored forecasts of each symbol and model at an interval err.

    `as_of` is the time in epoch seconds. Holds one series and a batch of findings at a time, however many there are.
    """
    cursor.execute(SERIES, (interval,))
    # A generator, read batch by batch: the same cursor reads a batch of series, then writes what was found.
    rows = _rows(cursor, interval, as_of, cursor.fetchall())
    execute_values(cursor, UPSERT, rows, template=ROW, page_size=BATCH)


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
    """The newest scored forecasts of a series that have the levels of the newest one; None where there are none."""
    given = {"symbol": symbol, "interval": interval, "model": model, "horizon": horizon, "newest": NEWEST}
    cursor.execute(OUTCOMES, given)
    found = cursor.fetchall()
    if not found:
        return None
    levels = found[-1][1]
    alike = [row for row in found if row[1] == levels]
    scored_at, _, errors, naive_losses, covered, means, sigmas, uppers = zip(*alike, strict=True)
    widths = [
        [log(upper / mean) / sigma for upper in each]
        for mean, sigma, (each,) in zip(means, sigmas, uppers, strict=True)
    ]
    return Outcomes(
        horizon,
        tuple(levels),
        np.array(scored_at),
        np.array(errors),
        np.array(naive_losses),
        np.array(sigmas),
        np.array(widths),
        np.array([each for (each,) in covered]),
    )
