"""The forecasts of one symbol's closes in one interval, and their scores, updated at each closed bar.

Several models forecast in parallel: "naive" forecasts no change, "arima" uses the model that `ml.arima.forecaster` has
found, and trained models, which may be deployed and withdrawn, use `ml.models.predictors` on the newest bars, at one
horizon each. All get their intervals from the symbol's volatility and from the actual errors of forecasts of the same
partition, interval and model. Bars are consecutive in the order of their closing, and horizons count bars; the first
bar has number 1.

Pure, except that model searches are delegated, see `Searches`.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import repeat
from math import exp, inf, sqrt
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

from analytics.forecasting.forecast_events import Fit, ForecastStep, ModelForecasts, ModelScores, PastBar
from analytics.forecasting.scorecard import Track
from analytics.forecasting.series_volatility import SeriesVolatility
from ml.arima.forecaster import RANDOM_WALK_ORDER, ArimaForecast, Forecaster, ForecastSettings, Warming
from ml.arima.search import SearchOutcome, SearchSettings
from ml.arima.search import Series as Logarithms
from ml.models.features import RETURNS, Features, FeatureSettings, Observation, features, split
from ml.models.predictors import Served
from ml.scoring.significance import NAIVE
from ml.uncertainty.conformal import Forecast, Pool
from ml.uncertainty.volatility import WARM_AFTER
from shared.calendars.calendars import SessionCalendar
from shared.market.records import Bar, Interval

ARIMA = "arima"
BUILT_IN = (NAIVE, ARIMA)
"""Models that need no training. They forecast every horizon, from the first bar that has forecasts."""
INNER_LEVELS = (0.5, 0.8)
"""Nominal coverages of the inner intervals; that of the outermost is a setting."""


class Search(NamedTuple):
    """A model search that was requested at the bar `number`, over the logarithms of its closes."""

    symbol: str
    interval: Interval
    number: int
    series: Logarithms
    settings: SearchSettings


class Searches(Protocol):
    """Runs model searches. A search has one result, for any caller and any number of calls."""

    def ask(self, search: Search) -> None:
        """Start the search, because its result will be requested."""

    def result(self, search: Search) -> SearchOutcome:
        """The result; waits for it if necessary."""


class NoSearches:
    """Runs no searches: "arima" stays the random walk."""

    def ask(self, search: Search) -> None:
        """Does nothing."""

    def result(self, search: Search) -> SearchOutcome:
        """A failed outcome."""
        return SearchOutcome(None, f"nobody searches for a model of {search.symbol} here")


_new_forecast: Callable[[tuple[Any, ...]], Forecast] = partial(tuple.__new__, Forecast)
"""A forecast of all its values, in a third of the time that `_make` takes."""

Pools = dict[str, Pool]
"""The interval widths that all symbols of a partition and interval share, by model. The pool of a new model is created
at its first forecast."""

Trained = Mapping[str, Served]
"""The trained models that are deployed now, by name."""
NO_TRAINED_MODELS: Trained = MappingProxyType({})


def levels_of(settings: ForecastSettings) -> tuple[float, ...]:
    """The nominal coverages of the intervals, rising."""
    return tuple(sorted({*INNER_LEVELS, settings.confidence}))


def pool_of(settings: ForecastSettings) -> Pool:
    """The initial widths of a model, before anything is learnt."""
    return Pool(settings.steps, levels_of(settings))


def pools_of(settings: ForecastSettings) -> Pools:
    """The initial pools of a partition and interval."""
    return {model: pool_of(settings) for model in BUILT_IN}


def restore_pools(pools: Pools, kept: dict[str, Any], settings: ForecastSettings) -> None:
    """Restore stored pools. A pool of other horizons or levels can't be used and starts from its initial widths."""
    for model, (key, numbers) in kept.items():
        pool = pool_of(settings)
        if key == pool.key:
            pool.restore(numbers)
            pools[model] = pool


class SeriesForecasts:
    """One symbol and interval. Call `advance` for every closed bar; after `restore` or `refill`, call `ask` once."""

    def __init__(
        self, symbol: str, interval: Interval, settings: ForecastSettings, calendar: SessionCalendar
    ) -> None:
        self.symbol, self.interval, self._settings = symbol, interval, settings
        self.levels = levels_of(settings)
        self.seen = 0
        self.needed = max(settings.min_observations, WARM_AFTER + 1)
        self._close: float | None = None
        self._volatility = SeriesVolatility(interval, settings.steps, calendar)
        self._forecaster = Forecaster(symbol, interval, settings)
        self._window: deque[Observation] = deque(maxlen=RETURNS + 1)
        self._asked_at = 0
        self.tracks = {model: self._new_track(model) for model in BUILT_IN}
        for track in self.tracks.values():
            for horizon in range(1, settings.steps + 1):
                track.follow(horizon)

    @property
    def key(self) -> str:
        """Identifies the settings that a stored state must have been made with."""
        return f"{self._forecaster.key} {pool_of(self._settings).key} {self._volatility.key}"

    def advance(
        self, bar: Bar, pools: Pools, searches: Searches, trained: Trained = NO_TRAINED_MODELS
    ) -> ForecastStep:
        """Process a closed bar: score the forecasts of its close, and make new ones."""
        close = bar.close
        self.seen += 1
        if self._close is not None:
            self._volatility.update(self._close, bar.end, bar.open, bar.high, bar.low, close, bar.volume)
        self._close = close
        self._window.append(Observation(close, bar.high, bar.low, bar.volume))
        scored = [
            ModelScores(model, scores)
            for model, track in self.tracks.items()
            if (scores := track.advance(bar, self._pool(model, pools)))
        ]
        forecast, fit = self._follow(bar, searches)
        made = self._forecast(bar, forecast, pools, trained)
        for each in made:
            self.tracks[each.model].issue(each.forecasts)
        return ForecastStep(self.seen, self.levels, self._settings.steps, made, scored, fit)

    def next_interval(self, coverage: float) -> tuple[float, float] | None:
        """The lower and the upper bound of the next close with this nominal coverage, by ARIMA as of the newest bar.

        None if it made no forecast, or none with this coverage.
        """
        return (
            self.tracks[ARIMA].next_interval(self.levels.index(coverage)) if coverage in self.levels else None
        )

    def ask(self, searches: Searches) -> None:
        """Request the outstanding search again, if there is one."""
        if self._forecaster.asked_at is not None:
            searches.ask(self._search(self._forecaster.asked_at))

    def refill(self, bars: Sequence[PastBar]) -> None:
        """Start after bars without forecasts, given in today's shares. Nothing is scored.

        The volatility is the same as if it had been updated with these bars; the models start with the newest closes.
        """
        for end, open_, each in bars:
            close, high, low, volume = each
            if self._close is not None:
                self._volatility.update(self._close, end, open_, high, low, close, volume)
            self._close, self._asked_at = close, end
            self._window.append(each)
        self.seen = len(bars)
        newest = [bar.observed.close for bar in bars[-self._settings.window :]]
        if newest:
            self._forecaster.refill(self.seen, newest)
        for track in self.tracks.values():
            track.begin(self.seen)

    def split(self, ratio: float) -> None:
        """Adjust all stored prices and volumes to a split: one share became `ratio` shares."""
        if self._close is not None:
            self._close /= ratio
        self._volatility.split(ratio)
        self._forecaster.split(ratio)
        self._window = deque([split(each, ratio) for each in self._window], maxlen=RETURNS + 1)
        for track in self.tracks.values():
            track.split(ratio)

    def state(self) -> dict[str, Any]:
        """The state for a snapshot."""
        return {
            "key": self.key,
            "seen": self.seen,
            "close": self._close,
            "volatility": self._volatility.state(),
            "forecaster": self._forecaster.state(),
            "asked_at": self._asked_at,
            "window": list(self._window),
            "tracks": {model: track.state() for model, track in self.tracks.items()},
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Restore the state of a snapshot. Raises ValueError if it was made with other settings."""
        if state["key"] != self.key:
            raise ValueError(f"the stored state of {state['key']} does not fit {self.key}")
        self.seen, self._close = state["seen"], state["close"]
        self._volatility.restore(state["volatility"])
        self._forecaster.restore(state["forecaster"])
        self._asked_at = state["asked_at"]
        self._window.extend(Observation(*each) for each in state["window"])
        for model, kept in state["tracks"].items():
            track = self.tracks.setdefault(model, self._new_track(model))
            track.restore(kept)

    def _new_track(self, model: str) -> Track:
        return Track(model, self.interval, self.levels, self.seen)

    def _follow_trained(self, model: str, horizon: int) -> None:
        """Keep a record of a trained model at a horizon, from its first forecast of it."""
        if model not in self.tracks:
            self.tracks[model] = self._new_track(model)
        self.tracks[model].follow(horizon)

    def _pool(self, model: str, pools: Pools) -> Pool:
        pool = pools.get(model)
        if pool is None:
            pool = pools[model] = pool_of(self._settings)
        return pool

    def _follow(self, bar: Bar, searches: Searches) -> tuple[ArimaForecast | Warming, Fit | None]:
        """Pass the close to the forecaster, with the result of a search if it is due; request the next search."""
        forecaster, fit = self._forecaster, None
        if forecaster.asked_at is not None and forecaster.needs_result(self.seen):
            fit = Fit(self._asked_at, searches.result(self._search(forecaster.asked_at)))
        forecast = forecaster.update(self.seen, bar.close, None if fit is None else fit.outcome)
        if forecaster.asked_at == self.seen:
            self._asked_at = bar.end
            searches.ask(self._search(self.seen))
        return forecast, fit

    def _search(self, asked_at: int) -> Search:
        return Search(self.symbol, self.interval, asked_at, self._forecaster.search(), self._settings.search)

    def _forecast(
        self, bar: Bar, forecast: ArimaForecast | Warming, pools: Pools, trained: Trained
    ) -> list[ModelForecasts]:
        """The forecasts of each model; none while there are too few closes."""
        close = bar.close
        sigmas = self._volatility.sigmas()
        if isinstance(forecast, Warming) or not sigmas:
            return []
        still = [close] * len(sigmas)
        made = [
            ModelForecasts(
                NAIVE, RANDOM_WALK_ORDER, 0, _forecasts(close, still, sigmas, self._pool(NAIVE, pools))
            )
        ]
        # A model whose price is not positive and finite makes no forecast.
        if all(0.0 < price < inf for price in forecast.prices):
            forecasts = _forecasts(close, forecast.prices, sigmas, self._pool(ARIMA, pools))
            made.append(ModelForecasts(ARIMA, forecast.order, forecast.version, forecasts))
        if trained:
            made += self._trained(bar, sigmas, pools, trained)
        return made

    def _trained(self, bar: Bar, sigmas: list[float], pools: Pools, trained: Trained) -> list[ModelForecasts]:
        """The forecasts of trained models, in the order of their names. All use the same window, each with its own
        features."""
        seen: dict[int, Features | None] = {}
        made = []
        for model, served in sorted(trained.items()):
            horizon, size = served.horizon, served.window_size
            # During a backfill, a model may have been trained on closes later than this bar's.
            if bar.end < served.known_until:
                continue
            if size not in seen:
                seen[size] = features(self._window, FeatureSettings(size))
            found = seen[size]
            if found is None or horizon > len(sigmas):
                continue
            mean = bar.close * exp(served.predictor.predict(found) * found.sigma * sqrt(horizon))
            if 0.0 < mean < inf:
                widths = self._pool(model, pools).widths(horizon)
                forecast = Forecast(horizon, bar.close, mean, sigmas[horizon - 1], widths)
                made.append(ModelForecasts(model, None, served.version, [forecast]))
                self._follow_trained(model, horizon)
        return made


def _forecasts(close: float, means: Sequence[float], sigmas: Sequence[float], pool: Pool) -> list[Forecast]:
    horizons = range(1, len(sigmas) + 1)
    rows = zip(horizons, repeat(close, len(sigmas)), means, sigmas, pool.all_widths(), strict=True)
    return list(map(_new_forecast, rows))
