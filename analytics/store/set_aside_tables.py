"""The table of the quotes that the fold set aside."""

from psycopg2.extras import execute_values

from analytics.engine.quotes.print_filter import SetAside
from shared.postgres.database import Cursor


def write_set_aside(cursor: Cursor, partition: int, found: list[SetAside]) -> None:
    """Write quotes that were set aside; a stored row stays, because a log that is processed again gives it again."""
    if found:
        execute_values(
            cursor,
            'insert into set_aside_quotes (partition, "offset", symbol, event_time, price, reason) values %s'
            " on conflict do nothing",
            [
                (partition, offset, quote.symbol, quote.event_time, quote.price, reason)
                for offset, quote, reason in found
            ],
        )


def delete_set_aside(cursor: Cursor, partition: int) -> None:
    """Delete the rows of a partition, whose log is then processed again."""
    cursor.execute("delete from set_aside_quotes where partition = %s", (partition,))
