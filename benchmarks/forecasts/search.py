"""The cost of searching new ARIMA orders for all symbols on one core, and the age that an order reaches."""

import time
from typing import NamedTuple

import psutil

from benchmarks.forecasts.walks import walk
from benchmarks.staging.progress import with_progress
from benchmarks.staging.tables import table
from ml.arima.forecaster import Forecaster, ForecastSettings
from ml.arima.search import Series
from ml.forecast_settings import forecast_settings
from ml.order_search.search_pool import SearchPool
from shared.market.records import INTERVAL_SECONDS, Interval
from shared.settings.config import Config

SYMBOLS = 500
QUICK_SEARCHES = 40
FIRST_WALK = 1_000
PATIENCE_SECONDS = 60.0
INTERVALS: tuple[Interval, ...] = ("1m", "1d")
REGULAR_DAY_SECONDS = 23_400
TRADING_DAYS_A_YEAR = 252

REFRESH = ("searches", "seconds", "searches/s", "CPU s", "CPU s/search", "none found")
AGES = (
    *("interval", "new order within", "in effect after", "oldest", "in market time", "searches/bar"),
    *("CPU s/bar", "of one core"),
)
FOOT = """\
new order       bars between two searches of one symbol, fewer while its history is short. Symbols are spread over bars,
                so that few searches are due at one bar.
in effect       bars from the close at which the search was requested until the order is used: fixed, so that a replay
                gives the same forecasts. If the search takes longer, the bar waits for it.
oldest          bars since the newest close that an order was searched on, just before the next order is used.
market time     for a market that is open 6.5 hours a day, 252 days a year.
CPU s/bar       of the worker, for {symbols} symbols. At a first start all symbols are searched at once: {whole:,.0f} s
                on one core.
"""


class Refresh(NamedTuple):
    """Searches one after the other in one process; `cpu` is the CPU time of the worker, in seconds."""

    searches: int
    seconds: float
    cpu: float
    failed: int

    def cells(self) -> tuple[str, ...]:
        """The cells of its table row."""
        return (
            f"{self.searches:,}",
            f"{self.seconds:,.1f}",
            f"{self.searches / self.seconds:.2f}",
            f"{self.cpu:,.1f}",
            f"{self.cpu / self.searches:.3f}",
            str(self.failed),
        )


def refresh(settings: ForecastSettings, count: int) -> Refresh:
    """Search an order for each of `count` walks, as the analytics part does."""
    asked = [_series(number, settings) for number in range(FIRST_WALK, FIRST_WALK + count)]
    with SearchPool(workers=1) as pool:
        # The first one waits for the process to start.
        pool.result(pool.submit("warm", "1m", asked[0], settings.search), PATIENCE_SECONDS)
        worker = psutil.Process().children()[-1]
        used, began = _cpu(worker), time.perf_counter()
        tickets = [pool.submit("walk", "1m", series, settings.search) for series in asked]
        failed = 0
        for ticket in with_progress(tickets, "orders of all symbols, one core", count):
            outcome = pool.result(ticket, PATIENCE_SECONDS)
            failed += outcome is None or outcome.model is None
        return Refresh(count, time.perf_counter() - began, _cpu(worker) - used, failed)


def _series(number: int, settings: ForecastSettings) -> Series:
    """The series of the first closes of a walk, as it is searched."""
    forecaster = Forecaster(str(number), "1m", settings)
    forecaster.refill(settings.window, walk(number, settings.window))
    return forecaster.search()


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def age(interval: Interval, settings: ForecastSettings, seconds_a_search: float) -> tuple[str, ...]:
    """The table row with the age that an order reaches, and the work for each bar of SYMBOLS symbols."""
    oldest = settings.search_every + settings.search_lag
    searches = SYMBOLS / settings.search_every
    seconds = searches * seconds_a_search
    bar_seconds = INTERVAL_SECONDS[interval]
    return (
        interval,
        f"{settings.search_every:,} bars",
        f"{settings.search_lag} bars",
        f"{oldest:,} bars",
        market_time(interval, oldest),
        f"{searches:.2f}",
        f"{seconds:.2f}",
        f"{seconds / bar_seconds:.2%}",
    )


def market_time(interval: Interval, bars: int) -> str:
    """A number of bars in trading days, or in years of trading days."""
    days = bars if interval == "1d" else bars * INTERVAL_SECONDS[interval] / REGULAR_DAY_SECONDS
    return f"{days:.1f} days" if days < TRADING_DAYS_A_YEAR else f"{days / TRADING_DAYS_A_YEAR:.1f} years"


def searches(config: Config, quick: bool) -> str:
    """Measure; returns two tables."""
    found = refresh(forecast_settings(config.models, "1m"), QUICK_SEARCHES if quick else SYMBOLS)
    each = found.cpu / found.searches
    rows = [age(interval, forecast_settings(config.models, interval), each) for interval in INTERVALS]
    orders = table("New orders for all symbols, one core", REFRESH, [found.cells()])
    ages = table(f"Age of an order, with {SYMBOLS} symbols", AGES, rows)
    return f"{orders}\n\n{ages}\n{FOOT.format(symbols=SYMBOLS, whole=each * SYMBOLS)}"
