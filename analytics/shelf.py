"""The trained models that the registry holds, as the analysis asks for them."""

import logging
from time import monotonic

from analytics.serving import Versions
from ml.features import FeatureSettings, names
from ml.model_file import Expected, libraries_of
from ml.registry import Registry
from ml.served import Served
from shared.errors import ModelRefused
from shared.market import Interval
from shared.sections import Models
from shared.setting_types import TrainedModel

LOOK_SECONDS = 2.0

log = logging.getLogger("tickstream.analytics")


class RegistryShelf:
    """What is live in a registry among the models of the settings; looked at every other second, and each file once.

    A model that is refused is told of in the log, and asked for again once anything went live.
    """

    def __init__(self, registry: Registry, models: Models) -> None:
        self._registry, self._models = registry, models
        self._live: Versions = {}
        self._served: dict[tuple[Interval, str, int], Served | None] = {}
        self._look_at = 0.0
        self._has_looked = False

    def live(self) -> Versions:
        """The live versions; where one can't be told, those of before."""
        now = monotonic()
        if now >= self._look_at:
            self._look_at = now + LOOK_SECONDS
            if self._registry.changed() or not self._has_looked:
                self._look()
        return self._live

    def served(self, interval: Interval, model: str, version: int) -> Served | None:
        """The version as it is served; None where the registry refuses it."""
        key = interval, model, version
        if key not in self._served:
            self._served[key] = self._loaded(interval, model, version)
        return self._served[key]

    def _look(self) -> None:
        self._has_looked = True
        self._served = {key: served for key, served in self._served.items() if served is not None}
        for interval in self._models.forecast_intervals:
            try:
                found = self._registry.live(interval)
            except ModelRefused as error:
                log.warning("%s", error)
                continue
            wanted = self._models.trained_models
            self._live[interval] = {model: version for model, version in found.items() if model in wanted}

    def _loaded(self, interval: Interval, model: str, version: int) -> Served | None:
        known = next((each for each in self._models.trained_models if each == model), None)
        if known is None:
            return None
        try:
            return self._registry.load(interval, known, version, self._expected(interval, known)).served
        except ModelRefused as error:
            log.warning("%s", error)
            return None

    def _expected(self, interval: Interval, model: TrainedModel) -> Expected:
        size = self._models.ml_window_size
        return Expected(
            interval=interval,
            model=model,
            features=names(FeatureSettings(size)),
            window_size=size,
            horizon=self._models.prediction_horizon,
            libraries=libraries_of(model),
        )
