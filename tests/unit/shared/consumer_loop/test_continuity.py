"""When the log is compared before messages of a poll are used."""

import pytest

from shared.consumer_loop.continuity import COMPARE_SECONDS, Continuity

COMPARED, NOT_COMPARED = {0: True}, {0: False}


def compared_at(now: float) -> Continuity:
    """Partition 0 was compared at this time."""
    continuity = Continuity()
    continuity.request(0, now)
    assert continuity.note(COMPARED, is_drained=False, now=now) == set()
    return continuity


def test_messages_that_follow_soon_need_no_comparison() -> None:
    continuity = compared_at(0.0)
    for number in range(10):
        assert continuity.note(NOT_COMPARED, is_drained=True, now=number * COMPARE_SECONDS) == set()


def test_messages_after_a_pause_of_their_partition_are_compared_though_others_come() -> None:
    continuity = compared_at(0.0)
    for number in range(1, 10):
        continuity.note({1: number == 1}, is_drained=True, now=number * COMPARE_SECONDS)
    polled = {0: False, 1: False}
    assert continuity.note(polled, is_drained=True, now=9.5 * COMPARE_SECONDS) == {0}


def test_messages_after_a_long_step_are_compared() -> None:
    assert compared_at(0.0).note(NOT_COMPARED, is_drained=True, now=1.5 * COMPARE_SECONDS) == {0}


def test_what_was_fetched_long_ago_and_is_used_bit_by_bit_needs_a_comparison_behind_it() -> None:
    continuity = compared_at(0.0)
    bits = [
        continuity.note(NOT_COMPARED, is_drained=False, now=number * COMPARE_SECONDS / 4)
        for number in range(6)
    ]
    assert bits == [set()] * 5 + [{0}]


def test_what_follows_a_comparison_is_as_sure_as_its_request_is_recent() -> None:
    """The client fetches the message that is compared at once, also if the step before lasts long."""
    continuity = Continuity()
    continuity.request(0, 0.0)
    polled_at = 1.5 * COMPARE_SECONDS
    assert continuity.has_waited(COMPARED, polled_at)
    assert continuity.note(COMPARED, is_drained=False, now=polled_at) == set()
    assert continuity.note(NOT_COMPARED, is_drained=False, now=polled_at) == {0}


def test_a_comparison_that_comes_soon_vouches_for_what_was_fetched_with_it() -> None:
    continuity = Continuity()
    continuity.request(0, 0.0)
    assert not continuity.has_waited(COMPARED, 0.5 * COMPARE_SECONDS)
    assert not continuity.has_waited(NOT_COMPARED, 5 * COMPARE_SECONDS)


def test_a_partition_never_compared_is_doubtful() -> None:
    assert Continuity().note(NOT_COMPARED, is_drained=True, now=0.0) == {0}


def test_confluent_pauses_after_an_error_as_long_as_two_polls_may_be_apart() -> None:
    """Between the last messages of the old log and the first ones of a new one lies such a pause."""
    group = pytest.importorskip("shared.kafka.clients.confluent_group")
    assert 2 * COMPARE_SECONDS * 1000 <= group.AFTER_ERROR_MS
