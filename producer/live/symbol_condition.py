"""The state of a followed symbol, and the cause if it has no quotes. Pure; times are epoch seconds."""

from producer.live.followed import Followed, below_zero
from producer.live.health import STALE_SECONDS, SourceHealth, Told, told
from shared.calendars.calendars import SessionCalendar, calendar_of
from shared.calendars.next_session import next_session


def condition_of(followed: Followed, health: SourceHealth, now: float) -> Told:
    """The state, with the cause if there are no quotes or no history, or a note that the price is zero or below."""
    calendar = calendar_of(followed.intake.exchange)
    is_history = followed.line.phase == "history"
    state = told(
        followed.choice.speaker,
        health,
        followed.unknown,
        followed.past_error if is_history else followed.failure,
        not is_history,
        followed.last_received,
        calendar,
        now,
    )
    state = _corrected_by_source(state, followed, calendar, now)
    if state.cause:
        return state
    if followed.past_error is None or is_history:
        return _with_level(state, followed)
    detail = f"its history can't be loaded: {followed.past_error}"
    return state._replace(cause="no history", detail=detail, next_try=followed.look_back.next_look)


def _corrected_by_source(state: Told, followed: Followed, calendar: SessionCalendar, now: float) -> Told:
    """Correct the state on days on which the calendar is wrong: quotes of today show that the exchange is open; a
    source without quotes may report that it is closed."""
    speaker = followed.choice.speaker
    if state.state == "closed" and followed.look_back.holds(now) and _is_fresh(followed, now):
        return state._replace(
            state="live", cause="", detail=f"{speaker} has quotes of a day without a session", opens_at=None
        )
    if state.cause != "stream silent" or not followed.is_closed_by_source:
        return state
    detail = f"{speaker} reports the exchange as closed, although its calendar has a session"
    return state._replace(
        state="closed", cause="market closed", detail=detail, opens_at=float(next_session(calendar, int(now)))
    )


def _is_fresh(followed: Followed, now: float) -> bool:
    return now - followed.last_received <= STALE_SECONDS


def _with_level(state: Told, followed: Followed) -> Told:
    """Add the note that a price of zero or below enters no bar."""
    last = followed.intake.last
    return state if last is None or last.price > 0 else state._replace(detail=below_zero(last.price))
