"""The one cause that is shown when no quotes arrive."""

from datetime import UTC, datetime

import pytest

from producer.live.quality.health import QuoteRate, SourceHealth, SymbolCondition, basic_condition
from shared.calendars.calendars import calendar_of
from shared.errors import NoNetwork, SourceDown, SourceError, StreamSilent, Throttled, UnknownSymbol

WEDNESDAY_NOON = datetime(2024, 7, 10, 16, tzinfo=UTC).timestamp()
SATURDAY = datetime(2024, 7, 13, 16, tzinfo=UTC).timestamp()
MONDAY_OPEN = datetime(2024, 7, 15, 13, 30, tzinfo=UTC).timestamp()


def condition_of(
    health: SourceHealth,
    now: float = WEDNESDAY_NOON,
    last_received: float = 0.0,
    exchange: str | None = "NMS",
    unknown: UnknownSymbol | None = None,
    has_past: bool = True,
) -> SymbolCondition:
    """The condition shown for a symbol of Yahoo's."""
    return basic_condition(
        "yahoo", health, unknown, None, has_past, last_received, calendar_of(exchange), now
    )


def streaming() -> SourceHealth:
    """A source whose stream is open."""
    health = SourceHealth(streams=True)
    health.connected()
    health.received(WEDNESDAY_NOON, was_asked=False)
    return health


def test_fresh_quotes_are_live_without_a_cause() -> None:
    assert condition_of(streaming(), last_received=WEDNESDAY_NOON - 3)[:2] == ("live", "")


def test_closed_market_is_no_fault_and_has_its_opening() -> None:
    state = condition_of(streaming(), now=SATURDAY, last_received=SATURDAY - 72_000)
    assert state[:2] == ("closed", "market closed")
    assert state.opens_at == MONDAY_OPEN


def test_crypto_is_never_closed() -> None:
    assert condition_of(streaming(), now=SATURDAY, exchange=None).state != "closed"


@pytest.mark.parametrize(
    ("day", "hour", "state"),
    [
        ((2024, 7, 3), 18, "closed"),  # half day before a holiday: over at 13:00 in New York, 17:00 UTC
        ((2024, 7, 3), 16, "stale"),
        ((2024, 7, 4), 16, "closed"),
        ((2024, 3, 11), 14, "stale"),  # the clocks went forward: open from 13:30 UTC
        ((2024, 11, 4), 14, "live"),  # and back: open from 14:30 UTC, before that extended hours
    ],
)
def test_sessions_of_the_calendar_decide_who_is_stale(
    day: tuple[int, int, int], hour: int, state: str
) -> None:
    now = datetime(*day, hour, tzinfo=UTC).timestamp()
    then = condition_of(streaming(), now=now, last_received=now - 4_000)
    assert then.state == ("live" if then.session in ("pre", "post") else state)


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (Throttled("too many", 12.0), "throttled"),
        (SourceDown("refused"), "provider down"),
        (NoNetwork("no route"), "no network"),
    ],
)
def test_failure_is_the_cause_with_the_next_try(error: SourceError, cause: str) -> None:
    health = SourceHealth(streams=True)
    health.lost(StreamSilent("nothing"), is_stream=True, next_try=WEDNESDAY_NOON + 5)
    health.lost(error, is_stream=False, next_try=WEDNESDAY_NOON + 12)
    state = condition_of(health, last_received=WEDNESDAY_NOON - 100)
    assert state[:2] == ("stale", cause)
    assert state.next_try == WEDNESDAY_NOON + 12


def test_silent_stream_is_reported_while_polls_bring_quotes() -> None:
    health = SourceHealth(streams=True)
    health.lost(StreamSilent("nothing for 30 s"), is_stream=True, next_try=WEDNESDAY_NOON + 5)
    health.received(WEDNESDAY_NOON, was_asked=True)
    assert condition_of(health, last_received=WEDNESDAY_NOON - 4)[:2] == ("live", "stream silent")


def test_cause_disappears_when_the_stream_is_back() -> None:
    health = SourceHealth(streams=True)
    health.lost(SourceDown("closed"), is_stream=True, next_try=WEDNESDAY_NOON)
    health.connected()
    assert condition_of(health, last_received=WEDNESDAY_NOON)[:2] == ("live", "")
    assert health.reconnects == 1


def test_unknown_symbol_is_reported_before_any_other_cause() -> None:
    health = SourceHealth(streams=True)
    health.lost(SourceDown("closed"), is_stream=True, next_try=WEDNESDAY_NOON)
    assert condition_of(health, unknown=UnknownSymbol("no FOO")).cause == "unknown symbol"


def test_symbol_whose_history_is_fetched_has_its_own_state() -> None:
    assert condition_of(streaming(), has_past=False).state == "history"


def test_source_that_answers_without_new_quotes_is_silent() -> None:
    state = condition_of(streaming(), last_received=WEDNESDAY_NOON - 300)
    assert state[:2] == ("stale", "stream silent")


def test_quotes_a_minute_are_those_of_the_last_sixty_seconds() -> None:
    minute = QuoteRate()
    for second in range(200):
        minute.add(float(second), 2)
    assert minute.count(199.0) == 120
    assert minute.count(300.0) == 0
