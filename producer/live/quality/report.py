"""The data quality of a followed symbol as a row for the page and `producer.symbols describe`. Pure."""

from datetime import UTC, datetime
from typing import cast

from producer.live.followed import Followed
from producer.live.quality.health import SourceHealth, SymbolCondition
from producer.live.quality.row import Cause, QualityRow, State
from producer.live.quality.symbol_condition import condition_of

HIDDEN_BY_CLOCK = {"live": ("", "stream silent", "no history"), "stale": ("stream silent",), "waiting": ("",)}
"""Causes by state that are replaced by "wrong clock" if a clock is wrong, as that may be the real cause."""


def quality_row(followed: Followed, health: SourceHealth, now: float, clock_fault: str = "") -> QualityRow:
    """The row as of `now`, in epoch seconds. `clock_fault` is the description of a wrong clock, else empty."""
    condition = _with_clock_fault(condition_of(followed, health, now), clock_fault)
    deduplicator, last = followed.deduplicator, followed.deduplicator.last
    return QualityRow(
        symbol=followed.symbol,
        source=followed.failover.active_source,
        standby=followed.failover.standby,
        state=cast(State, condition.state),
        cause=cast(Cause, condition.cause),
        detail=condition.detail,
        next_try_at=_time(condition.next_try),
        session=condition.session,
        opens_at=_time(condition.opens_at),
        last_event_time=last.event_time if last else None,
        last_received_time=_time(followed.last_received or None),
        quotes_per_minute=followed.quotes_per_minute(now),
        quotes=deduplicator.quotes,
        gaps=followed.timeline.gaps,
        duplicates=deduplicator.duplicates,
        out_of_order=deduplicator.out_of_order,
        refused=deduplicator.refused + health.refused,
        reconnects=health.reconnects,
        history_done=followed.history_done,
        history_total=followed.history_total,
    )


def _with_clock_fault(condition: SymbolCondition, clock_fault: str) -> SymbolCondition:
    """The state, with a wrong clock as its cause if that may be the real one."""
    if not clock_fault or condition.cause not in HIDDEN_BY_CLOCK.get(condition.state, ()):
        return condition
    return condition._replace(cause="wrong clock", detail=clock_fault, next_try=None)


def _time(second: float | None) -> datetime | None:
    return None if second is None else datetime.fromtimestamp(second, UTC)
