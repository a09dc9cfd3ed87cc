"""How often the live view and the forecast records are published: rarely while a history is read, but always again."""

import pytest

from analytics.runtime.publishing import HISTORY_FRACTION, LIVE_SECONDS, LONGEST_SECONDS, MAX_FRACTION, Pace

SLOW = 4 * LIVE_SECONDS * MAX_FRACTION
"""Seconds that a publication takes which may use no larger fraction of the time."""


class Clock:
    """The time of the module, which a publication moves on; `published` are the times at which one began."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        self.published: list[float] = []
        monkeypatch.setattr("analytics.runtime.publishing.time.monotonic", lambda: self.now)

    def publish(self, took: float) -> bool:
        """There was something to publish."""
        self.published.append(self.now)
        self.now += took
        return True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def began_after(clock: Clock, pace: Pace, fraction: float, seconds: float) -> bool:
    """Whether one begins this long after the one before began."""
    clock.now = clock.published[-1] + seconds
    count = len(clock.published)
    pace.publish_if_due(fraction, lambda: clock.publish(SLOW))
    return len(clock.published) > count


@pytest.mark.parametrize("fraction", [MAX_FRACTION, HISTORY_FRACTION])
def test_publications_take_no_larger_fraction_of_the_time(clock: Clock, fraction: float) -> None:
    pace = Pace(LIVE_SECONDS)
    pace.publish_if_due(fraction, lambda: clock.publish(SLOW))
    assert not began_after(clock, pace, fraction, 0.99 * SLOW / fraction)
    assert began_after(clock, pace, fraction, 1.01 * SLOW / fraction)


def test_quick_publications_keep_their_distance(clock: Clock) -> None:
    pace = Pace(LIVE_SECONDS)
    pace.publish_if_due(MAX_FRACTION, lambda: clock.publish(0.0))
    assert not began_after(clock, pace, MAX_FRACTION, 0.99 * LIVE_SECONDS)
    assert began_after(clock, pace, MAX_FRACTION, 1.01 * LIVE_SECONDS)


def test_what_waited_during_a_history_is_published_at_the_usual_pace_after_it(clock: Clock) -> None:
    pace = Pace(LIVE_SECONDS)
    pace.publish_if_due(HISTORY_FRACTION, lambda: clock.publish(SLOW))
    after = 1.01 * SLOW / MAX_FRACTION
    assert not began_after(clock, pace, HISTORY_FRACTION, after)
    assert began_after(clock, pace, MAX_FRACTION, after)


def test_where_nothing_was_to_be_published_the_next_is_published_at_once(clock: Clock) -> None:
    pace = Pace(LIVE_SECONDS)
    pace.publish_if_due(MAX_FRACTION, lambda: False)
    pace.publish_if_due(MAX_FRACTION, lambda: clock.publish(SLOW))
    assert clock.published == [100.0]


def test_one_publication_that_was_held_up_delays_the_next_one_little(clock: Clock) -> None:
    pace = Pace(LIVE_SECONDS)
    pace.publish_if_due(HISTORY_FRACTION, lambda: clock.publish(3.0))
    assert began_after(clock, pace, HISTORY_FRACTION, 1.01 * LONGEST_SECONDS)
