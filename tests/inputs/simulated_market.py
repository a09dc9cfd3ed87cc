"""Shared by the tests of the simulated market: a time, two symbols, and the end of a bar."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

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
