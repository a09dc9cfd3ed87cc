"""Figures of the fault benchmarks: requests in a window, and the recovery of a stream."""

from random import Random

from benchmarks.polling import most_in_a_window
from benchmarks.staging.live.faults import Done, State, recoveries
from benchmarks.staging.live.offering import PriceWalk, instruments, sources


def fault(at: float, opened: int, breaks: bool = True) -> Done:
    return Done("cut off", "yahoo", at, opened, breaks, resets=True)


def test_fullest_window_is_found_wherever_it_begins() -> None:
    assert most_in_a_window([0.0, 50.0, 59.0, 61.0, 100.0, 200.0]) == 4
    assert most_in_a_window([0.0, 60.0]) == 1
    assert most_in_a_window([]) == 0


def test_stream_is_back_over_a_new_connection_only() -> None:
    seen = {"yahoo": [State(10.1, True, 3), State(11.0, False, 4), State(12.0, True, 4)]}
    assert [seconds for _, seconds in recoveries([fault(10.0, opened=3)], seen)] == [2.0]


def test_fault_that_breaks_nothing_is_over_at_once() -> None:
    seen = {"yahoo": [State(10.25, True, 3)]}
    assert [seconds for _, seconds in recoveries([fault(10.0, opened=3, breaks=False)], seen)] == [0.25]


def test_stream_that_never_came_back_is_reported() -> None:
    seen = {"yahoo": [State(10.25, True, 3), State(11.0, False, 3)]}
    assert [seconds for _, seconds in recoveries([fault(10.0, opened=3)], seen)] == [None]


def test_walk_gives_no_price_twice_in_a_second() -> None:
    walk = PriceWalk(11.0, Random(7))
    prices = [walk.next(second=5) for _ in range(2_000)]
    assert len(set(prices)) == len(prices)


def test_sources_give_each_coin_to_one_provider() -> None:
    assert (
        sources(instruments(3)) == "yahoo:COIN1-USD@COIN1-USD,COIN3-USD@COIN3-USD;binance:COIN2-USD@COIN2USDT"
    )
