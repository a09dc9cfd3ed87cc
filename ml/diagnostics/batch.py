"""What a trained model says at every bar of a history, with how far the close may lie from it. Pure.

The interval is that of a normal distribution around the predicted log return, as wide as the symbol's own sigma says of
so many bars. The live forecasts' intervals are learnt from what they were really off by; here nothing is learnt.
"""

from collections.abc import Iterator
from math import exp, sqrt
from statistics import NormalDist
from typing import Literal, NamedTuple

from ml.datasets.samples import TrainingHistory, windows
from ml.models.features import FeatureSettings, features
from ml.models.predictors import Served

LEVEL = 0.95
REACH = NormalDist().inv_cdf(0.5 + LEVEL / 2)

Direction = Literal["up", "down", ""]


class Prediction(NamedTuple):
    """Said at the close of the bar that ended at `made_at`, of the close at `due_at`, epoch seconds UTC; None where it
    is still to come. Prices are in shares of the day it was said; `predicted_return` is their ratio less 1.

    `lower` and `upper` hold the close with 95 % if the normal distribution is right; `direction` is empty where it is
    less likely under it than asked for.
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
    """One for every bar that has features; `confidence` is the least probability of a direction that is named."""
    settings = FeatureSettings(served.window_size)
    due = [*history.made_at[served.horizon :], *[None] * served.horizon]
    # Where there are fewer bars than the horizon, only so many are due.
    for (made_at, window), due_at, bar in zip(windows(history), due, history.observations, strict=False):
        if (found := features(window, settings)) is not None:
            said, unit = served.predictor.predict(found), found.sigma * sqrt(served.horizon)
            prices = [bar.close * exp(unit * (said + reach)) for reach in (0.0, -REACH, REACH)]
            price, lower, upper = prices
            yield Prediction(
                *(history.symbol, made_at, due_at, bar.close),
                *(price, price / bar.close - 1.0, lower, upper),
                _direction(said, confidence),
            )


def _direction(said: float, confidence: float) -> Direction:
    if said == 0.0 or NormalDist().cdf(abs(said)) < confidence:
        return ""
    return "up" if said > 0.0 else "down"
