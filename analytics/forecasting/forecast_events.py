"""What a closed bar moves in the forecasts of its series, as they hand it out."""

from typing import NamedTuple

from ml.arima.search import SearchOutcome
from ml.models.features import Observation
from ml.scoring.scores import Score
from ml.uncertainty.conformal import Forecast


class ModelForecasts(NamedTuple):
    """What a model said at the close of a bar, by rising horizons. `order` is that of ARIMA models alone; `version` is
    as in `ml.arima.forecaster`, of a trained model that of the registry."""

    model: str
    order: tuple[int, int, int] | None
    version: int
    forecasts: list[Forecast]


class ModelScores(NamedTuple):
    """What became of a model's forecasts of a bar's close, by their horizons."""

    model: str
    scores: dict[int, Score]


class Fit(NamedTuple):
    """The outcome of a search, which took effect with this bar; it was asked for at the close of another, at
    `asked_at`, epoch seconds."""

    asked_at: int
    outcome: SearchOutcome


PastBar = tuple[int, Observation]
"""A closed bar that was not forecast: its end in epoch seconds, and it in today's shares."""


class ForecastStep(NamedTuple):
    """What a bar moved: it is the series' `number`-th, `levels` are the shares that the intervals shall hold, up to
    `horizons` bars ahead. `fit` is there where a search took effect."""

    number: int
    levels: tuple[float, ...]
    horizons: int
    made: list[ModelForecasts]
    scored: list[ModelScores]
    fit: Fit | None
