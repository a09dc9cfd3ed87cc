"""The last quotes of some symbols, which are read with every announcement."""

from collections.abc import Mapping
from typing import NamedTuple

from dashboard.read.rows import SymbolRow
from shared.postgres.database import Cursor

FIELDS = (
    *(
        "price",
        "event_time",
        "received_time",
        "bid",
        "ask",
        "previous_close",
        "day_open",
        "day_high",
        "day_low",
    ),
    *("day_volume", "exchange", "late", "extreme"),
)


class LastQuotes(NamedTuple):
    """All symbols with their last quotes at the time `now`, epoch seconds; whether one was found that is not known."""

    now: float
    symbols: dict[str, SymbolRow]
    is_any_new: bool


def read_last_quotes(
    cursor: Cursor, symbols: set[str] | None, known: Mapping[str, SymbolRow]
) -> LastQuotes | None:
    """The `known` rows with the last quotes of these symbols, or of all if None, as they are now. What no quote
    changes, such as a company's name, stays as it was. None if there is no such symbol."""
    cursor.execute(
        """select extract(epoch from now())::float8, symbol, currency, price, extract(epoch from event_time)::float8,
            extract(epoch from received_time)::float8, bid, ask, previous_close, day_open, day_high, day_low,
            day_volume, exchange, late, extreme
        from symbols where %(all)s or symbol = any(%(symbols)s)""",
        {"all": symbols is None, "symbols": sorted(symbols or ())},
    )
    rows = cursor.fetchall()
    found = dict(known)
    for _, symbol, currency, *values in rows:
        if old := known.get(symbol):
            latest = dict(zip(FIELDS, values, strict=True))
            found[symbol] = old._replace(currency=currency or old.currency, **latest)
    is_any_new = any(row[1] not in known for row in rows)
    return LastQuotes(rows[0][0], found, is_any_new) if rows else None
