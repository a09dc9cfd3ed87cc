"""The comparison of intraday intervals: bars are joined, and each method knows only what is before the close."""

from math import log

import numpy as np
import pytest

from benchmarks.forecasts.intraday import (
    EndedBar,
    Market,
    in_time,
    longer,
    ours,
    reaches_of,
    rows_of,
    simulated,
)
from benchmarks.forecasts.opponents import FIRST_FIT


@pytest.fixture(scope="module")
def market() -> Market:
    return simulated("5m", 3, "D")


def test_minutes_are_joined_to_longer_bars() -> None:
    minutes = [
        EndedBar(60, 5.0, 6.0, 5.0, 5.5, 1.0),
        EndedBar(300, 5.5, 9.0, 4.0, 7.0, 2.0),
        EndedBar(360, 7.0, 8.0, 6.0, 6.5, 4.0),
    ]
    assert list(longer(minutes, 300)) == [
        EndedBar(300, 5.0, 9.0, 4.0, 7.0, 3.0),
        EndedBar(600, 7.0, 8.0, 6.0, 6.5, 4.0),
    ]
    assert list(longer([], 300)) == []


def test_simulated_bars_are_those_of_the_session(market: Market) -> None:
    for candles in market.candles.values():
        assert len(candles) == 3 * 20 * 12
        assert all(bar.low <= min(bar.open, bar.close) for bar in candles)
        assert all(market.calendar.at(bar.end - 300).name == "regular" for bar in candles)


def test_bars_come_in_the_order_of_their_ends(market: Market) -> None:
    ends = [bar.end for _, _, _, bar in in_time(market)]
    assert ends == sorted(ends)


def test_a_judged_return_is_that_of_its_place_and_others_know_it_one_later(market: Market) -> None:
    judged = list(ours(market))
    assert len(judged) == len(market.candles) * (3 * 20 * 12 - 1 - FIRST_FIT)
    for each in judged[::97]:
        before, bar = market.candles[each.symbol][each.place - 1 : each.place + 1]
        assert each.score.error == pytest.approx(log(bar.close / before.close))
    # An opponent whose reach is the size of the newest return.
    found = reaches_of(lambda returns: np.abs(returns.values), market, judged)
    for each, reach in list(zip(judged, found, strict=True))[::97]:
        earlier, before = market.candles[each.symbol][each.place - 2 : each.place]
        assert reach == pytest.approx(abs(log(before.close / earlier.close)))


def test_intervals_of_simulated_bars_hold_their_share(market: Market) -> None:
    assert rows_of(list(ours(market))).inside.mean() == pytest.approx(0.95, abs=0.015)
