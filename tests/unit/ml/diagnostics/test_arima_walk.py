"""ARIMA over a history: the same forecasts as the analytics part at the same bars."""

from math import isnan, log

import numpy as np
import pytest

from analytics.forecasting.forecasts import Search, SeriesForecasts, pools_of
from ml.arima.forecaster import ForecastSettings
from ml.arima.search import SearchOutcome, SearchSettings
from ml.datasets.samples import TrainingHistory
from ml.diagnostics.arima_walk import arima_returns
from ml.models.features import Observation
from ml.order_search.order_search import search
from shared.calendars.calendars import AlwaysOpen
from shared.market.records import Bar

SETTINGS = ForecastSettings(
    min_observations=30, steps=2, window=60, search_every=50, search=SearchSettings(1, 1, 1)
)
DAY = 86_400


class SearchesHere:
    """Searches made when their result is requested."""

    def ask(self, search: Search) -> None:
        """Nothing has to begin."""

    def result(self, asked: Search) -> SearchOutcome:
        return search(asked.series, asked.settings)


def history(splits: list[tuple[int, float]]) -> TrainingHistory:
    """A walk with momentum, which a model finds something in."""
    changes = np.random.default_rng(3).normal(0.0, 0.01, 120)
    closes = 100.0 * np.exp(np.cumsum(changes[1:] + 0.8 * changes[:-1]))
    ends = [DAY * number for number in range(1, len(closes) + 1)]
    factors = [np.prod([ratio for at, ratio in splits if at < end]) for end in ends]
    observed = [
        Observation(float(c / f), float(c / f), float(c / f), 1.0)
        for c, f in zip(closes, factors, strict=True)
    ]
    return TrainingHistory("A", ends, observed, splits)


def test_forecasts_are_those_of_the_analysis() -> None:
    past = history([])
    series, pools = SeriesForecasts("A", "1d", SETTINGS, AlwaysOpen()), pools_of(SETTINGS)
    expected = {}
    for end, bar in zip(past.made_at, past.observations, strict=True):
        close = bar.close
        step = series.advance(
            Bar("A", "1d", end - DAY, end, close, close, close, close, 1.0, close, 1, "regular", "test"),
            pools,
            SearchesHere(),
        )
        for made in step.made:
            if made.model == "arima":
                expected[end] = log(made.forecasts[-1].mean / close)
    predicted = {end: each for end, each in arima_returns(past, "1d", SETTINGS) if not isnan(each)}
    assert predicted == expected
    assert len(predicted) == len(past.made_at) - 29
    assert any(abs(each) > 1e-4 for each in predicted.values()), "a model was found"


def test_split_changes_no_return() -> None:
    plain = [each for _, each in arima_returns(history([]), "1d", SETTINGS)]
    split = [each for _, each in arima_returns(history([(70 * DAY, 4.0)]), "1d", SETTINGS)]
    assert split == pytest.approx(plain, nan_ok=True, abs=1e-6)
