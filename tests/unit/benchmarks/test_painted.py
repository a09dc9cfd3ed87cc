"""The benchmark of the screen: which state of the live view a paint shows, and how long it took."""

import pytest

from benchmarks.screen.measures import spread
from benchmarks.screen.painted import Commit, PricePaint, delays, painted_at, visible

COMMITS = [Commit(10.0, 5.0, 9.9), Commit(11.0, 6.0, 10.9), Commit(12.0, 5.0, 11.9), Commit(13.0, 7.0, 12.9)]


def test_state_that_was_overtaken_counts_until_the_newer_one_is_painted() -> None:
    paints = [PricePaint(10.5, 5.0), PricePaint(12.25, 5.0), PricePaint(13.5, 7.0)]
    assert painted_at(COMMITS, paints) == [10.5, 12.25, 12.25, 13.5]


def test_state_after_the_last_paint_has_no_time() -> None:
    assert painted_at(COMMITS, [PricePaint(11.5, 6.0)]) == [11.5, 11.5, None, None]


def test_paint_before_the_commit_of_its_price_shows_an_earlier_state() -> None:
    assert painted_at(COMMITS, [PricePaint(10.2, 7.0), PricePaint(10.4, 5.0)])[0] == 10.4


def test_state_of_the_same_price_as_the_one_before_is_left_out() -> None:
    assert visible([COMMITS[0], COMMITS[0]._replace(at=10.5), COMMITS[1]]) == COMMITS[:2]


def test_quote_counts_until_a_state_as_new_is_painted() -> None:
    found = delays(COMMITS, [9.0, 10.0, 10.95], [PricePaint(11.5, 6.0), PricePaint(12.5, 5.0)], 9.5)
    assert found.from_commit == pytest.approx([1500.0, 500.0, 500.0])
    assert found.from_quote == pytest.approx([1500.0, 1550.0])


def test_measurement_without_values_is_a_dash() -> None:
    assert spread([], 50, 99) == "–"
    assert spread([10.0, 20.0, 30.0], 50, 100) == "20 / 30"
