"""The cost of the forecasts of a closed bar, compared with fitting a library's model again at every bar."""

import gc
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from statistics import median
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analytics.forecasting.forecasts import Pools, Search, SeriesForecasts, levels_of
from benchmarks.forecasts.refitting import comparison, refitted_at_every_bar
from benchmarks.forecasts.walks import SYMBOLS, WALKS, WalkingMarket, history, symbol_of, walk, walk_of
from benchmarks.staging.progress import with_progress
from benchmarks.staging.tables import table
from ml.arima.forecaster import Forecaster, ForecastSettings
from ml.arima.search import SearchOutcome
from ml.datasets.samples import samples
from ml.learners.training import TrainingSettings, train
from ml.models.predictors import Served
from ml.order_search.order_search import search
from shared.calendars.calendars import AlwaysOpen
from shared.consumer_loop.garbage import OBJECTS_A_TURN
from shared.market.records import Bar
from shared.settings.setting_types import TRAINED_MODELS

REFILLED, SCORED = 500, 100
"""Closes of a series before the measurement: those of its history, and those whose forecasts were scored."""
BAR_TARGET_MS, UPDATE_TARGET_US = 50.0, 100.0
SCORED_TRAINED = 20
"""Bars that trained models have forecast before the measurement."""
TRAINED_ON, QUICK_TRAINED_ON = 2_500, 500

HEADER = ("", "500 symbols ms", "CPU ms", "one symbol CPU us: p50", "p99", "longest")
FOOT = """\
500 symbols     new forecasts of all of them for one closed bar, one after the other; median of {rounds} bars. CPU is
                the time of the process meanwhile: if it is much less, other processes were busy too.
one symbol      one update of one symbol: the median over bars of the percentiles of each bar's {symbols} updates. The
                longest update starts to use a new model, which processes its {window} closes once, or includes a
                garbage collection, which is as rare as in the analytics part.
everything      naive and ARIMA: {steps} horizons with intervals at {levels} levels, scoring of earlier forecasts,
                records and comparisons. Trained models: one horizon each, scored likewise.
forecaster      only the ARIMA forecasts of {steps} horizons.
Every series has {closes} earlier closes and a model that was searched over {window} of them: {orders}.
Trained on {trained_on:,} minutes of {walks} walks: {models}.
"""


class Timing(NamedTuple):
    """The measurement of one way to forecast: milliseconds of each bar, and CPU microseconds of each update, with
    one row for each bar and one column for each symbol."""

    name: str
    bars: list[float]
    updates: NDArray[np.float64]

    @property
    def cpu(self) -> float:
        """CPU milliseconds of all symbols of a bar, median over bars."""
        return float(np.median(self.updates.sum(axis=1))) / 1e3

    def percentile(self, share: int) -> float:
        """Microseconds of one update: the median over bars of this percentile."""
        return float(np.median(np.percentile(self.updates, share, axis=1)))

    def cells(self) -> tuple[str, ...]:
        """The cells of its table row."""
        numbers = (median(self.bars), self.cpu, self.percentile(50), self.percentile(99))
        return self.name, *(f"{number:,.1f}" for number in numbers), f"{self.updates.max():,.0f}"

    def targets(self) -> str:
        """The targets and the results, in CPU time."""
        found = (
            (f"{SYMBOLS} symbols in {BAR_TARGET_MS:g} ms", self.cpu, BAR_TARGET_MS),
            (f"99 of 100 updates in {UPDATE_TARGET_US:g} us", self.percentile(99), UPDATE_TARGET_US),
        )
        words = [f"{target}: {came:.1f}{'' if came < limit else ' MISSED'}" for target, came, limit in found]
        return f"Targets, {self.name}: {' | '.join(words)}"


class FoundModels:
    """Search results that are found once for each walk and used for every symbol on it."""

    def __init__(self) -> None:
        self._found: dict[int, SearchOutcome] = {}

    def ask(self, search: Search) -> None:
        """Start nothing: the cost of searches is measured separately."""

    def result(self, asked: Search) -> SearchOutcome:
        """The result of the walk of this symbol, searched at the first request."""
        number = walk_of(asked.symbol)
        if number not in self._found:
            self._found[number] = search(asked.series, asked.settings)
        return self._found[number]

    def orders(self) -> str:
        """The orders in use, each with its number of walks."""
        orders = [each.model.order for each in self._found.values() if each.model is not None]
        counts = {order: orders.count(order) for order in sorted(orders)}
        return ", ".join(f"{count} x ({p}, {d}, {q})" for (p, d, q), count in counts.items())


class ForecastDesk:
    """Every symbol of the market with its forecasts, as in the analytics part for one interval."""

    def __init__(self, market: WalkingMarket, searches: FoundModels, settings: ForecastSettings) -> None:
        self._market, self._searches = market, searches
        self._pools: Pools = {}
        self._series = {
            symbol: SeriesForecasts(symbol, "1m", settings, AlwaysOpen()) for symbol in market.symbols
        }
        for symbol, series in self._series.items():
            series.refill(market.first_bars(symbol, REFILLED))
        self._number = REFILLED

    def follow(self, bars: int, trained: Mapping[str, Served]) -> None:
        """Forecast `bars` bars without a measurement."""
        self._timed(bars, trained, "bars before the measurement")

    def timed(self, name: str, bars: int, trained: Mapping[str, Served]) -> Timing:
        """Measure all forecasts of `bars` bars."""
        return Timing(name, *self._timed(bars, trained, name))

    def _timed(
        self, bars: int, trained: Mapping[str, Served], name: str
    ) -> tuple[list[float], NDArray[np.float64]]:
        def update(each: Bar) -> None:
            self._series[each.symbol].advance(each, self._pools, self._searches, trained)

        first = self._number
        self._number += bars
        return clocked(update, self._market, range(first, self._number), name)


def forecaster_alone(
    market: WalkingMarket, searches: FoundModels, settings: ForecastSettings, bars: int
) -> Timing:
    """Measure the ARIMA forecaster alone."""
    followed = {symbol: Forecaster(symbol, "1m", settings) for symbol in market.symbols}

    def update(each: Bar) -> None:
        forecaster, outcome = followed[each.symbol], None
        number, asked_at = forecaster.number + 1, forecaster.asked_at
        if asked_at is not None and forecaster.needs_result(number):
            asked = Search(each.symbol, "1m", asked_at, forecaster.search(), settings.search)
            outcome = searches.result(asked)
        forecaster.update(number, each.close, outcome)

    for symbol, forecaster in followed.items():
        forecaster.refill(REFILLED, market.closes(symbol, 0, REFILLED))
    first = REFILLED + SCORED
    clocked(update, market, range(REFILLED, first), "bars before the measurement")
    name = "the ARIMA forecaster alone"
    return Timing(name, *clocked(update, market, range(first, first + bars), name))


def clocked(
    update: Callable[[Bar], None], market: WalkingMarket, numbers: range, name: str
) -> tuple[list[float], NDArray[np.float64]]:
    """Run the bars of these numbers; returns `bars` and `updates` of a timing."""
    elapsed, updates = [], []
    for number in with_progress(numbers, name, len(numbers)):
        bars = [market.bar(symbol, number) for symbol in market.symbols]
        began, stamps = time.perf_counter_ns(), [time.thread_time_ns()]
        for each in bars:
            update(each)
            stamps.append(time.thread_time_ns())
        elapsed.append((time.perf_counter_ns() - began) / 1e6)
        updates.append(np.diff(stamps) / 1e3)
    return elapsed, np.array(updates)


@contextmanager
def as_the_analysis_collects() -> Iterator[None]:
    """Collect garbage as rarely as the analytics part does."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(OBJECTS_A_TURN)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def trained_models(minutes: int) -> dict[str, Served]:
    """A model of every kind, trained on the first `minutes` of each walk."""
    settings = TrainingSettings()
    histories = [history(symbol_of(number), walk(number, minutes)) for number in range(WALKS)]
    rows = samples(histories, settings.features, settings.horizon)
    kinds = with_progress(TRAINED_MODELS, "training", len(TRAINED_MODELS))
    window = settings.features.window_size
    return {
        kind: Served(kind, 1, settings.horizon, window, 0, train(kind, rows, settings).predictor)
        for kind in kinds
    }


def speed(settings: ForecastSettings, quick: bool) -> str:
    """Measure; returns two tables."""
    with as_the_analysis_collects():
        return _measured(settings, quick)


def _measured(settings: ForecastSettings, quick: bool) -> str:
    bars, minutes = (10, QUICK_TRAINED_ON) if quick else (60, TRAINED_ON)
    market, searches = WalkingMarket(SYMBOLS, REFILLED + 2 * (SCORED + bars)), FoundModels()
    desk, trained = ForecastDesk(market, searches, settings), trained_models(minutes)
    desk.follow(SCORED, {})
    own = desk.timed("everything", bars, {})
    desk.follow(SCORED_TRAINED, trained)
    with_trained = desk.timed(f"everything, and {len(trained)} trained models", bars, trained)
    timings = (own, with_trained, forecaster_alone(market, searches, settings, bars))
    fits = refitted_at_every_bar(market, REFILLED, settings, 2 if quick else WALKS)
    foot = FOOT.format(
        rounds=bars,
        symbols=SYMBOLS,
        steps=settings.steps,
        levels=len(levels_of(settings)),
        closes=REFILLED + SCORED,
        window=settings.window,
        orders=searches.orders(),
        trained_on=minutes,
        walks=WALKS,
        models=", ".join(trained),
    )
    measured = table("Forecasts of a closed bar", HEADER, [each.cells() for each in timings])
    return f"{measured}\n{own.targets()}\n{foot}\n{comparison(own.cpu / SYMBOLS, fits)}"
