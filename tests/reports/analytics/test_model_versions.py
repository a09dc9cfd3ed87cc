"""Trained models over months: versions no longer in use are forgotten, and no number is ever used twice."""

import logging
import shutil
import weakref
from contextlib import closing
from pathlib import Path

import pytest

from analytics.engine.deployments import Deployment
from analytics.runtime import model_source as module
from analytics.runtime.model_source import RegistryModelSource
from analytics.store.forecasts.deployment_tables import write_deployments
from ml import train
from ml.models.features import FeatureSettings, names
from ml.models.predictors import Linear
from ml.registry.model_folder import registry_of
from ml.registry.registry import Registry
from ml.registry.signing import key_of
from ml.training.training_process import train_interval
from shared.postgres.database import connect, transaction
from shared.settings.model_settings import Models
from tests.inputs.model_files import estimator, manifest
from tests.integration.desk import Desk
from tests.integration.stored_bars import give_bars

FEATURES = names(FeatureSettings(5))
MODELS = Models(forecast_intervals=("1m",), trained_models=("linear_regression",))
FROM_TABLES = ["--from-database", "--model", "linear_regression"]


def test_versions_no_longer_deployed_leave_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A round of training every twenty minutes kept 0.95 MB of memory each time."""
    monkeypatch.setattr(module, "POLL_SECONDS", 0.0)
    registry = Registry(tmp_path / "market", key_of(tmp_path))
    model_source = RegistryModelSource(registry, MODELS)
    seen: list[weakref.ref[Linear]] = []
    for number in range(1, 6):
        weights = Linear(0.0, (0.1 * number, *[0.0] * (len(FEATURES) - 1)))
        version = registry.add(manifest(interval="1m", features=FEATURES), weights, estimator())
        registry.promote("1m", "linear_regression", version)
        assert model_source.live() == {"1m": {"linear_regression": number}}
        assert model_source.is_compatible("1m", "linear_regression", number)
        served = model_source.served("1m", "linear_regression", number)
        assert served is not None
        assert isinstance(served.predictor, Linear)
        seen.append(weakref.ref(served.predictor))
        del served
    assert [each() is not None for each in seen] == [False] * 4 + [True]


def test_version_no_longer_live_is_read_again_if_the_log_is_folded_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "POLL_SECONDS", 0.0)
    registry = Registry(tmp_path / "market", key_of(tmp_path))
    model_source = RegistryModelSource(registry, MODELS)
    for _ in range(2):
        numbers = Linear(0.0, (0.1, *[0.0] * (len(FEATURES) - 1)))
        version = registry.add(manifest(interval="1m", features=FEATURES), numbers, estimator())
        registry.promote("1m", "linear_regression", version)
        model_source.live()
    found = model_source.served("1m", "linear_regression", 1)
    assert found is not None
    assert found.version == 1


def test_folder_that_was_deleted_does_not_make_numbers_begin_again(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    """A fold of the log from its start takes version 7 for the one that forecast then."""
    give_bars(desk, "ACME", 250)
    assert train.run(desk.config, train.parser().parse_args(FROM_TABLES)) == 0
    with closing(connect(desk.database(), "test")) as connection, transaction(connection) as cursor:
        write_deployments(cursor, 0, [Deployment(10, "1d", "linear_regression", 7)])
    shutil.rmtree(desk.config.embedded.data / "models")
    assert train.run(desk.config, train.parser().parse_args(FROM_TABLES)) == 0
    assert registry_of(desk.config).live("1d") == {"linear_regression": 8}
    shutil.rmtree(desk.config.embedded.data / "models")
    settings = desk.config.models.model_copy(update={"trained_models": ("linear_regression",)})
    assert train_interval(desk.config.model_copy(update={"models": settings}), "1d")
    assert registry_of(desk.config).live("1d") == {"linear_regression": 9}
    query = "select version from model_trainings order by 1"
    assert desk.rows(query) == [(1,), (8,), (9,)]


def test_missing_version_is_named_with_what_to_do(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A second member of the analytics on another machine has the tables, but not the files."""
    model_source = RegistryModelSource(Registry(tmp_path / "market", key_of(tmp_path)), MODELS)
    with caplog.at_level(logging.WARNING):
        assert model_source.served("1m", "linear_regression", 3) is None
    (warning,) = caplog.messages
    assert "version 3 of linear_regression on 1m bars" in warning
    assert "copy" in warning
