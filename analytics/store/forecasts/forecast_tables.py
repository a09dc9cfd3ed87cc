"""The tables of forecasts: the forecasts and their scores, written at each bar, and the current record of each
model."""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from math import exp

import msgspec

from analytics.engine.events import Event
from analytics.forecasting.forecast_events import ForecastStep, ModelScores, PastBar
from analytics.forecasting.forecasts import SeriesForecasts
from analytics.forecasting.scorecard import HorizonScores
from analytics.store.forecasts.complete_forecasts import MadeRow, ScoredRow, forecast_fields, score_fields
from analytics.store.times import utc
from ml.models.features import Observation
from ml.scoring.scores import FIXED, ScoreSummary
from ml.scoring.significance import NAIVE, Comparison, champion
from shared.market.records import Bar, Interval
from shared.postgres.binary_copy import copy_fields
from shared.postgres.database import Cursor, copy_rows
from shared.postgres.upsert import upsert
from shared.progress.provenance import PROVENANCE_COLUMNS, FoldedRecords

FORECAST_COLUMNS = (
    *("symbol", "interval", "start", "model", "made_at", "number", "p", "d", "q", "version", "close"),
    *PROVENANCE_COLUMNS,
    *("levels", "mean", "sigma", "lower", "upper"),
)
SCORE_COLUMNS = (
    *("symbol", "interval", "start", "model", "scored_at", "number", "levels"),
    *("error", "hit", "covered", "winkler", "loss", "naive_loss"),
)
FIT_COLUMNS = ("symbol", "interval", "number", "asked_at", "p", "d", "q", "aicc", "reason", "seconds")
RECORD_COLUMNS = (
    *("symbol", "interval", "model", "horizon", "seen", "needed", "levels"),
    *(f"{span}_{name}" for span in ("rolling", "lifetime") for name in ScoreSummary._fields),
    *("clusters", "difference", "difference_low", "difference_high", "verdict", "champion"),
)
NO_ORDER = (None, None, None)
NO_SCORES = (0, *[None] * (len(ScoreSummary._fields) - 1))
NO_COMPARISON = (None,) * 5

RowWithArrays = tuple[tuple[object, ...], Sequence[Sequence[object]]]
"""The first values of a row, and the arrays that follow them."""

_json = msgspec.json.Encoder()
_BRACES = bytes.maketrans(b"[]", b"{}")


def write_forecasts(cursor: Cursor, records: FoldedRecords, events: Iterable[Event]) -> None:
    """Write the forecasts made when `records` closed these bars, the scores of earlier forecasts of their closes, and
    the searches that took effect."""
    found = [(event.offset, event.closed.bar, event.step) for event in events if event.step is not None]
    made = [MadeRow(bar, step, each, offset) for offset, bar, step in found for each in step.made]
    _write_made(cursor, records, made)
    steps = [(bar, step) for _, bar, step in found]
    _write_scored(cursor, [ScoredRow(bar, step, each) for bar, step in steps for each in step.scored])
    fits = [_fit_row(bar, step) for bar, step in steps if step.fit is not None]
    if fits:
        copy_rows(cursor, "forecast_fits", FIT_COLUMNS, fits)


def _write_made(cursor: Cursor, records: FoldedRecords, rows: list[MadeRow]) -> None:
    if complete := [row for row in rows if row.is_complete]:
        copy_fields(cursor, "forecasts", FORECAST_COLUMNS, forecast_fields(records, complete))
    if others := [_forecast_row(records, row) for row in rows if not row.is_complete]:
        copy_rows(cursor, "forecasts", FORECAST_COLUMNS, _with_arrays(others))


def _write_scored(cursor: Cursor, rows: list[ScoredRow]) -> None:
    if complete := [row for row in rows if row.is_complete]:
        copy_fields(cursor, "forecast_scores", SCORE_COLUMNS, score_fields(complete))
    if others := [_score_row(*row) for row in rows if not row.is_complete]:
        copy_rows(cursor, "forecast_scores", SCORE_COLUMNS, _with_arrays(others))


def write_forecast_records(cursor: Cursor, found: Iterable[SeriesForecasts]) -> None:
    """Update the forecast records of these series; a series without bars has none."""
    rows = [row for forecasts in found if forecasts.seen for row in _record_rows(forecasts)]
    upsert(cursor, "forecast_records", RECORD_COLUMNS, rows, keys=4)


def delete_forecast_records(cursor: Cursor, symbols: list[str]) -> None:
    """Delete the forecast records of models that start again."""
    cursor.execute("delete from forecast_records where symbol = any(%s)", (symbols,))


def latest_bars(cursor: Cursor, symbol: str, interval: Interval, limit: int) -> list[PastBar]:
    """The newest closed bars of a series, in order, not adjusted for splits."""
    cursor.execute(
        'select extract(epoch from "end")::bigint, open, close, high, low, volume from bars'
        " where symbol = %s and interval = %s order by start desc limit %s",
        (symbol, interval, limit),
    )
    return [PastBar(end, open_, Observation(*rest)) for end, open_, *rest in cursor.fetchall()[::-1]]


def _with_arrays(rows: Sequence[RowWithArrays]) -> list[tuple[object, ...]]:
    """The rows with their arrays in PostgreSQL's syntax, all encoded in one call."""
    encoded = _json.encode_lines([array for _, arrays in rows for array in arrays])
    texts = iter(encoded.translate(_BRACES).decode().splitlines())
    return [(*values, *islice(texts, len(arrays))) for values, arrays in rows]


@lru_cache(maxsize=64)
def _levels(levels: tuple[float, ...]) -> str:
    return _json.encode(levels).translate(_BRACES).decode()


def _forecast_row(records: FoldedRecords, row: MadeRow) -> RowWithArrays:
    """The arrays have an entry for each horizon, None if there is no forecast of it."""
    bar, step, made, offset = row
    horizons, nothing = step.horizons, [None] * len(step.levels)
    means: list[float | None] = [None] * horizons
    sigmas: list[float | None] = [None] * horizons
    lows: list[Sequence[float | None]] = [nothing] * horizons
    highs: list[Sequence[float | None]] = [nothing] * horizons
    for horizon, _, mean, sigma, widths in made.forecasts:
        place = horizon - 1
        reaches = [exp(width * sigma) for width in widths]
        means[place], sigmas[place] = mean, sigma
        lows[place] = [mean / reach for reach in reaches]
        highs[place] = [mean * reach for reach in reaches]
    values = (
        *(bar.symbol, bar.interval, utc(bar.start), made.model, utc(bar.end), step.number),
        *(*(made.order or NO_ORDER), made.version, bar.close),
        *(*records.provenance(offset), _levels(step.levels)),
    )
    return values, (means, sigmas, lows, highs)


def _score_row(bar: Bar, step: ForecastStep, scored: ModelScores) -> RowWithArrays:
    """The arrays have an entry for each horizon up to the longest one with a score, None if there is no score of it."""
    scores, levels = scored.scores, len(step.levels)
    nothing = (None,) * (FIXED + 2 * levels)
    found = [scores.get(horizon, nothing) for horizon in range(1, max(scores) + 1)]
    _, errors, _, losses, _, naive_losses, moved, hits, *_ = zip(*found, strict=True)
    arrays = (
        errors,
        [hit if has_moved else None for has_moved, hit in zip(moved, hits, strict=True)],
        [each[FIXED : FIXED + levels] for each in found],
        [each[FIXED + levels :] for each in found],
        losses,
        naive_losses,
    )
    times = (utc(bar.start), scored.model, utc(bar.end))
    return (bar.symbol, bar.interval, *times, step.number, _levels(step.levels)), arrays


def _fit_row(bar: Bar, step: ForecastStep) -> tuple[object, ...]:
    """The row of the search that took effect with this bar."""
    assert step.fit is not None, "only steps in which a search took effect have such a row"
    outcome = step.fit.outcome
    order = NO_ORDER if outcome.model is None else outcome.model.order
    return (
        *(bar.symbol, bar.interval, step.number, utc(step.fit.asked_at), *order),
        *(outcome.aicc, outcome.reason, outcome.seconds),
    )


def _record_rows(forecasts: SeriesForecasts) -> Iterator[tuple[object, ...]]:
    progress = (forecasts.seen, forecasts.needed, list(forecasts.levels))
    best = champions(forecasts)
    for model, track in forecasts.tracks.items():
        for horizon, horizon_scores in sorted(track.by_horizon.items()):
            yield (
                *(forecasts.symbol, forecasts.interval, model, horizon, *progress),
                *_summary(horizon_scores.record.rolling()),
                *_summary(horizon_scores.record.lifetime()),
                *_compared(horizon_scores),
                best.get(horizon, NAIVE),
            )


def champions(forecasts: SeriesForecasts) -> dict[int, str]:
    """The champion among the models that forecast now, by horizon; a withdrawn model can't be champion."""
    challengers: dict[int, dict[str, Comparison]] = {}
    for model, track in forecasts.tracks.items():
        for horizon, horizon_scores in track.by_horizon.items():
            if horizon_scores.comparison is not None and track.has_forecast(horizon):
                challengers.setdefault(horizon, {})[model] = horizon_scores.comparison
    return {horizon: champion(found) for horizon, found in challengers.items()}


def _summary(found: ScoreSummary | None) -> tuple[object, ...]:
    if found is None:
        return NO_SCORES
    return tuple(list(value) if isinstance(value, tuple) else value for value in found)


def _compared(horizon_scores: HorizonScores) -> tuple[object, ...]:
    """Clusters, mean difference with its interval, and verdict; empty for "naive", which is not compared with
    itself."""
    comparison = horizon_scores.comparison
    if comparison is None:
        return NO_COMPARISON
    found = comparison.difference()
    numbers = (None, None, None) if found is None else (found.mean, found.low, found.high)
    return (comparison.clusters, *numbers, comparison.verdict())
