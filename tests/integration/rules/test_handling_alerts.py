"""Acknowledgements and snoozes on their way from the command into the log, and from the log into the tables."""

from argparse import Namespace
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from analytics.analytics_consumer import analyse
from analytics.handling.__main__ import handle, main, print_list
from analytics.store.alerts.alert_tables import StoredAlert, write_alerts
from analytics.store.alerts.handlings import listed_handlings, request_handling, unacknowledged
from dashboard.read.sql.alert_queries import read_alerts
from delivery.store.outbox_tables import close_handled, route_new, switch_on, waiting_for
from producer.producer import produce
from shared.errors import ConfigError
from shared.postgres.database import connect, transaction
from tests.inputs.records import acknowledgement
from tests.integration.desk import Desk, give_last_quote
from tests.waiting import wait_for

NOW = datetime(2026, 1, 2, 15, tzinfo=UTC)
ALERT = """
    insert into alerts (symbol, interval, rule, start, event_time, price, partition, "offset")
    values (%s, '5m', %s, %s, %s, 7.0, 0, 0) returning 1
"""
ACKNOWLEDGED = "select symbol, rule, acknowledged_by from acknowledged_alerts order by symbol, rule"


HANDLING = """
    insert into alert_handlings values (gen_random_uuid(), 'acknowledge', null, null, %s, 'ada', %s, 0, 0)
"""


def alert_at(symbol: str, end: datetime) -> StoredAlert:
    """An alert of rule 3 of a bar that ended then, of history."""
    return StoredAlert(symbol, "5m", "rule 3", end - timedelta(minutes=5), end, 7.0, 0, 0)


@pytest.fixture(autouse=True)
def one_symbol(desk: Desk) -> None:
    """A market of one symbol, whose history is read soon."""
    desk.settings["TICKERS"] = "AAPL"


def add_alert(desk: Desk, symbol: str, rule: str, minutes: int) -> None:
    """An alert of a bar that ended so many minutes before NOW."""
    end = NOW - timedelta(minutes=minutes)
    with closing(connect(desk.database(), "test")) as connection, transaction(connection) as cursor:
        cursor.execute(ALERT, (symbol, rule, end - timedelta(minutes=5), end))


def ask(desk: Desk, command: str, rule: str | None, symbol: str | None, span: timedelta | None = None) -> str:
    arguments = Namespace(command=command, rule=rule, symbol=symbol, span=span, by="ada")
    with closing(connect(desk.database(), "test")) as connection, transaction(connection) as cursor:
        return handle(cursor, arguments, NOW)


def are_in_the_log(desk: Desk) -> bool:
    with closing(connect(desk.database(), "test")) as connection, transaction(connection) as cursor:
        return all(each.is_in_log for each in listed_handlings(cursor, 10))


def test_acknowledged_alerts_are_those_of_the_rule_and_symbol_up_to_that_time(desk: Desk) -> None:
    for symbol, rule, minutes in (
        ("A", "rule 3", 5),
        ("B", "rule 3", 0),
        ("B", "rule 4", 5),
        ("B", "rule 3", -5),
    ):
        add_alert(desk, symbol, rule, minutes)
    asked = "Alerts of rule 3: 2 will be acknowledged as soon as the producer runs."
    assert ask(desk, "acknowledge", "rule 3", None) == asked
    answer = ask(desk, "snooze", None, "B", timedelta(hours=4))
    assert answer.startswith(
        f"All alerts for B before {NOW + timedelta(hours=4):%Y-%m-%d %H:%M} UTC will not be"
    )
    with desk.at_work(produce), desk.at_work(analyse):
        wait_for(lambda: are_in_the_log(desk))
    assert desk.rows(ACKNOWLEDGED) == [("A", "rule 3", "ada"), ("B", "rule 3", "ada")]
    assert ask(desk, "acknowledge", "rule 3", None) == "Alerts of rule 3: none is left to acknowledge."
    snoozed = "select rule, symbol, until, handled_by, handled_at <= now() from alert_handlings where action = 'snooze'"
    assert desk.rows(snoozed) == [(None, "B", NOW + timedelta(hours=4), "ada", True)]
    assert desk.rows(
        "select sum(handlings)::int from progress where group_id = %s", desk.config.kafka.group_id
    ) == [(2,)]


def snoozed(desk: Desk, symbol: str, minutes: int) -> bool:
    """Whether an alert of rule 3 is snoozed whose bar ended so many minutes after NOW."""
    end = NOW + timedelta(minutes=minutes)
    asked = "select exists (select from handlings_of('rule 3', %s, %s, %s) where action = 'snooze')"
    return desk.rows(asked, symbol, end, end) == [(True,)]


def test_snooze_can_be_ended_and_shortened(desk: Desk) -> None:
    for symbol in "AB":
        add_alert(desk, symbol, "rule 3", 5)
    ask(desk, "snooze", "rule 3", "A", timedelta(hours=4))
    ask(desk, "snooze", "rule 3", "B", timedelta(hours=4))
    ask(desk, "snooze", "rule 3", "B", timedelta(hours=1))
    with desk.at_work(produce), desk.at_work(analyse):
        wait_for(lambda: are_in_the_log(desk))
        assert [snoozed(desk, symbol, 90) for symbol in "AB"] == [True, False]
        assert snoozed(desk, "B", 30)
        ended = ask(desk, "unsnooze", None, None)
        assert ended.startswith("Alerts of rule 3 for A; Alerts of rule 3 for B: delivered again")
        wait_for(lambda: are_in_the_log(desk))
        assert [snoozed(desk, symbol, 30) for symbol in "AB"] == [False, False]
    assert ask(desk, "unsnooze", "rule 3", None) == "Alerts of rule 3: no snooze is running."


def test_name_in_brackets_is_listed_as_it_is(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    with closing(connect(desk.database(), "test")) as connection, transaction(connection) as cursor:
        request_handling(cursor, "acknowledge", None, None, NOW, "bob [/x]")
        print_list(listed_handlings(cursor, 10))
    assert "bob [/x]" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("rule", "symbol", "fault"),
    [
        ("rule 99", None, "There is no rule 99: `python -m analytics.rules list` lists the rules."),
        (None, "aapl", "No quote of aapl is stored. Did you mean AAPL?"),
        ("rsi_oversold", "MOON", "No quote of MOON is stored."),
    ],
)
def test_rule_or_symbol_that_does_not_exist_is_refused(
    desk: Desk, rule: str | None, symbol: str | None, fault: str
) -> None:
    desk.database()
    give_last_quote(desk, "AAPL")
    with pytest.raises(ConfigError) as found:
        ask(desk, "snooze", rule, symbol, timedelta(hours=4))
    assert str(found.value) == fault


def test_alert_that_a_bar_raises_after_the_acknowledgement_is_not_acknowledged(desk: Desk) -> None:
    """Bars close some seconds after their end: what was acknowledged meanwhile was not seen by anybody."""
    add_alert(desk, "A", "rule 3", 5)
    ask(desk, "acknowledge", None, None)
    add_alert(desk, "A", "rule 3", 0)
    with desk.at_work(produce), desk.at_work(analyse):
        wait_for(lambda: are_in_the_log(desk))
    assert desk.rows("select until from alert_handlings") == [(NOW - timedelta(minutes=5),)]
    assert ask(desk, "acknowledge", None, None).startswith("All alerts: 1 will be acknowledged")


def test_alert_of_an_acknowledged_minute_that_was_published_later_is_open_everywhere(desk: Desk) -> None:
    """One symbol's bar closed some seconds after the other's, and somebody acknowledged everything in between."""
    seen, unseen, of_history = (alert_at(symbol, NOW) for symbol in ("SEEN", "UNSEEN", "HISTORY"))
    seen = seen._replace(published_at=NOW + timedelta(seconds=2))
    unseen = unseen._replace(published_at=NOW + timedelta(seconds=4))
    with closing(connect(desk.database(), "test")) as connection, transaction(connection) as cursor:
        switch_on(cursor)
        cursor.execute("update delivery_start set at = %s", (NOW - timedelta(days=1),))
        write_alerts(cursor, [seen, unseen, of_history])
        cursor.execute(HANDLING, (NOW, NOW + timedelta(seconds=3)))
        route_new(cursor, lambda severity, rule: ["route"])
        close_handled(cursor)
        shown = {each.symbol: each.acknowledged_by for each in read_alerts(cursor, 10)}
        assert shown == {"SEEN": "ada", "UNSEEN": None, "HISTORY": "ada"}
        assert [each.symbol for each in waiting_for(cursor, "route", 10, critical=False)] == ["UNSEEN"]
        assert unacknowledged(cursor, None, None, NOW + timedelta(hours=1)) == (1, NOW)
        # Calculated again, as alerts of no new record.
        cursor.execute("delete from alerts")
        write_alerts(cursor, [each._replace(published_at=None) for each in (seen, unseen, of_history)])
        assert {each.symbol: each.acknowledged_by for each in read_alerts(cursor, 10)} == shown


def test_alert_that_was_seen_at_the_open_bar_stays_acknowledged_when_the_bar_closes(desk: Desk) -> None:
    provisional = alert_at("A", NOW)._replace(state="provisional", published_at=NOW)
    confirmed = provisional._replace(state="confirmed", published_at=NOW + timedelta(seconds=20))
    with closing(connect(desk.database(), "test")) as connection, transaction(connection) as cursor:
        write_alerts(cursor, [provisional])
        cursor.execute(HANDLING, (NOW, NOW + timedelta(seconds=3)))
        write_alerts(cursor, [confirmed])
        assert [each.acknowledged_by for each in read_alerts(cursor, 10)] == ["ada"]


def test_the_same_acknowledgement_twice_is_one(desk: Desk) -> None:
    desk.database()
    twice = acknowledgement(1_767_279_600.0)
    desk.publish([twice, twice])
    with desk.at_work(analyse):
        wait_for(lambda: desk.rows("select sum(handlings)::int from progress") == [(2,)])
    assert desk.rows('select "offset"::int, handling_id::text from alert_handlings') == [
        (0, twice.handling_id)
    ]


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        (("snooze", "3", "0m"), "is no length of time such as 30m"),
        (("snooze", "3", "400d"), "is no length of time such as 30m"),
        (("snooze", "moon", "4h"), "is neither the number of a rule nor one of all, rsi_overbought"),
        (("snooze", "3", "4h", "--symbol", "a;b"), "'a;b' is no symbol"),
        (("acknowledge", "all", "--by", "a\nb"), "a name has 1 to 64 characters in one line"),
    ],
)
def test_an_argument_that_can_not_be_read_is_named(
    arguments: tuple[str, ...],
    fault: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("sys.argv", ["handling", *arguments])
    with pytest.raises(SystemExit):
        main()
    assert fault in capsys.readouterr().err
