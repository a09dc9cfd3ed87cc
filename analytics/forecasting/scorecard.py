"""The record of one model's forecasts of one series: the forecasts that are pending, and the scores so far.

Models differ by name only: built-in, searched or trained, each is scored by the same rules on the same closes.
"""

from collections.abc import Sequence
from math import ceil, exp
from typing import Any, NamedTuple

from ml.scoring.scores import Score, TrackRecord, penalties_of, score
from ml.scoring.significance import NAIVE, Comparison
from ml.uncertainty.conformal import Forecast, PendingForecasts, Pool
from shared.market.records import INTERVAL_SECONDS, Bar, Interval

REGULAR_DAY_SECONDS = 23_400
DAY_BAR_DAYS = 7 / 5
"""Calendar days per daily bar."""
DAY_SECONDS = 86_400
OVERLAPS_A_CLUSTER = 4


def cluster_days(interval: Interval, horizon: int) -> int:
    """Days that form one cluster when forecasts are compared: four times the overlap of neighbouring forecasts, at
    least 1."""
    share = INTERVAL_SECONDS[interval] / REGULAR_DAY_SECONDS if interval != "1d" else DAY_BAR_DAYS
    return max(1, ceil(OVERLAPS_A_CLUSTER * (horizon - 1) * share))


class HorizonScores(NamedTuple):
    """The scores of a model at one horizon. "naive" has no comparison, because the others are compared with it."""

    record: TrackRecord
    comparison: Comparison | None


class Track:
    """One model of one series. For every closed bar call `advance`, then `issue` with the model's new forecasts.

    `by_horizon` holds the scores of each followed horizon.
    """

    def __init__(self, model: str, interval: Interval, levels: tuple[float, ...], seen: int) -> None:
        self.model, self._interval = model, interval
        self._levels, self._penalties = len(levels), penalties_of(levels)
        self._waiting = PendingForecasts()
        self._waiting.seen = seen
        self.by_horizon: dict[int, HorizonScores] = {}

    def follow(self, horizon: int) -> None:
        """Keep the scores of this horizon from now on, unless they are kept already."""
        if horizon not in self.by_horizon:
            days = cluster_days(self._interval, horizon)
            comparison = None if self.model == NAIVE else Comparison(days)
            self.by_horizon[horizon] = HorizonScores(TrackRecord(self._levels), comparison)

    def advance(self, bar: Bar, pool: Pool) -> dict[int, Score]:
        """Process a closed bar: score the forecasts of its close, by horizon; `pool` learns from the scores."""
        scores: dict[int, Score] = {}
        close, end, penalties, learn = bar.close, bar.end, self._penalties, pool.learn
        day = end // DAY_SECONDS
        for forecast in self._waiting.advance():
            horizon, _, _, sigma, _ = forecast
            found = scores[horizon] = score(forecast, close, penalties)
            _, _, size, loss, _, naive_loss, *_ = found
            learn(end, horizon, size / sigma)
            record, comparison = self.by_horizon[horizon]
            record.add(found)
            if comparison is not None:
                comparison.add(day, loss, naive_loss)
        return scores

    def issue(self, forecasts: Sequence[Forecast]) -> None:
        """Add forecasts of followed horizons, to be scored when their closes are known."""
        self._waiting.issue(forecasts)

    def has_forecast(self, horizon: int) -> bool:
        """Whether the model made a forecast of this horizon at the newest bar."""
        return self._waiting.holds(horizon)

    def next_interval(self, level: int) -> tuple[float, float] | None:
        """The bounds of the next close that were forecast at the newest bar, with the coverage at this place of the
        levels; None if there is no forecast."""
        forecast = self._waiting.of_next_bar()
        if forecast is None:
            return None
        reach = exp(forecast.widths[level] * forecast.sigma)
        return forecast.mean / reach, forecast.mean * reach

    def split(self, ratio: float) -> None:
        """One share became `ratio` shares."""
        self._waiting.split(ratio)

    def begin(self, seen: int) -> None:
        """Start after `seen` bars without forecasts."""
        self._waiting.seen = seen

    def state(self) -> dict[str, Any]:
        """The state for a snapshot."""
        return {
            "waiting": self._waiting.state(),
            "standings": [
                [horizon, record.state(), None if comparison is None else comparison.state()]
                for horizon, (record, comparison) in self.by_horizon.items()
            ],
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Restore the state of a snapshot. Raises ValueError if it does not fit."""
        self._waiting.restore(state["waiting"])
        for horizon, record, comparison in state["standings"]:
            self.follow(horizon)
            horizon_scores = self.by_horizon[horizon]
            horizon_scores.record.restore(record)
            if horizon_scores.comparison is not None:
                horizon_scores.comparison.restore(comparison)
