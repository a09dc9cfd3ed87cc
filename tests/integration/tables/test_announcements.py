"""Announcements of changed rows: sent with the commit, also where the symbols are too many to be named."""

from contextlib import closing

import pytest

from analytics.runtime.partition import BACKLOG_MESSAGES
from analytics.runtime.processor import Analysis
from shared.market.records import Record
from shared.postgres.announcements import (
    LAST_QUOTES,
    MAX_BYTES,
    NOTHING_ANNOUNCED,
    announce,
    listen,
    take_announced,
    wait_for_announcements,
)
from shared.postgres.database import Connection, connect, transaction
from shared.progress.batches import Batch
from shared.progress.offsets import OffsetStep, advance
from tests.integration.desk import Desk
from tests.integration.tables.test_live_view import READING, quote, taken_up
from tests.slowness import PATIENCE


def fold(analysis: Analysis, connection: Connection, first: int, count: int) -> None:
    """Fold and commit quotes as the loop does."""
    records: list[tuple[int, Record]] = [(number, quote(number)) for number in range(first, first + count)]
    step = OffsetStep(0, expected=first, reached=first + count, quotes=count)
    analysis.fold(Batch(0, records, [], step, []))
    with transaction(connection) as cursor:
        advance(cursor, READING, [step])
        analysis.write(cursor)
    analysis.between_commits(connection)


def test_analytics_announces_last_quotes_and_open_bars_with_their_commit(desk: Desk) -> None:
    with (
        closing(connect(desk.database(), "analytics")) as connection,
        closing(connect(desk.database(), "screen")) as listener,
    ):
        listen(listener)
        fold(taken_up(connection), connection, 0, 3)
        wait_for_announcements(listener, PATIENCE)
        found = take_announced(listener)
        assert found.last_quotes == {"S0", "S1", "S2"}
        assert take_announced(listener) == NOTHING_ANNOUNCED


def test_last_quotes_of_a_backlog_come_with_the_open_bars(desk: Desk) -> None:
    with (
        closing(connect(desk.database(), "analytics")) as connection,
        closing(connect(desk.database(), "screen")) as listener,
    ):
        listen(listener)
        fold(taken_up(connection), connection, 0, BACKLOG_MESSAGES)
        wait_for_announcements(listener, PATIENCE)
        found = take_announced(listener)
        assert (found.last_quotes, found.has_open_bars) == (set(), True)
        assert desk.rows("select count(*) > 0 from symbols") == [(True,)]


def test_transaction_that_is_rolled_back_announces_nothing(desk: Desk) -> None:
    with (
        closing(connect(desk.database(), "analytics")) as connection,
        closing(connect(desk.database(), "screen")) as listener,
    ):
        listen(listener)
        with pytest.raises(ZeroDivisionError), transaction(connection) as cursor:
            announce(cursor, LAST_QUOTES, ["AAA"])
            raise ZeroDivisionError
        with transaction(connection) as cursor:
            announce(cursor, LAST_QUOTES, ["BBB"])
        wait_for_announcements(listener, PATIENCE)
        assert take_announced(listener).last_quotes == {"BBB"}


def test_symbols_that_are_too_many_to_name_are_announced_as_all(desk: Desk) -> None:
    many = [f"S{number:05}" for number in range(MAX_BYTES // 8)]
    with closing(connect(desk.database(), "screen")) as listener:
        listen(listener)
        with transaction(listener) as cursor:
            announce(cursor, LAST_QUOTES, many)
        wait_for_announcements(listener, PATIENCE)
        assert take_announced(listener).last_quotes is None
