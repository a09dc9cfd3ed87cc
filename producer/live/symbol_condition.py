"""What is told of a followed symbol: its state, and the cause where nothing comes. Pure; times are epoch seconds."""

from producer.live.followed import Followed, below_zero
from producer.live.health import STALE_SECONDS, SourceHealth, Told, told
from shared.calendars.calendars import SessionCalendar, calendar_of
from shared.calendars.next_session import next_session


def condition_of(followed: Followed, health: SourceHealth, now: float) -> Told:
    """Its state, and the cause where nothing comes, or no history; or that its price is zero or below."""
    calendar = calendar_of(followed.intake.exchange)
    is_history = followed.line.phase == "history"
    said = told(
        followed.choice.speaker,
        health,
        followed.unknown,
        followed.past_error if is_history else followed.failure,
        not is_history,
        followed.last_received,
        calendar,
        now,
    )
    said = _corrected_by_source(said, followed, calendar, now)
    if said.cause:
        return said
    if followed.past_error is None or is_history:
        return _with_level(said, followed)
    detail = f"its history can't be loaded: {followed.past_error}"
    return said._replace(cause="no history", detail=detail, next_try=followed.look_back.next_look)


def _corrected_by_source(said: Told, followed: Followed, calendar: SessionCalendar, now: float) -> Told:
    """The same on days on which the calendar is wrong: quotes of today say that the exchange is open, and a source that
    answers without any, and calls it closed, that it is."""
    speaker = followed.choice.speaker
    if said.state == "closed" and followed.look_back.holds(now) and _is_fresh(followed, now):
        return said._replace(
            state="live", cause="", detail=f"{speaker} has quotes of a day without a session", opens_at=None
        )
    if said.cause != "stream silent" or not followed.is_closed_by_source:
        return said
    detail = f"{speaker} calls the exchange closed, though its calendar has a session"
    return said._replace(
        state="closed", cause="market closed", detail=detail, opens_at=float(next_session(calendar, int(now)))
    )


def _is_fresh(followed: Followed, now: float) -> bool:
    return now - followed.last_received <= STALE_SECONDS


def _with_level(said: Told, followed: Followed) -> Told:
    """Where nothing else is amiss, that the price is part of no bar."""
    last = followed.intake.last
    return said if last is None or last.price > 0 else said._replace(detail=below_zero(last.price))
