"""Answers that many viewers request are created once, and no series waits for another."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from dashboard.read.cache.series_cache import MAX_ANSWERS, SeriesCache
from dashboard.read.rows import SeriesKey
from tests.slowness import PATIENCE

AAA, BBB = ("AAA", "1m"), ("BBB", "1m")


class SlowRead:
    """A database read that ends when it is released, with this answer."""

    def __init__(self) -> None:
        self.reads = 0
        self.began, self.may_end = Event(), Event()

    def __call__(self) -> int:
        self.reads += 1
        self.began.set()
        assert self.may_end.wait(PATIENCE)
        return 7


def test_one_slow_read_serves_all_who_ask_while_it_lasts() -> None:
    kept: SeriesCache[int] = SeriesCache()
    read = SlowRead()
    with ThreadPoolExecutor(10) as viewers:
        asked = [viewers.submit(kept.get, AAA, "bar 1", read) for _ in range(10)]
        assert read.began.wait(PATIENCE)
        assert not any(each.done() for each in asked)
        read.may_end.set()
        assert [each.result(PATIENCE) for each in asked] == [7] * 10
    assert read.reads == 1
    assert kept.get(AAA, "bar 2", lambda: 8) == 8


@pytest.mark.parametrize("other", [(BBB, "bar 1"), (AAA, "bar 2")], ids=["another series", "a newer state"])
def test_slow_read_delays_no_other(other: tuple[SeriesKey, str]) -> None:
    kept: SeriesCache[int] = SeriesCache()
    read = SlowRead()
    with ThreadPoolExecutor(2) as viewers:
        slow = viewers.submit(kept.get, AAA, "bar 1", read)
        assert read.began.wait(PATIENCE)
        try:
            assert viewers.submit(kept.get, *other, lambda: 8).result(PATIENCE) == 8
            assert not slow.done()
        finally:
            read.may_end.set()
        assert slow.result(PATIENCE) == 7
    assert kept.get(*other, lambda: 9) == 8, "the slow answer came last, and replaced no other"


def test_read_that_fails_fails_for_all_who_wait_for_it() -> None:
    kept: SeriesCache[int] = SeriesCache()
    read = SlowRead()

    def fail() -> int:
        raise ConnectionError(f"lost after {read()} rows")

    with ThreadPoolExecutor(2) as viewers:
        asked = [viewers.submit(kept.get, AAA, "bar 1", fail) for _ in range(2)]
        assert read.began.wait(PATIENCE)
        read.may_end.set()
        assert [str(each.exception(PATIENCE)) for each in asked] == ["lost after 7 rows"] * 2
    assert kept.get(AAA, "bar 1", lambda: 8) == 8


def test_answer_that_failed_is_made_again_and_the_oldest_makes_room() -> None:
    kept: SeriesCache[int] = SeriesCache()
    with pytest.raises(ZeroDivisionError):
        kept.get(AAA, 1, lambda: 1 // 0)
    assert kept.get(AAA, 1, lambda: 5) == 5
    for number in range(MAX_ANSWERS):
        kept.get((f"S{number}", "1m"), 1, lambda: 0)
    assert kept.get(AAA, 1, lambda: 6) == 6
