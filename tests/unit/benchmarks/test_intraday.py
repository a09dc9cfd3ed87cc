"""The comparison of intraday intervals: bars are joined, and each method knows only what is before the close."""

from math import log
from pathlib import Path

import numpy as np
import pytest

from benchmarks.forecasts.intraday import (
    EndedBar,
    Market,
    in_time,
    listed,
    listed_markets,
    longer,
    ours,
    reaches_of,
    returns_of,
    rows_of,
    simulated,
    spread,
)
from benchmarks.forecasts.methods import FIRST_FIT


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


def test_an_evaluated_return_is_that_of_its_place_and_others_know_it_one_later(market: Market) -> None:
    evaluated = ours(market)
    assert len(evaluated) == len(market.candles) * (3 * 20 * 12 - 1 - FIRST_FIT)
    for each in evaluated[::97]:
        before, bar = market.candles[each.symbol][each.place - 1 : each.place + 1]
        assert each.score.error == pytest.approx(log(bar.close / before.close))
    # An opponent whose reach is the size of the newest return.
    returns = {symbol: returns_of(candles) for symbol, candles in market.candles.items()}
    found = reaches_of(lambda each: np.abs(each.values), returns, evaluated)
    for each, reach in list(zip(evaluated, found, strict=True))[::97]:
        earlier, before = market.candles[each.symbol][each.place - 2 : each.place]
        assert reach == pytest.approx(abs(log(before.close / earlier.close)))


def test_intervals_of_simulated_bars_hold_their_share(market: Market) -> None:
    evaluated = ours(market)
    rows = rows_of(evaluated)
    assert rows.inside.mean() == pytest.approx(0.95, abs=0.015)
    for each in evaluated[::97]:
        assert each.score.covered[-1] == (each.score.size <= each.reach)
    by_sigma, by_day = spread(rows, evaluated, "D").splitlines()
    assert by_sigma.count("%") == 5
    assert "by day, 2 of them" in by_day


def test_listed_bars_end_after_their_starts(tmp_path: Path) -> None:
    path = tmp_path / "hours.csv"
    path.write_text("time,o,h,l,c,v\n2017-04-19 09:00:00,1.0,1.3,0.9,1.1,70\n", encoding="utf-8")
    assert list(listed(path, 3_600)) == [EndedBar(1_492_596_000, 1.0, 1.3, 0.9, 1.1, 70.0)]


def test_days_of_a_coin_that_are_not_there_are_left_out(tmp_path: Path) -> None:
    assert "1d" not in [market.interval for market in listed_markets(tmp_path)]
