"""What a forecast of a closed bar costs, and what it costs where a library's model is fitted anew at every bar."""

import time
import warnings
from collections.abc import Callable
from statistics import median
from typing import NamedTuple

import numpy as np
import pmdarima
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from analytics.forecasts import Search, SeriesForecasts, levels_of, pools_of
from benchmarks.tables import table
from benchmarks.tracking import tracked
from benchmarks.walks import bar, walk
from ml.features import Observation
from ml.forecaster import Forecaster, ForecastSettings
from ml.order_search import search
from ml.search import Outcome
from shared.market import Bar

SYMBOLS = 500
WALKS = 10
"""Distinct walks; symbols share them, each at a price of its own, and so the models that were found for them."""
REFILLED, SCORED = 500, 100
"""Closes behind a series before it is measured: those of its past, and those whose forecasts were scored."""
WHOLE_AIM_MS, UPDATE_AIM_US = 50.0, 100.0
FITS = 2
"""Bars at which each walk is fitted anew."""

HEADER = ("", "500 symbols ms", "aim", "CPU ms", "a symbol us: p50", "p99", "aim", "longest")
FOOT = """\
500 symbols     all of them re-forecast for one closed bar, one after the other; the median of {rounds} bars. CPU is
                what the process had of a processor meanwhile: where it is much less, others were busy too.
a symbol        one update of one symbol; percentiles of each bar's {symbols} updates, of these the medians. The
                longest of all takes a new model up: it runs through its {window} closes once.
everything      naive and ARIMA: {steps} horizons with intervals at {levels} levels, earlier forecasts scored, records
                and comparisons kept. The forecaster alone: what ARIMA says of {steps} horizons.
Every series has {closes} closes behind it and a model that was searched over {window} of them: {orders}.
"""


class Timing(NamedTuple):
    """What was measured of one way to forecast: `updates` in microseconds, a row a bar and a column a symbol, and
    milliseconds of processor time a bar."""

    name: str
    updates: NDArray[np.float64]
    cpu: list[float]

    def cells(self) -> tuple[str, ...]:
        """As the table shows it."""
        whole = median(self.updates.sum(axis=1)) / 1e3
        middle, late = np.median(np.percentile(self.updates, (50, 99), axis=1), axis=1)
        return (
            self.name,
            f"{whole:,.1f}",
            _aim(whole, WHOLE_AIM_MS),
            f"{median(self.cpu):,.1f}",
            f"{middle:,.1f}",
            f"{late:,.1f}",
            _aim(late, UPDATE_AIM_US),
            f"{self.updates.max():,.0f}",
        )


def _aim(value: float, limit: float) -> str:
    return f"< {limit:g}{'' if value < limit else ' MISSED'}"


class FoundModels:
    """Searches that were made before: one a walk, for every symbol on it."""

    def __init__(self) -> None:
        self._found: dict[int, Outcome] = {}

    def ask(self, search: Search) -> None:
        """Nothing is begun here: what searches cost is measured apart."""

    def result(self, asked: Search) -> Outcome:
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


def symbol_of(number: int) -> str:
    """The name of a symbol."""
    return f"S{number:05d}"


def walk_of(symbol: str) -> int:
    """The walk that a symbol is on."""
    return int(symbol[1:]) % WALKS


class Market:
    """Symbols on their walks, each a few percent apart from the next one on the same."""

    def __init__(self, symbols: int, length: int) -> None:
        self._walks = [walk(number, length) for number in range(WALKS)]
        self.symbols = [symbol_of(number) for number in range(symbols)]

    def closes(self, symbol: str, start: int, end: int) -> list[float]:
        """The closes of these bars."""
        factor = 1.0 + int(symbol[1:]) / SYMBOLS
        return [factor * close for close in self._walks[walk_of(symbol)][start:end]]

    def bar(self, symbol: str, number: int) -> Bar:
        """The bar of this number, which is not the first."""
        before, close = self.closes(symbol, number - 1, number + 1)
        return bar(symbol, number, before, close)


def everything(market: Market, searches: FoundModels, settings: ForecastSettings, rounds: int) -> Timing:
    """All that the analysis does for the forecasts of a closed bar."""
    pools = pools_of(settings)
    followed = {symbol: SeriesForecasts(symbol, "1m", settings) for symbol in market.symbols}
    for symbol, series in followed.items():
        closes = market.closes(symbol, 0, REFILLED)
        series.refill([(0, Observation(close, close, close, 0.0)) for close in closes])
    for number in tracked(range(REFILLED, REFILLED + SCORED), "closes behind every series", SCORED):
        for symbol, series in followed.items():
            series.advance(market.bar(symbol, number), pools, searches)

    def update(each: Bar) -> None:
        followed[each.symbol].advance(each, pools, searches)

    return _timed("everything", update, market, rounds)


def forecaster_alone(
    market: Market, searches: FoundModels, settings: ForecastSettings, rounds: int
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
        for number in range(REFILLED, REFILLED + SCORED):
            update(market.bar(symbol, number))
    return _timed("the ARIMA forecaster alone", update, market, rounds)


def _timed(name: str, update: Callable[[Bar], None], market: Market, rounds: int) -> Timing:
    updates, cpu = [], []
    first = REFILLED + SCORED
    for number in tracked(range(first, first + rounds), name, rounds):
        bars = [market.bar(symbol, number) for symbol in market.symbols]
        used, stamps = time.process_time_ns(), [time.perf_counter_ns()]
        for each in bars:
            update(each)
            stamps.append(time.perf_counter_ns())
        cpu.append((time.process_time_ns() - used) / 1e6)
        updates.append(np.diff(stamps) / 1e3)
    return Timing(name, np.array(updates), cpu)


def fitted_anew(market: Market, settings: ForecastSettings, walks: int) -> list[float]:
    """Milliseconds of processor time of pmdarima's automatic search with its defaults, and its forecast, at each bar.

    One thread of linear algebra: with more, which is what it would take by itself, it is slower yet.
    """
    found = []
    ends = [(symbol, REFILLED + turn) for symbol in market.symbols[:walks] for turn in range(FITS)]
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for symbol, end in tracked(ends, "pmdarima at every bar", len(ends)):
            closes = np.array(market.closes(symbol, end - settings.window, end))
            began = time.process_time_ns()
            model = pmdarima.auto_arima(closes)
            model.predict(settings.steps, return_conf_int=True, alpha=1.0 - settings.confidence)
            found.append((time.process_time_ns() - began) / 1e6)
    return found


def _beside(own: Timing, fits: list[float]) -> str:
    theirs, ours = median(fits), median(own.cpu) / SYMBOLS
    rows = [
        (
            "pmdarima: auto_arima on 500 closes, predict",
            f"{theirs:,.0f} ms",
            f"{theirs * SYMBOLS / 1e3:,.1f} s",
        ),
        ("Tickstream: everything", f"{ours:.3f} ms", f"{ours * SYMBOLS / 1e3:.3f} s"),
        ("times as quick", f"{theirs / ours:,.0f}", ""),
    ]
    title = f"Beside a model fitted anew at every bar: processor time, medians ({len(fits)} fits, one thread)"
    return table(title, ("", "a symbol", f"{SYMBOLS} symbols"), rows)


def speed(settings: ForecastSettings, quick: bool) -> str:
    """Measure; two tables."""
    rounds = 10 if quick else 60
    market, searches = Market(SYMBOLS, REFILLED + SCORED + rounds), FoundModels()
    timings = [way(market, searches, settings, rounds) for way in (everything, forecaster_alone)]
    fits = fitted_anew(market, settings, 2 if quick else WALKS)
    foot = FOOT.format(
        rounds=rounds,
        symbols=SYMBOLS,
        steps=settings.steps,
        levels=len(levels_of(settings)),
        closes=REFILLED + SCORED,
        window=settings.window,
        orders=searches.orders(),
    )
    rows = [each.cells() for each in timings]
    return f"{table('Forecasts of a closed bar', HEADER, rows)}\n{foot}\n{_beside(timings[0], fits)}"
