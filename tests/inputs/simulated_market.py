"""The simulated market: a time, two symbols, the end of a bar, and a clock that passes only while it waits."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from producer.sources.simulated import SimulatedMarket
from shared.market.records import INTERVAL_SECONDS, Quote, Record, RecordedBar

NOW = datetime(2025, 6, 3, 15, 23, 12, 345_678, UTC)
SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
SYMBOLS = ("AAPL", "XYZ")


def quotes_of(records: Iterable[Record], symbol: str) -> list[Quote]:
    return [record for record in records if isinstance(record, Quote) and record.symbol == symbol]


def end_of(bar: Record) -> datetime:
    assert isinstance(bar, RecordedBar)
    return bar.start + (
        timedelta(hours=20) if bar.interval == "1d" else timedelta(0, INTERVAL_SECONDS[bar.interval])
    )


class SimulatedMarketClock:
    """A clock that only waiting moves; it breaks off at `until`."""

    def __init__(self, now: datetime, until: datetime | None = None) -> None:
        self.now, self.until = now, until
        self.longest = 0.0

    def clock(self) -> datetime:
        return self.now

    def wait(self, seconds: float) -> bool:
        self.longest = max(self.longest, seconds)
        self.now += timedelta(seconds=seconds)
        return self.until is not None and self.now >= self.until


def live(market: SimulatedMarket, after: int | None, now: datetime, until: datetime) -> list[Record]:
    """Everything after a position that the market publishes between two times."""
    hand = SimulatedMarketClock(now, until)
    return list(market.live(after, hand.clock, hand.wait))
