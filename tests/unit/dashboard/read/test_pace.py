"""The pace at which analytics processes the log, and the time that the rest takes."""

import pytest

from dashboard.read.pace import PaceSample, Samples, sampled, seconds_left


def at_pace(per_second: int, seconds: int, every: float = 1.0) -> Samples:
    samples: Samples = ()
    for step in range(int(seconds / every) + 1):
        samples = sampled(samples, 1000.0 + step * every, int(per_second * step * every))
    return samples


def test_rest_takes_as_long_as_at_the_pace_so_far() -> None:
    assert seconds_left(at_pace(100, 30), 6_000) == pytest.approx(60.0)


def test_pace_is_unknown_at_first_and_while_nothing_is_processed() -> None:
    assert seconds_left((), 100) is None
    assert seconds_left(at_pace(100, 9), 100) is None
    assert seconds_left(at_pace(0, 30), 100) is None


def test_wait_for_the_first_message_is_no_part_of_the_pace() -> None:
    samples: Samples = ()
    for second in range(60):
        samples = sampled(samples, 1000.0 + second, 0)
    for second in range(60, 71):
        samples = sampled(samples, 1000.0 + second, 100 * (second - 59))
    assert seconds_left(samples, 1_000) == pytest.approx(10.0)


def test_pace_is_that_of_the_last_minute() -> None:
    samples = at_pace(1_000, 60)
    last = samples[-1]
    for second in range(1, 62):
        samples = sampled(samples, last.at + second, last.folded + 10 * second)
    assert seconds_left(samples, 100) == pytest.approx(10.0)


def test_samples_stay_few_however_often_the_tables_are_read() -> None:
    assert len(at_pace(100, 120, every=0.05)) <= 62


@pytest.mark.parametrize("other", [PaceSample(1030.5, 10), PaceSample(900.0, 9_000)])
def test_samples_start_again_with_another_log_and_after_the_clock_was_set_back(other: PaceSample) -> None:
    assert sampled(at_pace(100, 30), *other) == (other,)
