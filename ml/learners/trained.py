"""What a training is asked and what it gives, whatever kind of model is trained."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ml.datasets.samples import Samples
from ml.models.features import FeatureSettings
from ml.models.predictors import Predictor

FITTED_LIMIT = 5.0
"""A target counts as at most so many sigmas: squares of a few jumps would outweigh all other bars."""


@dataclass(frozen=True)
class TrainingSettings:
    """`horizon` in bars and `features` are those the samples were made with; `random_state` seeds all that is drawn."""

    random_state: int = 42
    horizon: int = 1
    features: FeatureSettings = field(default_factory=FeatureSettings)


class Trained(NamedTuple):
    """`predictor` is what forecasts; `estimator` the library's own object, for people's notebooks. `importances` are
    shares of what each feature counts, by name; empty where the model does not tell features apart."""

    predictor: Predictor
    estimator: object
    importances: dict[str, float]


def fitted_targets(samples: Samples) -> NDArray[np.float64]:
    """The targets as models are fitted to them."""
    return np.clip(samples.target, -FITTED_LIMIT, FITTED_LIMIT)


def shares(names: Sequence[str], weights: Sequence[float]) -> dict[str, float]:
    """Weights, none below 0, as shares of their sum; empty where all are 0."""
    total = sum(weights)
    return {name: weight / total for name, weight in zip(names, weights, strict=True)} if total > 0 else {}
