"""Intervals of the next minute's, five minutes' and hour's close by ours and by other methods.

    python -m benchmarks.forecasts --only intraday            takes some minutes: two models are refitted
    python -m benchmarks.forecasts --only intraday --quick    takes under a minute: without these two

Real minutes are few: four days of four shares, one day of two coins. The simulated market has as many as needed, but
clustered volatility and a shape of the day are built into it: it shows that they are found, not how real markets are.
The methods are those of `benchmarks.forecasts.opponents`. The interval of the last columns counts the bars of one hour,
of all symbols, once.
"""

from collections.abc import Iterator
from itertools import pairwise
from math import log
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analytics.forecasting.series_volatility import SeriesVolatility
from benchmarks.forecasts.accuracy import COIN_MINUTES, STOCK_MINUTES
from benchmarks.forecasts.coverage import LEVELS, PENALTIES
from benchmarks.forecasts.opponents import (
    FIRST_FIT,
    SIMPLE,
    Floats,
    Opponent,
    Returns,
    Rows,
    compared,
    refitted,
)
from benchmarks.staging.progress import with_progress
from ml.scoring.scores import Score, score
from ml.uncertainty.conformal import Forecast, Pool
from producer.sources.simulated.days import SymbolDays, market_days, traits_of
from producer.sources.simulated.minutes import MinuteMaker, market_shocks
from shared.calendars.calendars import SessionCalendar, SimulatedExchange, calendar_of
from shared.market.records import INTERVAL_SECONDS, Interval, RecordedBar
from shared.recordings.sequence import recorded

DAY, HOUR, MINUTE = 86_400, 3_600, 60
SEED, FIRST_DAY, QUOTES_A_SECOND = 7, 19_000, 1.0
SYMBOLS = ("AAPL", "AMD", "INTC", "MSFT", "NVDA", "TSLA")


class EndedBar(NamedTuple):
    """A bar; `end` is in epoch seconds."""

    end: int
    open: float
    high: float
    low: float
    close: float
    volume: float


class Market(NamedTuple):
    """Bars to judge on. Models are refitted at the end of each `period`, a unit of numpy's datetime64."""

    title: str
    interval: Interval
    calendar: SessionCalendar
    period: str
    candles: dict[str, list[EndedBar]]


class Judged(NamedTuple):
    """One scored forecast of a close: its symbol, place in the symbol's bars, end, and score."""

    symbol: str
    place: int
    end: int
    score: Score


def ours(market: Market) -> Iterator[Judged]:
    """Yield our scored forecasts; all symbols learn from one pool, as in a partition."""
    pool, made = Pool(1, LEVELS), dict[str, Forecast]()
    series = {symbol: SeriesVolatility(market.interval, 1, market.calendar) for symbol in market.candles}
    for symbol, place, before, bar in in_time(market):
        if symbol in made:
            forecast = made.pop(symbol)
            pool.learn(bar.end, 1, forecast.score(bar.close))
            # The first fit of the other methods is made at this bar.
            if place > FIRST_FIT:
                yield Judged(symbol, place, bar.end, score(forecast, bar.close, PENALTIES))
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
    days = np.array([bar.end // DAY for bar in candles[1:]])
    return Returns(days, np.array([log(bar.close / before.close) for before, bar in pairwise(candles)]))


def reaches_of(opponent: Opponent, market: Market, judged: list[Judged]) -> Floats:
    """Half the width of the opponent's interval of each judged close."""
    by_symbol = {symbol: opponent(returns_of(candles)) for symbol, candles in market.candles.items()}
    # Reach n is known at return n, which is that of bar n + 1.
    return np.array([by_symbol[each.symbol][each.place - 2] for each in judged])


def rows_of(judged: list[Judged]) -> Rows:
    """The judged forecasts; an hour takes the place of a day."""
    return Rows(
        np.array([each.symbol for each in judged]),
        np.array([each.end // HOUR for each in judged]),
        np.array([each.score.size for each in judged]),
        np.array([each.score.winkler[-1] for each in judged]),
        np.array([each.score.covered[-1] for each in judged]),
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
    yield simulated("1m", 8, "D")
    yield simulated("5m", 30, "D")
    yield simulated("1h", 250, "W")


def intraday(data: Path, quick: bool) -> str:
    """Compare all methods; returns one table for each market."""
    tables = []
    for market in with_progress(markets(data), "intraday", 6):
        methods = dict(SIMPLE)
        if not quick:
            methods |= {"GARCH-t": refitted(0, market.period), "GJR-t": refitted(1, market.period)}
        judged = list(ours(market))
        reaches = {name: reaches_of(opponent, market, judged) for name, opponent in methods.items()}
        tables.append(compared(market.title, rows_of(judged), reaches))
    return "\n\n".join(tables)
