"""What somebody did with alerts: requests, which the producer publishes, and what was found of them in the log."""

from collections.abc import Sequence
from datetime import datetime
from itertools import product
from typing import NamedTuple

from psycopg2.extras import execute_values

from shared.market.alert_texts import RULE_NAME_SQL
from shared.market.records import AlertHandling
from shared.postgres.database import Cursor
from shared.progress.batches import Batch

_NOT_COVERED = """
    and not exists (
        select from covering h where {} and {} and h.until >= a.event_time
            and h.handled_at >= coalesce(t.published_at, '-infinity')
    )
"""
_BY_RULE_AND_SYMBOL = "".join(
    _NOT_COVERED.format(rule, symbol)
    for rule, symbol in product(
        ("h.rule = a.rule", "h.rule is null"), ("h.symbol = a.symbol", "h.symbol is null")
    )
)
UNACKNOWLEDGED = f"""
    with covering as materialized (
        select rule, symbol, until, handled_at from (
            select rule, symbol, until, handled_at, max(until) over (
                partition by rule, symbol order by handled_at desc, until desc
                rows between unbounded preceding and 1 preceding
            ) as later from alert_handlings where action = 'acknowledge'
        ) h where later is null or until > later
    )
    select count(*), max(a.event_time)
    from alerts a left join alert_times t using (symbol, interval, rule, start)
    where a.event_time <= %(until)s and (%(rule)s::text is null or a.rule = %(rule)s)
        and (%(symbol)s::text is null or a.symbol = %(symbol)s) {_BY_RULE_AND_SYMBOL}
"""  # noqa: S608 (names of our own)
"""The alerts that the view acknowledged_alerts does not have. An acknowledgement that covers nothing which a later one
of the same rule and symbol does not cover is left out first, and the others are found by the rule and the symbol that
they name: the time grows with the number of alerts, not with that of acknowledgements."""
RUNNING = """
    select rule, symbol from (
        select distinct on (rule, symbol) rule, symbol, until from handling_requests where action = 'snooze'
        order by rule, symbol, requested_at desc, handling_id desc
    ) latest
    where until > %(now)s and (%(rule)s::text is null or rule = %(rule)s)
        and (%(symbol)s::text is null or symbol = %(symbol)s)
"""
KNOWN_RULE = f"""
    select exists (select from rule_requests r where {RULE_NAME_SQL} = %(rule)s)
        or exists (select from alerts where rule = %(rule)s)
"""  # noqa: S608 (a name of our own)
KNOWN_SYMBOL = """
    select exists (select from symbols where symbol = %(symbol)s)
        or exists (select from alerts where symbol = %(symbol)s)
"""
LISTED = """
    select r.action, r.rule, r.symbol, r.until, r.handled_by, r.requested_at, h.handling_id is not null
    from handling_requests r left join alert_handlings h using (handling_id)
    order by r.requested_at desc, r.handling_id limit %s
"""


class FoundHandling(NamedTuple):
    """What was done with alerts, at its offset in the log."""

    offset: int
    handling: AlertHandling


class ListedHandling(NamedTuple):
    """A request to acknowledge or snooze alerts; None stands for all rules, or all symbols."""

    action: str
    rule: str | None
    symbol: str | None
    until: datetime
    handled_by: str
    requested_at: datetime
    is_in_log: bool


def handlings_in(batch: Batch) -> list[FoundHandling]:
    """Those of a batch, with their offsets. Nearly every batch has none."""
    if not batch.step.handlings:
        return []
    return [
        FoundHandling(offset, record) for offset, record in batch.records if isinstance(record, AlertHandling)
    ]


def write_handlings(cursor: Cursor, partition: int, found: Sequence[FoundHandling]) -> None:
    """Write what was done with alerts; of repeated messages the first one counts."""
    if found:
        execute_values(
            cursor,
            "insert into alert_handlings (handling_id, action, rule, symbol, until, handled_by, handled_at,"
            ' partition, "offset") values %s on conflict do nothing',
            [
                (
                    *(each.handling_id, each.action, each.rule, each.of_symbol, each.until, each.handled_by),
                    *(each.time, partition, offset),
                )
                for offset, each in found
            ],
        )


def unacknowledged(
    cursor: Cursor, rule: str | None, symbol: str | None, until: datetime
) -> tuple[int, datetime | None]:
    """The number of alerts of a rule and a symbol, or of all, that ended by `until` and that nobody acknowledged; and
    when the newest of them ended."""
    cursor.execute(UNACKNOWLEDGED, {"rule": rule, "symbol": symbol, "until": until})
    ((count, newest),) = cursor.fetchall()
    return int(count), newest


def request_handling(
    cursor: Cursor, action: str, rule: str | None, symbol: str | None, until: datetime, handled_by: str
) -> None:
    """Ask to acknowledge or snooze alerts."""
    cursor.execute(
        "insert into handling_requests (action, rule, symbol, until, handled_by) values (%s, %s, %s, %s, %s)",
        (action, rule, symbol, until, handled_by),
    )


def running_snoozes(
    cursor: Cursor, rule: str | None, symbol: str | None, now: datetime
) -> list[tuple[str | None, str | None]]:
    """The rule and symbol of each snooze that runs, of this rule and this symbol, or of any; None stands for all."""
    cursor.execute(RUNNING, {"rule": rule, "symbol": symbol, "now": now})
    return [(rule, symbol) for rule, symbol in cursor.fetchall()]


def is_known_rule(cursor: Cursor, rule: str) -> bool:
    """Whether somebody asked for a rule with this name, or alerts have it."""
    cursor.execute(KNOWN_RULE, {"rule": rule})
    ((found,),) = cursor.fetchall()
    return bool(found)


def is_known_symbol(cursor: Cursor, symbol: str) -> bool:
    """Whether quotes or alerts of a symbol are stored."""
    cursor.execute(KNOWN_SYMBOL, {"symbol": symbol})
    ((found,),) = cursor.fetchall()
    return bool(found)


def listed_handlings(cursor: Cursor, limit: int) -> list[ListedHandling]:
    """The latest requests, newest first."""
    cursor.execute(LISTED, (limit,))
    return [ListedHandling(*row) for row in cursor.fetchall()]
