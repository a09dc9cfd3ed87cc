"""Alerts of many symbols at the end of the same bars, and those that are grouped."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from analytics.store.times import utc
from shared.market.alert_texts import RULE_NAME_SQL
from shared.market.records import INTERVAL_SECONDS, Interval
from shared.postgres.database import Cursor

CANDIDATES = f"""
    with found as (
        select rule, interval, event_time, max(rule_version) as version
        from alerts where event_time > (select judged_until from storm_progress)
            and coalesce(state, 'confirmed') = 'confirmed'
            and event_time > (select max(event_time) from alerts) - interval '2 days' and interval = any(%s)
        group by rule, interval, event_time having count(*) >= %s
    ), texts as (select distinct on (rule_id, version) {RULE_NAME_SQL} as rule, version, text from rule_changes r)
    select rule, interval, extract(epoch from event_time)::bigint, text
    from found left join texts using (rule, version) order by event_time, rule, interval
"""  # noqa: S608 (a name of our own)
"""Older alerts are of histories that are being read, or were decided: they would only make each look longer."""
UNDONE = """
    with found as (select max(event_time) - interval '2 days' as since from alerts),
        deleted as (delete from storms using found where event_time > since)
    update storm_progress set judged_until = least(judged_until, since) from found
"""
TRADED = """
    select t.symbol, exists (
        select from alerts a where (a.symbol, a.interval, a.rule) = (t.symbol, %(interval)s, %(rule)s)
            and a.start > to_timestamp(%(end)s - %(longest)s) and a.event_time = to_timestamp(%(end)s)
    )
    from unnest(%(symbols)s::text[]) as t (symbol) where exists (
        select from bars b where b.symbol = t.symbol and b.interval = %(interval)s
            and b.start > to_timestamp(%(end)s - %(longest)s) and b."end" = to_timestamp(%(end)s)
    )
    order by t.symbol
"""
"""Each symbol looks up its own rows by key."""


class StormCandidate(NamedTuple):
    """Alerts of a rule at bars that ended at `end`, epoch seconds. `text` is that of a rule of the user; None for a
    threshold of the settings."""

    rule: str
    interval: Interval
    end: int
    text: str | None


class Storm(NamedTuple):
    """The symbols at whose bars a rule fired, out of all `symbols` that had a bar then."""

    candidate: StormCandidate
    members: Sequence[str]
    symbols: int


def storm_candidates(cursor: Cursor, least: int) -> list[StormCandidate]:
    """The alerts of at least so many symbols that are not decided yet, in the order of their bars' ends."""
    cursor.execute(CANDIDATES, (list(INTERVAL_SECONDS), least))
    return [StormCandidate(*row) for row in cursor.fetchall()]


def storms_evaluated_until(cursor: Cursor) -> int:
    """Until which end of a bar it is decided which alerts are grouped, in epoch seconds."""
    cursor.execute("select extract(epoch from judged_until)::bigint from storm_progress")
    ((until,),) = cursor.fetchall()
    return int(until)


def storm_of(cursor: Cursor, candidate: StormCandidate, symbols: Collection[str]) -> Storm:
    """The alerts of these symbols, and how many of them had a bar then."""
    known = {
        "rule": candidate.rule,
        "interval": candidate.interval,
        "end": candidate.end,
        "longest": 2 * INTERVAL_SECONDS[candidate.interval],
        "symbols": sorted(symbols),
    }
    cursor.execute(TRADED, known)
    traded = cursor.fetchall()
    return Storm(candidate, [symbol for symbol, has_fired in traded if has_fired], len(traded))


def undo_storms(cursor: Cursor) -> None:
    """Group the newest alerts again, because some of them are calculated again."""
    cursor.execute(UNDONE)


def write_storms(cursor: Cursor, storms: Sequence[Storm], until: int) -> None:
    """Write what was decided about alerts at bars that ended by `until`, epoch seconds."""
    for (rule, interval, end, _), members, symbols in storms:
        cursor.execute(
            "insert into storms (rule, interval, event_time, members, symbols)"
            " values (%s, %s, %s, %s, %s) on conflict do nothing",
            (rule, interval, utc(end), list(members), symbols),
        )
    cursor.execute("update storm_progress set judged_until = greatest(judged_until, %s)", (utc(until),))
