"""Alerts that nobody acknowledged are those that the view of acknowledged ones does not have, found in a short time."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import product
from random import Random

import pytest
from psycopg2.extras import execute_values

from analytics.store.alerts.handlings import unacknowledged
from shared.postgres.database import Connection, Cursor, transaction
from tests.slowness import slowness

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
RULES, SYMBOLS = ("rule 1", "rule 2"), ("A", "B")
BY_THE_VIEW = """
    select count(*), max(a.event_time) from alerts a
    where a.event_time <= %s and a.rule = coalesce(%s, a.rule) and a.symbol = coalesce(%s, a.symbol)
        and (a.symbol, a.interval, a.rule, a.start) not in (
            select symbol, interval, rule, start from acknowledged_alerts
        )
"""
ALERT = 'insert into alerts (symbol, interval, rule, start, event_time, price, partition, "offset") values %s'
TIME = "insert into alert_times (symbol, interval, rule, start, published_at) values %s"
HANDLING = """
    insert into alert_handlings (handling_id, action, rule, symbol, until, handled_by, handled_at, partition, "offset")
    values %s
"""
MANY_ALERTS = """
    insert into alerts (symbol, interval, rule, start, event_time, price, partition, "offset")
    select 'S' || n %% 50, '1m', 'rule ' || n %% 7, at, at + interval '1 minute', 1, 0, n
    from generate_series(1, %s) n, lateral (select timestamptz '2026-01-01' + n * interval '1 minute' as at) bar
"""
MANY_ACKNOWLEDGEMENTS = """
    insert into alert_handlings
    select gen_random_uuid(), 'acknowledge', case when n %% 3 > 0 then 'rule ' || n %% 7 end,
        case when n %% 2 > 0 then 'S' || n %% 50 end, at, 'ada', at + interval '1 hour', 0, n
    from generate_series(1, %s) n, lateral (select timestamptz '2026-01-01' + n * interval '30 minutes' as at) asked
"""


@pytest.fixture
def cursor(desk_connection: Connection) -> Iterator[Cursor]:
    with transaction(desk_connection) as opened:
        yield opened


def fill(cursor: Cursor, chance: Random) -> None:
    """Alerts and acknowledgements of a few minutes, with ties and acknowledgements in any order."""
    cursor.execute("truncate alerts, alert_times, alert_handlings")
    minutes = [NOON + timedelta(minutes=each) for each in range(8)]
    keys = [
        (symbol, "1m", rule, at)
        for symbol, rule, at in product(SYMBOLS, RULES, minutes)
        if chance.random() < 0.7
    ]
    execute_values(cursor, ALERT, [(*key, key[3] + timedelta(minutes=1), 1.0, 0, 0) for key in keys])
    timed = [key for key in keys if chance.random() < 0.7]
    execute_values(cursor, TIME, [(*key, chance.choice(minutes)) for key in timed])
    rows = [
        (
            *(f"00000000-0000-0000-0000-{number:012}", chance.choice(["acknowledge"] * 3 + ["snooze"])),
            *(chance.choice([None, *RULES]), chance.choice([None, *SYMBOLS]), chance.choice(minutes), "ada"),
            *(chance.choice(minutes), 0, number),
        )
        for number in range(chance.choice([0, 1, 2, 5, 9]))
    ]
    if rows:
        execute_values(cursor, HANDLING, rows)


def test_unacknowledged_alerts_are_those_that_the_view_does_not_have(cursor: Cursor) -> None:
    chance, counts = Random(3), set()
    for _ in range(150):
        fill(cursor, chance)
        for rule, symbol in product((None, *RULES), (None, *SYMBOLS)):
            until = NOON + timedelta(minutes=chance.randrange(10))
            cursor.execute(BY_THE_VIEW, (until, rule, symbol))
            (expected,) = cursor.fetchall()
            assert unacknowledged(cursor, rule, symbol, until) == expected
            counts.add(expected[0])
    assert len(counts) > 10


def test_many_alerts_with_many_acknowledgements_are_counted_in_a_short_time(cursor: Cursor) -> None:
    cursor.execute(MANY_ALERTS, (100_000,))
    cursor.execute(MANY_ACKNOWLEDGEMENTS, (600,))
    began = time.monotonic()
    count, _ = unacknowledged(cursor, None, None, NOON + timedelta(days=365))
    assert time.monotonic() - began < 3.0 * slowness()
    assert 80_000 < count < 100_000
