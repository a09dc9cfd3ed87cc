"""Scenario: an older copy of the database is restored, while the log is up to date. The parts read the log from the end
of the copy on, and the result is the same as without the restore."""

from contextlib import closing

import pytest
from psycopg2.extensions import parse_dsn

from shared.postgres.database import connect
from tests.chaos.outcome import first_difference, outcome
from tests.inputs.noon_records import mark, quotes
from tests.integration.desk import Desk
from tests.reports.log.folded_logs import FEW_ORDERS, read_all

OLD, NEW = 200, 300


def administered(desk: Desk, *statements: str) -> None:
    """What the superuser does to the database as a whole, named {0}; {1} is its copy."""
    name = parse_dsn(desk.database())["dbname"]
    admin = connect(desk.config.postgres.dsn_for("postgres"), "test")
    with closing(admin), admin.cursor() as cursor:
        admin.autocommit = True
        for statement in statements:
            cursor.execute(statement.format(name, f"{name}_copy"))


@pytest.mark.variant
def test_an_older_copy_of_the_tables_catches_up_and_doubles_nothing(desk: Desk) -> None:
    desk.settings |= FEW_ORDERS
    desk.publish([*quotes(0, OLD), b"an old letter", mark(OLD)])
    read_all(desk)
    administered(desk, 'create database "{1}" template "{0}"')
    desk.publish([b"lost", *quotes(OLD, NEW), b"the same", b"the same", None, mark(OLD + NEW)])
    read_all(desk)
    before = outcome(desk.config, desk.log)
    administered(desk, 'drop database "{0}"', 'alter database "{1}" rename to "{0}"')
    read_all(desk)
    after = outcome(desk.config, desk.log)
    assert [first_difference(*pair) for pair in zip(before, after, strict=True)] == [""] * len(before)
    desk.publish([b"a new letter"])
    read_all(desk)
    assert [message.value for message in desk.messages(desk.dead_log)[0]] == [
        b"an old letter",
        b"lost",
        b"the same",
        b"the same",
        None,
        b"a new letter",
    ]


def test_tables_that_are_wholly_gone_are_made_again_and_no_letter_goes_twice(desk: Desk) -> None:
    desk.publish([*quotes(0, OLD), b"a letter", mark(OLD)])
    read_all(desk)
    administered(desk, 'drop database "{0}"')
    read_all(desk)
    assert [message.value for message in desk.messages(desk.dead_log)[0]] == [b"a letter"]
    assert desk.rows("select count(*) from quotes") == [(OLD,)]
