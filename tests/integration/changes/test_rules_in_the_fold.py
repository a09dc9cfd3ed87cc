"""Rules armed by messages of the log: whatever is killed, the tables are those of a run left alone."""

from collections.abc import Iterator
from contextlib import closing
from hashlib import md5
from random import Random
from typing import Any, NamedTuple

import pytest

from analytics.alerts.language.normal_form import normal_form
from analytics.alerts.language.reading import read_rule
from analytics.indicators.catalog import DEFAULTS
from analytics.rules.dry_run import dry_run
from analytics.runtime.processor import Analysis
from analytics.store.rules.closed_bars import StoredClosedBars, history_of, next_intervals
from shared.market.messages import encode
from shared.market.records import Record
from shared.postgres.database import Connection, connect, transaction
from tests.copied import database_with_tables
from tests.inputs.records import headline, mark, quote, rule_change
from tests.integration.brisk_forecasts import MINUTES
from tests.integration.fold_runs import MORNING, READING, LoggedMessage, appended_at, log_with_a_split, run
from tests.unit.quick_search import pooled

RULES = {
    1: "rsi(5) crosses above 50 clear rsi(5) < 49",
    2: "close > sma(5) on 5m",
    3: "ACME: change(1h) < -1% every 10m severity critical",
    4: "sentiment(1h, 1h) < 0 and close < open",
    5: "close > forecast(50%).high",
    6: "no data 5s every 5m severity info",
    7: "close > high[1] live",
    8: "spread > 1% clear spread < 0.5%",
    9: "anomaly().spread > 0.5",
}
TABLES = ("alerts", "bars", "rule_changes", "headlines", "indicators")
HEADLINES = ((340, 0.4), (420, -0.9), (421, -0.2), (700, 0.9), (890, -0.8), (990, 0.7))
"""Places in the log, and scores."""


def change(rule_id: int, version: int, text: str) -> bytes:
    return encode(rule_change(MORNING.timestamp(), version, text, rule_id))


def log_with_rules() -> list[LoggedMessage]:
    """Nine rules are armed, one is disarmed and armed again; two of the changes come twice. Between the quotes are
    headlines."""
    values = [message.value for message in log_with_a_split()]
    for place, score in reversed(HEADLINES):
        values.insert(place, encode(headline(MORNING.timestamp() + 10 * place, score, "ACME")))
    texts = {rule_id: normal_form(read_rule(text, DEFAULTS)) for rule_id, text in RULES.items()}
    for place, value in (
        (900, change(1, 3, texts[1])),
        (600, change(1, 2, "")),
        (450, change(4, 1, texts[4])),
        (340, change(5, 1, texts[5])),
        (340, change(6, 1, texts[6])),
        *((340, change(rule_id, 1, texts[rule_id])) for rule_id in (7, 8, 9)),
        (330, change(3, 1, texts[3])),
        (310, change(2, 1, texts[2])),
        (305, change(2, 1, texts[2])),
        (7, change(1, 1, texts[1])),
        (7, change(1, 1, texts[1])),
    ):
        values.insert(place, value)
    return [LoggedMessage(offset, value, appended_at(offset)) for offset, value in enumerate(values)]


class Desk(NamedTuple):
    """A database with the tables of this version."""

    dsn: str
    connection: Connection


@pytest.fixture
def desks(embedded_postgres: str, request: pytest.FixtureRequest) -> Iterator[tuple[Desk, Desk]]:
    """One to be disturbed, and one to compare with."""
    test = md5(request.node.nodeid.encode()).hexdigest()
    dsns = [database_with_tables(embedded_postgres, f"{which}_{test}") for which in ("rules", "alone")]
    with closing(connect(dsns[0], "test")) as one, closing(connect(dsns[1], "test")) as other:
        yield Desk(dsns[0], one), Desk(dsns[1], other)


def fold(desk: Desk, until: int, killed: bool) -> None:
    connection, stored = desk.connection, StoredClosedBars(desk.dsn)
    with closing(Analysis(READING, MINUTES, pooled(), closed_bars=stored)) as analysis:
        run(analysis, connection, log_with_rules(), until, killed)


def rows(connection: Connection, table: str) -> list[str]:
    with transaction(connection) as cursor:
        cursor.execute(f"select to_jsonb(t)::text from {table} t order by 1")
        return [text for (text,) in cursor.fetchall()]


def rule_alerts(connection: Connection) -> list[tuple[Any, ...]]:
    with transaction(connection) as cursor:
        cursor.execute(
            "select rule, extract(epoch from event_time)::bigint, severity, named_values from alerts"
            " where rule like 'rule %' order by 1, 2"
        )
        return cursor.fetchall()


def confirmed_alerts(connection: Connection) -> list[tuple[Any, ...]]:
    """Those without the ones of live rules that were withdrawn."""
    with transaction(connection) as cursor:
        cursor.execute(
            "select rule, extract(epoch from event_time)::bigint from alerts"
            " where rule like 'rule %' and coalesce(state, 'confirmed') = 'confirmed' order by 1, 2"
        )
        return cursor.fetchall()


def other_times(connection: Connection) -> dict[int, int]:
    """When alerts were known, in epoch milliseconds by their offsets, where the log got that record at another time."""
    with transaction(connection) as cursor:
        cursor.execute("""select "offset", (extract(epoch from known_at) * 1000)::bigint from alerts""")
        return {offset: time for offset, time in cursor.fetchall() if time != appended_at(offset)}


def states_of_live_alerts(connection: Connection) -> set[str]:
    with transaction(connection) as cursor:
        cursor.execute("select distinct state from alerts where rule = 'rule 7'")
        return {state for (state,) in cursor.fetchall()}


def test_killed_runs_leave_the_alerts_of_one_left_alone(desks: tuple[Desk, Desk]) -> None:
    killed, alone = desks
    length = len(log_with_rules())
    fold(alone, length, killed=False)
    chance = Random(3)
    stops = sorted(chance.sample(range(60, length), 6))
    for until in stops:
        fold(killed, until, killed=chance.random() < 0.7)
    fold(killed, length, killed=False)
    for table in TABLES:
        assert rows(killed.connection, table) == rows(alone.connection, table), table
    assert other_times(alone.connection) == {}
    alerts = rule_alerts(alone.connection)
    assert {rule for rule, *_ in alerts} == {f"rule {rule_id}" for rule_id in RULES}
    assert {severity for rule, _, severity, _ in alerts if rule == "rule 3"} == {"critical"}
    assert states_of_live_alerts(alone.connection) >= {"confirmed", "withdrawn"}
    assert all("rsi(5)" in values for rule, _, _, values in alerts if rule == "rule 1")


@pytest.mark.parametrize("rule_id", [2, 3, 4, 5, 7, 8, 9])
def test_a_rule_fires_live_at_the_bars_of_its_dry_run(desks: tuple[Desk, Desk], rule_id: int) -> None:
    desk, _ = desks
    connection = desk.connection
    fold(desk, len(log_with_rules()), killed=False)
    rule = read_rule(RULES[rule_id], DEFAULTS)
    with transaction(connection) as cursor:
        history = history_of(cursor, "ACME", "XNYS", rule.interval)
        history = history._replace(forecasts=next_intervals(cursor, "ACME", rule.interval))
    armed_at = armed_time(rule_id)
    live = [end for name, end, *_ in confirmed_alerts(connection) if name == f"rule {rule_id}"]
    tried = [hit.bar.end for hit in dry_run(rule, history, {}, 0, 2e10).hits if hit.bar.end > armed_at]
    assert live == tried and live


def armed_time(rule_id: int) -> int:
    """The end of the last bar that closed before the rule was armed, epoch seconds."""
    offset = next(
        message.offset
        for message in log_with_rules()
        if b'"rule_id":%d,' % rule_id in message.value and b'"kind":"rule.v1"' in message.value
    )
    quotes = sum(b'"kind":"quote.v1"' in message.value for message in log_with_rules()[:offset])
    return int(MORNING.timestamp()) + 10 * (quotes - 1) // 60 * 60


def test_a_log_that_is_folded_again_from_its_beginning_gives_the_same_state(
    desks: tuple[Desk, Desk],
) -> None:
    desk, alone = desks
    connection, length = desk.connection, len(log_with_rules())
    fold(alone, length, killed=False)
    fold(desk, 700, killed=False)
    with transaction(connection) as cursor:
        cursor.execute(
            "update partition_snapshots set state = jsonb_set(state::jsonb, '{version}', '1')::text"
        )
    fold(desk, length, killed=False)
    for table in TABLES:
        assert rows(connection, table) == rows(alone.connection, table), table
    assert rule_alerts(connection)


def test_a_rule_on_missing_quotes_that_is_armed_again_by_an_earlier_time_stops_nothing(
    desks: tuple[Desk, Desk],
) -> None:
    """A clock was set back between the two requests, or the message was written by hand."""
    at = MORNING.timestamp()
    records: list[Record] = [
        *(quote(at, 1.0), rule_change(at, 1, "no data 5m on 1m"), mark(at + 310)),
        *(rule_change(at, 2, ""), rule_change(at, 3, "no data 5m on 1m severity info"), mark(at + 311)),
    ]
    log = [LoggedMessage(offset, encode(each), appended_at(offset)) for offset, each in enumerate(records)]
    connection, stored = desks[0].connection, StoredClosedBars(desks[0].dsn)
    with closing(Analysis(READING, MINUTES, pooled(), closed_bars=stored)) as analysis:
        run(analysis, connection, log[:3], 3, False)
        run(analysis, connection, log, len(log), False)
    assert [severity for *_, severity, _ in rule_alerts(connection)] == ["warning"]
