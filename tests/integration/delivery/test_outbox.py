"""The outbox has each new alert once, and none of history, whatever is killed or calculated again."""

from contextlib import closing
from datetime import datetime, timedelta
from random import Random

import pytest

from analytics.alerts.alert_id import alert_id
from analytics.runtime.processor import Analysis
from db.cutting import REMAKING_STATE
from shared.market.messages import encode
from shared.postgres.database import Connection, transaction
from tests.inputs.records import rule_change
from tests.integration.brisk_forecasts import MINUTES
from tests.integration.fold_runs import MORNING, READING, LoggedMessage, log_of, run
from tests.unit.quick_search import pooled

RULE = "all: close > sma(close, 5) on 1m"
LENGTH = 400
IDS = "select id from alert_outbox order by published_at"
ALERTS = """
    select symbol, interval, rule, rule_version, extract(epoch from start)::bigint, event_time, severity,
        named_values
"""


def log(behind: timedelta = timedelta()) -> list[LoggedMessage]:
    """A rule, and quotes that were published so much after they were made."""
    values = [encode(rule_change(MORNING.timestamp(), 1, RULE, 1)), *(each.value for each in log_of(70))]
    times = [MORNING + behind + timedelta(seconds=10 * place) for place in range(len(values))]
    return [
        LoggedMessage(offset, value, int(time.timestamp() * 1000))
        for offset, (value, time) in enumerate(zip(values, times, strict=True))
    ]


def start_delivery(connection: Connection, at: datetime) -> None:
    with transaction(connection) as cursor:
        cursor.execute("insert into delivery_start (at) values (%s)", (at,))


def fold(
    connection: Connection,
    messages: list[LoggedMessage],
    until: int = LENGTH,
    *,
    killed: bool = False,
    delivers: bool = True,
) -> None:
    with closing(Analysis(READING, MINUTES, pooled(), delivers=delivers)) as analysis:
        run(analysis, connection, messages, until, killed)


def in_outbox(connection: Connection) -> list[str]:
    with transaction(connection) as cursor:
        cursor.execute(IDS)
        return [found for (found,) in cursor.fetchall()]


def test_every_new_alert_is_stored_in_the_outbox_with_its_values(connection: Connection) -> None:
    start_delivery(connection, MORNING)
    fold(connection, log())
    with transaction(connection) as cursor:
        cursor.execute(f"{ALERTS} from alerts order by event_time, rule")
        alerts = cursor.fetchall()
        cursor.execute(f"{ALERTS} from alert_outbox order by event_time, rule")
        assert cursor.fetchall() == alerts
    assert len(alerts) > 5
    assert sorted(in_outbox(connection)) == sorted(alert_id(*alert[:5]) for alert in alerts)


def test_killed_and_repeated_folds_post_each_alert_once(connection: Connection) -> None:
    start_delivery(connection, MORNING)
    chance = Random(5)
    for until in sorted(chance.sample(range(20, LENGTH), 5)):
        fold(connection, log(), until, killed=chance.random() < 0.7)
    fold(connection, log())
    once = in_outbox(connection)
    with transaction(connection) as cursor:
        cursor.execute("delete from alert_outbox")
        cursor.execute("update partition_snapshots set state = %s", (REMAKING_STATE,))
        cursor.execute("insert into log_origin (cluster_id, topic, partitions) values ('c', 'topic', 1)")
    fold(connection, log())
    with transaction(connection) as cursor:
        cursor.execute("select count(*) from alerts")
        assert cursor.fetchone() == (len(once),)
    assert once and in_outbox(connection) == []


def test_a_log_that_was_published_before_delivery_was_switched_on_is_history(connection: Connection) -> None:
    start_delivery(connection, MORNING + timedelta(seconds=10 * LENGTH / 2))
    fold(connection, log())
    with transaction(connection) as cursor:
        cursor.execute('select count(*) from alerts where "offset" >= %s', (LENGTH / 2,))
        ((since,),) = cursor.fetchall()
        cursor.execute("select count(*) from alerts")
        ((all_of_them,),) = cursor.fetchall()
    assert 0 < len(in_outbox(connection)) == since < all_of_them


@pytest.mark.parametrize(
    ("behind", "is_deliverable"), [(timedelta(minutes=25), True), (timedelta(minutes=35), False)]
)
def test_bars_received_long_after_their_end_are_history(
    connection: Connection, behind: timedelta, is_deliverable: bool
) -> None:
    start_delivery(connection, MORNING)
    fold(connection, log(behind))
    assert bool(in_outbox(connection)) == is_deliverable


def test_without_delivery_nothing_is_stored_in_the_outbox(connection: Connection) -> None:
    fold(connection, log(), LENGTH // 2)
    start_delivery(connection, MORNING)
    fold(connection, log(), delivers=False)
    assert in_outbox(connection) == []
