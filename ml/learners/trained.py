"""Settings and result of a training, for any kind of model."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ml.datasets.samples import Samples
from ml.models.features import FeatureSettings
from ml.models.predictors import Predictor

FITTED_LIMIT = 5.0
"""Targets are limited to this many sigmas; otherwise the squares of a few jumps would outweigh all other bars."""


@dataclass(frozen=True)
class TrainingSettings:
    """`horizon` in bars and `features` are those of the samples; `random_state` seeds every random choice."""

    random_state: int = 42
    horizon: int = 1
    features: FeatureSettings = field(default_factory=FeatureSettings)


class Trained(NamedTuple):
    """`predictor` makes the forecasts; `estimator` is the library's own object, for notebooks. `importances` are shares
    by feature name; empty if the model does not provide them."""

    predictor: Predictor
    estimator: object
    importances: dict[str, float]


def fitted_targets(samples: Samples) -> NDArray[np.float64]:
    """The targets, limited, as models are fitted to them."""
    return np.clip(samples.target, -FITTED_LIMIT, FITTED_LIMIT)


def shares(names: Sequence[str], weights: Sequence[float]) -> dict[str, float]:
    """Non-negative weights as shares of their sum; empty if all are 0."""
    total = sum(weights)
    return {name: weight / total for name, weight in zip(names, weights, strict=True)} if total > 0 else {}
