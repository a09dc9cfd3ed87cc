"""The market's figures at each time, against their definitions in plain Python, on random markets."""

from collections.abc import Sequence
from itertools import pairwise
from math import exp, isclose
from random import Random
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.cross_section.moves import (
    Benchmark,
    BreadthCounts,
    Move,
    PricedBar,
    PricedSeries,
    breadth_change,
    breadth_of,
    moves_between,
    with_logarithms,
)
from shared.market.splits import SplitAt
from tests.oracles.market import NaiveBar, NaiveMove, naive_moves

HOUR, END, RETURNS = 3600, 2**40, 25


class DrawnMarket(NamedTuple):
    """Hours of some symbols with gaps, prices that stand still or are below zero, and splits; S0 is the benchmark."""

    series: dict[str, PricedSeries]

    @property
    def naive(self) -> dict[str, tuple[list[NaiveBar], Sequence[SplitAt]]]:
        return {
            symbol: ([NaiveBar(bar.start, bar.close, bar.average) for bar in bars], splits)
            for symbol, (bars, splits) in self.series.items()
        }


@st.composite
def drawn_markets(draw: st.DrawFn) -> DrawnMarket:
    chance = Random(draw(st.integers(0, 2**32)))
    found = {}
    for number in range(draw(st.integers(1, 4))):
        missing = draw(st.sampled_from([0.0, 0.1, 0.6]))
        rests = draw(st.sampled_from([0.0, 0.5, 1.0]))
        below = draw(st.sampled_from([0.0, 0.0, 0.05]))
        price, bars = 100.0, []
        splits = [
            SplitAt(HOUR * chance.randrange(90) + chance.choice([0, 60]), chance.choice([7.0, 0.25]))
            for _ in range(chance.choice([0, 0, 2]))
        ]
        splits.sort()
        for hour in range(90):
            for split in splits:
                price /= split.ratio if HOUR * (hour - 1) < split.time <= HOUR * hour else 1.0
            price *= 1.0 if chance.random() < rests else exp(chance.gauss(0.0, 0.01))
            if chance.random() >= missing:
                close = -price if chance.random() < below else price
                average = chance.choice([None, price, 0.9 * price, 1.1 * price])
                bars.append(PricedBar(HOUR * hour, HOUR * (hour + 1), close, average))
        found[f"S{number}"] = PricedSeries(bars, splits)
    return DrawnMarket(found)


def all_moves(market: DrawnMarket, since: int = 0, until: int = END) -> dict[tuple[str, int], Move]:
    benchmark = Benchmark("S0", with_logarithms("1h", market.series["S0"]), END)
    return {
        (symbol, time): move
        for symbol, series in market.series.items()
        for time, move in moves_between("1h", series, benchmark, RETURNS, since, until).items()
    }


def assert_same(move: Move, expected: NaiveMove) -> None:
    assert (move.change, move.is_above, move.returns) == (
        expected.change,
        expected.is_above,
        expected.returns,
    )
    for value, other in ((move.beta, expected.beta), (move.correlation, expected.correlation)):
        if value is None or other is None:
            assert value is other
        else:
            assert isclose(value, other, rel_tol=1e-7, abs_tol=1e-9)


@settings(max_examples=20, deadline=None)
@given(drawn_markets())
def test_figures_are_those_of_their_definitions(market: DrawnMarket) -> None:
    found, expected = all_moves(market), naive_moves(market.naive, "S0", RETURNS)
    assert found.keys() == expected.keys()
    for key, move in found.items():
        assert_same(move, expected[key])


@settings(max_examples=20, deadline=None)
@given(drawn_markets(), st.lists(st.integers(0, 90 * HOUR), max_size=4))
def test_figures_are_the_same_bits_in_whatever_pieces_they_are_calculated(
    market: DrawnMarket, cuts: list[int]
) -> None:
    pieces: dict[tuple[str, int], Move] = {}
    for since, until in pairwise([0, *sorted(cuts), END]):
        pieces |= all_moves(market, since, until)
    assert pieces == all_moves(market)


@settings(max_examples=20, deadline=None)
@given(drawn_markets(), st.data())
def test_change_of_breadth_is_the_difference_of_two_counts(market: DrawnMarket, data: st.DataObject) -> None:
    after = [moves_between("1h", series, None, RETURNS, 0, END) for series in market.series.values()]
    before = [{time: move for time, move in moves.items() if data.draw(st.booleans())} for moves in after]
    change = breadth_change(before, after)
    for time in range(0, 90 * HOUR, HOUR):
        old, new = (breadth_of(moves[time] for moves in side if time in moves) for side in (before, after))
        added = change.get(time, BreadthCounts(*[0] * 6))
        assert tuple(map(sum, zip(old, added, strict=True))) == new


def test_symbols_are_counted_by_their_change_and_their_average() -> None:
    moves = [Move(1, True), Move(-1, True), Move(0, False), Move(None, None)]
    counts = BreadthCounts(symbols=4, advancers=1, decliners=1, unchanged=1, above=2, averaged=3)
    assert breadth_of(moves) == counts


def test_split_is_no_decline() -> None:
    bars = [PricedBar(0, HOUR, 70.0, None), PricedBar(HOUR, 2 * HOUR, 10.0, None)]
    for ratio, change in ((7.0, 0), (6.0, -1), (8.0, 1)):
        found = moves_between("1h", PricedSeries(bars, [SplitAt(HOUR, ratio)]), None, RETURNS, 0, END)
        assert [move.change for move in found.values()] == [None, change]


@pytest.mark.parametrize("count", [20, 60, 137])
def test_value_does_not_depend_on_how_many_are_calculated_with_it(count: int) -> None:
    """A sum of one row and one of many rows might be made in another order."""
    chance = Random(count)
    series = {
        symbol: PricedSeries(
            [
                PricedBar(HOUR * hour, HOUR * hour + HOUR, exp(chance.gauss(0.0, 0.1)), None)
                for hour in range(600)
            ],
            (),
        )
        for symbol in ("A", "B")
    }
    benchmark = Benchmark("B", with_logarithms("1h", series["B"]), END)
    together = moves_between("1h", series["A"], benchmark, count, 0, END)
    for time in range(0, 600 * HOUR, 7 * HOUR):
        alone = moves_between("1h", series["A"], benchmark, count, time, time + HOUR)
        assert alone == {time: together[time]}
