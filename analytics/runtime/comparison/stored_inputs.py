"""What a fold needs beside the log: outcomes of model searches and trained models. Both are only read."""

from analytics.engine.deployments import ModelSource, Versions
from analytics.forecasting.forecasts import Search
from analytics.runtime.searches import OutcomeStore
from ml.arima.search import SearchOutcome
from ml.models.predictors import Served
from shared.market.records import Interval

NOT_STORED = SearchOutcome(None, "its outcome is not stored")


class StoredSearches:
    """Searches whose outcomes are stored. No search is made; one without a stored outcome has the result
    NOT_STORED."""

    def __init__(self, outcomes: OutcomeStore) -> None:
        self._outcomes = outcomes

    def ask(self, _: Search) -> None:
        """Nothing to do: the outcome is read when it is needed."""

    def result(self, search: Search) -> SearchOutcome:
        """The stored outcome. Raises Unavailable."""
        return self._outcomes.find(search) or NOT_STORED


class StoredModels:
    """The versions of trained models that were deployed; no other is. Those whose files can't be used any more are in
    `missing`."""

    def __init__(self, models: ModelSource) -> None:
        self._models = models
        self.missing: set[tuple[Interval, str, int]] = set()

    def live(self) -> Versions:
        """None: what was live is stored as a deployment."""
        return {}

    def served(self, interval: Interval, model: str, version: int) -> Served | None:
        """A version that was deployed, None if it is missing."""
        found = self._models.served(interval, model, version)
        if found is None:
            self.missing.add((interval, model, version))
        return found

    def is_compatible(self, *_: object) -> bool:
        """Always False: no further version is deployed."""
        return False
