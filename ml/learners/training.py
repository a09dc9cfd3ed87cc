"""Trains one model of any kind. Runs in a separate process; libraries are imported on demand.

Returns of the next bar contain almost no signal: a model that explains a hundredth of their variance is a good one.
Every kind is therefore strongly regularised, by few and shallow splits, large leaves, small steps or a strong penalty.
A model that finds no signal forecasts nearly no change.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from ml.datasets.samples import Samples
from ml.learners.linear import exponential_smoothing, linear_regression
from ml.learners.trained import Trained, TrainingSettings
from ml.learners.trees import gradient_boosting, random_forest, xgboost
from ml.models.features import Features
from ml.models.predictors import Predictor
from shared.errors import ConfigError
from shared.settings.setting_types import TrainedModel

__all__ = ["Trained", "TrainingSettings", "predict", "train"]

MIN_SAMPLES = 2


def train(model: TrainedModel, samples: Samples, settings: TrainingSettings) -> Trained:
    """Train in one thread; the same samples and settings give the same model.

    Raises ValueError if there are fewer than MIN_SAMPLES, and ConfigError if a required library is not installed.
    """
    if len(samples.target) < MIN_SAMPLES:
        raise ValueError(f"{len(samples.target)} samples are too few to train {model} on")
    with threadpool_limits(1):
        return _learner(model)(samples, settings)


def predict(predictor: Predictor, samples: Samples) -> NDArray[np.float64]:
    """The predictions of the served model for each row: log returns in units of sigma * sqrt(horizon)."""
    rows = zip(samples.values.tolist(), samples.returns.tolist(), samples.sigma.tolist(), strict=True)
    predictions = (predictor.predict(Features(values, returns, sigma)) for values, returns, sigma in rows)
    return np.fromiter(predictions, dtype=np.float64, count=len(samples.sigma))


def _learner(model: TrainedModel) -> Callable[[Samples, TrainingSettings], Trained]:
    match model:
        case "linear_regression":
            return linear_regression
        case "exponential_smoothing":
            return exponential_smoothing
        case "random_forest":
            return random_forest
        case "gradient_boosting":
            return gradient_boosting
        case "xgboost":
            return xgboost
        case "lstm":
            return _lstm()


def _lstm() -> Callable[[Samples, TrainingSettings], Trained]:
    """Raises ConfigError if PyTorch is not installed, which only this kind needs."""
    try:
        from ml.learners.lstm import lstm
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise ConfigError(
            "The model lstm needs PyTorch: pip install -r requirements-lstm.txt, "
            "or take lstm out of TRAINED_MODELS."
        ) from error
    return lstm
