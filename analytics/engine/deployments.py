"""Which versions of trained models forecast in a partition, and from which offset on.

A version goes live when its training is over, at no offset of the log. The analysis takes it up between two batches and
writes down the offset with the rows that it forecast first; whoever folds the log again, after a kill or from the
start, changes models at the very same records.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from math import inf
from typing import NamedTuple, Protocol

from analytics.engine.engine import Engine
from ml.models.predictors import Served
from shared.market.records import Interval

Versions = dict[Interval, dict[str, int]]
"""The versions that serve, by interval and model."""


class ModelSource(Protocol):
    """Where trained models lie."""

    def live(self) -> Versions:
        """The versions that are to forecast from now on; of an interval that is not among them nothing is known."""

    def served(self, interval: Interval, model: str, version: int) -> Served | None:
        """One that serves or has served, whatever the settings are now; None where it is gone or not to be trusted,
        which was said once."""

    def is_compatible(self, interval: Interval, model: str, version: int) -> bool:
        """Whether it may forecast what is new, under the settings of now; why not was said once."""


class EmptyModelSource:
    """Where nothing is trained."""

    def live(self) -> Versions:
        """None of them."""
        return {}

    def served(self, interval: Interval, model: str, version: int) -> None:
        """There is none."""

    def is_compatible(self, *_: object) -> bool:
        """There is none."""
        return False


class Deployment(NamedTuple):
    """From the record at `offset` on this version of a model forecasts; None: the model doesn't any more."""

    offset: int
    interval: Interval
    model: str
    version: int | None


class Deployments:
    """The trained models of one partition: `versions` serve now, and `known` switches, in order, are still to come.

    `next_offset` is that of the next known switch. `start` before the first record is folded.
    """

    def __init__(self, model_source: ModelSource, versions: Versions, known: Iterable[Deployment]) -> None:
        self._model_source = model_source
        self.versions = {interval: dict(models) for interval, models in versions.items()}
        self._known = deque(known)

    @property
    def next_offset(self) -> float:
        """Infinity where no switch is known."""
        return self._known[0].offset if self._known else inf

    def start(self, engine: Engine) -> None:
        """Let the engine forecast with what serves."""
        for interval in self.versions:
            self._serve(interval, engine)

    def catch_up(self, offset: int, engine: Engine) -> None:
        """Make the switches that hold from `offset` on or from before."""
        due = []
        while self.next_offset <= offset:
            due.append(self._known.popleft())
        self._make(due, engine)

    def update_live(self, live: Versions, offset: int, engine: Engine) -> list[Deployment]:
        """Serve what is live from `offset` on; what had to be switched. Where the shelf doesn't admit a live version,
        the one before goes on, if that is admitted still."""
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
        """What is to forecast where `live` is the live version; None: nothing."""
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
