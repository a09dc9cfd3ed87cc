"""Out-of-sample forecasts of models, for each row of the samples, as log returns."""

from collections.abc import Iterable
from dataclasses import replace
from math import nan, sqrt

import numpy as np

from ml.arima.forecaster import ForecastSettings
from ml.datasets.samples import Samples, TrainingHistory
from ml.datasets.walk_forward import TrainTestSplit
from ml.diagnostics.arima_walk import arima_returns
from ml.forecast_settings import forecast_settings
from ml.learners.training import TrainingSettings, predict, train
from ml.scoring.evaluation import KnownCloses, Numbers
from shared.market.records import Interval
from shared.settings.model_settings import Models
from shared.settings.setting_types import TrainedModel


def known_closes(rows: Samples, horizon: int) -> KnownCloses:
    """The actual returns of these rows."""
    return KnownCloses(horizon, rows.made_at, rows.due_at, rows.target * _unit(rows, horizon))


def trained_forecasts(
    model: TrainedModel, rows: Samples, tests: Iterable[TrainTestSplit], settings: TrainingSettings
) -> Numbers:
    """Forecasts of the model, trained for each test block on the rows before it; NaN for rows in no block.

    Raises as `ml.learners.training.train`.
    """
    predictions = np.full(len(rows.target), nan)
    for fold in tests:
        predictor = train(model, rows.select(fold.train), settings).predictor
        predictions[fold.test] = predict(predictor, rows.select(fold.test))
    return predictions * _unit(rows, settings.horizon)


def arima_forecasts(
    rows: Samples, histories: Iterable[TrainingHistory], interval: Interval, settings: ForecastSettings
) -> Numbers:
    """ARIMA forecasts along the histories of these rows; NaN where there is none."""
    returns = {
        (history.symbol, made_at): each
        for history in histories
        for made_at, each in arima_returns(history, interval, settings)
    }
    places = zip(rows.symbol.tolist(), rows.made_at.tolist(), strict=True)
    return np.array([returns.get(place, nan) for place in places], dtype=np.float64)


def arima_settings(models: Models, interval: Interval) -> ForecastSettings:
    """The settings of the live forecasts, with the horizon of the trained models."""
    return replace(forecast_settings(models, interval), steps=models.prediction_horizon)


def _unit(rows: Samples, horizon: int) -> Numbers:
    """The log return that corresponds to a target of 1."""
    return rows.sigma * sqrt(horizon)
