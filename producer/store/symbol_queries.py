"""How each symbol stands: every SELECT behind `python -m producer.symbols list` and `describe`, and behind a start.

Parameters are always bound. Ages are in seconds by the database's clock.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from producer.live.quality_row import QualityRow
from producer.publishing.resume import StoredSymbol
from shared.market.listings import Listing, Listings
from shared.postgres.database import Cursor


class SymbolStatus(NamedTuple):
    """One line of the list; what is not known is None. `told_age` is how long ago the producer spoke of it."""

    symbol: str
    name: str | None
    decimals: int | None
    price: float | None
    age: float | None
    state: str | None
    cause: str | None
    told_age: float | None


class LastQuote(NamedTuple):
    """The newest quote that the analytics folded, and what they counted beside it."""

    price: float
    currency: str | None
    source: str
    session: str
    exchange: str | None
    event_age: float
    received_age: float
    late: int
    extreme: int


class BarSpan(NamedTuple):
    """From which to which bar an interval reaches."""

    interval: str
    first: datetime
    last: datetime


class Action(NamedTuple):
    """A split or a dividend."""

    action: str
    time: datetime
    value: float
    currency: str | None


def read_now(cursor: Cursor) -> datetime:
    """The database's clock."""
    cursor.execute("select now()")
    ((now,),) = cursor.fetchall()
    assert isinstance(now, datetime)
    return now


def read_given(cursor: Cursor) -> Listings:
    """Every symbol that has a quote, at the source that gave its last one."""
    cursor.execute("select symbol, source from symbols order by symbol")
    return {symbol: (Listing(source, symbol),) for symbol, source in cursor.fetchall()}


def read_stored(cursor: Cursor) -> dict[str, StoredSymbol]:
    """What is stored of every symbol. One that was never quoted has the currency of its company."""
    cursor.execute(
        """select symbol, case when s.symbol is null then c.currency else s.currency end,
            coalesce(extract(epoch from s.event_time)::float8, 0), coalesce(s.price, 0)
        from symbols s full join companies c using (symbol)"""
    )
    return {
        symbol: StoredSymbol(currency, (time, price)) for symbol, currency, time, price in cursor.fetchall()
    }


def read_standings(cursor: Cursor, symbols: Sequence[str]) -> list[SymbolStatus]:
    """The line of each of these, in their order."""
    cursor.execute(
        """select wanted.symbol, c.name, c.decimals, s.price,
            extract(epoch from now() - s.event_time)::float8, q.state, q.cause,
            extract(epoch from now() - q.updated_at)::float8
        from unnest(%s::text[]) with ordinality as wanted(symbol, rank)
        left join companies c using (symbol) left join symbols s using (symbol)
        left join data_quality q using (symbol) order by wanted.rank""",
        (list(symbols),),
    )
    return [SymbolStatus._make(row) for row in cursor.fetchall()]


def read_last_quote(cursor: Cursor, symbol: str) -> LastQuote | None:
    """The newest quote, None where there was none yet."""
    cursor.execute(
        """select price, currency, source, session, exchange, extract(epoch from now() - event_time)::float8,
            extract(epoch from now() - received_time)::float8, late, extreme
        from symbols where symbol = %s""",
        (symbol,),
    )
    row = cursor.fetchone()
    return LastQuote._make(row) if row else None


def read_quality(cursor: Cursor, symbol: str) -> tuple[QualityRow, float] | None:
    """What the producer told last of a symbol, and how long ago."""
    cursor.execute(
        f"select {', '.join(QualityRow._fields)}, extract(epoch from now() - updated_at)::float8"  # noqa: S608
        " from data_quality where symbol = %s",
        (symbol,),
    )
    row = cursor.fetchone()
    return (QualityRow._make(row[:-1]), row[-1]) if row else None


def read_bar_spans(cursor: Cursor, symbol: str, intervals: Sequence[str]) -> list[BarSpan]:
    """First and last closed bar of each interval that has any."""
    cursor.execute(
        """select wanted.interval, first.start, last.start
        from unnest(%(intervals)s::text[]) with ordinality as wanted(interval, rank)
        cross join lateral (select start from bars b where b.symbol = %(symbol)s
            and b.interval = wanted.interval order by start limit 1) first
        cross join lateral (select start from bars b where b.symbol = %(symbol)s
            and b.interval = wanted.interval order by start desc limit 1) last
        order by wanted.rank""",
        {"symbol": symbol, "intervals": list(intervals)},
    )
    return [BarSpan._make(row) for row in cursor.fetchall()]


def read_actions(cursor: Cursor, symbol: str) -> list[Action]:
    """Splits and dividends, newest first."""
    cursor.execute(
        "select action, time, value, currency from corporate_actions where symbol = %s order by time desc, action",
        (symbol,),
    )
    return [Action._make(row) for row in cursor.fetchall()]
