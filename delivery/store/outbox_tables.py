"""The outbox and the attempts to deliver its alerts."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from psycopg2.extras import execute_values

from delivery.plan.waiting import WaitingAlert
from shared.market.alert_texts import DEFAULT_SEVERITY, RULE_NAME_SQL
from shared.postgres.database import Cursor

ROUTED_AT_ONCE = 1_000
REMOVED_AT_ONCE = 1_000
LOCK = 7_205_822
"""Key of the advisory lock of the one process that delivers the alerts of a database."""

UNROUTED = """
    select id, coalesce(severity, %s), rule from alert_outbox where routed_at is null
    order by stored_at limit %s for update
"""
WAITING = f"""
    select o.id, o.symbol, o.interval, o.rule,
        coalesce((select r.text from rule_requests r
            where {RULE_NAME_SQL} = o.rule and r.version = o.rule_version), ''),
        o.event_time, o.published_at, coalesce(o.severity, %(severity)s), o.price, o.value, o.threshold,
        coalesce(o.named_values, '{{}}'), d.attempts, o.is_provisional
    from delivery_attempts d join alert_outbox o on o.id = d.alert_id
    where d.route = %(route)s and d.state = 'waiting' and (not %(critical)s or o.severity = 'critical')
    order by d.attempts, coalesce(o.severity, '') <> 'critical', o.published_at, o.id limit %(limit)s
"""  # noqa: S608 (a name of our own)
HANDLED = """
    with waiting as materialized (
        select d.route, d.alert_id, o.rule, o.symbol, o.event_time, o.published_at
        from delivery_attempts d join alert_outbox o on o.id = d.alert_id where d.state = 'waiting'
    )
    update delivery_attempts d set state = 'handled', ended_at = now(),
        reason = case h.action when 'snooze' then 'snoozed' else 'acknowledged' end || ' by ' || h.handled_by
    from waiting w cross join lateral handlings_of(w.rule, w.symbol, w.event_time, w.published_at) h
    where (d.route, d.alert_id) = (w.route, w.alert_id)
"""
TOO_OLD = """
    update delivery_attempts d set state = 'given up', ended_at = now(),
        reason = %(reason)s || case when d.reason = '' then '' else '; last: ' || d.reason end
    from alert_outbox o
    where d.state = 'waiting' and o.id = d.alert_id and o.published_at < %(before)s
    returning d.route
"""
OVER = """
    select o.id from alert_outbox o
    where o.routed_at < %(before)s and not exists (
        select from delivery_attempts d
        where d.alert_id = o.id and (d.state in ('waiting', 'given up') or d.ended_at >= %(before)s)
    )
    order by o.routed_at limit %(limit)s
"""
"""Alerts that need no delivery any more: delivered, handled, or wanted by no route."""
LISTED = """
    select d.state, coalesce(r.label, d.route), o.symbol, o.interval, o.rule, o.event_time, d.attempts, d.reason,
        d.ended_at
    from delivery_attempts d join alert_outbox o on o.id = d.alert_id
        left join delivery_routes r on r.route = d.route
    where %(state)s::text is null or d.state = %(state)s
    order by o.published_at desc, 2 limit %(limit)s
"""


class ListedAttempt(NamedTuple):
    """What became of an alert on a route."""

    state: str
    route: str
    symbol: str
    interval: str
    rule: str
    event_time: datetime
    attempts: int
    reason: str
    ended_at: datetime | None


def is_alone(cursor: Cursor) -> bool:
    """Whether this session is the one that delivers, as long as it lasts."""
    cursor.execute("select pg_try_advisory_lock(%s)", (LOCK,))
    ((is_locked,),) = cursor.fetchall()
    return bool(is_locked)


def switch_on(cursor: Cursor) -> datetime:
    """Note that delivery is on, unless that was noted before; returns since when.

    A time that is yet to come was noted while the clock was wrong, and would let alerts wait until then.
    """
    cursor.execute("insert into delivery_start default values on conflict do nothing")
    cursor.execute("update delivery_start set at = now() where at > now()")
    cursor.execute("select at from delivery_start")
    since: datetime
    ((since,),) = cursor.fetchall()
    return since


def route_new(cursor: Cursor, routes_of: Callable[[str, str], Sequence[str]]) -> int:
    """Let each new alert wait for its routes, `routes_of` its severity and its rule; returns how many were new."""
    cursor.execute(UNROUTED, (DEFAULT_SEVERITY, ROUTED_AT_ONCE))
    found = cursor.fetchall()
    if not found:
        return 0
    rows = [(route, alert) for alert, severity, rule in found for route in routes_of(severity, rule)]
    if rows:
        execute_values(
            cursor,
            "insert into delivery_attempts (route, alert_id) values %s on conflict do nothing",
            rows,
            page_size=len(rows),
        )
    ids = [alert for alert, *_ in found]
    cursor.execute("update alert_outbox set routed_at = now() where id = any(%s)", (ids,))
    return len(found)


def close_handled(cursor: Cursor) -> None:
    """Deliver no alert that is snoozed, or was acknowledged before it was delivered."""
    cursor.execute(HANDLED)


def give_up_old(cursor: Cursor, now: datetime, hours: float) -> list[str]:
    """Give up alerts that were caused so long ago; returns the route of each."""
    before = now - timedelta(hours=hours)
    cursor.execute(TOO_OLD, {"reason": f"not delivered within {hours:g} hours", "before": before})
    return [route for (route,) in cursor.fetchall()]


def remove_delivered(cursor: Cursor, now: datetime, days: float) -> int:
    """Remove the alerts whose delivery ended so long ago, some at once; returns how many. One that waits or was given
    up on any route stays."""
    cursor.execute(OVER, {"before": now - timedelta(days=days), "limit": REMOVED_AT_ONCE})
    ids = [alert for (alert,) in cursor.fetchall()]
    if ids:
        cursor.execute("delete from delivery_attempts where alert_id = any(%s)", (ids,))
        cursor.execute("delete from alert_outbox where id = any(%s)", (ids,))
    return len(ids)


def give_up_routes(cursor: Cursor, known: Sequence[str]) -> None:
    """Give up what waits for routes that are no longer in the settings."""
    cursor.execute(
        "update delivery_attempts set state = 'given up', ended_at = now(), reason = 'no longer in ALERT_URLS'"
        " where state = 'waiting' and route <> all(%s)",
        (list(known),),
    )


def waiting_for(cursor: Cursor, route: str, limit: int, *, critical: bool) -> list[WaitingAlert]:
    """The alerts that wait for a route: those that were tried least first, so that others which always fail are no
    obstacle; then critical ones, then the oldest.

    With `critical` only the critical ones.
    """
    values = {"route": route, "limit": limit, "critical": critical, "severity": DEFAULT_SEVERITY}
    cursor.execute(WAITING, values)
    return [WaitingAlert(*row) for row in cursor.fetchall()]


def count_waiting(cursor: Cursor) -> int:
    """How many deliveries wait."""
    cursor.execute("select count(*) from delivery_attempts where state = 'waiting'")
    ((count,),) = cursor.fetchall()
    return int(count)


def note_attempt(cursor: Cursor, route: str, alerts: Sequence[str], failure: str) -> None:
    """Note an attempt to deliver these alerts together; `failure` is empty if they were delivered."""
    cursor.execute(
        "update delivery_attempts set attempts = attempts + 1, reason = %(failure)s,"
        " state = case when %(failure)s = '' then 'delivered' else state end,"
        " ended_at = case when %(failure)s = '' then now() else ended_at end"
        " where route = %(route)s and alert_id = any(%(alerts)s)",
        {"failure": failure, "route": route, "alerts": list(alerts)},
    )


def listed(cursor: Cursor, state: str | None, limit: int) -> list[ListedAttempt]:
    """The latest deliveries, or those in a state, newest first."""
    cursor.execute(LISTED, {"state": state, "limit": limit})
    return [ListedAttempt(*row) for row in cursor.fetchall()]
