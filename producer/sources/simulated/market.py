"""The simulated market: its history as bars, its quotes, and both as one endless sequence in real time."""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain, count, dropwhile, takewhile
from operator import attrgetter
from threading import Lock
from typing import NamedTuple

from msgspec.structs import replace

from producer.sources.simulated.days import SymbolDays, market_days, traits_of
from producer.sources.simulated.history import (
    DAYS_OF_HISTORY,
    SOURCE,
    Listed,
    SimulatedSpan,
    bars,
    count_of,
    spans,
)
from producer.sources.simulated.minutes import MinuteMaker
from producer.sources.simulated.places import SECOND, at, before_second, place_of, ranks, with_rank
from producer.sources.simulated.quotes import QuoteMaker
from shared.calendars.calendars import DAY
from shared.market.records import EPOCH, Quote, Record, RecordedBar, TimeMark

MINUTE = 60
MAX_GAP = timedelta(hours=1)
"""After longer outages, missed data are published as bars."""

SLICE_SECONDS = 0.1
MICROSECOND = timedelta(microseconds=1)

Wait = Callable[[float], bool]


class MarketMember(NamedTuple):
    """A symbol of the market, its quote generator, and its first minute (since 1970)."""

    listed: Listed
    maker: QuoteMaker
    since: int


class SimulatedMarket:
    """A market of these symbols, each independent of the others. Symbols may join and leave while `live` runs.

    `rate` is the mean number of quotes per second and symbol in the regular session; each minute has at least four.
    Open every day from 02:00 to 22:00 UTC, with fewer quotes outside. `bars_left` counts the bars of a begun history
    that are still to come.
    """

    def __init__(self, symbols: Iterable[str], seed: int, rate: float = 1.0) -> None:
        self._seed, self._rate = seed, rate
        self._market = market_days(seed)
        self._ranks = ranks(symbols)
        self._gone: frozenset[str] = frozenset()
        self._made_until = 0
        self.bars_left = 0
        self._lock = Lock()
        self._members = tuple(self._member(symbol, rank, 0) for symbol, rank in self._ranks.items())

    def _member(self, symbol: str, rank: int, since: int) -> MarketMember:
        traits = traits_of(self._seed, symbol)
        days = SymbolDays(self._seed, symbol, traits, self._market)
        listed = Listed(symbol, rank, MinuteMaker(self._seed, symbol, traits, days, self._rate))
        return MarketMember(listed, QuoteMaker(self._seed, listed), since)

    def join(self, symbol: str, minute: int) -> bool:
        """Add a symbol from a minute (since 1970) on, without history, as earlier time marks apply to all symbols.

        Returns False if that minute has already passed. Thread-safe. Raises ConfigError if the market is full.
        """
        joining = self._member(symbol, with_rank(symbol, self._ranks), minute)
        with self._lock:
            if minute < self._made_until:
                return False
            self._ranks[symbol] = joining.listed.rank
            others = (each for each in self._members if each.listed.symbol != symbol)
            self._members = (*others, joining)
            self._gone -= {symbol}
        return True

    def leave(self, symbols: Iterable[str]) -> None:
        """Remove these symbols. Thread-safe."""
        with self._lock:
            self._gone |= frozenset(symbols)

    def history(self, until: datetime) -> Iterator[RecordedBar]:
        """Two years of finished bars that end at `until` or before, in order of their ends.

        Days up to 60 days ago, hours up to a week ago, quarter-hours, then minutes for two days and today.
        Like the other methods, raises StopPart outside the years that the market supports.
        """
        today = _day(until)
        return self._bars(spans(today - DAYS_OF_HISTORY, today), until, 0)

    def quotes(self, after: datetime, until: datetime) -> Iterator[Record]:
        """All quotes after `after` up to `until`, and a time mark per second, in time order.

        The received time is the event time.
        """
        end = at(_microsecond(until) + 1, 0)
        return takewhile(
            lambda record: record.position < end, self._after(at(_microsecond(after) + 1, 0) - 1)
        )

    def live(self, after_position: int | None, clock: Callable[[], datetime], wait: Wait) -> Iterator[Record]:
        """All records after a position: missed ones at once, future ones when due.

        Without a position it starts with the history. After an outage of more than an hour, missed data are published
        as bars, from the next full minute on: no minute is lost or repeated. Quotes and marks are received at the time
        of `clock`. `wait` waits so many seconds, at most a tenth; if it returns True, the sequence ends.
        """
        for record in self._records_after(after_position, clock()):
            if record.symbol in self._gone:
                continue
            if isinstance(record, RecordedBar):
                yield record
                continue
            if _stopped_before(record.event_time if isinstance(record, Quote) else record.time, clock, wait):
                return
            yield replace(record, received_time=clock())

    def _records_after(self, position: int | None, now: datetime) -> Iterator[Record]:
        past = self.history(now) if position is None else self._missed(position, now)
        last = position or 0
        for record in past:
            last = record.position
            yield record
        yield from self._after(last)

    def _missed(self, position: int, now: datetime) -> Iterator[Record]:
        """The bars after a position, if that is so long ago that bars are used.

        A started day is completed with bars of the same interval, so that nothing overlaps, independent of the time
        since; after it, the intervals are chosen again.
        """
        microsecond, interval = place_of(position)
        if interval is None:
            if now - (EPOCH + microsecond * MICROSECOND) <= MAX_GAP:
                return
            end = before_second((microsecond // (MINUTE * SECOND) + 1) * MINUTE)
            yield from takewhile(lambda record: record.position <= end, self._after(position))
            position, interval = end, "1m"
        day = microsecond // (DAY * SECOND)
        begun = SimulatedSpan(interval, day, day + 1)
        minute = place_of(position).microsecond // (MINUTE * SECOND)
        for bar in self._bars([begun, *spans(day + 1, _day(now))], now, minute):
            if bar.position > position:
                yield bar

    def _bars(self, wanted: list[SimulatedSpan], until: datetime, minute: int) -> Iterator[RecordedBar]:
        """The bars of these spans that end at `until` or before, of symbols that had joined by `minute`."""
        second = _microsecond(until) // SECOND
        end = before_second(second - second % MINUTE)
        listed = [each.listed for each in self._members if each.since <= minute]
        self.bars_left = len(listed) * sum(count_of(span, second) for span in wanted)
        all_bars = chain.from_iterable(bars(self._seed, listed, span) for span in wanted)
        for bar in takewhile(lambda bar: bar.position <= end, all_bars):
            self.bars_left -= 1
            yield bar

    def _after(self, position: int) -> Iterator[Record]:
        """All quotes and marks after a position, endless."""
        minutes = count(place_of(position).microsecond // (MINUTE * SECOND))
        records = chain.from_iterable(map(self._minute, minutes))
        return dropwhile(lambda record: record.position <= position, records)

    def _minute(self, minute: int) -> list[Record]:
        """All quotes of a minute (since 1970) and its 60 marks, in order of position."""
        with self._lock:
            listings, self._made_until = self._members, minute + 1
        records: list[Record] = [_mark(minute * MINUTE + second) for second in range(MINUTE)]
        for each in listings:
            if each.since <= minute:
                records += each.maker.quotes(minute)
        return sorted(records, key=attrgetter("position"))


def _mark(second: int) -> TimeMark:
    time = datetime.fromtimestamp(second, UTC)
    return TimeMark(time=time, source=SOURCE, position=at(second * SECOND, 0), received_time=time)


def _day(moment: datetime) -> int:
    """Days since 1970, in UTC."""
    return _microsecond(moment) // (DAY * SECOND)


def _microsecond(moment: datetime) -> int:
    return (moment - EPOCH) // MICROSECOND


def _stopped_before(due: datetime, clock: Callable[[], datetime], wait: Wait) -> bool:
    """Wait until `due`; returns True if the wait was interrupted."""
    while (left := (due - clock()).total_seconds()) > 0:
        if wait(min(left, SLICE_SECONDS)):
            return True
    return False
