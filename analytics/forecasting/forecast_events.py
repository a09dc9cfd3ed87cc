"""What a closed bar produces in the forecasts of its series."""

from typing import NamedTuple

from ml.arima.search import SearchOutcome
from ml.models.features import Observation, split
from ml.scoring.scores import Score
from ml.uncertainty.conformal import Forecast


class ModelForecasts(NamedTuple):
    """The forecasts that a model makes at the close of a bar, by rising horizon. `order` is set for ARIMA models only.
    `version` is that of `ml.arima.forecaster`, or for a trained model that of the registry."""

    model: str
    order: tuple[int, int, int] | None
    version: int
    forecasts: list[Forecast]


class ModelScores(NamedTuple):
    """The scores of a model's forecasts of a bar's close, by horizon."""

    model: str
    scores: dict[int, Score]


class Fit(NamedTuple):
    """The outcome of a model search that took effect with this bar. It was requested at the close of an earlier bar, at
    `asked_at`, epoch seconds."""

    asked_at: int
    outcome: SearchOutcome


class PastBar(NamedTuple):
    """A closed bar without a forecast. `end` is in epoch seconds; prices and volume are in the same shares."""

    end: int
    open: float
    observed: Observation

    def split(self, ratio: float) -> "PastBar":
        """The bar after one share became `ratio` shares."""
        return PastBar(self.end, self.open / ratio, split(self.observed, ratio))


class ForecastStep(NamedTuple):
    """The result of one bar, the `number`-th of its series. `levels` are the nominal coverages of the intervals,
    `horizons` is the longest horizon in bars. `fit` is set if a search took effect."""

    number: int
    levels: tuple[float, ...]
    horizons: int
    made: list[ModelForecasts]
    scored: list[ModelScores]
    fit: Fit | None
