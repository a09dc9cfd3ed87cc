"""What a closed bar produces in the forecasts of its series."""

from typing import NamedTuple

from ml.arima.search import SearchOutcome
from ml.models.features import Observation
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


PastBar = tuple[int, Observation]
"""A closed bar without a forecast: its end in epoch seconds, and its prices and volume in today's shares."""


class ForecastStep(NamedTuple):
    """The result of one bar, the `number`-th of its series. `levels` are the nominal coverages of the intervals,
    `horizons` is the longest horizon in bars. `fit` is set if a search took effect."""

    number: int
    levels: tuple[float, ...]
    horizons: int
    made: list[ModelForecasts]
    scored: list[ModelScores]
    fit: Fit | None
