"""Scenario: a backup runs over midnight. It holds its locks on `quotes` for hours; no part waits for it."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from consumer.consumer import store
from consumer.tables import days_made, make_day
from shared.market.records import Quote
from shared.postgres.database import Connection, connect, transaction
from tests.integration.desk import Desk
from tests.waiting import wait_for

BEFORE_MIDNIGHT = datetime(2024, 1, 2, 23, 59, 58, tzinfo=UTC)
FIRST_DAY = BEFORE_MIDNIGHT.toordinal() - datetime(1970, 1, 1, tzinfo=UTC).toordinal()


def quotes(first: int, count: int) -> list[Quote]:
    """One quote a second, over midnight."""
    times = [BEFORE_MIDNIGHT + timedelta(seconds=number) for number in range(first, first + count)]
    return [
        Quote(symbol="AAA", event_time=time, price=1.0, source="test", position=first + n, received_time=time)
        for n, time in enumerate(times)
    ]


@pytest.fixture
def backup(desk: Desk) -> Iterator[Connection]:
    """A connection that locks every table as pg_dump does, once `dump` is called, until its end."""
    with closing(connect(desk.database(), "backup")) as connection:
        yield connection


def dump(connection: Connection) -> None:
    """Open the transaction of a pg_dump: ACCESS SHARE on `quotes` and each of its days."""
    cursor = connection.cursor()
    cursor.execute("select relname from pg_class where relname like 'quotes%%' and relkind in ('r', 'p')")
    for (name,) in cursor.fetchall():
        cursor.execute(f"lock table {name} in access share mode")


def test_quotes_of_the_next_days_are_stored_beside_a_backup_that_began_before_midnight(
    desk: Desk,
    backup: Connection,
) -> None:
    with desk.at_work(store):
        desk.publish(quotes(0, 1))
        wait_for(lambda: desk.has_read("storage", 1))
        dump(backup)
        desk.publish(quotes(1, 9))
        wait_for(lambda: desk.has_read("storage", 10))
        # Days nobody could make ahead, as after a week without a quote.
        desk.publish(quotes(7 * 86_400, 1))
        wait_for(lambda: desk.has_read("storage", 11))
    assert desk.rows("select count(*), count(distinct event_time::date) from quotes") == [(11, 3)]


def test_today_tomorrow_and_the_day_after_are_made_before_a_quote_needs_them(desk: Desk) -> None:
    with desk.at_work(store):
        desk.publish(quotes(0, 1))
        wait_for(lambda: desk.has_read("storage", 1))
        query = "select count(*) from pg_inherits where inhparent = 'quotes'::regclass"
        wait_for(lambda: desk.rows(query) == [(3,)])
    with closing(connect(desk.database(), "test")) as connection, transaction(connection) as cursor:
        assert days_made(cursor) == {FIRST_DAY, FIRST_DAY + 1, FIRST_DAY + 2}


def test_nobody_waits_for_days_ahead_while_something_holds_the_table_longer(
    desk: Desk, backup: Connection
) -> None:
    """Such as an ANALYZE of all quotes, beside which no partition is attached."""
    with desk.at_work(store):
        desk.publish(quotes(0, 1))
        query = "select count(*) from pg_inherits where inhparent = 'quotes'::regclass"
        wait_for(lambda: desk.rows(query) == [(3,)])
        cursor = backup.cursor()
        cursor.execute("lock table quotes in share update exclusive mode")
        desk.publish(quotes(86_400, 1))
        wait_for(lambda: desk.has_read("storage", 2))
        desk.publish(quotes(86_401, 1))
        wait_for(lambda: desk.has_read("storage", 3))
    assert desk.rows(query) == [(3,)]
    backup.rollback()


def test_a_day_that_is_attached_has_the_keys_and_columns_of_one_made_in_place(desk: Desk) -> None:
    shape = """
        select pg_get_indexdef(i.indexrelid), i.indisprimary, h.inhparent::regclass::text
        from pg_index i left join pg_inherits h on h.inhrelid = i.indexrelid
        where i.indrelid = 'quotes_20240102'::regclass order by 1
    """
    columns = """
        select attname, atttypid::regtype::text, attnotnull from pg_attribute
        where attrelid = 'quotes_20240102'::regclass and attnum > 0 order by attname
    """
    with closing(connect(desk.database(), "test")) as connection:
        with transaction(connection) as cursor:
            make_day(cursor, FIRST_DAY)
        attached = desk.rows(shape), desk.rows(columns)
        with transaction(connection) as cursor:
            cursor.execute("drop table quotes_20240102")
            cursor.execute(
                "create table quotes_20240102 partition of quotes"
                " for values from ('2024-01-02T00:00:00+00:00') to ('2024-01-03T00:00:00+00:00')"
            )
        assert attached == (desk.rows(shape), desk.rows(columns))
    assert len(attached[0]) == 1


def test_a_reader_that_comes_while_a_day_is_made_does_not_wait(desk: Desk) -> None:
    with (
        closing(connect(desk.database(), "maker")) as maker,
        closing(connect(desk.database(), "reader")) as reader,
        transaction(maker) as cursor,
    ):
        make_day(cursor, FIRST_DAY)
        with transaction(reader) as other:
            other.execute("set local lock_timeout = '100ms'")
            other.execute("select count(*) from quotes")
            assert other.fetchall() == [(0,)]
