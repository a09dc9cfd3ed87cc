"""The producer's tables: followed symbols, their companies, data quality and data alerts.

Parameters are always bound; each function is one step of the caller's transaction.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from psycopg2.extras import execute_values

from producer.live.quality.row import QualityRow
from producer.sources.answers import Company
from shared.market.listings import Listing, Listings
from shared.postgres.database import Cursor
from shared.postgres.upsert import upsert

MAX_TEXT = 200
"""Maximum number of characters of a text from a source."""


class CompanyRow(NamedTuple):
    """The company data of a symbol, their source and when they were fetched."""

    company: Company
    source: str
    fetched_at: datetime


class DataAlert(NamedTuple):
    """A problem with a symbol's data, such as two sources that differ by `value`, more than `threshold`.

    `kind` is a short name of the problem; `detail` is a text for the user.
    """

    symbol: str
    kind: str
    raised_at: datetime
    value: float | None
    threshold: float | None
    detail: str


COMPANY_COLUMNS = (*Company._fields, "source", "fetched_at")


def read_listings(cursor: Cursor, configured: Listings) -> Listings:
    """The symbols followed now: those in the settings, with the added and without the removed ones."""
    cursor.execute(
        """select w.symbol, w.wanted, s.source, s.source_name
        from watched_symbols w left join watched_sources s using (symbol)
        order by w.changed_at, w.symbol, s.rank"""
    )
    asked: Listings = {}
    for symbol, wanted, source, name in cursor.fetchall():
        asked[symbol] = (*asked.get(symbol, ()), Listing(source, name)) if wanted and source else ()
    return {symbol: listings for symbol, listings in (configured | asked).items() if listings}


def add_symbol(cursor: Cursor, symbol: str, listings: Sequence[Listing], *, is_watched: bool = False) -> None:
    """Follow a symbol from now on, only from these sources, the primary one first.

    With `is_watched` the symbol is already in the simulated market; otherwise that has yet to add it.
    """
    _ask_for(cursor, symbol, wanted=True, is_watched=is_watched)
    cursor.execute("delete from watched_sources where symbol = %s", (symbol,))
    execute_values(
        cursor,
        "insert into watched_sources (symbol, rank, source, source_name) values %s",
        [(symbol, rank, listing.source, listing.name) for rank, listing in enumerate(listings)],
    )


def remove_symbol(cursor: Cursor, symbol: str, configured: Listings) -> None:
    """Stop following a symbol. If it is not in the settings, its row is deleted, so that they can add it later."""
    if symbol in configured:
        _ask_for(cursor, symbol, wanted=False, is_watched=False)
        cursor.execute("delete from watched_sources where symbol = %s", (symbol,))
    else:
        cursor.execute("delete from watched_symbols where symbol = %s", (symbol,))


def _ask_for(cursor: Cursor, symbol: str, *, wanted: bool, is_watched: bool) -> None:
    cursor.execute(
        """insert into watched_symbols (symbol, wanted, joined_at)
        values (%(symbol)s, %(wanted)s, case when %(watched)s then to_timestamp(0) end)
        on conflict (symbol) do update set wanted = excluded.wanted, changed_at = now(),
            joined_at = case when %(watched)s then coalesce(watched_symbols.joined_at, to_timestamp(0)) end""",
        {"symbol": symbol, "wanted": wanted, "watched": is_watched},
    )


class SymbolRequest(NamedTuple):
    """A symbol that was added or removed, and when the simulated market added it, None if it has not yet."""

    symbol: str
    wanted: bool
    joined_at: datetime | None


def read_symbol_requests(cursor: Cursor) -> list[SymbolRequest]:
    """The symbols that were added or removed, in order of the changes."""
    cursor.execute("select symbol, wanted, joined_at from watched_symbols order by changed_at, symbol")
    return [SymbolRequest._make(row) for row in cursor.fetchall()]


def write_joined(cursor: Cursor, symbol: str, joined_at: datetime) -> None:
    """Store when the simulated market adds a requested symbol."""
    cursor.execute(
        "update watched_symbols set joined_at = %s where symbol = %s and wanted", (joined_at, symbol)
    )


def carry_over(source: Cursor, target: Cursor) -> None:
    """Copy the added and removed symbols of one database, with their sources, to another one."""
    source.execute("select symbol, wanted, changed_at from watched_symbols")
    asked = source.fetchall()
    source.execute("select symbol, rank, source, source_name from watched_sources")
    sources = source.fetchall()
    if not asked:
        return
    execute_values(
        target,
        "insert into watched_symbols (symbol, wanted, changed_at) values %s on conflict do nothing",
        asked,
    )
    if sources:
        execute_values(
            target,
            "insert into watched_sources (symbol, rank, source, source_name) values %s on conflict do nothing",
            sources,
        )


def read_companies(cursor: Cursor) -> dict[str, CompanyRow]:
    """All company data by symbol."""
    cursor.execute(f"select {', '.join(COMPANY_COLUMNS)} from companies")  # noqa: S608
    return {row[0]: CompanyRow(Company._make(row[:-2]), *row[-2:]) for row in cursor.fetchall()}


def write_company(cursor: Cursor, row: CompanyRow) -> None:
    """Store the company data of a symbol, replacing earlier ones."""
    values = (_plain(value) if isinstance(value, str) else value for value in row.company)
    upsert(cursor, "companies", COMPANY_COLUMNS, [(*values, row.source, row.fetched_at)])


def _plain(text: str) -> str:
    """A source's text, truncated and without characters that tables or terminals don't accept, such as NUL."""
    return "".join(sign for sign in text[:MAX_TEXT] if sign.isprintable())


def write_quality(cursor: Cursor, rows: Sequence[QualityRow]) -> None:
    """Store the data quality of all followed symbols; rows of other symbols are deleted."""
    cursor.execute("delete from data_quality where symbol <> all(%s)", ([row.symbol for row in rows],))
    upsert(cursor, "data_quality", QualityRow._fields, rows, also="updated_at = now()")


def raise_alert(cursor: Cursor, alert: DataAlert) -> bool:
    """Store an alert unless the symbol has an active one of this kind; returns whether it is new."""
    cursor.execute(
        """insert into data_alerts (symbol, kind, raised_at, value, threshold, detail)
        select %(symbol)s, %(kind)s, %(raised_at)s, %(value)s, %(threshold)s, %(detail)s
        where not exists (
            select from data_alerts where symbol = %(symbol)s and kind = %(kind)s and cleared_at is null
        ) on conflict do nothing""",
        alert._asdict(),
    )
    return cursor.rowcount == 1


def keep_alert(cursor: Cursor, alert: DataAlert) -> bool:
    """Store an alert that is never cleared, unless the same text is already stored; returns whether it is new."""
    cursor.execute(
        """insert into data_alerts (symbol, kind, raised_at, value, threshold, detail)
        select %(symbol)s, %(kind)s, %(raised_at)s, %(value)s, %(threshold)s, %(detail)s
        where not exists (
            select from data_alerts where symbol = %(symbol)s and kind = %(kind)s and detail = %(detail)s
        ) on conflict do nothing""",
        alert._asdict(),
    )
    return cursor.rowcount == 1


def clear_alert(cursor: Cursor, symbol: str, kind: str, cleared_at: datetime) -> bool:
    """Clear the active alert of this kind; returns whether there was one."""
    cursor.execute(
        "update data_alerts set cleared_at = %s where symbol = %s and kind = %s and cleared_at is null",
        (cleared_at, symbol, kind),
    )
    return cursor.rowcount > 0
