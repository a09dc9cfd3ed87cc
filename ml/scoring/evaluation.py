"""How good forecasts of known closes were, beside saying "no change".

All errors are log returns, as in `ml.scoring.scores`, so that symbols of all prices stand side by side.
"""

from collections.abc import Iterable, Iterator
from math import ceil
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ml.scoring.scores import Score, ScoreSummary, TrackRecord
from ml.scoring.significance import BETTER, MIN_CLUSTERS, NAIVE, WORSE, Comparison

DAY_SECONDS = 86_400
OVERLAPS_A_CLUSTER = 4
"""A cluster is so many times as long as neighbouring forecasts overlap, as the analysis has it."""

BASELINE = "the yardstick"
"""The verdict of "no change" itself."""

Numbers = NDArray[np.float64]
Times = NDArray[np.int64]


class KnownCloses(NamedTuple):
    """Closes that were forecast `horizon` bars before, a row a forecast: seconds UTC at which it was made and due, and
    the log return in between."""

    horizon: int
    made_at: Times
    due_at: Times
    returns: Numbers


class Evaluated(NamedTuple):
    """What a model's forecasts come to.

    `low` and `high` hold its true skill with 95 %, by days as what is counted (`ml.scoring.significance`); None where
    days are too few or the price never moved. `verdict` says in words what that interval means.
    """

    model: str
    summary: ScoreSummary
    low: float | None
    high: float | None
    verdict: str


def evaluated(model: str, forecasts: Numbers, known: KnownCloses) -> Evaluated | None:
    """Score one model's `forecasts`, log returns in the order of the rows; rows with NaN were not forecast by it.

    None where it forecast no row.
    """
    record, comparison = TrackRecord(0), Comparison(days_a_cluster(known))
    for day, score in _scores(forecasts, known):
        record.add(score)
        comparison.add(day, score.loss, score.naive_loss)
    summary = record.lifetime()
    if summary is None:
        return None
    # A cluster is counted once it has ended: the last one ends as the next begins.
    comparison.add(int(known.due_at.max()) // DAY_SECONDS + comparison.days, 0.0, 0.0)
    if model == NAIVE:
        return Evaluated(model, summary, None, None, BASELINE)
    naive_loss = float(np.mean(known.returns[~np.isnan(forecasts)] ** 2))
    low, high = _skills(comparison, naive_loss)
    return Evaluated(model, summary, low, high, comparison.verdict())


def days_a_cluster(known: KnownCloses) -> int:
    """Days that count as one: four times what neighbouring forecasts share, at least 1.

    A bar's days are taken from the rows, so that nights, weekends and markets that never close need no rule.
    """
    if len(known.made_at) == 0:
        return 1
    days_a_bar = float(np.mean(known.due_at - known.made_at)) / DAY_SECONDS / known.horizon
    return max(1, ceil(OVERLAPS_A_CLUSTER * (known.horizon - 1) * days_a_bar))


def conclusion(found: Iterable[Evaluated]) -> str:
    """What the verdicts come to, in a sentence or two."""
    challengers = [each for each in found if each.model != NAIVE]
    if all(each.low is None for each in challengers):
        return f"There are too few days to tell models from luck: {MIN_CLUSTERS} are needed, more for long horizons."
    better = [each for each in challengers if each.verdict == BETTER]
    worse = ", ".join(each.model for each in challengers if each.verdict == WORSE)
    if not better:
        but = f" Worse than that: {worse}." if worse else ""
        return f"No model was better than saying that the close stays, beyond what luck explains.{but}"
    best = max(better, key=lambda each: each.summary.skill or 0.0)
    return (
        f"Better than saying that the close stays: {', '.join(each.model for each in better)}. {best.model} took "
        f"{best.summary.skill or 0.0:.2%} off the squared error; what trading costs is not in it."
    )


def _scores(forecasts: Numbers, known: KnownCloses) -> Iterator[tuple[int, Score]]:
    """The day and the score of each forecast, in the order of the closes that came."""
    order = np.argsort(known.due_at, kind="stable")
    rows: Iterable[tuple[int, float, float]] = zip(
        (known.due_at[order] // DAY_SECONDS).tolist(),
        forecasts[order].tolist(),
        known.returns[order].tolist(),
        strict=True,
    )
    for day, said, came in rows:
        if said == said:  # NaN is not
            hit = None if said == 0.0 or came == 0.0 else (said > 0.0) == (came > 0.0)
            yield day, Score.without_interval(came - said, came, hit)


def _skills(comparison: Comparison, naive_loss: float) -> tuple[float | None, float | None]:
    """The interval of the mean loss difference as one of the skill: skill = -difference / loss of "no change"."""
    difference = comparison.difference()
    if difference is None or naive_loss == 0.0:
        return None, None
    return -difference.high / naive_loss, -difference.low / naive_loss
