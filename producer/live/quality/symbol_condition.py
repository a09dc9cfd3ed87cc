"""The condition of a followed symbol, and the cause if it has no quotes. Pure; times are epoch seconds."""

from producer.live.followed import Followed, below_zero
from producer.live.quality.health import STALE_SECONDS, SourceHealth, SymbolCondition, basic_condition
from shared.calendars.calendars import SessionCalendar, calendar_of
from shared.calendars.next_session import next_session


def condition_of(followed: Followed, health: SourceHealth, now: float) -> SymbolCondition:
    """The condition, with the cause if there are no quotes or no history, or a note that the price is zero or below."""
    calendar = calendar_of(followed.deduplicator.exchange)
    is_history = followed.timeline.phase == "history"
    condition = basic_condition(
        followed.failover.active_source,
        health,
        followed.unknown,
        followed.past_error if is_history else followed.failure,
        not is_history,
        followed.last_received,
        calendar,
        now,
    )
    condition = _corrected_by_source(condition, followed, calendar, now)
    if condition.cause:
        return condition
    if followed.past_error is None or is_history:
        return _with_level(condition, followed)
    detail = f"its history can't be loaded: {followed.past_error}"
    return condition._replace(cause="no history", detail=detail, next_try=followed.look_back.next_look)


def _corrected_by_source(
    condition: SymbolCondition, followed: Followed, calendar: SessionCalendar, now: float
) -> SymbolCondition:
    """Correct the condition on days on which the calendar is wrong: quotes of today show that the exchange is open; a
    source without quotes may report that it is closed."""
    active_source = followed.failover.active_source
    if condition.state == "closed" and followed.look_back.holds(now) and _is_fresh(followed, now):
        return condition._replace(
            state="live",
            cause="",
            detail=f"{active_source} has quotes of a day without a session",
            opens_at=None,
        )
    if condition.cause != "stream silent" or not followed.is_closed_by_source:
        return condition
    detail = f"{active_source} reports the exchange as closed, although its calendar has a session"
    return condition._replace(
        state="closed", cause="market closed", detail=detail, opens_at=float(next_session(calendar, int(now)))
    )


def _is_fresh(followed: Followed, now: float) -> bool:
    return now - followed.last_received <= STALE_SECONDS


def _with_level(condition: SymbolCondition, followed: Followed) -> SymbolCondition:
    """Add the note that a price of zero or below enters no bar."""
    last = followed.deduplicator.last
    return condition if last is None or last.price > 0 else condition._replace(detail=below_zero(last.price))
