"""The number of messages of one step."""

from shared.consumer_loop.step_size import MAX_PER_STEP, MIN_PER_STEP, StepSize


def test_a_slow_step_is_followed_by_half_as_many_messages_and_never_by_fewer_than_the_fewest() -> None:
    size = StepSize()
    size.took(1.5, size.messages)
    assert size.messages == MAX_PER_STEP // 2
    for _ in range(20):
        size.took(30.0, size.messages)
    assert size.messages == MIN_PER_STEP


def test_quick_steps_bring_the_number_back_to_the_most_and_no_further() -> None:
    size = StepSize()
    for _ in range(20):
        size.took(2.0, size.messages)
    for _ in range(20):
        size.took(0.1, size.messages)
    assert size.messages == MAX_PER_STEP


def test_a_step_neither_slow_nor_quick_changes_nothing() -> None:
    size = StepSize()
    size.took(2.0, size.messages)
    size.took(0.6, size.messages)
    assert size.messages == MAX_PER_STEP // 2


def test_a_quick_step_that_was_not_full_changes_nothing() -> None:
    size = StepSize()
    size.took(2.0, size.messages)
    before = size.messages
    for _ in range(20):
        size.took(0.001, 1)
    assert size.messages == before
