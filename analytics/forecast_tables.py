"""The tables of forecasts: what was said and what became of it, once a bar; and how good each model is by now."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

import msgspec
from psycopg2.extras import execute_values

from analytics.engine import Event
from analytics.forecasts import MODELS, Made, Model, Scored, SeriesForecasts, Step
from ml.conformal import bounds
from ml.scores import Summary
from ml.significance import champion
from shared.database import Cursor, copy_rows
from shared.market import Bar, Interval

FORECAST_COLUMNS = (
    *("symbol", "interval", "start", "model", "made_at", "number", "p", "d", "q", "version"),
    *("close", "levels", "mean", "sigma", "lower", "upper"),
)
SCORE_COLUMNS = (
    *("symbol", "interval", "start", "model", "scored_at", "number", "levels"),
    *("error", "hit", "covered", "winkler", "loss", "naive_loss"),
)
RECORD_COLUMNS = (
    *("symbol", "interval", "model", "horizon", "seen", "needed", "levels"),
    *(f"{span}_{name}" for span in ("rolling", "lifetime") for name in Summary._fields),
    *("clusters", "difference", "difference_low", "difference_high", "verdict", "champion"),
)
NO_SCORES = (0, *[None] * (len(Summary._fields) - 1))
NO_COMPARISON = (None,) * 5

_json = msgspec.json.Encoder()
_BRACES = bytes.maketrans(b"[]", b"{}")


def write_forecasts(cursor: Cursor, events: Iterable[Event]) -> None:
    """Write what was said when these bars closed, and what became of what was said of them."""
    steps = [(event.closed.bar, event.step) for event in events if event.step is not None]
    made = [_forecast_row(bar, step, each) for bar, step in steps for each in step.made]
    if made:
        copy_rows(cursor, "forecasts", FORECAST_COLUMNS, made)
    scored = [_score_row(bar, step, each) for bar, step in steps for each in step.scored]
    if scored:
        copy_rows(cursor, "forecast_scores", SCORE_COLUMNS, scored)


def write_records(cursor: Cursor, found: Iterable[SeriesForecasts]) -> None:
    """Bring the records of these series up to date; one that has seen no bar yet has none."""
    rows = [row for forecasts in found if forecasts.seen for row in _record_rows(forecasts)]
    if not rows:
        return
    new = ", ".join(f"{column} = excluded.{column}" for column in RECORD_COLUMNS[4:])
    execute_values(
        cursor,
        f"insert into forecast_records ({', '.join(RECORD_COLUMNS)}) values %s"  # noqa: S608
        f" on conflict (symbol, interval, model, horizon) do update set {new}",
        rows,
        page_size=1_000,
    )


def delete_records(cursor: Cursor, symbols: list[str]) -> None:
    """Forget how good the models were, for they begin anew."""
    cursor.execute("delete from forecast_records where symbol = any(%s)", (symbols,))


def latest_closes(cursor: Cursor, symbol: str, interval: Interval, limit: int) -> list[tuple[int, float]]:
    """The newest closed bars of a series, in order: their ends in epoch seconds, and their closes as they were paid."""
    cursor.execute(
        'select extract(epoch from "end")::bigint, close from bars where symbol = %s and interval = %s'
        " order by start desc limit %s",
        (symbol, interval, limit),
    )
    return cursor.fetchall()[::-1]


def _array(values: object) -> str:
    """Nested lists of numbers, truth values and None as PostgreSQL writes an array."""
    return _json.encode(values).translate(_BRACES).decode()


def _time(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)


def _forecast_row(bar: Bar, step: Step, made: Made) -> tuple[object, ...]:
    edges = [[bounds(each.mean, each.sigma, width) for width in each.widths] for each in made.forecasts]
    return (
        *(bar.symbol, bar.interval, _time(bar.start), made.model, _time(bar.end), step.number),
        *(*made.order, made.version, bar.close, _array(step.levels)),
        _array([each.mean for each in made.forecasts]),
        _array([each.sigma for each in made.forecasts]),
        _array([[low for low, _ in levels] for levels in edges]),
        _array([[high for _, high in levels] for levels in edges]),
    )


def _score_row(bar: Bar, step: Step, scored: Scored) -> tuple[object, ...]:
    nothing = [None] * len(step.levels)
    by_horizon = [scored.scores.get(horizon) for horizon in range(1, max(scored.scores) + 1)]
    return (
        *(bar.symbol, bar.interval, _time(bar.start), scored.model, _time(bar.end), step.number),
        _array(step.levels),
        _array([None if each is None else each.error for each in by_horizon]),
        _array([None if each is None else each.hit for each in by_horizon]),
        _array([nothing if each is None else each.covered for each in by_horizon]),
        _array([nothing if each is None else each.winkler for each in by_horizon]),
        _array([None if each is None else each.loss for each in by_horizon]),
        _array([None if each is None else each.naive_loss for each in by_horizon]),
    )


def _record_rows(forecasts: SeriesForecasts) -> Iterator[tuple[object, ...]]:
    progress = (forecasts.seen, forecasts.needed, list(forecasts.levels))
    for model in MODELS:
        for horizon, record in enumerate(forecasts.records[model], start=1):
            comparison = forecasts.comparisons[horizon - 1]
            yield (
                *(forecasts.symbol, forecasts.interval, model, horizon, *progress),
                *_summary(record.rolling()),
                *_summary(record.lifetime()),
                *_compared(forecasts, model, horizon),
                champion({"arima": comparison}),
            )


def _summary(found: Summary | None) -> tuple[object, ...]:
    if found is None:
        return NO_SCORES
    return tuple(list(value) if isinstance(value, tuple) else value for value in found)


def _compared(forecasts: SeriesForecasts, model: Model, horizon: int) -> tuple[object, ...]:
    """Clusters, difference and its interval, and the verdict; "no change" is not compared with itself."""
    if model == "naive":
        return NO_COMPARISON
    comparison = forecasts.comparisons[horizon - 1]
    found = comparison.difference()
    numbers = (None, None, None) if found is None else (found.mean, found.low, found.high)
    return (comparison.clusters, *numbers, comparison.verdict())
