"""What it takes to search new orders for all symbols on one core, and how old an order gets."""

import time
from typing import NamedTuple

import psutil

from benchmarks.tables import table
from benchmarks.tracking import tracked
from benchmarks.walks import walk
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

REFRESH = ("searches", "seconds", "searches/s", "CPU s", "CPU s a search", "none found")
AGES = (
    *("interval", "new order within", "in effect after", "oldest", "in market time", "searches a bar"),
    *("CPU s a bar", "of one core"),
)
FOOT = """\
new order       bars between two searches of one symbol, fewer while its history is short. Symbols take turns, so that
                few fall due at one bar.
in effect       bars from the close that was asked at until the order counts: fixed, so that a replay gives the same
                forecasts. The worker has that long; a bar that is due earlier waits for it.
oldest          bars since the newest close that an order was searched on, just before the next one takes over.
market time     of a market that is open 6.5 hours a day, 252 days a year.
CPU s a bar     of the worker, for {symbols} symbols. Where nothing is known of them yet all are searched at once:
                {whole:,.0f} s on one core.
"""


class Refresh(NamedTuple):
    """Searches one after the other in one process; `cpu` is the worker's own time on a processor, in seconds."""

    searches: int
    seconds: float
    cpu: float
    failed: int

    def cells(self) -> tuple[str, ...]:
        """As the table shows it."""
        return (
            f"{self.searches:,}",
            f"{self.seconds:,.1f}",
            f"{self.searches / self.seconds:.2f}",
            f"{self.cpu:,.1f}",
            f"{self.cpu / self.searches:.3f}",
            str(self.failed),
        )


def refresh(settings: ForecastSettings, count: int) -> Refresh:
    """An order for each of so many walks, searched as the analysis has it done."""
    asked = [_series(number, settings) for number in range(FIRST_WALK, FIRST_WALK + count)]
    with SearchPool(workers=1) as pool:
        # The first one waits for the process to start.
        pool.submit(("warm", "1m", 0), asked[0], settings.search)
        pool.result(("warm", "1m", 0), PATIENCE_SECONDS)
        worker = psutil.Process().children()[-1]
        used, began = _cpu(worker), time.perf_counter()
        for number, series in enumerate(asked):
            pool.submit(("walk", "1m", number), series, settings.search)
        failed = 0
        for number in tracked(range(count), "orders of all symbols, one core", count):
            outcome = pool.result(("walk", "1m", number), PATIENCE_SECONDS)
            failed += outcome is None or outcome.model is None
        return Refresh(count, time.perf_counter() - began, _cpu(worker) - used, failed)


def _series(number: int, settings: ForecastSettings) -> Series:
    """What is searched behind the first closes of a walk."""
    forecaster = Forecaster(str(number), "1m", settings)
    forecaster.refill(settings.window, walk(number, settings.window))
    return forecaster.search()


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def age(interval: Interval, settings: ForecastSettings, seconds_a_search: float) -> tuple[str, ...]:
    """How old an order gets, and what the worker has to do at a bar of SYMBOLS symbols."""
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
    """So many bars in days of trading, or in years of them."""
    days = bars if interval == "1d" else bars * INTERVAL_SECONDS[interval] / REGULAR_DAY_SECONDS
    return f"{days:.1f} days" if days < TRADING_DAYS_A_YEAR else f"{days / TRADING_DAYS_A_YEAR:.1f} years"


def searches(config: Config, quick: bool) -> str:
    """Measure; two tables."""
    found = refresh(forecast_settings(config.models, "1m"), QUICK_SEARCHES if quick else SYMBOLS)
    each = found.cpu / found.searches
    rows = [age(interval, forecast_settings(config.models, interval), each) for interval in INTERVALS]
    orders = table("New orders for all symbols, one core", REFRESH, [found.cells()])
    ages = table(f"How old an order gets, with {SYMBOLS} symbols", AGES, rows)
    return f"{orders}\n\n{ages}\n{FOOT.format(symbols=SYMBOLS, whole=each * SYMBOLS)}"
