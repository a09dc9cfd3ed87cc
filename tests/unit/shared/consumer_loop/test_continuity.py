"""When the log is compared before messages of a poll are used."""

import pytest

from shared.consumer_loop.continuity import COMPARE_SECONDS, Continuity


def sure_at(now: float) -> Continuity:
    """Partition 0 was compared at this time."""
    continuity = Continuity()
    continuity.note_sure([0], now)
    return continuity


def test_messages_that_follow_soon_need_no_comparison() -> None:
    continuity = sure_at(0.0)
    for number in range(1, 10):
        polled_at = number * COMPARE_SECONDS
        assert continuity.doubtful([0], polled_at) == set()
        continuity.note_sure([0], polled_at)


def test_messages_after_a_pause_of_their_partition_are_compared_though_others_come() -> None:
    continuity = sure_at(0.0)
    for number in range(1, 10):
        continuity.note_sure([1], number * COMPARE_SECONDS)
    assert continuity.doubtful([0, 1], 9.5 * COMPARE_SECONDS) == {0}


def test_what_was_fetched_long_ago_and_is_used_bit_by_bit_needs_a_comparison() -> None:
    continuity = sure_at(0.0)
    bits = [continuity.doubtful([0], number * COMPARE_SECONDS / 4) for number in range(6)]
    assert bits == [set()] * 5 + [{0}]


def test_a_partition_never_compared_is_doubtful() -> None:
    assert Continuity().doubtful([0], 0.0) == {0}


def test_confluent_pauses_after_an_error_as_long_as_two_polls_may_be_apart() -> None:
    """Between the last messages of the old log and the first ones of a new one lies such a pause."""
    group = pytest.importorskip("shared.kafka.clients.confluent.group")
    assert 2 * COMPARE_SECONDS * 1000 <= group.AFTER_ERROR_MS
