"""A market for the walk, written straight into the tables: symbols of several kinds with a past in every interval."""

import random
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from math import exp
from typing import NamedTuple

from psycopg2.extras import execute_values

from shared.database import Cursor, connect, transaction
from tests.screen_rows import INDICATORS, Minute, at, open_bar, quote

DAY = 86_400
SECONDS = {"1m": 60, "5m": 300, "15m": 900, "1h": 3600, "1d": DAY}
COUNTS = {"1m": 6000, "5m": 3000, "15m": 2500, "1h": 3000, "1d": 1600}
"""So many closed bars each interval has: more than one answer brings."""
BAR_COLUMNS = (
    "symbol", "interval", "start", '"end"', "open", "high", "low", "close", "volume", "vwap", "quotes", "session",
    "source",
)  # fmt: skip


class Kind(NamedTuple):
    """A symbol of the market: its last price, how much a bar moves, whether it rests at night, and its past."""

    symbol: str
    price: float
    step: float
    rests: bool
    counts: dict[str, int]


KINDS = (
    Kind("AAPL", 231.4, 0.0012, True, COUNTS),
    Kind("BTC/USD", 64_210.0, 0.002, False, COUNTS),
    Kind("DOGE", 0.000_012_34, 0.004, False, {"1m": 1500, "5m": 400, "15m": 300, "1h": 200, "1d": 30}),
    Kind("NEW", 18.2, 0.003, True, {"1m": 35, "5m": 7}),
)


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


def closed_bars(
    kind: Kind, interval: str, now: int, dice: random.Random
) -> list[tuple[tuple[object, ...], tuple[object, ...]]]:
    """The bars and indicators of a symbol and interval, newest first: a walk that ends at its last price."""
    step, close = kind.step * (SECONDS[interval] / 60) ** 0.35, kind.price
    found: list[tuple[tuple[object, ...], tuple[object, ...]]] = []
    for start in starts(interval, now, kind.counts.get(interval, 0), kind.rests):
        opened = close * exp(dice.gauss(0, step))
        high, low = max(opened, close) * (1 + step / 3), min(opened, close) * (1 - step / 3)
        key = (kind.symbol, interval, at(start))
        volume = dice.lognormvariate(7, 0.6)
        bar = (
            *key,
            at(start + SECONDS[interval]),
            opened,
            high,
            low,
            close,
            volume,
            close,
            9,
            "regular",
            "test",
        )
        near = [close * (1 + dice.gauss(0, step)) for _ in INDICATORS]
        near[0], near[5:8] = dice.uniform(20, 80), [close * dice.gauss(0, step) for _ in range(3)]
        found.append((bar, (*key, *near)))
        close = opened
    return found


def write_past(cursor: Cursor, now: int, seed: int) -> None:
    """Every closed bar of every symbol, and the open ones."""
    dice = random.Random(seed)
    for kind in KINDS:
        for interval in SECONDS:
            rows = closed_bars(kind, interval, now, dice)
            bars, indicators = [bar for bar, _ in rows], [values for _, values in rows]
            execute_values(cursor, f"insert into bars ({', '.join(BAR_COLUMNS)}) values %s", bars)
            columns = ", ".join(("symbol", "interval", "start", *INDICATORS))
            execute_values(cursor, f"insert into indicators ({columns}) values %s", indicators)
        say_price(cursor, kind, kind.price, now)


def say_price(cursor: Cursor, kind: Kind, price: float, now: int) -> None:
    """A quote arrives: the last price and every open bar change."""
    quote(cursor, kind.symbol, price, now, previous_close=kind.price / 1.01)
    for interval, length in SECONDS.items():
        open_bar(cursor, Minute(kind.symbol, now - now % length, price, interval))


def fill_market(dsn: str, now: int, seed: int) -> None:
    """Write the whole market into a database that has tables and nothing else."""
    with closing(connect(dsn, "test")) as connection, transaction(connection) as cursor:
        write_past(cursor, now, seed)
