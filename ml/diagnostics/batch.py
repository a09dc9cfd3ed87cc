"""Forecasts of a trained model at every bar of a history, with prediction intervals. Pure.

The interval assumes a normal distribution around the predicted log return, with the symbol's own sigma scaled to the
horizon. Unlike the intervals of live forecasts, it is not calibrated by past errors.
"""

from collections.abc import Iterator
from math import exp, sqrt
from statistics import NormalDist
from typing import Literal, NamedTuple

from ml.datasets.samples import TrainingHistory, windows
from ml.models.features import FeatureSettings, features
from ml.models.predictors import Served

LEVEL = 0.95
HALF_WIDTH = NormalDist().inv_cdf(0.5 + LEVEL / 2)

Direction = Literal["up", "down", ""]


class Prediction(NamedTuple):
    """A forecast made at the close of the bar that ended at `made_at`, of the close at `due_at`, epoch seconds UTC;
    None if that is still to come. Prices are in shares of the day of the forecast; `predicted_return` is the ratio of
    the prices minus 1.

    `lower` and `upper` are the bounds of the 95 % interval under the normal distribution; `direction` is empty if its
    probability is below the requested one.
    """

    symbol: str
    made_at: int
    due_at: int | None
    close: float
    predicted_close: float
    predicted_return: float
    lower: float
    upper: float
    direction: Direction


def predictions(history: TrainingHistory, served: Served, confidence: float) -> Iterator[Prediction]:
    """A forecast for every bar that has features; `confidence` is the minimum probability of a direction."""
    settings = FeatureSettings(served.window_size)
    due = [*history.made_at[served.horizon :], *[None] * served.horizon]
    # With fewer bars than the horizon, `due` is longer than the bars.
    for (made_at, window), due_at, bar in zip(windows(history), due, history.observations, strict=False):
        if (found := features(window, settings)) is not None:
            predicted, unit = served.predictor.predict(found), found.sigma * sqrt(served.horizon)
            prices = [
                bar.close * exp(unit * (predicted + offset)) for offset in (0.0, -HALF_WIDTH, HALF_WIDTH)
            ]
            price, lower, upper = prices
            yield Prediction(
                *(history.symbol, made_at, due_at, bar.close),
                *(price, price / bar.close - 1.0, lower, upper),
                _direction(predicted, confidence),
            )


def _direction(predicted: float, confidence: float) -> Direction:
    if predicted == 0.0 or NormalDist().cdf(abs(predicted)) < confidence:
        return ""
    return "up" if predicted > 0.0 else "down"
