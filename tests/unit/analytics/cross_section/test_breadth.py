"""Breadth: counts of the symbols that have a current bar."""

from analytics.cross_section.breadth import Breadth, LatestBar, breadth


def test_symbols_are_counted_by_their_last_change_and_their_average() -> None:
    bars = [
        LatestBar("UP", 100, 11.0, 10.0, 10.5),
        LatestBar("DOWN", 100, 9.0, 10.0, 8.0),
        LatestBar("SAME", 90, 5.0, 5.0, 5.0),
        LatestBar("NEW", 100, 5.0, None, None),
        LatestBar("OLD", 10, 50.0, 10.0, 1.0),
    ]
    found = breadth(bars, since=90)
    assert found == Breadth(advancers=1, decliners=1, unchanged=1, above=2, averaged=3, outdated=1)
