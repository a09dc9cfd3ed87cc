"""A training round: one version of one model is trained on all rows but the holdout, tested on the holdout, and
promoted or kept as a candidate. The tested predictor is the one that would be deployed; neither it nor its parent was
trained on the rows it is tested on."""

import time
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from ml.datasets.samples import Samples
from ml.datasets.walk_forward import TrainTestSplit, holdout
from ml.learners.training import Trained, TrainingSettings, predict, train
from ml.models.features import RETURNS, FeatureSettings, names
from ml.models.predictors import Predictor
from ml.registry.model_file import ExpectedModel, Manifest, ModelFile, libraries_of
from ml.registry.registry import Registry
from ml.training.promotion import MIN_TEST_ROWS, Decision, Trial, decide
from shared.errors import ConfigError, ModelRefused
from shared.market.records import Interval
from shared.settings.model_settings import Models
from shared.settings.setting_types import TrainedModel

EMPTY = np.array([], dtype=np.intp)


@dataclass(frozen=True)
class RoundSettings:
    """`test_size` is the fraction of the newest rows that form the holdout; a model needs at least `min_rows` rows to
    train on."""

    interval: Interval
    test_size: float
    min_rows: int
    training: TrainingSettings


def round_settings(models: Models, interval: Interval) -> RoundSettings:
    """The settings of an interval's rounds."""
    features = FeatureSettings(models.ml_window_size)
    training = TrainingSettings(models.random_state, models.prediction_horizon, features)
    return RoundSettings(interval, models.test_size, models.min_training_samples, training)


class Training(NamedTuple):
    """The result of a round. Losses are mean squared errors on the same test rows, in squared sigmas. `first_at` is
    when the first training row was made, `last_at` is the last close in the training rows; both in epoch seconds."""

    interval: Interval
    model: TrainedModel
    version: int
    parent: int | None
    rows: int
    first_at: int
    last_at: int
    test_rows: int
    loss: float
    parent_loss: float | None
    naive_loss: float
    is_live: bool
    reason: str
    importances: dict[str, float]
    seconds: float


class _Parent(NamedTuple):
    """The live version, None if there is none or it is unknown; its file, None if it can't be read; and the reason."""

    version: int | None
    file: ModelFile | None
    refused: str


def train_and_decide(
    model: TrainedModel, samples: Samples, registry: Registry, settings: RoundSettings, now: int, above: int
) -> Training:
    """Train a version at `now`, epoch seconds, and add it to the registry, live if it passes the test. Its number is
    higher than `above`, see `Registry.add`.

    Raises ConfigError if rows are too few or a library is missing, ModelRefused and OSError if the version can't be
    stored; the live version stays then.
    """
    began = time.monotonic()
    training_rows, tested = split_samples(samples, settings)
    trained = train(model, training_rows, settings.training)
    parent = _parent(registry, expected_of(model, settings))
    trial = _trial(trained.predictor, parent.file, tested)
    decision = decide(trial, parent.version, parent.refused)
    scores = {"loss": trial.loss, "naive_loss": trial.naive_loss, "test_rows": float(trial.rows)}
    blank = manifest_of(model, training_rows, trained, settings, now)
    known_until = int(samples.due_at.max())
    manifest = replace(blank, parent=parent.version, scores=scores, known_until=known_until)
    version = registry.add(manifest, trained.predictor, trained.estimator, above)
    if decision.is_live:
        registry.promote(settings.interval, model, version)
    return _training(replace(manifest, version=version), trial, decision, time.monotonic() - began)


def split_samples(samples: Samples, settings: RoundSettings) -> tuple[Samples, Samples]:
    """Divide rows into training rows and holdout. Raises ConfigError if the training rows are too few."""
    count = len(samples.made_at)
    fold = (
        holdout(samples.made_at, samples.due_at, settings.test_size)
        if count
        else TrainTestSplit(EMPTY, EMPTY)
    )
    require_rows(len(fold.train), settings.min_rows)
    return samples.select(fold.train), samples.select(fold.test)


def require_rows(rows: int, min_rows: int) -> None:
    """Raises ConfigError, with advice, if there are too few rows to train on."""
    if rows < min_rows:
        raise ConfigError(
            f"There are {rows} rows to train on, and a model needs {min_rows}. Give more bars: more symbols, or longer "
            f"histories (the first {RETURNS} bars of each give no rows); or lower "
            "MIN_TRAINING_SAMPLES, or TEST_SIZE if rows are held out. A constant price gives no rows."
        )


def expected_of(model: TrainedModel, settings: RoundSettings) -> ExpectedModel:
    """The properties that a model file needs to be served with these settings."""
    training = settings.training
    return ExpectedModel(
        interval=settings.interval,
        model=model,
        features=names(training.features),
        window_size=training.features.window_size,
        horizon=training.horizon,
        libraries=libraries_of(model),
    )


def manifest_of(
    model: TrainedModel, training_rows: Samples, trained: Trained, settings: RoundSettings, now: int
) -> Manifest:
    """The manifest of a version trained on these rows, without number, parent and scores."""
    expected = expected_of(model, settings)
    return Manifest(
        model=model,
        interval=settings.interval,
        version=0,
        parent=None,
        created_at=now,
        features=expected.features,
        window_size=expected.window_size,
        horizon=expected.horizon,
        libraries=expected.libraries,
        rows=len(training_rows.made_at),
        first_at=int(training_rows.made_at.min()),
        last_at=int(training_rows.due_at.max()),
        known_until=int(training_rows.due_at.max()),
        symbols=tuple(np.unique(training_rows.symbol).tolist()),
        scores={},
        importances=trained.importances,
    )


def _training(manifest: Manifest, trial: Trial, decision: Decision, seconds: float) -> Training:
    return Training(
        interval=manifest.interval,
        model=manifest.model,
        version=manifest.version,
        parent=manifest.parent,
        rows=manifest.rows,
        first_at=manifest.first_at,
        last_at=manifest.last_at,
        test_rows=trial.rows,
        loss=trial.loss,
        parent_loss=trial.parent_loss,
        naive_loss=trial.naive_loss,
        is_live=decision.is_live,
        reason=decision.reason,
        importances=manifest.importances,
        seconds=seconds,
    )


def _parent(registry: Registry, expected: ExpectedModel) -> _Parent:
    version: int | None = None
    try:
        version = registry.live_version(expected.interval, expected.model)
        if version is None:
            return _Parent(None, None, "")
        return _Parent(version, registry.load(expected.interval, expected.model, version, expected), "")
    except ModelRefused as refused:
        return _Parent(version, None, str(refused))


def _trial(predictor: Predictor, parent: ModelFile | None, tested: Samples) -> Trial:
    """The losses on holdout rows that the parent was not trained on either; on the whole holdout if these are too
    few."""
    rows, parent_loss = tested, None
    if parent is not None:
        unseen = tested.select(tested.made_at >= parent.manifest.last_at)
        if len(unseen.target) >= MIN_TEST_ROWS:
            rows, parent_loss = unseen, _loss(parent.served.predictor, unseen)
    naive_loss = float(np.mean(rows.target**2))
    return Trial(len(rows.target), _loss(predictor, rows), naive_loss, parent_loss)


def _loss(predictor: Predictor, rows: Samples) -> float:
    return float(np.mean((rows.target - predict(predictor, rows)) ** 2))
