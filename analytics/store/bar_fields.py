"""The rows of closed bars and of their indicators in the binary format of COPY."""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from struct import Struct

from analytics.engine.events import Event
from analytics.engine.series import ClosedBar
from analytics.indicators.catalog import COLUMNS
from analytics.indicators.indicator_row import IndicatorRow
from analytics.indicators.own.own_indicators import OwnRow
from shared.market.records import Bar
from shared.postgres.binary_copy import NULL, microseconds, text
from shared.progress.provenance import FoldedRecords

_START, _START_AND_END = Struct(">iq"), Struct(">iqiq")
_PRICES_AND_VOLUME, _NUMBER, _COUNT = Struct(">" + "id" * 5), Struct(">id"), Struct(">iq")
_ROW = Struct(">" + "id" * len(COLUMNS))
_SIZES: list[float | None] = [8] * (2 * len(COLUMNS))
"""The sizes of a row's values, each with a place for the value behind it."""


def bar_fields(records: FoldedRecords, found: Iterable[Event]) -> Iterator[Sequence[bytes]]:
    """The fields of closed bars, in the order of CLOSED_BAR_COLUMNS; `records` closed them."""
    for event in found:
        bar = event.closed.bar
        yield (
            _series(bar.symbol, bar.interval),
            _START_AND_END.pack(8, microseconds(bar.start), 8, microseconds(bar.end)),
            _PRICES_AND_VOLUME.pack(8, bar.open, 8, bar.high, 8, bar.low, 8, bar.close, 8, bar.volume),
            NULL if bar.vwap is None else _NUMBER.pack(8, bar.vwap),
            _COUNT.pack(8, bar.quotes),
            text(bar.session),
            text(bar.source),
            NULL if bar.spread is None else _NUMBER.pack(8, bar.spread),
            records.fields(event.offset),
        )


def indicator_fields(found: Iterable[ClosedBar]) -> Iterator[Sequence[bytes]]:
    """The fields of their indicators, in the order of INDICATOR_COLUMNS."""
    for bar, row, *_ in found:
        yield _series(bar.symbol, bar.interval), _START.pack(8, microseconds(bar.start)), _values(row)


def own_fields(found: Iterable[tuple[Bar, OwnRow]]) -> Iterator[Sequence[bytes]]:
    """The fields of the user's own indicators, one row for each value, in the order of OWN_COLUMNS."""
    for bar, row in found:
        series, start = _series(bar.symbol, bar.interval), _START.pack(8, microseconds(bar.start))
        for name, value in row.values.items():
            yield series, start, text(name), NULL if value is None else _NUMBER.pack(8, value)


@lru_cache(maxsize=65_536)
def _series(symbol: str, interval: str) -> bytes:
    return text(symbol) + text(interval)


def _values(row: IndicatorRow) -> bytes:
    if None in row:  # while it is warming up
        return b"".join([NULL if value is None else _NUMBER.pack(8, value) for value in row])
    values = _SIZES.copy()
    values[1::2] = row
    return _ROW.pack(*values)
