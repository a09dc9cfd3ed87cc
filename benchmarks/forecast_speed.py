"""What a forecast of a closed bar costs, and what it costs where a library's model is fitted anew at every bar."""

import gc
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from statistics import median
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analytics.forecasting.forecasts import Pools, Search, SeriesForecasts, levels_of
from benchmarks.fitted_anew import beside, fitted_anew
from benchmarks.tables import table
from benchmarks.tracking import tracked
from benchmarks.walks import SYMBOLS, WALKS, WalkingMarket, history, symbol_of, walk, walk_of
from ml.arima.forecaster import Forecaster, ForecastSettings
from ml.arima.search import SearchOutcome
from ml.datasets.samples import samples
from ml.learners.training import TrainingSettings, train
from ml.models.predictors import Served
from ml.order_search.order_search import search
from shared.market.records import Bar
from shared.runtime.consumer_runner import OBJECTS_A_TURN
from shared.settings.setting_types import TRAINED_MODELS

REFILLED, SCORED = 500, 100
"""Closes behind a series before it is measured: those of its past, and those whose forecasts were scored."""
WHOLE_AIM_MS, UPDATE_AIM_US = 50.0, 100.0
SCORED_TRAINED = 20
"""Bars that trained models have spoken of before they are measured."""
TRAINED_ON, QUICK_TRAINED_ON = 2_500, 500

HEADER = ("", "500 symbols ms", "CPU ms", "a symbol CPU us: p50", "p99", "longest")
FOOT = """\
500 symbols     all of them re-forecast for one closed bar, one after the other; the median of {rounds} bars. CPU is
                what the process had of a processor meanwhile: where it is much less, others were busy too.
a symbol        one update of one symbol; percentiles of each bar's {symbols} updates, of these the medians. The
                longest of all takes a new model up, which runs through its {window} closes once, or has the garbage
                looked for, which is done as rarely as in the process of the analysis.
everything      naive and ARIMA: {steps} horizons with intervals at {levels} levels, earlier forecasts scored, records
                and comparisons kept. Trained models: one horizon each, scored likewise.
forecaster      what ARIMA says of {steps} horizons, alone.
Every series has {closes} closes behind it and a model that was searched over {window} of them: {orders}.
Trained on {trained_on:,} minutes of {walks} walks: {models}.
"""


class Timing(NamedTuple):
    """What was measured of one way to forecast: milliseconds of each bar, and the processor's microseconds of each
    update, a row a bar and a column a symbol."""

    name: str
    bars: list[float]
    updates: NDArray[np.float64]

    @property
    def cpu(self) -> float:
        """Milliseconds that all symbols of a bar had of the processor."""
        return float(np.median(self.updates.sum(axis=1))) / 1e3

    def percentile(self, share: int) -> float:
        """Microseconds of one update: the median of what each bar's updates have."""
        return float(np.median(np.percentile(self.updates, share, axis=1)))

    def cells(self) -> tuple[str, ...]:
        """As the table shows it."""
        numbers = (median(self.bars), self.cpu, self.percentile(50), self.percentile(99))
        return self.name, *(f"{number:,.1f}" for number in numbers), f"{self.updates.max():,.0f}"

    def aims(self) -> str:
        """What was aimed at, and what came, in time of the processor."""
        found = (
            (f"{SYMBOLS} symbols in {WHOLE_AIM_MS:g} ms", self.cpu, WHOLE_AIM_MS),
            (f"99 of 100 updates in {UPDATE_AIM_US:g} us", self.percentile(99), UPDATE_AIM_US),
        )
        words = [f"{aim}: {came:.1f}{'' if came < limit else ' MISSED'}" for aim, came, limit in found]
        return f"Aims, {self.name}: {' | '.join(words)}"


class FoundModels:
    """Searches that were made before: one a walk, for every symbol on it."""

    def __init__(self) -> None:
        self._found: dict[int, SearchOutcome] = {}

    def ask(self, search: Search) -> None:
        """Nothing is begun here: what searches cost is measured apart."""

    def result(self, asked: Search) -> SearchOutcome:
        """The first of its walk is searched for; the others follow it."""
        number = walk_of(asked.symbol)
        if number not in self._found:
            self._found[number] = search(asked.series, asked.settings)
        return self._found[number]

    def orders(self) -> str:
        """The orders in use, each with how many walks have it."""
        orders = [each.model.order for each in self._found.values() if each.model is not None]
        counts = {order: orders.count(order) for order in sorted(orders)}
        return ", ".join(f"{count} x ({p}, {d}, {q})" for (p, d, q), count in counts.items())


class ForecastDesk:
    """Every symbol of the market with its forecasts, as the analysis holds them for one interval."""

    def __init__(self, market: WalkingMarket, searches: FoundModels, settings: ForecastSettings) -> None:
        self._market, self._searches = market, searches
        self._pools: Pools = {}
        self._series = {symbol: SeriesForecasts(symbol, "1m", settings) for symbol in market.symbols}
        for symbol, series in self._series.items():
            series.refill(market.past(symbol, REFILLED))
        self._number = REFILLED

    def follow(self, bars: int, trained: Mapping[str, Served]) -> None:
        """Bars that are not measured."""
        self._timed(bars, trained, "bars behind what is measured")

    def timed(self, name: str, bars: int, trained: Mapping[str, Served]) -> Timing:
        """All that is done for the forecasts of so many bars."""
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
    """ARIMA's own part of it."""
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
    clocked(update, market, range(REFILLED, first), "bars behind what is measured")
    name = "the ARIMA forecaster alone"
    return Timing(name, *clocked(update, market, range(first, first + bars), name))


def clocked(
    update: Callable[[Bar], None], market: WalkingMarket, numbers: range, name: str
) -> tuple[list[float], NDArray[np.float64]]:
    """The `bars` and the `updates` of a timing over the bars of these numbers."""
    elapsed, updates = [], []
    for number in tracked(numbers, name, len(numbers)):
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
    """Garbage is looked for as rarely as in the process of the analysis."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(OBJECTS_A_TURN)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def trained_models(minutes: int) -> dict[str, Served]:
    """Every kind, trained on so many minutes of each walk."""
    settings = TrainingSettings()
    told = [history(symbol_of(number), walk(number, minutes)) for number in range(WALKS)]
    rows = samples(told, settings.features, settings.horizon)
    kinds = tracked(TRAINED_MODELS, "training", len(TRAINED_MODELS))
    window = settings.features.window_size
    return {
        kind: Served(kind, 1, settings.horizon, window, 0, train(kind, rows, settings).predictor)
        for kind in kinds
    }


def speed(settings: ForecastSettings, quick: bool) -> str:
    """Measure; two tables."""
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
    fits = fitted_anew(market, REFILLED, settings, 2 if quick else WALKS)
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
    return f"{measured}\n{own.aims()}\n{foot}\n{beside(own.cpu / SYMBOLS, fits)}"
