"""Training: the live form gives the library's predictions, repeatably, and finds nothing where there is nothing."""

import importlib.util
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ml.datasets.samples import Samples
from ml.learners.training import Trained, TrainingSettings, predict, train
from ml.models.features import FeatureSettings, names
from ml.models.predictors import Smoothing, predictor
from shared.errors import ConfigError
from shared.settings.setting_types import TRAINED_MODELS, TrainedModel
from tests.inputs.histories import walks

ON_FEATURES: list[TrainedModel] = ["linear_regression", "random_forest", "gradient_boosting", "xgboost"]
SETTINGS = TrainingSettings(random_state=7)


@pytest.fixture(scope="module")
def noise() -> Samples:
    """Random walks: nothing can be foreseen."""
    return walks(rows=500)


@pytest.fixture(scope="module")
def later() -> Samples:
    """The same walks, after the rows of `noise`."""
    return walks(rows=2_500).select(np.arange(4 * 500, 4 * 2_500))


@pytest.fixture(scope="module")
def signal() -> Samples:
    """Targets that the newest return and the place of the close predict in part."""
    found = walks(rows=2_000)
    signal = 0.4 * found.values[:, 0] - 0.8 * (found.values[:, 11] > 0.2)
    return found._replace(target=found.target + signal)


def skill(forecast: NDArray[np.float64], came: NDArray[np.float64]) -> float:
    """The share of the squared error of saying 0 that a prediction took off."""
    return 1.0 - float(np.sum((came - forecast) ** 2) / np.sum(came**2))


@pytest.mark.parametrize("model", ON_FEATURES)
@pytest.mark.parametrize("random_state", [0, 2**32 - 1])
def test_served_model_predicts_what_the_library_predicts(
    model: TrainedModel, random_state: int, signal: Samples
) -> None:
    estimator: Any
    served, estimator, _ = train(model, signal, TrainingSettings(random_state=random_state))
    unseen = walks(rows=300, symbols=2).select(np.arange(600) % 2 == 1)
    for found in (signal, unseen):
        expected = estimator.predict(found.values)
        assert np.abs(expected).max() < 3.0
        assert predict(served, found) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("model", ON_FEATURES[1:])
def test_served_trees_part_where_the_library_parts(model: TrainedModel, signal: Samples) -> None:
    """Values at a threshold, and next to one, are the ones that could go astray."""
    estimator: Any
    served, estimator, _ = train(model, signal, SETTINGS)
    trees = served.numbers()["trees"]
    splits = [split for tree in trees for split in zip(tree["feature"], tree["threshold"], strict=True)]
    rows: list[NDArray[np.float64]] = []
    for column, threshold in splits[:1_000]:
        near = np.float32(threshold)
        below, above = np.nextafter(near, np.float32(-9)), np.nextafter(near, np.float32(9))
        for value in (below, near, above, threshold):
            rows.append(signal.values[len(rows)].copy())
            rows[-1][column] = value
    values = np.array(rows)
    found = signal.select(np.zeros(len(values), dtype=np.int64))._replace(values=values)
    assert predict(served, found) == pytest.approx(estimator.predict(values), abs=1e-6)


def test_served_smoothing_predicts_what_statsmodels_predicts(signal: Samples) -> None:
    from statsmodels.tsa.holtwinters import SimpleExpSmoothing

    for row in range(0, 8_000, 1_000):
        fit = SimpleExpSmoothing(signal.returns[row], initialization_method="known", initial_level=0.0).fit(
            smoothing_level=0.17, optimized=False
        )
        served = predict(Smoothing(0.17, 1.0), signal.select(np.array([row])))
        assert served == pytest.approx(fit.forecast(1), abs=1e-6)


def test_smoothing_finds_how_fast_the_level_moves() -> None:
    """A level that is a random walk, a tenth as wide as the noise, is best followed by a tenth (Muth 1960)."""
    draw = np.random.default_rng(3)
    found = walks(rows=1_200)
    returns = found.returns.copy()
    for symbol in np.unique(found.symbol):
        rows = found.symbol == symbol
        returns[rows, -1] = np.cumsum(draw.normal(0.0, 0.1, rows.sum())) + draw.normal(0.0, 1.0, rows.sum())
    trained = train("exponential_smoothing", found._replace(returns=returns), TrainingSettings(horizon=4))
    numbers = trained.predictor.numbers()
    assert numbers["alpha"] == pytest.approx(0.095, abs=0.03)
    assert numbers["scale"] == 2.0
    estimator: Any = trained.estimator
    assert estimator.params["smoothing_level"] == numbers["alpha"]


@pytest.mark.parametrize("model", TRAINED_MODELS)
def test_training_twice_gives_the_same_numbers(model: TrainedModel, noise: Samples) -> None:
    assert train(model, noise, SETTINGS).predictor == train(model, noise, SETTINGS).predictor


@pytest.mark.parametrize("model", TRAINED_MODELS)
def test_numbers_of_a_trained_model_are_accepted(model: TrainedModel, noise: Samples) -> None:
    trained = train(model, noise, SETTINGS)
    assert predictor(trained.predictor.numbers()) == trained.predictor


@pytest.mark.parametrize("model", ON_FEATURES)
def test_signal_is_found_and_its_features_named(model: TrainedModel, signal: Samples) -> None:
    half = len(signal.target) // 2
    served, _, importances = train(model, signal.select(np.arange(half)), SETTINGS)
    later = signal.select(np.arange(half, 2 * half))
    assert skill(predict(served, later), later.target) > 0.05
    assert tuple(importances) == names(FeatureSettings())
    assert sum(importances.values()) == pytest.approx(1.0)
    assert {"return_1", "place"} & set(sorted(importances, key=lambda name: -importances[name])[:2])


@pytest.mark.parametrize("model", TRAINED_MODELS)
def test_without_a_pattern_predictions_are_close_to_zero(
    model: TrainedModel, noise: Samples, later: Samples
) -> None:
    served = train(model, noise, SETTINGS).predictor
    forecast = predict(served, later)
    assert skill(forecast, later.target) > -0.02
    assert np.abs(forecast).max() < 0.6


@pytest.mark.parametrize("model", TRAINED_MODELS)
@pytest.mark.parametrize("rows", [2, 30])
def test_few_samples_make_a_model_close_to_no_change(model: TrainedModel, rows: int, noise: Samples) -> None:
    few = noise.select(np.arange(rows))
    trained = train(model, few, SETTINGS)
    assert np.isfinite(predict(trained.predictor, few)).all()
    assert trained.importances == {} or sum(trained.importances.values()) == pytest.approx(1.0)


@pytest.mark.parametrize("model", TRAINED_MODELS)
def test_one_jump_does_not_move_a_model(model: TrainedModel, noise: Samples) -> None:
    target = noise.target.copy()
    target[0] = 5.0
    calm = train(model, noise._replace(target=target), SETTINGS)
    target[0] = 500.0
    assert train(model, noise._replace(target=target), SETTINGS).predictor == calm.predictor


@pytest.mark.parametrize("rows", [0, 1])
def test_too_few_samples_make_no_model(rows: int, noise: Samples) -> None:
    with pytest.raises(ValueError, match=f"{rows} samples are too few to train xgboost on"):
        train("xgboost", noise.select(np.arange(rows)), SETTINGS)


def test_row_is_predicted_alone_as_among_others(noise: Samples) -> None:
    served = train("random_forest", noise, SETTINGS).predictor
    whole = predict(served, noise)
    assert [predict(served, noise.select(np.array([row])))[0] for row in (0, 7, 99)] == whole[
        [0, 7, 99]
    ].tolist()


@pytest.mark.skipif(importlib.util.find_spec("torch") is not None, reason="PyTorch is installed")
def test_recurrent_network_without_its_library_names_what_to_install(noise: Samples) -> None:
    with pytest.raises(ConfigError, match=r"pip install -r requirements-lstm\.txt"):
        train("lstm", noise, SETTINGS)


@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="PyTorch is not installed")
def test_served_network_predicts_what_pytorch_predicts(noise: Samples) -> None:
    import torch

    from ml.learners.lstm import STEPS, outputs_of

    estimator: Any
    trained: Trained = train("lstm", noise, SETTINGS)
    served, estimator, _ = trained
    with torch.no_grad():
        expected = outputs_of(estimator, torch.tensor(noise.returns[:, -STEPS:, None], dtype=torch.float32))
    assert predict(served, noise) == pytest.approx(expected.numpy(), abs=1e-6)
    assert train("lstm", noise, SETTINGS).predictor == served
