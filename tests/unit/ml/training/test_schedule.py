"""When models are retrained."""

import pytest

from ml.training.schedule import MIN_SECONDS, Progress, Schedule

SCHEDULE = Schedule(every_bars=1000, every_seconds=1200.0, first_rows=100)


def is_due(now: float, new_bars: int, is_open: bool, schedule: Schedule = SCHEDULE) -> bool:
    """After a training at second 5 with 70 bars."""
    return schedule.is_due(now, 5.0, 70, Progress(70 + new_bars, 0), is_open)


@pytest.mark.parametrize(("rows", "due"), [(0, False), (99, False), (100, True)])
def test_first_training_waits_for_enough_rows_and_for_no_market(rows: int, due: bool) -> None:
    assert SCHEDULE.is_due(5.0, None, 0, Progress(5000, rows), is_open=False) is due


def test_enough_bars_are_a_reason_whether_the_market_is_open_or_not() -> None:
    assert is_due(65.0, 1000, is_open=False)
    assert not is_due(65.0, 999, is_open=True)


def test_a_flood_of_bars_trains_once_a_minute() -> None:
    assert not is_due(5.0 + MIN_SECONDS - 0.1, 1_000_000, is_open=True)
    assert is_due(5.0 + MIN_SECONDS, 1_000_000, is_open=True)


def test_clock_is_a_reason_only_while_a_market_is_open() -> None:
    assert is_due(1205.0, 1, is_open=True)
    assert not is_due(1205.0, 1, is_open=False)
    assert not is_due(1204.0, 1, is_open=True)


def test_no_new_bar_is_no_reason() -> None:
    assert not is_due(10_000.0, 0, is_open=True)


def test_no_minutes_leave_it_to_the_count_of_bars() -> None:
    by_count = Schedule(every_bars=1000, every_seconds=0.0, first_rows=100)
    assert not is_due(1e9, 999, is_open=True, schedule=by_count)
    assert is_due(1e9, 1000, is_open=True, schedule=by_count)


def test_clock_set_back_does_not_stop_training_for_good() -> None:
    assert SCHEDULE.is_due(100.0, 5_000.0, 0, Progress(1, 1), is_open=True)
