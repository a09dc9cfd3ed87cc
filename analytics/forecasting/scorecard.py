"""What one model has said of one series of closes: what is still to come, and how what has come was met.

A model is told apart by its name alone: whether it follows each close, was searched for or was trained elsewhere, it is
scored by the same rules on the same closes.
"""

from collections.abc import Sequence
from math import ceil
from typing import Any, NamedTuple

from ml.scoring.scores import Score, TrackRecord, penalties_of, score
from ml.scoring.significance import NAIVE, Comparison
from ml.uncertainty.conformal import Forecast, PendingForecasts, Pool
from shared.market.records import INTERVAL_SECONDS, Bar, Interval

REGULAR_DAY_SECONDS = 23_400
DAY_BAR_DAYS = 7 / 5
"""Calendar days that a day bar stands for."""
DAY_SECONDS = 86_400
OVERLAPS_A_CLUSTER = 4


def cluster_days(interval: Interval, horizon: int) -> int:
    """Days that count as one where forecasts are compared: four times what neighbouring forecasts share, at least 1."""
    share = INTERVAL_SECONDS[interval] / REGULAR_DAY_SECONDS if interval != "1d" else DAY_BAR_DAYS
    return max(1, ceil(OVERLAPS_A_CLUSTER * (horizon - 1) * share))


class HorizonRecord(NamedTuple):
    """How a model has fared at one horizon; "no change" is compared with nothing, for it is what others are against."""

    record: TrackRecord
    comparison: Comparison | None


class Track:
    """One model of one series. For every closed bar `advance`, then `issue` with what the model says now.

    `records` are by horizon, of those that the model looks ahead.
    """

    def __init__(self, model: str, interval: Interval, levels: tuple[float, ...], seen: int) -> None:
        self.model, self._interval = model, interval
        self._levels, self._penalties = len(levels), penalties_of(levels)
        self._waiting = PendingForecasts()
        self._waiting.seen = seen
        self.records: dict[int, HorizonRecord] = {}

    def follow(self, horizon: int) -> None:
        """Keep a record of this horizon from now on, if none is kept yet."""
        if horizon not in self.records:
            days = cluster_days(self._interval, horizon)
            comparison = None if self.model == NAIVE else Comparison(days)
            self.records[horizon] = HorizonRecord(TrackRecord(self._levels), comparison)

    def advance(self, bar: Bar, pool: Pool) -> dict[int, Score]:
        """A bar has closed: the scores of what was said of its close, by horizon; `pool` learns from them."""
        scores: dict[int, Score] = {}
        close, end, penalties, records, learn = bar.close, bar.end, self._penalties, self.records, pool.learn
        day = end // DAY_SECONDS
        for forecast in self._waiting.advance():
            horizon = forecast.horizon
            found = scores[horizon] = score(forecast, close, penalties)
            learn(end, horizon, found.size / forecast.sigma)
            record, comparison = records[horizon]
            record.add(found)
            if comparison is not None:
                comparison.add(day, found.loss, found.naive_loss)
        return scores

    def issue(self, forecasts: Sequence[Forecast]) -> None:
        """Wait for the closes that these forecasts of followed horizons are about."""
        self._waiting.issue(forecasts)

    def has_forecast(self, horizon: int) -> bool:
        """Whether the model said anything of this horizon at the newest bar."""
        return self._waiting.holds(horizon)

    def split(self, ratio: float) -> None:
        """One share became `ratio` shares."""
        self._waiting.split(ratio)

    def begin(self, seen: int) -> None:
        """Begin behind so many bars of which nothing was said."""
        self._waiting.seen = seen

    def state(self) -> dict[str, Any]:
        """What a snapshot keeps."""
        return {
            "waiting": self._waiting.state(),
            "standings": [
                [horizon, record.state(), None if comparison is None else comparison.state()]
                for horizon, (record, comparison) in self.records.items()
            ],
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a snapshot. Raises ValueError where it is none of such a model's."""
        self._waiting.restore(state["waiting"])
        for horizon, record, comparison in state["standings"]:
            self.follow(horizon)
            horizon_record = self.records[horizon]
            horizon_record.record.restore(record)
            if horizon_record.comparison is not None:
                horizon_record.comparison.restore(comparison)
