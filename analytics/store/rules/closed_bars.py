"""The closed bars and headlines that rules are tried on, and that the values of a newly armed rule begin with."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from math import inf
from typing import NamedTuple, TypeVar

from analytics.mood.headline_mood import ScoredHeadline
from analytics.store.headlines import counted_headlines
from analytics.store.rules.stored_bars import stored_bars
from analytics.store.tables import splits_until
from analytics.store.times import AFTER_ALL_BARS
from shared.errors import Unavailable
from shared.market.records import Bar, Interval
from shared.market.splits import SplitAt
from shared.observability.heartbeat import beat
from shared.postgres.database import Connection, Cursor, connect, transaction

AFTER_ALL_OFFSETS = 2**62

Result = TypeVar("Result")

Intervals = dict[float, tuple[float, float]]
"""The lower and the upper bound by nominal coverage."""
NO_FORECASTS: Mapping[int, Intervals] = {}
FORECASTS = """
    select extract(epoch from start)::bigint, levels, lower[1:1], upper[1:1] from forecasts
    where symbol = %s and interval = %s and model = 'arima'
"""


class SymbolHistory(NamedTuple):
    """Every closed bar of a symbol and interval, in order and as it traded, the symbol's splits and headlines, and the
    intervals that were forecast for the next close, by the start of the bar at which they were."""

    symbol: str
    exchange: str | None
    bars: list[Bar]
    splits: list[SplitAt]
    headlines: Sequence[ScoredHeadline] = ()
    forecasts: Mapping[int, Intervals] = NO_FORECASTS


def symbols_with_exchanges(cursor: Cursor) -> dict[str, str | None]:
    """Every stored symbol with its exchange, in order."""
    cursor.execute("select symbol, exchange from symbols order by symbol")
    return dict(cursor.fetchall())


def history_of(
    cursor: Cursor, symbol: str, exchange: str | None, interval: Interval, until: float = inf
) -> SymbolHistory:
    """The history of a symbol from its first stored bar on, of bars that ended by `until`, epoch seconds."""
    bars = stored_bars(cursor, symbol, interval, min(until, AFTER_ALL_BARS))
    splits = [SplitAt(*split) for split in splits_until(cursor, symbol, AFTER_ALL_OFFSETS)]
    headlines = [*counted_headlines(cursor, symbol, AFTER_ALL_OFFSETS).values()]
    return SymbolHistory(symbol, exchange, bars, splits, headlines)


def next_intervals(cursor: Cursor, symbol: str, interval: Interval) -> dict[int, Intervals]:
    """The intervals that ARIMA forecast for the next close, by the start of the bar at which it did."""
    cursor.execute(FORECASTS, (symbol, interval))
    return {
        start: {
            level: (low, high) for level, low, high in zip(levels, lower[0], upper[0], strict=True) if low
        }
        for start, levels, lower, upper in cursor.fetchall()
    }


class StoredClosedBars:
    """The closed bars and headlines in the tables, read over a connection of its own, because a rule is armed while the
    log is processed, between two transactions."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._kept: Connection | None = None

    def bars_until(self, symbol: str, interval: Interval, end: int) -> Sequence[Bar]:
        """The bars of a series that ended by `end`, epoch seconds, in order. Raises Unavailable."""
        beat()
        return self._read(lambda cursor: stored_bars(cursor, symbol, interval, end))

    def headlines_before(self, symbol: str, offset: int) -> dict[int, ScoredHeadline]:
        """The headlines of a symbol that count, by their offsets, which are below `offset`. Raises Unavailable."""
        return self._read(lambda cursor: counted_headlines(cursor, symbol, offset))

    def _read(self, read: Callable[[Cursor], Result]) -> Result:
        """Read in a transaction. A rule is armed for thousands of series one after the other, so the connection is
        kept; one that the server ended since then is replaced."""
        kept, self._kept = self._kept, None
        if kept is not None:
            with suppress(Unavailable):
                return self._read_by(kept, read)
        return self._read_by(connect(self._dsn, "rules"), read)

    def _read_by(self, connection: Connection, read: Callable[[Cursor], Result]) -> Result:
        try:
            with transaction(connection) as cursor:
                found = read(cursor)
        except BaseException:
            connection.close()
            raise
        self._kept = connection
        return found
