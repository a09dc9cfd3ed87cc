"""Models that the analytics part takes from the registry: an invalid one never stops the part."""

import logging
from pathlib import Path

import pytest

from analytics.runtime import model_source as module
from analytics.runtime.model_source import RegistryModelSource
from ml.models.features import FeatureSettings, names
from ml.models.predictors import Linear
from ml.registry.registry import Registry
from ml.registry.signing import key_of
from shared.settings.model_settings import Models
from shared.settings.setting_types import TrainedModel
from tests.inputs.model_files import estimator, manifest

FEATURES = names(FeatureSettings(5))
MODELS = Models(forecast_intervals=("1m",), trained_models=("linear_regression",))
LR: TrainedModel = "linear_regression"


@pytest.fixture(autouse=True)
def always_looking(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "POLL_SECONDS", 0.0)


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    """One version of one model is live in it."""
    registry = Registry(tmp_path / "market", key_of(tmp_path))
    numbers = Linear(0.0, (0.1, *[0.0] * (len(FEATURES) - 1)))
    for features in (FEATURES, FEATURES[::-1]):
        registry.add(manifest(interval="1m", features=features), numbers, estimator())
        registry.promote("1m", LR, 1)
    return registry


def test_folder_that_is_a_file_leaves_the_live_versions(
    registry: Registry, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    model_source = RegistryModelSource(registry, MODELS)
    assert model_source.live() == {"1m": {LR: 1}}
    place = tmp_path / "market" / "1m" / LR
    place.rename(tmp_path / "away")
    place.write_bytes(b"")
    with caplog.at_level(logging.WARNING):
        assert model_source.live() == {"1m": {LR: 1}}
    assert "can't be read from" in caplog.text
    place.unlink()
    (tmp_path / "away").rename(place)
    assert model_source.live() == {"1m": {LR: 1}}


def test_damaged_live_file_is_logged_once_and_leaves_the_live_versions(
    registry: Registry, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    model_source = RegistryModelSource(registry, MODELS)
    model_source.live()
    (tmp_path / "market" / "1m" / LR / "live").write_bytes(b"nonsense")
    with caplog.at_level(logging.WARNING):
        assert [model_source.live() for _ in range(3)] == [{"1m": {LR: 1}}] * 3
    assert len(caplog.records) == 1
    assert RegistryModelSource(registry, MODELS).live() == {}, "nothing is known: what serves goes on"


@pytest.mark.parametrize("changes", [{"ml_window_size": 7}, {"prediction_horizon": 2}])
def test_version_that_has_forecast_is_served_again_under_incompatible_settings(
    registry: Registry, changes: dict[str, int], caplog: pytest.LogCaptureFixture
) -> None:
    model_source = RegistryModelSource(registry, MODELS.model_copy(update=changes))
    found = model_source.served("1m", LR, 1)
    assert found is not None
    assert (found.window_size, found.horizon) == (5, 1)
    assert not caplog.records
    assert [model_source.is_compatible("1m", LR, 1) for _ in range(2)] == [False, False]
    assert len(caplog.records) == 1


def test_missing_version_is_logged_once(registry: Registry, caplog: pytest.LogCaptureFixture) -> None:
    model_source = RegistryModelSource(registry, MODELS)
    assert model_source.served("1m", LR, 7) is None
    assert not model_source.is_compatible("1m", LR, 7)
    assert len(caplog.records) == 1


def test_model_with_features_of_another_definition_is_never_served(registry: Registry) -> None:
    assert RegistryModelSource(registry, MODELS).served("1m", LR, 2) is None


def test_unknown_model_is_neither_served_nor_compatible(registry: Registry) -> None:
    model_source = RegistryModelSource(registry, MODELS)
    assert model_source.served("1m", "oracle", 1) is None
    assert not model_source.is_compatible("1m", "oracle", 1)
