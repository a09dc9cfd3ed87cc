"""All SELECT statements for `python -m producer.symbols list` and `describe`, and for the start of the producer.

Parameters are always bound. Ages are in seconds by the database's clock.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from producer.live.quality.row import QualityRow
from producer.publishing.resume import StoredSymbol
from shared.market.listings import Listing, Listings
from shared.postgres.database import Cursor


class SymbolStatus(NamedTuple):
    """One line of the list; unknown values are None. `reported_age` is the age of the producer's last report."""

    symbol: str
    name: str | None
    decimals: int | None
    price: float | None
    age: float | None
    state: str | None
    cause: str | None
    reported_age: float | None


class LastQuote(NamedTuple):
    """The newest quote processed by the analytics, and their counts of late and extreme quotes."""

    price: float
    currency: str | None
    source: str
    session: str
    exchange: str | None
    event_age: float
    received_age: float
    late: int
    extreme: int


class SetAsideQuote(NamedTuple):
    """A quote that entered no bar because of its price."""

    event_time: datetime
    price: float
    reason: str


class BarSpan(NamedTuple):
    """The first and the last bar of an interval."""

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
    """The current time of the database."""
    cursor.execute("select now()")
    ((now,),) = cursor.fetchall()
    assert isinstance(now, datetime)
    return now


def read_replayed_listings(cursor: Cursor) -> Listings:
    """All symbols that have a quote, with the source of the last one."""
    cursor.execute("select symbol, source from symbols order by symbol")
    return {symbol: (Listing(source, symbol),) for symbol, source in cursor.fetchall()}


def read_stored(cursor: Cursor) -> dict[str, StoredSymbol]:
    """Currency and last quote of all stored symbols. One without quotes has the currency of its company."""
    cursor.execute(
        """select symbol, case when s.symbol is null then c.currency else s.currency end,
            coalesce(extract(epoch from s.event_time)::float8, 0), coalesce(s.price, 0)
        from symbols s full join companies c using (symbol)"""
    )
    return {
        symbol: StoredSymbol(currency, (time, price)) for symbol, currency, time, price in cursor.fetchall()
    }


def read_statuses(cursor: Cursor, symbols: Sequence[str]) -> list[SymbolStatus]:
    """The status of each of these symbols, in the given order."""
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
    """The newest quote, None if there is none yet."""
    cursor.execute(
        """select price, currency, source, session, exchange, extract(epoch from now() - event_time)::float8,
            extract(epoch from now() - received_time)::float8, late, extreme
        from symbols where symbol = %s""",
        (symbol,),
    )
    row = cursor.fetchone()
    return LastQuote._make(row) if row else None


def read_set_aside(cursor: Cursor, symbol: str) -> SetAsideQuote | None:
    """The newest quote that was set aside, None if there is none."""
    cursor.execute(
        "select event_time, price, reason from set_aside_quotes where symbol = %s order by event_time desc limit 1",
        (symbol,),
    )
    row = cursor.fetchone()
    return SetAsideQuote._make(row) if row else None


def read_quality(cursor: Cursor, symbol: str) -> tuple[QualityRow, float] | None:
    """The producer's last report of a symbol, and its age."""
    cursor.execute(
        f"select {', '.join(QualityRow._fields)}, extract(epoch from now() - updated_at)::float8"  # noqa: S608
        " from data_quality where symbol = %s",
        (symbol,),
    )
    row = cursor.fetchone()
    return (QualityRow._make(row[:-1]), row[-1]) if row else None


def read_bar_spans(cursor: Cursor, symbol: str, intervals: Sequence[str]) -> list[BarSpan]:
    """The first and last closed bar of each interval with bars."""
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
