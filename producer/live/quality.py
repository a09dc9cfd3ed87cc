"""The data quality of a followed symbol as a row for the page and `producer.symbols describe`. Pure."""

from datetime import UTC, datetime
from typing import cast

from producer.live.followed import Followed
from producer.live.health import SourceHealth, Told
from producer.live.quality_row import Cause, QualityRow, State
from producer.live.symbol_condition import condition_of

HIDDEN_BY_CLOCK = {"live": ("", "stream silent", "no history"), "stale": ("stream silent",), "waiting": ("",)}
"""Causes by state that are replaced by "wrong clock" if a clock is wrong, as that may be the real cause."""


def quality_row(followed: Followed, health: SourceHealth, now: float, clock_fault: str = "") -> QualityRow:
    """The row as of `now`, in epoch seconds. `clock_fault` is the description of a wrong clock, else empty."""
    told = _with_clock_fault(condition_of(followed, health, now), clock_fault)
    intake, last = followed.intake, followed.intake.last
    return QualityRow(
        symbol=followed.symbol,
        source=followed.choice.speaker,
        standby=followed.choice.standby,
        state=cast(State, told.state),
        cause=cast(Cause, told.cause),
        detail=told.detail,
        next_try_at=_time(told.next_try),
        session=told.session,
        opens_at=_time(told.opens_at),
        last_event_time=last.event_time if last else None,
        last_received_time=_time(followed.last_received or None),
        quotes_per_minute=followed.quotes_per_minute(now),
        quotes=intake.quotes,
        gaps=followed.line.gaps,
        duplicates=intake.duplicates,
        out_of_order=intake.out_of_order,
        refused=intake.refused + health.refused,
        reconnects=health.reconnects,
        history_done=followed.history_done,
        history_total=followed.history_total,
    )


def _with_clock_fault(told: Told, clock_fault: str) -> Told:
    """The state, with a wrong clock as its cause if that may be the real one."""
    if not clock_fault or told.cause not in HIDDEN_BY_CLOCK.get(told.state, ()):
        return told
    return told._replace(cause="wrong clock", detail=clock_fault, next_try=None)


def _time(second: float | None) -> datetime | None:
    return None if second is None else datetime.fromtimestamp(second, UTC)
