"""Scenario: a client of the database hangs; the server ends its transaction, and others wait for a limited time."""

from contextlib import closing

import psycopg2
import pytest

from shared.errors import Unavailable
from shared.postgres.database import connect, transaction
from tests.integration.desk import Desk

ENDED = "closed the connection|was idle for too long"
"""The server's last words may be lost with the connection."""


def test_a_member_frozen_during_a_transaction_is_ended_by_the_server_and_its_locks_with_it(
    desk: Desk,
) -> None:
    dsn = desk.database()
    with closing(connect(dsn, "frozen")) as frozen, closing(connect(dsn, "other")) as other:
        cursor = frozen.cursor()
        cursor.execute("show idle_in_transaction_session_timeout")
        assert cursor.fetchall() == [("1min",)]
        cursor.execute("select pg_advisory_xact_lock(1)")
        cursor.execute("set local idle_in_transaction_session_timeout = '200ms'")
        with transaction(other) as waiting:
            waiting.execute("select pg_advisory_xact_lock(1)")
        with pytest.raises(Unavailable, match=ENDED), transaction(frozen) as cursor:
            cursor.execute("select 1")


def test_a_client_that_stays_idle_during_a_transaction_holds_its_locks_for_a_limited_time(
    embedded_postgres: str,
) -> None:
    """Scenario: `begin; lock table quotes` in psql, and its terminal stopped over the weekend."""
    with closing(psycopg2.connect(embedded_postgres)) as forgotten, forgotten.cursor() as cursor:
        cursor.execute("show idle_in_transaction_session_timeout")
        assert cursor.fetchall() == [("15min",)]


def test_waiting_for_a_lock_or_an_answer_is_limited(desk: Desk) -> None:
    dsn = desk.database()
    with closing(connect(dsn, "holder")) as holder, closing(connect(dsn, "other")) as other:
        with transaction(other) as cursor:
            limits = []
            for name in ("lock_timeout", "statement_timeout"):
                cursor.execute(f"show {name}")
                limits += cursor.fetchall()
        assert limits == [("30s",), ("10min",)]
        with transaction(holder) as cursor:
            cursor.execute("select pg_advisory_xact_lock(2)")
            with pytest.raises(Unavailable, match="lock timeout"), transaction(other) as waiting:
                waiting.execute("set local lock_timeout = '100ms'")
                waiting.execute("select pg_advisory_xact_lock(2)")
