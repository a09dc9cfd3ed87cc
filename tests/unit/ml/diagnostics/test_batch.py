"""Forecasts of whole histories: the forecast of each bar, and when a direction is given."""

from itertools import pairwise
from math import exp
from statistics import NormalDist

import numpy as np
import pytest

from ml.datasets.samples import TrainingHistory, samples
from ml.diagnostics.batch import Prediction, predictions
from ml.models.features import FeatureSettings, split
from ml.models.predictors import Linear, Served
from tests.inputs.histories import DAY, walk

BARS = 90
LINEAR = Linear(0.05, tuple(0.01 * place for place in range(14)))


def predicted(
    history: TrainingHistory, predictor: Linear = LINEAR, horizon: int = 1, at: float = 0.7
) -> list[Prediction]:
    return list(predictions(history, Served("linear_regression", 1, horizon, 5, 0, predictor), at))


def constant(prediction: float) -> Linear:
    return Linear(prediction, (0.0,) * 14)


@pytest.mark.parametrize("horizon", [1, 4])
def test_rows_are_those_of_the_samples_and_those_still_to_come(horizon: int) -> None:
    history = walk("A", BARS, 1)
    rows, found = samples([history], FeatureSettings(), horizon), predicted(history, horizon=horizon)
    assert [each.made_at for each in found[:-horizon]] == rows.made_at.tolist()
    assert [each.due_at for each in found[:-horizon]] == rows.due_at.tolist()
    assert [each.due_at for each in found[-horizon:]] == [None] * horizon
    assert found[-1].made_at == history.made_at[-1]
    assert [each.close for each in found[:-horizon]] == rows.close.tolist()


def test_price_and_bounds_are_those_of_the_definition() -> None:
    history = walk("A", BARS, 2)
    rows, found = samples([history], FeatureSettings(), 4), predicted(history, constant(0.3), horizon=4)
    for close, sigma, each in zip(rows.close, rows.sigma, found, strict=False):
        assert each.predicted_close == pytest.approx(close * exp(0.3 * sigma * 2.0))
        assert each.predicted_return == pytest.approx(each.predicted_close / close - 1.0)
        assert each.upper == pytest.approx(each.predicted_close * exp(1.959964 * sigma * 2.0))
        assert each.lower == pytest.approx(each.predicted_close / exp(1.959964 * sigma * 2.0))


def test_bounds_hold_the_share_they_promise_where_prices_walk_at_random() -> None:
    found = predicted(walk("A", 4_000, 3), constant(0.0))
    inside = [now.lower <= after.close <= now.upper for now, after in pairwise(found)]
    assert np.mean(inside) == pytest.approx(0.95, abs=0.02)


def test_split_moves_no_forecast_but_its_price() -> None:
    history = walk("A", BARS, 4)
    moment = DAY * 75
    paid = [*history.observations[:75], *(split(bar, 4.0) for bar in history.observations[75:])]
    after = predicted(history._replace(observations=paid, splits=[(moment, 4.0)]))
    for plain, each in zip(predicted(history), after, strict=True):
        assert each.predicted_return == pytest.approx(plain.predicted_return)
        assert each.upper == pytest.approx(plain.upper / (1.0 if each.made_at <= moment else 4.0))


@pytest.mark.parametrize("probability", [0.5, 0.7, 0.9])
def test_direction_is_named_where_it_is_likely_enough(probability: float) -> None:
    history, edge = walk("A", BARS, 5), NormalDist().inv_cdf(probability)
    assert {each.direction for each in predicted(history, constant(edge + 1e-9), at=probability)} == {"up"}
    assert {each.direction for each in predicted(history, constant(-edge - 1e-9), at=probability)} == {"down"}
    below = {each.direction for each in predicted(history, constant(edge - 1e-9), at=probability)}
    assert below == ({"down"} if probability == 0.5 else {""})


def test_no_change_has_no_direction_however_low_the_required_probability() -> None:
    assert {each.direction for each in predicted(walk("A", BARS, 6), constant(0.0), at=0.0)} == {""}


def test_history_that_is_too_short_has_no_forecasts() -> None:
    assert predicted(walk("A", 64, 7)) == []
