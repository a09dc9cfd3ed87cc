"""Reads quotes from the table in the order in which they were processed."""

from collections.abc import Iterator

from shared.market.records import Quote
from shared.postgres.database import Connection

FIELDS = Quote.__struct_fields__[: Quote.__struct_fields__.index("correction")]
"""The correction of a clock is not stored."""
FETCHED_AT_ONCE = 10_000


def quotes_by_offset(connection: Connection, since: float, until: float) -> Iterator[tuple[int, int, Quote]]:
    """The quotes with event times from `since` to `until`, epoch seconds, each with its partition and offset; ordered
    by these. The connection must be in a transaction, which stays open meanwhile."""
    fields = ", ".join(FIELDS)
    with connection.cursor("quotes_by_offset") as cursor:
        cursor.itersize = FETCHED_AT_ONCE
        cursor.execute(
            f'select partition, "offset", {fields} from quotes'  # noqa: S608 (names of our own)
            " where event_time between to_timestamp(%s) and to_timestamp(%s)"
            ' order by partition, "offset"',
            (since, until),
        )
        for partition, offset, *values in cursor:
            yield partition, offset, Quote(**dict(zip(FIELDS, values, strict=True)))
