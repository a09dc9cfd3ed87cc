"""The trained models of the registry, as the analysis requests them."""

import logging
from time import monotonic
from typing import TypeGuard

from analytics.engine.deployments import Versions
from ml.models.features import FeatureSettings, names
from ml.models.predictors import Served
from ml.registry.model_file import ExpectedModel, ModelFile, libraries_of
from ml.registry.registry import MODELS, Registry
from shared.errors import ModelRefused
from shared.market.records import Interval
from shared.settings.model_settings import Models
from shared.settings.setting_types import TrainedModel

POLL_SECONDS = 2.0

log = logging.getLogger("tickstream.analytics")


class RegistryModelSource:
    """The live models of a registry, limited to those in the settings. The registry is polled every two seconds, and
    each file is read once.

    A version that has forecast before is returned again when the log is reprocessed, if its file is intact and signed
    here, even if settings and libraries have changed since: it consists of numbers only, and its forecasts are stored.
    A refusal is logged; the version is tried again after any version went live. Versions that are no longer live are
    dropped from memory then, and loaded again on request.
    """

    def __init__(self, registry: Registry, models: Models) -> None:
        self._registry, self._models = registry, models
        self._live: Versions = {}
        self._served: dict[tuple[Interval, str, int], Served | None] = {}
        self._compatible: dict[tuple[Interval, str, int], bool] = {}
        self._next_poll = 0.0
        self._has_polled = False

    def live(self) -> Versions:
        """The live versions; for an interval whose live versions can't be read, the ones known before."""
        now = monotonic()
        if now >= self._next_poll:
            self._next_poll = now + POLL_SECONDS
            if self._registry.changed() or not self._has_polled:
                self._look()
        return self._live

    def served(self, interval: Interval, model: str, version: int) -> Served | None:
        """The version as it is served; None if the registry refuses it or if its features are calculated differently
        now."""
        key = interval, model, version
        if key not in self._served:
            self._served[key] = self._loaded(interval, model, version)
        return self._served[key]

    def is_compatible(self, interval: Interval, model: str, version: int) -> bool:
        """Whether the version was trained for these settings and libraries."""
        key = interval, model, version
        if key not in self._compatible:
            self._compatible[key] = self.served(*key) is not None and self._fits(interval, model, version)
        return self._compatible[key]

    def _look(self) -> None:
        self._has_polled = True
        for interval in self._models.forecast_intervals:
            try:
                found = self._registry.live(interval)
            except ModelRefused as error:
                log.warning("%s", error)
                continue
            wanted = self._models.trained_models
            self._live[interval] = {model: version for model, version in found.items() if model in wanted}
        self._forget()

    def _forget(self) -> None:
        """Keep only live versions: the process runs for months, and a refused file may have been repaired since."""
        live = {
            (interval, model, version)
            for interval, models in self._live.items()
            for model, version in models.items()
        }
        self._served = {key: served for key, served in self._served.items() if key in live and served}
        self._compatible = {
            key: True for key, admitted in self._compatible.items() if key in live and admitted
        }

    def _loaded(self, interval: Interval, model: str, version: int) -> Served | None:
        """The window size in its manifest gives the features that it needs."""
        found = self._file(interval, model, version, None) if _is_known(model) else None
        if found is None:
            return None
        manifest = found.manifest
        if manifest.features != names(FeatureSettings(manifest.window_size)):
            log.warning(
                "Version %d of %s on %s bars is not served: features are calculated differently now. Train it again.",
                version,
                model,
                interval,
            )
            return None
        return found.served

    def _fits(self, interval: Interval, model: str, version: int) -> bool:
        if not _is_known(model):
            return False
        size, horizon = self._models.ml_window_size, self._models.prediction_horizon
        features = names(FeatureSettings(size))
        wanted = ExpectedModel(interval, model, features, size, horizon, libraries_of(model))
        return self._file(interval, model, version, wanted) is not None

    def _file(
        self, interval: Interval, model: TrainedModel, version: int, expected: ExpectedModel | None
    ) -> ModelFile | None:
        try:
            return self._registry.load(interval, model, version, expected)
        except ModelRefused as error:
            log.warning("%s", error)
            return None


def _is_known(model: str) -> TypeGuard[TrainedModel]:
    return model in MODELS
