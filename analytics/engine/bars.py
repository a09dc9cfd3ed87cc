"""Builds bars from quotes.

A minute is closed once its symbol's time has passed its end. A record for a closed minute is late: it is counted and
enters no bar of any interval. So a closed bar never changes, a five-minute bar is always the sum of its minutes, and
all intervals agree. The exception is a bar that a source gave whole: it stays as given. Within an open bar the order of
arrival does not matter: open is the price of the earliest event, close that of the latest.

By its sale conditions a trade may update volume alone, or high, low and volume. A bar of such trades only has no price:
it is merged into longer bars, and no bar of its own closes. The price of a trade that updates volume alone is no part
of the average price either: an average price trade of a large block is reported hours later, far from the market.

The spread of a bar is that of the latest event with a valid bid and ask, among the quotes that set its close. A split
does not change it, because it is a fraction of the price.
"""

from functools import lru_cache
from typing import NamedTuple

from shared.calendars.calendars import SessionCalendar
from shared.market.prices import MIN_PRICE, PRICE_LIMIT
from shared.market.records import INTERVAL_SECONDS, INTERVALS, Bar, Interval, RecordedBar, RecordedInterval
from shared.market.trade_conditions import Updates

BarState = tuple[int | float | str | None, ...]

MINUTE = 60
FILLED_BY: dict[RecordedInterval, tuple[Interval, ...]] = {
    **{interval: INTERVALS[place:] for place, interval in enumerate(INTERVALS)},
    "1s": ("1m",),
    "1m": ("1m",),
}
"""The intervals that a recorded bar contributes to directly, shortest first; minutes contribute to longer intervals
when they close."""
NO_HIGH, NO_LOW = 0.0, PRICE_LIMIT
NO_OPEN_TIME, NO_CLOSE_TIME = 1e12, -1.0
"""The values of a bar without prices: any price or time replaces them. Finite, because a snapshot is JSON."""


class Slot(NamedTuple):
    """The time range of a bar: [start, end) in epoch seconds UTC. `session` is the session at its start."""

    start: int
    end: int
    session: str


def closed_until(time: float, grace: float) -> int:
    """At `time`, every bar that ends by the result is closed; epoch seconds."""
    return max(0, int((time - grace) // MINUTE) * MINUTE)


@lru_cache(maxsize=1024)
def slot_of(interval: Interval, second: int, calendar: SessionCalendar) -> Slot | None:
    """The slot of `interval` that contains `second`, by the exchange's calendar. Cached, because many symbols share it.

    Intraday slots start at multiples of their length in UTC. The slot of a day is its regular session from open to
    close, including breaks; outside a regular session there is no daily slot and the result is None.
    """
    if interval == "1d":
        _, opens, closes = calendar.at(second)
        return Slot(opens, closes, "regular") if opens <= second < closes else None
    seconds = INTERVAL_SECONDS[interval]
    start = second - second % seconds
    return Slot(start, start + seconds, calendar.at(start).name)


def slot_filled_by(start: int, end: int, interval: Interval, calendar: SessionCalendar) -> Slot | None:
    """The slot of `interval` that a piece of [start, end) contributes to; for a day, the session that it overlaps.

    For example, the hour from 9 to 10 in New York contains the first half hour of the session.
    """
    return slot_of(interval, start, calendar) or slot_of(interval, end - 1, calendar)


class OpenBar:
    """A bar that still accepts quotes.

    `notional` is the sum of price times size over `sized`, the volume that came with its own price; their ratio is the
    volume-weighted average price. `unpriced` is the volume of trades that update volume alone. `whole` means that the
    source gave the bar of exactly this slot; shorter bars then do not contribute to it. `spread` was quoted at
    `spread_time`, None until then. Times are epoch seconds.
    """

    __slots__ = (
        *("start", "end", "session", "source", "open", "open_time", "high", "low", "close", "close_time"),
        *("volume", "notional", "sized", "unpriced", "quotes", "whole", "spread", "spread_time"),
    )

    def __init__(self, slot: Slot, source: str, price: float, time: float) -> None:
        self.start, self.end, self.session = slot
        self.source = source
        self.open = self.high = self.low = self.close = price
        self.open_time = self.close_time = time
        self.volume = self.notional = self.sized = self.unpriced = 0.0
        self.quotes = 0
        self.whole = False
        self.spread: float | None = None
        self.spread_time = NO_CLOSE_TIME

    @classmethod
    def without_price(cls, slot: Slot, source: str) -> "OpenBar":
        """A bar that has no price yet."""
        bar = cls(slot, source, 0.0, NO_OPEN_TIME)
        bar.high, bar.low, bar.close_time = NO_HIGH, NO_LOW, NO_CLOSE_TIME
        return bar

    @property
    def has_price(self) -> bool:
        """Whether a price opened the bar; only then is it shown and closed."""
        return self.open_time != NO_OPEN_TIME

    @classmethod
    def from_record(cls, record: RecordedBar, slot: Slot) -> "OpenBar":
        """A recorded bar as a piece to merge into `slot`. A daily bar covers its session; a one-second bar ends within
        its minute."""
        start = slot.start if record.interval == "1d" else int(record.start.timestamp())
        end = (
            slot.end if record.interval == "1d" else min(start + INTERVAL_SECONDS[record.interval], slot.end)
        )
        piece = cls(Slot(start, end, slot.session), record.source, record.open, start)
        piece.high, piece.low, piece.close = record.high, record.low, record.close
        piece.close_time = end
        piece.volume = record.volume or 0.0
        piece.quotes = 1
        piece.whole = (start, end) == (slot.start, slot.end)
        return piece

    def add(self, price: float, size: float | None, time: float) -> None:
        """Add one quote; `time` is its event time."""
        if price > self.high:
            self.high = price
        if price < self.low:
            self.low = price
        if time >= self.close_time:
            self.close, self.close_time = price, time
        if time < self.open_time:
            self.open, self.open_time = price, time
        if size is not None:
            self.volume += size
            self.notional += price * size
            self.sized += size
        self.quotes += 1

    def add_offers(self, bid: float, ask: float | None, time: float) -> None:
        """Add the bid and the ask of a quote. They have no effect if one of them is missing or no possible price, or
        if the bid is above the ask. Equal ones are a spread of zero."""
        if ask is not None and MIN_PRICE < bid <= ask < PRICE_LIMIT and time >= self.spread_time:
            self.spread, self.spread_time = 2.0 * (ask - bid) / (ask + bid), time

    def add_part(self, price: float, size: float | None, updates: Updates) -> None:
        """Add one quote that updates neither open nor close."""
        if updates.high_low:
            self.high, self.low = max(self.high, price), min(self.low, price)
        if updates.volume and size is not None:
            self.volume += size
            if updates.high_low:
                self.notional += price * size
                self.sized += size
            else:
                self.unpriced += size
        self.quotes += 1

    def merge(self, other: "OpenBar") -> None:
        """Add a shorter bar."""
        if other.high > self.high:
            self.high = other.high
        if other.low < self.low:
            self.low = other.low
        if other.close_time >= self.close_time:
            self.close, self.close_time = other.close, other.close_time
        if other.open_time < self.open_time:
            self.open, self.open_time = other.open, other.open_time
        self.volume += other.volume
        self.notional += other.notional
        self.sized += other.sized
        self.unpriced += other.unpriced
        self.quotes += other.quotes
        if other.spread is not None and other.spread_time >= self.spread_time:
            self.spread, self.spread_time = other.spread, other.spread_time

    def split(self, ratio: float) -> None:
        """One share became `ratio` shares: prices are divided, volumes are multiplied, `notional` stays the same."""
        self.open, self.high = self.open / ratio, self.high / ratio
        self.low = self.low if self.low == NO_LOW else self.low / ratio
        self.close /= ratio
        self.volume *= ratio
        self.sized *= ratio
        self.unpriced *= ratio

    def bar(self, symbol: str, interval: Interval) -> Bar:
        """The bar so far. The average price is clamped to [low, high], because rounding could move it outside."""
        vwap = self.notional / self.sized if self.sized > 0 else None
        if vwap is not None:
            vwap = min(max(vwap, self.low), self.high)
        prices = (self.open, self.high, self.low, self.close)
        return Bar(
            symbol,
            interval,
            self.start,
            self.end,
            *prices,
            self.volume,
            vwap,
            self.quotes,
            self.session,
            self.source,
            self.spread,
        )

    def state(self) -> BarState:
        """All fields, for a snapshot."""
        return tuple(getattr(self, name) for name in self.__slots__)

    @classmethod
    def restored(cls, state: BarState) -> "OpenBar":
        """The bar of a snapshot, bit for bit the same."""
        bar = cls.__new__(cls)
        for name, value in zip(cls.__slots__, state, strict=True):
            setattr(bar, name, value)
        return bar
