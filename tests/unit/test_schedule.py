"""When models are trained again."""

import pytest

from ml.schedule import Schedule

SCHEDULE = Schedule(every_bars=1000, every_seconds=1200.0, first_bars=100)


@pytest.mark.parametrize(("bars", "due"), [(0, False), (99, False), (100, True)])
def test_first_training_waits_for_enough_bars_and_for_no_market(bars: int, due: bool) -> None:
    assert SCHEDULE.is_due(5.0, None, bars, is_open=False) is due


def test_enough_bars_are_a_reason_whatever_the_clock_and_the_market_say() -> None:
    assert SCHEDULE.is_due(5.0, 5.0, 1000, is_open=False)
    assert not SCHEDULE.is_due(5.0, 5.0, 999, is_open=True)


def test_clock_is_a_reason_only_while_a_market_is_open() -> None:
    assert SCHEDULE.is_due(1205.0, 5.0, 1, is_open=True)
    assert not SCHEDULE.is_due(1205.0, 5.0, 1, is_open=False)
    assert not SCHEDULE.is_due(1204.0, 5.0, 1, is_open=True)


def test_no_new_bar_is_no_reason() -> None:
    assert not SCHEDULE.is_due(10_000.0, 5.0, 0, is_open=True)


def test_no_minutes_leave_it_to_the_count_of_bars() -> None:
    by_count = Schedule(every_bars=1000, every_seconds=0.0, first_bars=100)
    assert not by_count.is_due(1e9, 5.0, 999, is_open=True)
    assert by_count.is_due(1e9, 5.0, 1000, is_open=True)


def test_clock_set_back_does_not_stop_training_for_good() -> None:
    assert SCHEDULE.is_due(100.0, 5_000.0, 1, is_open=True)
