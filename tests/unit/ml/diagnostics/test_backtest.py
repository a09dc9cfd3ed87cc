"""Forecasts of bars outside the training rows: their places, and their accuracy on markets with a known optimum."""

from dataclasses import replace

import numpy as np
import pytest

from analytics.runtime.settings import engine_settings
from ml.datasets.samples import Samples
from ml.datasets.walk_forward import TrainTestSplit, folds
from ml.diagnostics.backtest import arima_forecasts, arima_settings, known_closes, trained_forecasts
from ml.learners.training import TrainingSettings
from ml.models.features import RETURNS
from ml.scoring.evaluation import evaluated
from ml.scoring.significance import BETTER
from shared.market.records import Interval
from shared.settings.config import Config
from shared.settings.model_settings import Models
from shared.settings.setting_types import TrainedModel
from tests.inputs.histories import DAY, walk, walks

SETTINGS = TrainingSettings()


@pytest.fixture(scope="module")
def foreseeable() -> Samples:
    """Rows whose newest return predicts a part of the next one, which no real market does."""
    rows = walks(1_500)
    return rows._replace(target=rows.target + 0.5 * rows.values[:, 0])


@pytest.fixture(scope="module")
def tests(foreseeable: Samples) -> list[TrainTestSplit]:
    return list(folds(foreseeable.made_at, foreseeable.due_at, 3))


def test_predictable_rows_are_found_to_be_predictable(
    foreseeable: Samples, tests: list[TrainTestSplit]
) -> None:
    forecasts = trained_forecasts("linear_regression", foreseeable, tests, SETTINGS)
    found = evaluated("linear_regression", forecasts, known_closes(foreseeable, 1))
    assert found is not None
    assert found.verdict == BETTER
    assert found.summary.skill is not None
    assert found.summary.skill > 0.05


def test_rows_before_the_first_test_are_not_forecast(
    foreseeable: Samples, tests: list[TrainTestSplit]
) -> None:
    forecasts = trained_forecasts("linear_regression", foreseeable, tests, SETTINGS)
    first = int(tests[0].test[0])
    assert np.isnan(forecasts[:first]).all()
    assert np.isfinite(forecasts[first:]).all()


@pytest.mark.parametrize("model", ["linear_regression", "random_forest", "xgboost"])
def test_same_rows_and_seed_give_the_same_bits(model: TrainedModel) -> None:
    rows = walks(200)
    parts = list(folds(rows.made_at, rows.due_at, 2))
    there, again = (trained_forecasts(model, rows, parts, SETTINGS) for _ in range(2))
    assert np.array_equal(there, again, equal_nan=True)


def test_later_rows_change_no_forecast(foreseeable: Samples, tests: list[TrainTestSplit]) -> None:
    """The newest rows are turned around: no forecast of an earlier block may change."""
    last = tests[-1].test
    changed = foreseeable.target.copy()
    changed[last] *= -1.0
    there = trained_forecasts("linear_regression", foreseeable, tests, SETTINGS)
    again = trained_forecasts("linear_regression", foreseeable._replace(target=changed), tests, SETTINGS)
    assert np.array_equal(there, again, equal_nan=True)


@pytest.mark.parametrize("horizon", [1, 3])
def test_returns_known_are_those_of_the_closes(horizon: int) -> None:
    truth = known_closes(walks(20, symbols=1, horizon=horizon), horizon)
    closes = np.array([bar.close for bar in walk("S0", 20 + RETURNS + horizon, 0).observations])
    bars = truth.made_at // DAY - 1
    assert truth.returns == pytest.approx(np.log(closes[bars + horizon] / closes[bars]))


def test_arima_stands_beside_the_rows_of_its_bars() -> None:
    histories = [walk(f"S{number}", 90, number) for number in range(2)]
    rows = walks(25, symbols=2)
    settings = arima_settings(Models(arima_max_p=1, arima_max_q=1), "1d")
    forecasts = arima_forecasts(rows, histories, "1d", settings)
    assert np.isfinite(forecasts).all()
    only = arima_forecasts(rows, histories[:1], "1d", settings)
    assert np.array_equal(np.isnan(only), rows.symbol == "S1")


def test_settings_of_arima_are_those_of_the_analysis() -> None:
    models = Models(prediction_horizon=3, arima_min_observations=600, arima_seasonal=True, arima_max_d=0)
    settings = arima_settings(models, "1d")
    assert (settings.steps, settings.min_observations, settings.window) == (3, 600, 600)
    assert (settings.search.max_d, settings.search.season) == (0, 5)
    assert arima_settings(Models(), "1d").window == 500


@pytest.mark.parametrize("interval", ["1m", "5m", "15m", "1h", "1d"])
def test_arima_is_searched_for_when_the_analysis_does(interval: Interval) -> None:
    config = Config(models=Models(forecast_intervals=(interval,)))
    live = engine_settings(config).forecasts[interval]
    assert arima_settings(config.models, interval) == replace(live, steps=1)
