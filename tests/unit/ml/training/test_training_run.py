"""Training rounds: training rows, holdout, and the version that is live afterwards."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ml.datasets.samples import Samples
from ml.learners.trained import Trained, TrainingSettings
from ml.learners.training import predict
from ml.models.features import FeatureSettings
from ml.models.predictors import Linear
from ml.registry.model_file import ExpectedModel
from ml.registry.registry import Registry
from ml.registry.signing import key_of
from ml.training.training_run import (
    RoundSettings,
    Training,
    expected_of,
    manifest_of,
    round_settings,
    split_samples,
    train_and_decide,
)
from shared.errors import ConfigError
from shared.settings.model_settings import Models
from tests.inputs.histories import walks

SETTINGS = RoundSettings("1d", test_size=0.2, min_rows=100, training=TrainingSettings())
EXPECTED: ExpectedModel = expected_of("linear_regression", SETTINGS)
NOW = 1_700_000_000


@pytest.fixture(scope="module")
def rows() -> Samples:
    return walks(150)


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path / "models", key_of(tmp_path))


def trained(samples: Samples, registry: Registry, settings: RoundSettings = SETTINGS) -> Training:
    return train_and_decide("linear_regression", samples, registry, settings, NOW, above=0)


def serve(registry: Registry, trained_on: Samples, intercept: float) -> None:
    """Let a version go live that predicts the same for every bar."""
    predictor = Linear(intercept, (0.0,) * trained_on.values.shape[1])
    manifest = manifest_of("linear_regression", trained_on, Trained(predictor, None, {}), SETTINGS, NOW)
    registry.promote("1d", "linear_regression", registry.add(manifest, predictor, None))


def test_first_version_goes_live_with_its_test_results(rows: Samples, registry: Registry) -> None:
    training = trained(rows, registry)
    trained_on, tested = split_samples(rows, SETTINGS)
    file = registry.load("1d", "linear_regression", 1, EXPECTED)
    assert (training.version, training.parent, training.is_live, training.parent_loss) == (
        1,
        None,
        True,
        None,
    )
    assert (training.rows, training.test_rows) == (len(trained_on.target), len(tested.target))
    assert (training.first_at, training.last_at) == (trained_on.made_at[0], trained_on.due_at.max())
    assert training.loss == np.mean((tested.target - predict(file.served.predictor, tested)) ** 2)
    assert training.naive_loss == np.mean(tested.target**2)
    assert file.manifest.scores["loss"] == training.loss
    assert (file.manifest.created_at, file.manifest.symbols) == (NOW, ("S0", "S1", "S2", "S3"))


def test_no_row_trained_on_is_due_after_the_first_test(rows: Samples) -> None:
    trained_on, tested = split_samples(rows, SETTINGS)
    assert trained_on.due_at.max() <= tested.made_at.min()


def test_same_rows_give_the_same_losses_and_are_at_least_as_good(rows: Samples, registry: Registry) -> None:
    first, again = trained(rows, registry), trained(rows, registry)
    assert (again.loss, again.naive_loss, again.importances) == (
        first.loss,
        first.naive_loss,
        first.importances,
    )
    assert (again.version, again.parent, again.parent_loss, again.is_live) == (2, 1, first.loss, True)
    assert registry.live("1d") == {"linear_regression": 2}


def test_worse_version_stays_a_candidate(rows: Samples, registry: Registry) -> None:
    trained_on, tested = split_samples(rows, SETTINGS)
    serve(registry, trained_on, intercept=float(tested.target.mean()))
    found = trained(rows, registry)
    assert not found.is_live
    assert found.parent_loss is not None
    assert found.loss > found.parent_loss
    assert registry.live("1d") == {"linear_regression": 1}
    assert registry.versions("1d", "linear_regression") == [1, 2], "the candidate is kept"


def test_worse_version_is_replaced(rows: Samples, registry: Registry) -> None:
    serve(registry, split_samples(rows, SETTINGS)[0], intercept=2.0)
    found = trained(rows, registry)
    assert found.is_live
    assert found.parent_loss is not None
    assert found.loss < found.parent_loss
    assert registry.live("1d") == {"linear_regression": 2}
    assert registry.versions("1d", "linear_regression") == [1, 2], "the one it replaced is kept"


def test_versions_are_compared_on_rows_that_neither_was_trained_on(rows: Samples, registry: Registry) -> None:
    later = int(rows.made_at[-1]) - 10 * 86_400
    serve(registry, rows.select(rows.due_at <= later), intercept=2.0)
    found = trained(rows, registry)
    assert found.test_rows == np.count_nonzero(rows.made_at >= later)
    assert found.is_live


def test_version_trained_on_all_rows_stays(rows: Samples, registry: Registry) -> None:
    serve(registry, rows, intercept=2.0)
    found = trained(rows, registry)
    assert (found.is_live, found.parent_loss, found.test_rows) == (
        False,
        None,
        len(split_samples(rows, SETTINGS)[1].target),
    )
    assert "neither it nor version 1 has learnt from" in found.reason


def test_version_that_cannot_be_read_is_replaced(rows: Samples, registry: Registry, tmp_path: Path) -> None:
    trained(rows, registry)
    (tmp_path / "models" / "1d" / "linear_regression" / "1.joblib").write_bytes(b"torn")
    found = trained(rows, registry)
    assert (found.is_live, found.parent, found.parent_loss) == (True, 1, None)
    assert found.reason.startswith("what served can't be read any more")


def test_promotion_of_another_model_is_no_reason_to_replace_one(
    rows: Samples, registry: Registry, tmp_path: Path
) -> None:
    trained_on, tested = split_samples(rows, SETTINGS)
    serve(registry, trained_on, intercept=float(tested.target.mean()))
    damaged = tmp_path / "models" / "1d" / "xgboost" / "live"
    damaged.parent.mkdir()
    damaged.write_bytes(b"torn")
    found = trained(rows, registry)
    assert (found.is_live, found.parent) == (False, 1)


def test_too_few_rows_are_reported_with_what_to_do(rows: Samples, registry: Registry) -> None:
    few = rows.select(np.arange(80))
    with pytest.raises(
        ConfigError, match=r"64 rows to train on, and a model needs 100.*MIN_TRAINING_SAMPLES"
    ):
        trained(few, registry)
    with pytest.raises(ConfigError, match="There are 0 rows"):
        trained(rows.select(np.arange(0)), registry)
    assert registry.versions("1d", "linear_regression") == []


def test_few_rows_suffice_if_the_settings_allow_it(rows: Samples, registry: Registry) -> None:
    assert trained(rows.select(np.arange(80)), registry, replace(SETTINGS, min_rows=50)).is_live


def test_settings_are_those_of_the_file() -> None:
    assert round_settings(Models(), "1d") == SETTINGS
    models = Models(
        ml_window_size=7, prediction_horizon=3, random_state=9, test_size=0.3, min_training_samples=50
    )
    assert round_settings(models, "5m") == RoundSettings(
        "5m", 0.3, 50, TrainingSettings(9, 3, FeatureSettings(7))
    )
