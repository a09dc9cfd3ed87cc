"""ARIMA searches in a separate process: one result each, for any caller and after any failure of the process."""

from collections.abc import Iterator
from contextlib import closing
from random import Random
from threading import Event

import psutil
import pytest

from analytics.forecasting.forecasts import Search
from analytics.runtime.searches import PooledSearches
from ml.arima.search import SearchOutcome, SearchSettings
from ml.order_search.order_search import search as searched
from ml.order_search.search_pool import SearchPool
from shared.errors import Unavailable
from tests.unit.quick_search import POOL, Remembered, pooled, timeless

SMALL = SearchSettings(max_p=1, max_q=1)


def walk(number: int, seed: int = 1) -> Search:
    chance, level, series = Random(seed), 0.0, list[float]()
    for _ in range(40):
        level += chance.gauss(0, 0.001)
        series.append(level)
    return Search("A", "1m", number, tuple(series), SMALL)


@pytest.fixture(scope="module")
def searches() -> Iterator[PooledSearches]:
    with closing(pooled()) as opened:
        yield opened


def workers() -> list[psutil.Process]:
    return [each for each in psutil.Process().children() if "spawn_main" in " ".join(each.cmdline())]


def test_result_is_that_of_the_search_however_often_it_was_requested(searches: PooledSearches) -> None:
    expected = timeless(searched(walk(1).series, SMALL))
    searches.ask(walk(1))
    searches.ask(walk(1))
    assert timeless(searches.result(walk(1))) == expected
    assert timeless(searches.result(walk(1))) == expected, "asked anew after it was taken, as after a restart"


def test_same_bar_with_other_closes_is_another_search(searches: PooledSearches) -> None:
    searches.ask(walk(2, seed=1))
    searches.ask(walk(2, seed=2))
    assert timeless(searches.result(walk(2, seed=2))) == timeless(searched(walk(2, seed=2).series, SMALL))
    assert timeless(searches.result(walk(2, seed=1))) == timeless(searched(walk(2, seed=1).series, SMALL))


def test_search_that_cannot_succeed_reports_why(searches: PooledSearches) -> None:
    flat = Search("A", "1m", 3, (1.0,) * 40, SMALL)
    assert searches.result(flat)[:2] == (None, "every value is the same")


def test_killed_process_costs_no_model(searches: PooledSearches) -> None:
    expected = timeless(searches.result(walk(4)))
    searches.ask(walk(5, seed=4))
    for worker in workers():
        worker.kill()
    assert timeless(searches.result(walk(5, seed=4))) == timeless(searched(walk(5, seed=4).series, SMALL))
    assert timeless(searches.result(walk(4))) == expected


def test_stored_outcome_is_not_searched_for_again() -> None:
    stored = SearchOutcome(None, "another library found none")
    remembered = Remembered()
    remembered.store(walk(6), stored)
    with closing(PooledSearches(POOL, Event(), remembered)) as searches:
        searches.ask(walk(6))
        assert searches.result(walk(6)) == stored


def test_outcome_is_stored_before_it_is_used() -> None:
    remembered = Remembered()
    with closing(PooledSearches(POOL, Event(), remembered)) as searches:
        outcome = searches.result(walk(6))
    assert remembered.outcomes == {walk(6): outcome}


def test_an_outcome_stored_first_by_another_member_is_used() -> None:
    theirs = SearchOutcome(None, "theirs")

    class Raced(Remembered):
        def store(self, search: Search, outcome: SearchOutcome) -> SearchOutcome:
            self.outcomes[search] = theirs
            return super().store(search, outcome)

    with closing(PooledSearches(POOL, Event(), Raced())) as searches:
        assert searches.result(walk(9)) == theirs


def test_searches_that_are_closed_leave_the_pool_to_others() -> None:
    with closing(pooled()) as abandoned:
        for number in range(20, 24):
            abandoned.ask(walk(number))
    with closing(pooled()) as searches:
        assert timeless(searches.result(walk(20))) == timeless(searched(walk(20).series, SMALL))


def test_no_result_is_awaited_once_the_part_is_to_stop() -> None:
    stop = Event()
    stop.set()
    with (
        SearchPool() as cold,
        closing(PooledSearches(cold, stop, Remembered())) as searches,
        pytest.raises(Unavailable),
    ):
        searches.result(walk(8))
