"""Requests to arm and disarm rules, which the producer publishes, and what became of them."""

from datetime import datetime
from typing import NamedTuple

from shared.market.alert_texts import RULE_NAME_SQL, rule_name
from shared.postgres.database import Cursor

LISTED = f"""
    select r.rule_id, r.version, r.action,
        coalesce((
            select text from rule_requests armed where armed.rule_id = r.rule_id and armed.text <> ''
            order by armed.version desc limit 1
        ), ''),
        (
            select count(distinct partition) from rule_changes c
            where c.rule_id = r.rule_id and c.version = r.version and c.text = r.text
        ),
        (select partitions from log_origin), fired.alerts, fired.last
    from rule_requests r
    left join lateral (
        select count(*) as alerts, max(event_time) as last from alerts
        where rule = {RULE_NAME_SQL} and state is distinct from 'withdrawn'
    ) fired on true
    where r.version = (select max(version) from rule_requests m where m.rule_id = r.rule_id)
    order by r.rule_id
"""  # noqa: S608 (a name of our own)

ADDED = """
    with next as (select nextval(pg_get_serial_sequence('rule_requests', 'rule_id')) as rule_id)
    insert into rule_requests (rule_id, version, action, text) overriding system value
    select rule_id, 1, 'add', %s from next
    where not exists (select from rule_requests r where r.rule_id = next.rule_id)
    on conflict do nothing returning rule_id
"""
REQUESTS = """
    select version, action, text, requested_at from rule_requests where rule_id = %s order by version
"""
ALERTS = """
    select symbol, event_time, price, named_values from alerts
    where rule = %s and state is distinct from 'withdrawn' order by event_time desc, symbol limit %s
"""

PRODUCER_RUNS = """
    select exists(
        select from parts
        where part = 'producer' and state = 'running' and seen_at > now() - interval '10 seconds'
    )
"""


class RuleRequest(NamedTuple):
    """A request; an empty `text` disarms the rule."""

    version: int
    action: str
    text: str
    requested_at: datetime


class RuleAlert(NamedTuple):
    """An alert of a rule: its bar's symbol, end and close, and every value that the condition read."""

    symbol: str
    event_time: datetime
    close: float
    values: dict[str, float | None]


class ListedRule(NamedTuple):
    """A rule with its newest request, and its last text that was not empty.

    The request was found in `found_in` of the `partitions` of the log, whose number is None before it was ever read.
    `last_alert` is the end of the last bar at which the rule fired.
    """

    rule_id: int
    version: int
    action: str
    text: str
    found_in: int
    partitions: int | None
    alerts: int
    last_alert: datetime | None

    @property
    def state(self) -> str:
        """What applies to the next bars, in a word or two."""
        if self.action == "remove":
            return "removed"
        if not self.partitions or self.found_in < self.partitions:
            return "waiting for the producer"
        return "disabled" if self.action == "disable" else "armed"


def add_rule(cursor: Cursor, text: str) -> int:
    """Ask for a new rule; `text` is in the normal form. Returns its id.

    Tables older than the log count from a lower number, so that numbers which the log brought back are skipped.
    """
    while True:
        cursor.execute(ADDED, (text,))
        for (rule_id,) in cursor.fetchall():
            return int(rule_id)


def request(cursor: Cursor, rule: ListedRule, action: str) -> None:
    """Ask for the next version of a rule: armed if the action is `enable`, else disarmed."""
    cursor.execute(
        "insert into rule_requests (rule_id, version, action, text) overriding system value values (%s, %s, %s, %s)",
        (rule.rule_id, rule.version + 1, action, rule.text if action == "enable" else ""),
    )


def requests_of(cursor: Cursor, rule_id: int) -> list[RuleRequest]:
    """The requests for a rule, in order."""
    cursor.execute(REQUESTS, (rule_id,))
    return [RuleRequest(*row) for row in cursor.fetchall()]


def alerts_of(cursor: Cursor, rule_id: int, limit: int) -> list[RuleAlert]:
    """The latest alerts of a rule, newest first."""
    cursor.execute(ALERTS, (rule_name(rule_id), limit))
    return [RuleAlert(*row) for row in cursor.fetchall()]


def alerts_by_rule(cursor: Cursor) -> dict[str, tuple[int, datetime]]:
    """The number of alerts of each rule and threshold that has any, and the end of the last bar of one."""
    cursor.execute(
        "select rule, count(*), max(event_time) from alerts where state is distinct from 'withdrawn' group by rule"
    )
    return {rule: (count, last) for rule, count, last in cursor.fetchall()}


def alert_starts(cursor: Cursor, rule: str) -> dict[str, dict[str, list[int]]]:
    """The starts of the bars of a rule's alerts, in epoch seconds and in order, by interval and symbol."""
    cursor.execute(
        "select interval, symbol, array_agg(extract(epoch from start)::bigint order by start) from alerts"
        " where rule = %s and coalesce(state, 'confirmed') = 'confirmed'"
        " group by interval, symbol order by interval, symbol",
        (rule,),
    )
    found: dict[str, dict[str, list[int]]] = {}
    for interval, symbol, starts in cursor.fetchall():
        found.setdefault(interval, {})[symbol] = starts
    return found


def listed_rules(cursor: Cursor) -> list[ListedRule]:
    """Every rule, removed ones too, in the order of their ids."""
    cursor.execute(LISTED)
    return [ListedRule(*row) for row in cursor.fetchall()]


def when_read(cursor: Cursor) -> str:
    """When a request that is stored now is read, in words: at once, if a producer reported lately that it runs."""
    cursor.execute(PRODUCER_RUNS)
    return "within a few seconds" if cursor.fetchone() == (True,) else "as soon as the producer runs"
