"""A rate limit that no minute exceeds, Retry-After, and pauses after failures."""

from bisect import bisect_left
from itertools import pairwise
from threading import Event, Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producer.transport.rate_limits import (
    FAILURES_TO_OPEN,
    MAX_PAUSE,
    PATIENCE,
    Breaker,
    Breakers,
    RequestLimit,
)
from shared.errors import SourceDown, Throttled, Unanswered
from tests.standing_clock import SteppedClock


def most_in_a_minute(times: list[float]) -> int:
    """Of sorted times, how many at most lie less than 60 s apart."""
    return max(bisect_left(times, time + 60) - index for index, time in enumerate(times))


@given(per_minute=st.integers(1, 300), idle=st.lists(st.floats(0, 90), max_size=20))
def test_no_minute_holds_more_requests_than_the_limit(per_minute: int, idle: list[float]) -> None:
    clock = SteppedClock()
    limit = RequestLimit(per_minute, clock.wait, clock)
    times = []
    for pause in [*idle, 0.0]:
        clock.now += pause
        for _ in range(per_minute // 3 + 2):
            limit.take()
            times.append(clock.now)
    assert most_in_a_minute(times) <= per_minute


@pytest.mark.parametrize("per_minute", [1, 2, 5, 60, 100])
def test_a_limit_is_used_up_when_everybody_asks_all_the_time(per_minute: int) -> None:
    clock = SteppedClock()
    limit = RequestLimit(per_minute, clock.wait, clock)
    times = []
    while clock.now < 1000 + 600:
        limit.take()
        times.append(clock.now)
    assert most_in_a_minute(times) <= per_minute
    assert len(times) >= 0.85 * per_minute * 10


def test_a_tenth_of_the_limit_goes_at_once() -> None:
    clock = SteppedClock()
    limit = RequestLimit(100, clock.wait, clock)
    times = []
    for _ in range(12):
        limit.take()
        times.append(clock.now)
    assert times[9] == 1000.0
    assert all(later - sooner == pytest.approx(61 / 91, abs=0.002) for sooner, later in pairwise(times[9:]))


def test_threads_share_one_limit() -> None:
    stop = Event()
    refused: list[str] = []

    def ask() -> None:
        try:
            limit.take()
        except SourceDown as error:
            refused.append(str(error))

    limit = RequestLimit(40, lambda seconds: stop.wait(), lambda: 50.0)
    threads = [Thread(target=ask) for _ in range(10)]
    for thread in threads:
        thread.start()
    stop.set()
    for thread in threads:
        thread.join()
    assert refused == ["No request was sent, because the producer stops."] * 6


def test_a_short_retry_after_is_waited_for() -> None:
    clock = SteppedClock()
    limit = RequestLimit(100, clock.wait, clock)
    limit.pause(PATIENCE)
    limit.pause(1.0)
    limit.take()
    assert clock.now == 1000.0 + PATIENCE


def test_a_long_retry_after_is_reported_at_once_until_it_is_over() -> None:
    clock = SteppedClock()
    limit = RequestLimit(100, clock.wait, clock)
    limit.pause(90.0)
    clock.now += 10
    with pytest.raises(Throttled) as error:
        limit.take()
    assert error.value.retry_after == pytest.approx(80.0)
    assert clock.now == 1010.0
    clock.now += 80.1
    limit.take()


def test_a_stop_ends_the_wait() -> None:
    stop = Event()
    limit = RequestLimit(1, stop.wait)
    limit.take()
    stop.set()
    with pytest.raises(SourceDown, match="stop"):
        limit.take()


def fail(breaker: Breaker, times: int) -> None:
    for _ in range(times):
        breaker.failed("It broke.")


def seconds_refused(breaker: Breaker) -> float:
    with pytest.raises(SourceDown, match=r"^It broke\. That was failure \d+ in a row\.$") as error:
        breaker.check()
    assert error.value.retry_after is not None
    return error.value.retry_after


def test_five_failures_in_a_row_and_no_fewer_stop_the_asking() -> None:
    breaker = Breaker(SteppedClock())
    fail(breaker, FAILURES_TO_OPEN - 1)
    breaker.check()
    breaker.succeeded()
    fail(breaker, FAILURES_TO_OPEN - 1)
    breaker.check()
    breaker.failed("It broke.")
    assert 2.5 <= seconds_refused(breaker) <= 5.0


def test_after_the_pause_one_caller_tries_and_the_others_wait_for_the_outcome() -> None:
    clock = SteppedClock()
    breaker = Breaker(clock)
    fail(breaker, FAILURES_TO_OPEN)
    clock.now += seconds_refused(breaker)
    breaker.check()
    seconds_refused(breaker)
    breaker.succeeded()
    breaker.check()
    breaker.check()


def test_the_pause_doubles_up_to_a_minute_and_is_reset_by_a_success() -> None:
    clock = SteppedClock()
    breaker = Breaker(clock)
    fail(breaker, FAILURES_TO_OPEN)
    longest = 5.0
    for _ in range(12):
        pause = seconds_refused(breaker)
        assert longest / 2 <= pause <= longest
        clock.now += pause
        breaker.check()
        breaker.failed("It broke.")
        longest = min(2 * longest, MAX_PAUSE)
    breaker.succeeded()
    fail(breaker, FAILURES_TO_OPEN)
    assert seconds_refused(breaker) <= 5.0


def test_a_trial_without_a_reported_outcome_does_not_end_the_trials() -> None:
    clock = SteppedClock()
    breaker = Breaker(clock)
    fail(breaker, FAILURES_TO_OPEN)
    clock.now += seconds_refused(breaker)
    breaker.check()
    clock.now += seconds_refused(breaker)
    breaker.check()


def test_failing_request_is_paused_alone() -> None:
    breakers = Breakers(SteppedClock())
    for _ in range(FAILURES_TO_OPEN):
        assert isinstance(breakers.failed("/chart/BAD", "It broke."), Unanswered)
    with pytest.raises(Unanswered, match="in a row"):
        breakers.check("/chart/BAD")
    breakers.check("/chart/GOOD")


def test_requests_that_fail_each_for_itself_do_not_pause_the_provider() -> None:
    breakers = Breakers(SteppedClock())
    for number in range(3 * FAILURES_TO_OPEN):
        breakers.failed(f"/chart/{number}", "It broke.")
    breakers.check("/chart/another")


def test_failed_connections_pause_every_request_to_the_provider_until_one_is_answered() -> None:
    clock = SteppedClock()
    breakers = Breakers(clock)
    for _ in range(FAILURES_TO_OPEN):
        assert type(breakers.unreachable("Refused.")) is SourceDown
    with pytest.raises(SourceDown, match="in a row"):
        breakers.check("/quote")
    clock.now += MAX_PAUSE
    breakers.check("/quote")
    breakers.succeeded("/quote")
    breakers.check("/chart")


def test_timeouts_of_several_requests_pause_the_provider() -> None:
    breakers = Breakers(SteppedClock())
    alone = [type(breakers.timed_out("/slow", "No answer.")) for _ in range(FAILURES_TO_OPEN)]
    assert alone == [Unanswered] * FAILURES_TO_OPEN
    breakers.check("/quick")
    several = [type(breakers.timed_out(f"/{number}", "No answer.")) for number in range(FAILURES_TO_OPEN)]
    assert several == [SourceDown] * FAILURES_TO_OPEN
    with pytest.raises(SourceDown, match="in a row"):
        breakers.check("/quick")
