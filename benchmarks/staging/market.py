"""Generated quotes for measurements, the same in every run."""

import math
import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from threading import Event

from shared.market.exchanges import SIMULATED
from shared.market.records import Quote, Record, TimeMark

SOURCE = "benchmark"
START = datetime(2026, 1, 5, 2, tzinfo=UTC)
SEED = 7
STEP = 2e-4
LIVE_SLICE = 0.001
QUOTES_A_MARK = 1_000


class BenchmarkMarket:
    """Symbols that are quoted in turn, each a random walk with bid, ask and size."""

    def __init__(self, symbols: int) -> None:
        self._random = random.Random(SEED)
        self._prices = [20.0 + 480.0 * self._random.random() for _ in range(symbols)]
        self._names = [f"S{number:05d}" for number in range(symbols)]
        self._turn = 0
        self.position = 0

    def quote(self, event_time: datetime) -> Quote:
        """A quote of the next symbol."""
        turn = self._turn
        self._turn = (turn + 1) % len(self._names)
        self.position += 1
        price = self._prices[turn] = self._prices[turn] * math.exp(self._random.gauss(0.0, STEP))
        return Quote(
            symbol=self._names[turn],
            event_time=event_time,
            price=round(price, 2),
            size=float(1 + self.position % 97),
            bid=round(price - 0.01, 2),
            ask=round(price + 0.01, 2),
            source=SOURCE,
            position=self.position,
            received_time=event_time,
            currency="USD",
            exchange=SIMULATED,
        )

    def mark(self, now: datetime, end: bool = False) -> TimeMark:
        """The next time mark."""
        self.position += 1
        return TimeMark(time=now, source=SOURCE, position=self.position, received_time=now, end=end)


def backlog(quotes: int, symbols: int, quotes_a_minute: int = 60) -> Iterator[Record]:
    """Yield `quotes` quotes in total, with `quotes_a_minute` of each symbol per minute of event time.

    There is a time mark every thousand quotes, as in a market of a thousand quotes a second, and one at the end.
    """
    market = BenchmarkMarket(symbols)
    apart = 60_000_000 / (symbols * quotes_a_minute)
    for number in range(quotes):
        event_time = START + timedelta(microseconds=int(number * apart))
        if number % QUOTES_A_MARK == 0:
            yield market.mark(event_time)
        yield market.quote(event_time)
    yield market.mark(START + timedelta(microseconds=int(quotes * apart)), end=True)


def live(quotes: int, symbols: int, rate: float, stop: Event, history: int = 0) -> Iterator[Record]:
    """Yield `quotes` quotes at `rate` a second of real time; the event time of each is the time when it is made.

    Before them come, as fast as they are taken, two quotes of each symbol for each of the last `history` minutes.
    Positions go on after those of a market that was here before.
    """
    market = BenchmarkMarket(symbols)
    market.position = time.time_ns() // 1_000
    now = datetime.now(UTC)
    for number in range(2 * history):
        for _ in range(symbols):
            yield market.quote(now - timedelta(seconds=30 * (2 * history - number)))
    began = marked = time.monotonic()
    for number in range(quotes):
        while time.monotonic() < began + number / rate:
            if stop.wait(LIVE_SLICE):
                return
        if time.monotonic() - marked >= 1.0:
            marked = time.monotonic()
            yield market.mark(datetime.now(UTC))
        yield market.quote(datetime.now(UTC))
    yield market.mark(datetime.now(UTC), end=True)
