"""Which versions of trained models forecast in a partition, and from which offset.

A promotion happens at the end of a training, at no particular offset of the log. The analysis deploys the version
between two batches and stores the offset together with the first rows that the version forecasts. When the log is
reprocessed, after a kill or from the start, models change at exactly the same records.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from math import inf
from typing import NamedTuple, Protocol

from analytics.engine.engine import Engine
from ml.models.predictors import Served
from shared.market.records import Interval

Versions = dict[Interval, dict[str, int]]
"""The deployed versions, by interval and model."""


class ModelSource(Protocol):
    """Where trained models are loaded from."""

    def live(self) -> Versions:
        """The versions that are live now. If an interval is missing, its live versions are unknown."""

    def served(self, interval: Interval, model: str, version: int) -> Served | None:
        """A version that is or was deployed, whatever the current settings are; None if it is missing or not trusted,
        which is logged once."""

    def is_compatible(self, interval: Interval, model: str, version: int) -> bool:
        """Whether the version may make new forecasts under the current settings; the reason why not is logged once."""


class EmptyModelSource:
    """A source without models."""

    def live(self) -> Versions:
        """No versions."""
        return {}

    def served(self, interval: Interval, model: str, version: int) -> None:
        """Always None."""

    def is_compatible(self, *_: object) -> bool:
        """Always False."""
        return False


class Deployment(NamedTuple):
    """From the record at `offset`, this version of a model forecasts; None: the model no longer does."""

    offset: int
    interval: Interval
    model: str
    version: int | None


class Deployments:
    """The trained models of one partition: `versions` are deployed now; `known` are later deployments, in order.

    `next_offset` is that of the next known deployment. Call `start` before the first record is processed.
    """

    def __init__(self, model_source: ModelSource, versions: Versions, known: Iterable[Deployment]) -> None:
        self._model_source = model_source
        self.versions = {interval: dict(models) for interval, models in versions.items()}
        self._known = deque(known)

    @property
    def next_offset(self) -> float:
        """Infinity if no further deployment is known."""
        return self._known[0].offset if self._known else inf

    def start(self, engine: Engine) -> None:
        """Let the engine forecast with the deployed versions."""
        for interval in self.versions:
            self._serve(interval, engine)

    def catch_up(self, offset: int, engine: Engine) -> None:
        """Apply the known deployments from `offset` or earlier."""
        due = []
        while self.next_offset <= offset:
            due.append(self._known.popleft())
        self._make(due, engine)

    def update_live(self, live: Versions, offset: int, engine: Engine) -> list[Deployment]:
        """Deploy the live versions from `offset`. Returns the changes. If a live version is not compatible, the
        deployed one stays as long as it is compatible."""
        deployments = [
            Deployment(offset, interval, model, version)
            for interval, models in live.items()
            for model in sorted({*models, *self.versions.get(interval, {})})
            if (version := self._next(interval, model, models.get(model))) != self._now(interval, model)
        ]
        self._make(deployments, engine)
        return deployments

    def _now(self, interval: Interval, model: str) -> int | None:
        return self.versions.get(interval, {}).get(model)

    def _next(self, interval: Interval, model: str, live: int | None) -> int | None:
        """The version to deploy if `live` is the live one; None for no version."""
        if live is None:
            return None
        candidates = (live, self._now(interval, model))
        admitted = (
            each for each in candidates if each and self._model_source.is_compatible(interval, model, each)
        )
        return next(admitted, None)

    def _make(self, deployments: list[Deployment], engine: Engine) -> None:
        for _, interval, model, version in deployments:
            models = self.versions.setdefault(interval, {})
            if version is None:
                models.pop(model, None)
            else:
                models[model] = version
        for interval in {deployment.interval for deployment in deployments}:
            self._serve(interval, engine)

    def _serve(self, interval: Interval, engine: Engine) -> None:
        found: Mapping[str, Served | None] = {
            model: self._model_source.served(interval, model, version)
            for model, version in self.versions[interval].items()
        }
        engine.serve(interval, {model: served for model, served in found.items() if served is not None})
