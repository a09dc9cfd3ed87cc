"""COPY in PostgreSQL's binary format, for tables with arrays of numbers: the server reads a row in a third of the time,
because it parses no text. Every number is stored exactly.

A field is its length and its value. The arrays of many rows are made at once.
"""

import io
from collections.abc import Iterable, Sequence
from functools import lru_cache
from math import prod
from struct import pack

import numpy as np
from numpy.typing import NDArray
from psycopg2 import sql

from shared.postgres.database import Cursor

SIGNATURE = b"PGCOPY\n\xff\r\n\0" + bytes(8)
END = b"\xff\xff"
NULL = b"\xff\xff\xff\xff"
FIRST_SECOND = 946_684_800
"""PostgreSQL counts times from 2000-01-01 UTC."""
DOUBLE_TYPE, BOOLEAN_TYPE = 701, 16
_DOUBLE = np.dtype([("size", ">i4"), ("value", ">f8")])
_BOOLEAN = np.dtype([("size", ">i4"), ("value", "u1")])

Shape = tuple[int, ...]


def copy_fields(cursor: Cursor, table: str, columns: Sequence[str], rows: Iterable[Sequence[bytes]]) -> None:
    """COPY rows into a table; each has a field for every column, some of them joined."""
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    statement = sql.SQL("copy {} ({}) from stdin (format binary)").format(sql.Identifier(table), names)
    count = pack(">h", len(columns))
    content = [SIGNATURE]
    for row in rows:
        content.append(count)
        content += row
    content.append(END)
    cursor.copy_expert(statement, io.BytesIO(b"".join(content)), size=65_536)


@lru_cache(maxsize=8192)
def text(value: str) -> bytes:
    """The field of a text."""
    encoded = value.encode()
    return pack(">i", len(encoded)) + encoded


def microseconds(second: int) -> int:
    """Epoch seconds as PostgreSQL stores a time."""
    return (second - FIRST_SECOND) * 1_000_000


def double_arrays(values: NDArray[np.float64], shape: Shape) -> list[bytes]:
    """The fields of arrays of this shape, one for each row of `values`."""
    return _arrays(values, shape, _DOUBLE, DOUBLE_TYPE)


def boolean_arrays(values: NDArray[np.bool_], shape: Shape) -> list[bytes]:
    """The fields of arrays of this shape, one for each row of `values`."""
    return _arrays(values, shape, _BOOLEAN, BOOLEAN_TYPE)


@lru_cache(maxsize=8192)
def booleans(values: tuple[bool | None, ...]) -> bytes:
    """The field of a plain array in which values may be missing."""
    items = [NULL if value is None else pack(">i?", 1, value) for value in values]
    content = b"".join([pack(">5i", 1, None in values, BOOLEAN_TYPE, len(values), 1), *items])
    return pack(">i", len(content)) + content


def _arrays(values: NDArray[np.generic], shape: Shape, item: np.dtype[np.void], element: int) -> list[bytes]:
    bounds = [number for size in shape for number in (size, 1)]
    kind = np.dtype([("head", ">i4", 4 + len(bounds)), ("items", item, prod(shape))])
    fields = np.empty(len(values), kind)
    fields["head"] = [kind.itemsize - 4, len(shape), 0, element, *bounds]
    fields["items"]["size"] = item.itemsize - 4
    fields["items"]["value"] = values
    content, size = fields.tobytes(), kind.itemsize
    return [content[first : first + size] for first in range(0, len(content), size)]
