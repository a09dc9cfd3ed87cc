"""Reads the closed bars of a series quickly: a rule may need a million of them."""

import io
from itertools import repeat
from math import isnan

import numpy as np
from psycopg2 import sql

from analytics.indicators.series.sessions import SESSIONS
from shared.market.records import Bar, Interval
from shared.postgres.database import Cursor

COLUMNS = (
    *(("start", ">i8"), ("end", ">i8"), ("open", ">f8"), ("high", ">f8"), ("low", ">f8"), ("close", ">f8")),
    *(("volume", ">f8"), ("vwap", ">f8"), ("quotes", ">i8"), ("session", "S8")),
    ("spread", ">f8"),
)
ROW = np.dtype(
    [
        ("fields", ">i2"),
        *(each for name, kind in COLUMNS for each in ((f"length of {name}", ">i4"), (name, kind))),
    ]
)
"""A row of COPY's binary format: the number of its fields, then the length and the bytes of each."""
PADDED = {session.ljust(8).encode(): session for session in SESSIONS}
"""Sessions by the bytes of a row."""
HEADER, TRAILER = 19, 2
"""The bytes before and after the rows."""
EPOCH = 946_684_800
"""The time from which PostgreSQL counts microseconds, 2000-01-01, in epoch seconds."""
COPIED = sql.SQL(
    "copy (select start, \"end\", open, high, low, close, volume, coalesce(vwap, 'NaN'), quotes, rpad(session, 8),"
    " coalesce(spread, 'NaN')"
    ' from bars where symbol = {symbol} and interval = {interval} and "end" <= to_timestamp({until}) order by start)'
    " to stdout (format binary)"
)


def stored_bars(cursor: Cursor, symbol: str, interval: Interval, until: float) -> list[Bar]:
    """The closed bars of a series that ended by `until`, epoch seconds, in order. A rule does not read their source.

    They come as COPY's binary rows, all of one length, which takes half the time of rows of values.
    """
    content = io.BytesIO()
    statement = COPIED.format(
        symbol=sql.Literal(symbol), interval=sql.Literal(interval), until=sql.Literal(until)
    )
    cursor.copy_expert(statement, content, size=1 << 20)
    copied = content.getbuffer()
    rows = np.frombuffer(copied, ROW, (len(copied) - HEADER - TRAILER) // ROW.itemsize, HEADER)
    starts, ends = ((rows[name] // 10**6 + EPOCH).tolist() for name in ("start", "end"))
    vwaps, spreads = (
        [None if isnan(value) else value for value in rows[name].tolist()] for name in ("vwap", "spread")
    )
    numbers = [rows[name].tolist() for name in ("open", "high", "low", "close", "volume")]
    sessions = map(PADDED.__getitem__, rows["session"].tolist())
    columns = (starts, ends, *numbers, vwaps, rows["quotes"].tolist(), sessions)
    return list(map(Bar._make, zip(repeat(symbol), repeat(interval), *columns, repeat(""), spreads)))
