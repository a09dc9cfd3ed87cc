"""Scores forecasts of known closes against the forecast of no change.

All errors are log returns, as in `ml.scoring.scores`, so that symbols of any price are comparable.
"""

from collections.abc import Iterable, Iterator
from math import ceil, isnan
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ml.scoring.scores import Score, ScoreSummary, TrackRecord
from ml.scoring.significance import BETTER, MIN_CLUSTERS, NAIVE, WORSE, Comparison

DAY_SECONDS = 86_400
OVERLAPS_A_CLUSTER = 4
"""Length of a cluster as a multiple of the overlap of neighbouring forecasts, as in the live analysis."""

BASELINE = "the baseline"
"""The verdict of "no change" itself."""

Numbers = NDArray[np.float64]
Times = NDArray[np.int64]


class KnownCloses(NamedTuple):
    """Target closes, one row per forecast: when the forecast was made and due, in seconds UTC, the log return in
    between, and the horizon in bars."""

    horizon: int
    made_at: Times
    due_at: Times
    returns: Numbers


class Evaluated(NamedTuple):
    """The results of a model.

    `low` and `high` are the 95 % interval of its skill, clustered by day (`ml.scoring.significance`); None if there are
    too few days or the price never moved. `verdict` describes that interval in words.
    """

    model: str
    summary: ScoreSummary
    low: float | None
    high: float | None
    verdict: str


def evaluated(model: str, forecasts: Numbers, known: KnownCloses) -> Evaluated | None:
    """Score one model's `forecasts`, log returns in the order of the rows, NaN for rows without a forecast.

    None if it has no forecast at all.
    """
    record, comparison = TrackRecord(0), Comparison(days_a_cluster(known))
    for day, score in _scores(forecasts, known):
        record.add(score)
        comparison.add(day, score.loss, score.naive_loss)
    summary = record.lifetime()
    if summary is None:
        return None
    # A cluster counts once it has ended: an empty score of a later day ends the last one.
    comparison.add(int(known.due_at.max()) // DAY_SECONDS + comparison.days, 0.0, 0.0)
    if model == NAIVE:
        return Evaluated(model, summary, None, None, BASELINE)
    naive_loss = float(np.mean(known.returns[~np.isnan(forecasts)] ** 2))
    low, high = _skills(comparison, naive_loss)
    return Evaluated(model, summary, low, high, comparison.verdict())


def days_a_cluster(known: KnownCloses) -> int:
    """Days per cluster: four times the overlap of neighbouring forecasts, at least 1.

    The length of a bar in days is calculated from the rows, so that nights, weekends and markets that never close need
    no special rule.
    """
    if len(known.made_at) == 0:
        return 1
    days_a_bar = float(np.mean(known.due_at - known.made_at)) / DAY_SECONDS / known.horizon
    return max(1, ceil(OVERLAPS_A_CLUSTER * (known.horizon - 1) * days_a_bar))


def conclusion(found: Iterable[Evaluated]) -> str:
    """A summary of the verdicts, in one or two sentences."""
    challengers = [each for each in found if each.model != NAIVE]
    if all(each.low is None for each in challengers):
        return f"There are too few days for a conclusion: {MIN_CLUSTERS} are needed, more for long horizons."
    better = [each for each in challengers if each.verdict == BETTER]
    worse = ", ".join(each.model for each in challengers if each.verdict == WORSE)
    if not better:
        addition = f" Significantly worse: {worse}." if worse else ""
        return f"No model was significantly better than the forecast of no change.{addition}"
    best = max(better, key=lambda each: each.summary.skill or 0.0)
    return (
        f"Significantly better than no change: {', '.join(each.model for each in better)}. {best.model} reduced "
        f"the squared error by {best.summary.skill or 0.0:.2%}; trading costs are not included."
    )


def _scores(forecasts: Numbers, known: KnownCloses) -> Iterator[tuple[int, Score]]:
    """The day and the score of each forecast, in order of the target closes."""
    order = np.argsort(known.due_at, kind="stable")
    rows: Iterable[tuple[int, float, float]] = zip(
        (known.due_at[order] // DAY_SECONDS).tolist(),
        forecasts[order].tolist(),
        known.returns[order].tolist(),
        strict=True,
    )
    for day, forecast, actual in rows:
        if not isnan(forecast):
            hit = None if forecast == 0.0 or actual == 0.0 else (forecast > 0.0) == (actual > 0.0)
            yield day, Score.without_interval(actual - forecast, actual, hit)


def _skills(comparison: Comparison, naive_loss: float) -> tuple[float | None, float | None]:
    """Converts the interval of the mean loss difference to one of the skill: skill = -difference / loss of "no
    change"."""
    difference = comparison.difference()
    if difference is None or naive_loss == 0.0:
        return None, None
    return -difference.high / naive_loss, -difference.low / naive_loss
