"""A market for the walk, written directly into the tables: symbols of several kinds, with history in every interval."""

import random
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from math import exp
from typing import NamedTuple

from psycopg2.extras import execute_values

from analytics.indicators.catalog import COLUMNS, OUTPUTS
from db.migrate import migrate
from shared.postgres.database import Cursor, connect, make_database, transaction
from tests.copied import copy_database
from tests.screen_rows import ScreenMinute, at, forecast, quote, record

DAY = 86_400
SECONDS = {"1m": 60, "5m": 300, "15m": 900, "1h": 3600, "1d": DAY}
COUNTS = {"1m": 6000, "5m": 3000, "15m": 2500, "1h": 3000, "1d": 1600}
"""So many closed bars each interval has: more than one answer brings."""
BAR_COLUMNS = (
    "symbol", "interval", "start", '"end"', "open", "high", "low", "close", "volume", "vwap", "quotes", "session",
    "source",
)  # fmt: skip
Row = tuple[object, ...]


class WalkedSymbol(NamedTuple):
    """A symbol of the market: its last price, how much a bar moves, whether it rests at night, and its past."""

    symbol: str
    price: float
    step: float
    rests: bool
    counts: dict[str, int]


KINDS = (
    WalkedSymbol("AAPL", 231.4, 0.0012, True, COUNTS),
    WalkedSymbol("BTC/USD", 64_210.0, 0.002, False, COUNTS),
    WalkedSymbol(
        "DOGE", 0.000_012_34, 0.004, False, {"1m": 1500, "5m": 400, "15m": 300, "1h": 200, "1d": 30}
    ),
    WalkedSymbol("NEW", 18.2, 0.003, True, {"1m": 35, "5m": 7}),
)


@dataclass(frozen=True)
class DrawnBar:
    """A bar of the market; its indicators are made up, but each can be distinguished from the others."""

    symbol: str
    interval: str
    start: int
    open: float
    high: float
    low: float
    close: float
    volume: float = 1000.0

    def row(self) -> Row:
        """Its columns in `bars`."""
        times = (self.symbol, self.interval, at(self.start), at(self.start + SECONDS[self.interval]))
        prices = (self.open, self.high, self.low, self.close)
        return (*times, *prices, self.volume, self.close, 9, "regular", "test")

    def indicators(self) -> tuple[float, ...]:
        """Its indicators, in the order of COLUMNS."""
        found = []
        for index, output in enumerate(OUTPUTS.values()):
            near = self.close * (1 + (index - 6) / 2000)
            others = {"price": near, "number": 30.0 + self.start % 41, "share": 0.3}
            found.append(others.get(output.unit, near * 0.001))
        return tuple(found)


def starts(interval: str, now: int, count: int, rests: bool) -> Iterator[int]:
    """When the newest closed bars start, newest first; a symbol that rests trades 8 hours on weekdays."""
    length = SECONDS[interval]
    start = now - now % length - length
    while count:
        moment = datetime.fromtimestamp(start, UTC)
        in_session = interval == "1d" or (now - start) % DAY < 8 * 3600
        if not rests or (moment.weekday() < 5 and in_session) or now - start < 4 * 3600:
            yield start
            count -= 1
        start -= length


def closed_bars(kind: WalkedSymbol, interval: str, now: int, dice: random.Random) -> list[DrawnBar]:
    """The closed bars of a symbol and interval, newest first: a walk that ends at its last price."""
    step, close = kind.step * (SECONDS[interval] / 60) ** 0.35, kind.price
    found = []
    for start in starts(interval, now, kind.counts.get(interval, 0), kind.rests):
        opened = close * exp(dice.gauss(0, step))
        high, low = max(opened, close) * (1 + step / 3), min(opened, close) * (1 - step / 3)
        found.append(
            DrawnBar(kind.symbol, interval, start, opened, high, low, close, dice.lognormvariate(7, 0.6))
        )
        close = opened
    return found


@dataclass
class DrawnMarket:
    """The market in a database. `now`, in epoch seconds, is its own time: it moves on when a minute passes."""

    dsn: str
    now: int
    prices: dict[str, float] = field(default_factory=lambda: {kind.symbol: kind.price for kind in KINDS})
    opened: dict[tuple[str, str], DrawnBar] = field(default_factory=dict)

    def fill(self, seed: int) -> None:
        """Write the past of every symbol and its open bars."""
        dice = random.Random(seed)
        with closing(connect(self.dsn, "test")) as connection, transaction(connection) as cursor:
            for kind in KINDS:
                for interval in SECONDS:
                    _close(cursor, closed_bars(kind, interval, self.now, dice))
                self._move(cursor, kind.symbol, kind.price)
            record(cursor, "AAPL")
            self._forecast(cursor)
            cursor.execute("analyze bars, indicators")  # as PostgreSQL does by itself a little later

    def move(self, symbol: str, price: float) -> None:
        """A quote arrives: the last price and the open bars of a symbol change."""
        with closing(connect(self.dsn, "test")) as connection, transaction(connection) as cursor:
            self._move(cursor, symbol, price)

    def pass_minute(self) -> None:
        """A minute ends: its bars close, and the longer ones that end with it; the next ones open with a quote."""
        self.now += 60
        with closing(connect(self.dsn, "test")) as connection, transaction(connection) as cursor:
            over = [bar for bar in self.opened.values() if bar.start + SECONDS[bar.interval] <= self.now]
            _close(cursor, over)
            for bar in over:
                del self.opened[bar.symbol, bar.interval]
            for symbol, price in self.prices.items():
                self._move(cursor, symbol, price)
            self._forecast(cursor)

    def _move(self, cursor: Cursor, symbol: str, price: float) -> None:
        self.prices[symbol] = price
        kind = next(kind for kind in KINDS if kind.symbol == symbol)
        quote(cursor, symbol, price, self.now, previous_close=kind.price / 1.01)
        for interval, length in SECONDS.items():
            key, start = (symbol, interval), self.now - self.now % length
            began = price * (1 - kind.step)  # a bar without any height would be hard to see
            bar = self.opened.get(key, DrawnBar(symbol, interval, start, began, price, began, price))
            bar = replace(bar, high=max(bar.high, price), low=min(bar.low, price), close=price)
            self.opened[key] = bar
            cursor.execute("delete from open_bars where symbol = %s and interval = %s", key)
            names = (*BAR_COLUMNS, *COLUMNS, "seen", "warm_after")
            values = [(*bar.row(), *bar.indicators(), 100, 50)]
            execute_values(cursor, f"insert into open_bars ({', '.join(names)}) values %s", values)

    def _forecast(self, cursor: Cursor) -> None:
        """The minute of AAPL that closed last is forecast."""
        start = self.now - self.now % 60 - 60
        forecast(cursor, ScreenMinute("AAPL", start, round(self.prices["AAPL"], 2)))
        cursor.execute("update forecast_records set seen = seen + 1 where symbol = 'AAPL'")


def market_in(admin_dsn: str, database: str, seed: int) -> DrawnMarket:
    """The market in a database of its own, with a past."""
    dsn = make_database(admin_dsn, database)
    migrate(dsn)
    market = DrawnMarket(dsn, int(time.time()))
    market.fill(seed)
    return market


def copy_of(market: DrawnMarket, admin_dsn: str, database: str) -> DrawnMarket:
    """The market in one more database, made much faster; nobody may be connected to the first."""
    dsn = copy_database(admin_dsn, market.dsn, database)
    return replace(market, dsn=dsn, prices={**market.prices}, opened={**market.opened})


def _close(cursor: Cursor, bars: Sequence[DrawnBar]) -> None:
    rows = [bar.row() for bar in bars]
    values = [(*bar.row()[:3], *bar.indicators()) for bar in bars]
    columns = ", ".join(("symbol", "interval", "start", *COLUMNS))
    execute_values(cursor, f"insert into bars ({', '.join(BAR_COLUMNS)}) values %s", rows)
    execute_values(cursor, f"insert into indicators ({columns}) values %s", values)
