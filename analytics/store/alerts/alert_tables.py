"""Stores alerts and their times, and in the same transaction those to be delivered in the outbox.

Every stored alert passes `write_alerts` or `write_no_data_alerts`.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

from psycopg2.extras import Json, execute_values

from analytics.alerts.alert_id import alert_id
from analytics.alerts.threshold_rules import severity_of
from analytics.engine.armed_rules import FoundNoData, FoundProvisional
from analytics.engine.events import Event
from shared.market.alert_texts import DEFAULT_SEVERITY, rule_name
from shared.postgres.database import Cursor
from shared.progress.provenance import FoldedRecords

HISTORY_AFTER = timedelta(minutes=30)
"""A bar whose end became known so much later is of history: a symbol was added with its past, or a long gap was filled.
Its alerts are stored, but not delivered. Quotes of some exchanges are delayed by up to twenty minutes."""

STORE = """
    insert into alerts (symbol, interval, rule, start, event_time, price, partition, "offset", value, threshold,
        rule_version, severity, named_values, state, provisional_at, known_at) values %s
"""
REPLACED = """
    delete from alerts a using (values %s) as given (symbol, interval, rule, start)
    where (a.symbol, a.interval, a.rule, a.start) = (given.symbol, given.interval, given.rule, given.start)
        and a.state = 'provisional'
"""
WITHDRAW = """
    update alerts a set state = 'withdrawn' from (values %s) as given (symbol, interval, rule, start)
    where (a.symbol, a.interval, a.rule, a.start) = (given.symbol, given.interval, given.rule, given.start)
        and a.state = 'provisional'
"""
STORE_IF_NEW = (
    STORE + "on conflict (symbol, interval, rule, start) do nothing returning symbol, interval, rule, start"
)
NOTE_TIMES = """
    insert into alert_times (symbol, interval, rule, start, published_at) values %s on conflict do nothing
"""
"""The first time counts: an alert that a live rule raised at the open bar was seen since then."""
TO_OUTBOX = """
    insert into alert_outbox (id, symbol, interval, rule, rule_version, start, event_time, published_at, severity,
        value, threshold, price, named_values, is_provisional)
    select given.id, a.symbol, a.interval, a.rule, a.rule_version, a.start, a.event_time, given.published_at,
        a.severity, a.value, a.threshold, a.price, a.named_values,
        coalesce(a.state = 'provisional', false)
    from (values %s) as given (id, symbol, interval, rule, start, published_at)
        join alerts a using (symbol, interval, rule, start)
        join delivery_start on given.published_at >= delivery_start.at
    on conflict do nothing
"""


class StoredAlert(NamedTuple):
    """A row of `alerts`. `named_values` is JSON; alerts of rules have it instead of `value` and `threshold`.

    `known_at` is when the record that caused the alert was appended to the log. `published_at` is the same time, but
    None if the alert is recalculated. An alert that follows from the bars of several symbols has no `offset` and no
    `known_at`; it counts as published when it was evaluated. `state` and `provisional_at` are set for live rules.
    """

    symbol: str
    interval: str
    rule: str
    start: datetime
    event_time: datetime
    price: float
    partition: int
    offset: int | None
    value: float | None = None
    threshold: float | None = None
    rule_version: int | None = None
    severity: str | None = None
    named_values: Json | None = None
    state: str | None = None
    provisional_at: datetime | None = None
    known_at: datetime | None = None
    published_at: datetime | None = None

    @property
    def is_deliverable(self) -> bool:
        """Whether it may be delivered: it was published for the first time, and soon after its bar had ended."""
        return self.published_at is not None and self.published_at - self.event_time <= HISTORY_AFTER


def write_alerts(cursor: Cursor, alerts: Sequence[StoredAlert]) -> None:
    """Store alerts, and those to be delivered in the outbox: one statement for all of each."""
    if not alerts:
        return
    if confirmed := [alert[:4] for alert in alerts if alert.state == "confirmed"]:
        execute_values(cursor, REPLACED, confirmed, page_size=len(confirmed))
    execute_values(cursor, STORE, [alert[:-1] for alert in alerts], page_size=len(alerts))
    _to_outbox(cursor, alerts)


def _to_outbox(cursor: Cursor, alerts: Sequence[StoredAlert]) -> None:
    if times := [(*alert[:4], alert.published_at) for alert in alerts if alert.published_at is not None]:
        execute_values(cursor, NOTE_TIMES, times, page_size=len(times))
    if new := [_outbox_row(alert) for alert in alerts if alert.is_deliverable]:
        execute_values(cursor, TO_OUTBOX, new, page_size=len(new))


def _outbox_row(alert: StoredAlert) -> tuple[object, ...]:
    start = int(alert.start.timestamp())
    identity = alert_id(alert.symbol, alert.interval, alert.rule, alert.rule_version, start)
    return (identity, *alert[:4], alert.published_at)


def alerts_of(records: FoldedRecords, event: Event) -> Iterable[StoredAlert]:
    """The alerts of a closed bar; their event time is the bar's end."""
    bar = event.closed.bar
    start, end = (datetime.fromtimestamp(second, UTC) for second in (bar.start, bar.end))
    stored = partial(StoredAlert, bar.symbol, bar.interval, start=start, event_time=end, price=bar.close)
    stored = partial(stored, **_record(records, event.offset))
    for alert in event.closed.alerts:
        severity = severity_of(alert.rule)
        is_default = severity == DEFAULT_SEVERITY  # which is not stored
        reached = partial(stored, alert.rule, value=alert.value, threshold=alert.threshold)
        yield reached(severity=None if is_default else severity)
    for armed, _, _, values in event.closed.fired:
        of_rule: dict[str, Any] = {"severity": armed.rule.severity, "named_values": Json(dict(values))}
        if (seen := event.closed.provisional.get(armed.rule_id)) is not None:
            of_rule |= {"state": "confirmed", "provisional_at": datetime.fromtimestamp(seen, UTC)}
        yield stored(rule_name(armed.rule_id), rule_version=armed.version, **of_rule)


def _record(records: FoldedRecords, offset: int) -> dict[str, Any]:
    """The record that caused an alert."""
    times = {"known_at": records.known_at(offset), "published_at": records.published_at(offset)}
    return {"partition": records.partition, "offset": offset, **times}


def withdraw(cursor: Cursor, events: Iterable[Event]) -> None:
    """Withdraw the alerts of rules that fired at an open bar and not at its close."""
    rows = []
    for bar, fired, provisional in (
        (each.closed.bar, each.closed.fired, each.closed.provisional) for each in events
    ):
        start = datetime.fromtimestamp(bar.start, UTC) if provisional else None
        gone = provisional.keys() - {each.armed.rule_id for each in fired}
        rows += [(bar.symbol, bar.interval, rule_name(rule_id), start) for rule_id in sorted(gone)]
    if rows:
        execute_values(cursor, WITHDRAW, rows, page_size=len(rows))


def write_provisional(cursor: Cursor, records: FoldedRecords, found: Sequence[FoundProvisional]) -> None:
    """Store the alerts of live rules at open bars. Call it before their bars are written, which confirm them."""
    write_alerts(cursor, [_provisional(records, each) for each in found])


def _provisional(records: FoldedRecords, found: FoundProvisional) -> StoredAlert:
    offset, (bar, (armed, _, _, values), second) = found
    start, time = datetime.fromtimestamp(bar.start, UTC), datetime.fromtimestamp(second, UTC)
    return StoredAlert(
        *(bar.symbol, bar.interval, rule_name(armed.rule_id), start, time, bar.close),
        **_record(records, offset),
        rule_version=armed.version,
        severity=armed.rule.severity,
        named_values=Json(dict(values)),
        state="provisional",
        provisional_at=time,
    )


def write_no_data_alerts(cursor: Cursor, records: FoldedRecords, found: Sequence[FoundNoData]) -> None:
    """Store the alerts of missing quotes.

    One may be stored already: a rule that was armed again by a record of an earlier time fires at the same moment.
    """
    alerts = [_no_data_alert(records, each) for each in reversed(found)]
    if first := {alert[:4]: alert for alert in alerts}:
        rows = [alert[:-1] for alert in first.values()]
        stored = execute_values(cursor, STORE_IF_NEW, rows, page_size=len(rows), fetch=True)
        _to_outbox(cursor, [first[tuple(key)] for key in stored])


def _no_data_alert(records: FoldedRecords, found: FoundNoData) -> StoredAlert:
    """The alert of missing quotes; it has the time at which they were missing for so long in place of a bar."""
    offset, (symbol, armed, second, price, seconds) = found
    time = datetime.fromtimestamp(second, UTC)
    return StoredAlert(
        *(symbol, armed.rule.interval, rule_name(armed.rule_id), time, time, price),
        **_record(records, offset),
        rule_version=armed.version,
        severity=armed.rule.severity,
        named_values=Json({"seconds since the last quote": seconds}),
    )
