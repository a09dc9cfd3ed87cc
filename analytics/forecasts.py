"""What was forecast of one symbol's closes in one interval, and what became of it, moved by each closed bar.

Two models stand side by side: "naive" says that the close stays, "arima" what `ml.forecaster` finds. Both get their
intervals from the volatility of the symbol and from what forecasts of the same partition and interval were really off
by. Bars follow one another as they closed, and a horizon counts them; the first one has number 1.

Pure but for one wish: somebody must search for models, see `Searches`.
"""

from collections.abc import Sequence
from math import ceil, inf, log
from typing import Any, Literal, NamedTuple, Protocol

from ml.conformal import Forecast, Pool, Waiting
from ml.forecaster import RANDOM_WALK_ORDER, ArimaForecast, Forecaster, ForecastSettings, Warming
from ml.scores import Record, Score, fines_of, score
from ml.search import Outcome, SearchSettings
from ml.search import Series as Logarithms
from ml.significance import Comparison
from ml.volatility import WARM_AFTER, VarianceFilter
from shared.market import INTERVAL_SECONDS, Bar, Interval

Model = Literal["naive", "arima"]
MODELS: tuple[Model, ...] = ("naive", "arima")

SHARES = (0.5, 0.8)
"""Of closes that the inner intervals shall hold; the outermost is that of the settings."""
REGULAR_DAY_SECONDS = 23_400
DAY_BAR_DAYS = 7 / 5
"""Calendar days that a day bar stands for."""
DAY_SECONDS = 86_400
OVERLAPS_A_CLUSTER = 4


class Search(NamedTuple):
    """A search for a model that was asked for at the bar `number`, over the logarithms of its closes."""

    symbol: str
    interval: Interval
    number: int
    series: Logarithms
    settings: SearchSettings


class Searches(Protocol):
    """Who searches for models. A search has one result, whoever asks and however often."""

    def ask(self, search: Search) -> None:
        """Begin, for the result will be asked for."""

    def result(self, search: Search) -> Outcome:
        """The result, waited for if it must be."""


class NoSearches:
    """Where nobody searches: "arima" stays the random walk."""

    def ask(self, search: Search) -> None:
        """It is not begun."""

    def result(self, search: Search) -> Outcome:
        """It has failed."""
        return Outcome(None, f"nobody searches for a model of {search.symbol} here")


class Made(NamedTuple):
    """What a model said at the close of a bar: a forecast a horizon. `order` and `version` as in `ml.forecaster`."""

    model: Model
    order: tuple[int, int, int]
    version: int
    forecasts: list[Forecast]


class Scored(NamedTuple):
    """What became of a model's forecasts of a bar's close, by their horizons."""

    model: Model
    scores: dict[int, Score]


class Step(NamedTuple):
    """What a bar moved: it is the series' `number`-th, `levels` are the shares that the intervals shall hold."""

    number: int
    levels: tuple[float, ...]
    made: list[Made]
    scored: list[Scored]


Pools = dict[Model, Pool]


def levels_of(settings: ForecastSettings) -> tuple[float, ...]:
    """The shares of closes that the intervals shall hold, rising."""
    return tuple(sorted({*SHARES, settings.confidence}))


def pools_of(settings: ForecastSettings) -> Pools:
    """What all symbols of a partition and interval share."""
    return {model: Pool(settings.steps, levels_of(settings)) for model in MODELS}


def cluster_days(interval: Interval, horizon: int) -> int:
    """Days that count as one where forecasts are compared: four times what neighbouring forecasts share, at least 1."""
    share = INTERVAL_SECONDS[interval] / REGULAR_DAY_SECONDS if interval != "1d" else DAY_BAR_DAYS
    return max(1, ceil(OVERLAPS_A_CLUSTER * (horizon - 1) * share))


class SeriesForecasts:
    """One symbol and interval. For every closed bar `advance`; after `restore` or `refill`, `ask` once."""

    def __init__(self, symbol: str, interval: Interval, settings: ForecastSettings) -> None:
        self.symbol, self.interval, self._settings = symbol, interval, settings
        self.levels = levels_of(settings)
        self._fines = fines_of(self.levels)
        self.seen = 0
        self.needed = max(settings.min_observations, WARM_AFTER + 1)
        self._close: float | None = None
        self._volatility = VarianceFilter()
        self._forecaster = Forecaster(symbol, interval, settings)
        horizons = range(1, settings.steps + 1)
        self._waiting = {model: Waiting() for model in MODELS}
        self.records = {model: [Record(len(self.levels)) for _ in horizons] for model in MODELS}
        self.comparisons = [Comparison(cluster_days(interval, horizon)) for horizon in horizons]

    @property
    def key(self) -> str:
        """What a stored state must have been made with."""
        return f"{self._forecaster.key} {pools_of(self._settings)['naive'].key} {VarianceFilter.key}"

    def advance(self, bar: Bar, pools: Pools, searches: Searches) -> Step:
        """A bar has closed: scores what was said of it, and says what is to come."""
        close = bar.close
        self.seen += 1
        if self._close is not None:
            self._volatility.update(log(close / self._close))
        self._close = close
        scored = [self._score(model, bar, pools[model]) for model in MODELS]
        made = self._forecast(close, self._follow(close, searches), pools)
        for said in made:
            self._waiting[said.model].issue(said.forecasts)
        return Step(self.seen, self.levels, made, [found for found in scored if found.scores])

    def ask(self, searches: Searches) -> None:
        """Ask again for the search whose result is still to come, if there is one."""
        if self._forecaster.asked_at is not None:
            searches.ask(self._search(self._forecaster.asked_at))

    def refill(self, closes: Sequence[float]) -> None:
        """Begin behind bars that were not forecast, told in today's shares: nothing is scored, for nothing was said.

        The volatility is what it would be had it followed these bars; the models begin with the newest closes.
        """
        for close in closes:
            if self._close is not None:
                self._volatility.update(log(close / self._close))
            self._close = close
        self.seen = len(closes)
        newest = closes[-self._settings.window :]
        if newest:
            self._forecaster.refill(self.seen, newest)
        for waiting in self._waiting.values():
            waiting.seen = self.seen

    def split(self, ratio: float) -> None:
        """One share became `ratio` shares: go on as if every close so far had been told in new shares."""
        if self._close is not None:
            self._close /= ratio
        self._forecaster.split(ratio)
        for waiting in self._waiting.values():
            waiting.split(ratio)

    def state(self) -> dict[str, Any]:
        """What a snapshot keeps."""
        return {
            "key": self.key,
            "seen": self.seen,
            "close": self._close,
            "volatility": self._volatility.state(),
            "forecaster": self._forecaster.state(),
            "waiting": {model: waiting.state() for model, waiting in self._waiting.items()},
            "records": {model: [each.state() for each in records] for model, records in self.records.items()},
            "comparisons": [comparison.state() for comparison in self.comparisons],
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a snapshot. Raises ValueError where it was made with other settings."""
        if state["key"] != self.key:
            raise ValueError(f"the stored state of {state['key']} does not fit {self.key}")
        self.seen, self._close = state["seen"], state["close"]
        self._volatility.restore(state["volatility"])
        self._forecaster.restore(state["forecaster"])
        for model in MODELS:
            self._waiting[model].restore(state["waiting"][model])
            for record, kept in zip(self.records[model], state["records"][model], strict=True):
                record.restore(kept)
        for comparison, kept in zip(self.comparisons, state["comparisons"], strict=True):
            comparison.restore(kept)

    def _score(self, model: Model, bar: Bar, pool: Pool) -> Scored:
        """Score what the model said of this bar, and learn from it."""
        scores: dict[int, Score] = {}
        close, end, fines, records = bar.close, bar.end, self._fines, self.records[model]
        for forecast in self._waiting[model].arrive():
            horizon = forecast.horizon
            found = scores[horizon] = score(forecast, close, fines)
            pool.learn(end, horizon, abs(found.error) / forecast.sigma)
            records[horizon - 1].add(found)
        if model != "naive":
            for horizon, found in scores.items():
                self.comparisons[horizon - 1].add(end // DAY_SECONDS, found.loss, found.naive_loss)
        return Scored(model, scores)

    def _follow(self, close: float, searches: Searches) -> ArimaForecast | Warming:
        """Give the forecaster the close, and the result of a search where it is due; ask for the next one."""
        forecaster, outcome = self._forecaster, None
        if forecaster.asked_at is not None and forecaster.needs_result(self.seen):
            outcome = searches.result(self._search(forecaster.asked_at))
        said = forecaster.update(self.seen, close, outcome)
        if forecaster.asked_at == self.seen:
            searches.ask(self._search(self.seen))
        return said

    def _search(self, asked_at: int) -> Search:
        return Search(self.symbol, self.interval, asked_at, self._forecaster.search(), self._settings.search)

    def _forecast(self, close: float, said: ArimaForecast | Warming, pools: Pools) -> list[Made]:
        """What each model says now; none where there are too few closes."""
        sigmas = self._volatility.sigmas(self._settings.steps)
        if isinstance(said, Warming) or not sigmas:
            return []
        still = [close] * len(sigmas)
        made = [Made("naive", RANDOM_WALK_ORDER, 0, _forecasts(close, still, sigmas, pools["naive"]))]
        # A model that runs away from all prices there can be says nothing.
        if all([0.0 < price < inf for price in said.prices]):
            arima = _forecasts(close, said.prices, sigmas, pools["arima"])
            made.append(Made("arima", said.order, said.version, arima))
        return made


def _forecasts(close: float, means: Sequence[float], sigmas: Sequence[float], pool: Pool) -> list[Forecast]:
    return [
        Forecast(horizon, close, mean, sigma, pool.widths(horizon))
        for horizon, (mean, sigma) in enumerate(zip(means, sigmas, strict=True), start=1)
    ]
