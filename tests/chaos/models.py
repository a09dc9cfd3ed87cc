"""Trained models that forecast from the first record of a run on."""

from ml.learners.training import train
from ml.registry.model_folder import registry_of
from ml.training.training_run import manifest_of, round_settings
from shared.settings.config import Config
from shared.settings.setting_types import TrainedModel
from tests.inputs.histories import walks

SERVING: tuple[TrainedModel, ...] = ("linear_regression", "random_forest")
ROWS = 200
TRAINED_AT = 1_000_000_000


def put_live(config: Config) -> None:
    """Train them on a random walk of long ago, the same for every run, and let them go live."""
    registry, rows = registry_of(config), walks(ROWS)
    for interval in config.models.forecast_intervals:
        settings = round_settings(config.models, interval)
        for model in SERVING:
            trained = train(model, rows, settings.training)
            manifest = manifest_of(model, rows, trained, settings, TRAINED_AT)
            version = registry.add(manifest, trained.predictor, trained.estimator)
            registry.promote(interval, model, version)
