"""Trained models of a few numbers, and a model source for them."""

from analytics.engine.deployments import Versions
from ml.models.features import FeatureSettings, names
from ml.models.predictors import Linear, Served
from shared.market.records import Interval


def linear(
    version: int = 1, horizon: int = 1, model: str = "linear_regression", size: int = 5, known_until: int = 0
) -> Served:
    """A model that weighs the newest return; the weight depends on the version."""
    count = len(names(FeatureSettings(size)))
    return Served(
        model, version, horizon, size, known_until, Linear(0.05, (0.1 * version, *[0.0] * (count - 1)))
    )


class Stock:
    """A model source that creates models on request, except versions that are `gone`; `versions` are live.
    Versions that are `outdated` were made for other settings."""

    def __init__(
        self,
        versions: Versions,
        gone: frozenset[int] = frozenset(),
        outdated: frozenset[int] = frozenset(),
    ) -> None:
        self.versions, self.gone, self.outdated = versions, gone, outdated

    def live(self) -> Versions:
        return self.versions

    def served(self, interval: Interval, model: str, version: int) -> Served | None:
        return None if version in self.gone else linear(version, model=model)

    def is_compatible(self, interval: Interval, model: str, version: int) -> bool:
        return version not in self.gone | self.outdated
