"""When the log is compared before messages of a poll are used."""

import pytest

from shared.consumer_loop.continuity import COMPARE_SECONDS, Continuity

COMPARED, NOT_COMPARED = {0: True}, {0: False}


def compared_at(now: float) -> Continuity:
    """Partition 0 was compared at this time."""
    continuity = Continuity()
    assert continuity.doubtful(COMPARED, is_drained=False, now=now) == set()
    return continuity


def test_messages_that_follow_soon_need_no_comparison() -> None:
    continuity = compared_at(0.0)
    for number in range(10):
        assert continuity.doubtful(NOT_COMPARED, is_drained=True, now=number * COMPARE_SECONDS) == set()


def test_messages_after_a_pause_of_their_partition_are_compared_though_others_come() -> None:
    continuity = compared_at(0.0)
    for number in range(1, 10):
        continuity.doubtful({1: number == 1}, is_drained=True, now=number * COMPARE_SECONDS)
    polled = {0: False, 1: False}
    assert continuity.doubtful(polled, is_drained=True, now=9.5 * COMPARE_SECONDS) == {0}


def test_messages_after_a_long_step_are_compared() -> None:
    assert compared_at(0.0).doubtful(NOT_COMPARED, is_drained=True, now=1.5 * COMPARE_SECONDS) == {0}


def test_what_was_fetched_long_ago_and_is_used_bit_by_bit_needs_a_comparison_behind_it() -> None:
    continuity = compared_at(0.0)
    bits = [
        continuity.doubtful(NOT_COMPARED, is_drained=False, now=number * COMPARE_SECONDS / 4)
        for number in range(6)
    ]
    assert bits == [set()] * 5 + [{0}]


def test_a_partition_never_compared_is_doubtful() -> None:
    assert Continuity().doubtful(NOT_COMPARED, is_drained=True, now=0.0) == {0}


def test_confluent_pauses_after_an_error_as_long_as_two_polls_may_be_apart() -> None:
    """Between the last messages of the old log and the first ones of a new one lies such a pause."""
    group = pytest.importorskip("shared.kafka.clients.confluent_group")
    assert 2 * COMPARE_SECONDS * 1000 <= group.AFTER_ERROR_MS
