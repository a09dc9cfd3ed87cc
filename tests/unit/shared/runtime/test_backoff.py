"""How long to wait before the next attempt."""

from shared.runtime.backoff import doubled, retry_pause


def test_a_pause_doubles_from_failure_to_failure_up_to_its_limit() -> None:
    assert [doubled(1.0, 6.0, doublings) for doublings in range(5)] == [1.0, 2.0, 4.0, 6.0, 6.0]
    assert doubled(0.5, 60.0, 1_000_000) == 60.0


def test_parts_that_fail_together_try_again_within_half_of_the_pause_of_each_other() -> None:
    assert all(0.5 <= retry_pause(0.5, 2) <= 1.0 for _ in range(100))
    assert all(5.0 <= retry_pause(0.5, 100) <= 10.0 for _ in range(100))
