"""The mood for the page: which headlines count now, and the price action beside it."""

import pytest

from analytics.mood.price_action import RETURNS
from dashboard.presenters.mood import breadth_of, mood
from dashboard.read.rows import ChartBar, HeadlineRow
from tests.inputs.records import NO_VALUES

NOW = 2_000_000_000.0
HOUR = 3_600.0


def headline(age: float, score: float) -> HeadlineRow:
    return HeadlineRow("Acme rises", None, None, NOW - age * HOUR, NOW, score, "test", "yahoo")


def day(place: int, close: float) -> ChartBar:
    return ChartBar(place, place + 1, close, close, close, close, 10.0, None, 1, NO_VALUES)


DAYS = [day(place, 100.0 + place % 2) for place in range(RETURNS + 1)] + [day(99, 105.0)]


def test_headlines_of_the_last_day_count_and_older_ones_are_listed() -> None:
    found = mood([headline(0.0, 0.6), headline(12.0, -0.3), headline(25.0, -1.0)], NOW, 12, [], None)
    assert found["mood"]["score"] == pytest.approx((0.6 - 0.15) / 1.5)
    assert (found["mood"]["headlines"], found["mood"]["newest"]) == (2, NOW)
    assert len(found["headlines"]) == 3


@pytest.mark.parametrize(
    ("link", "shown"),
    [("https://a.example/b", True), ("javascript:alert(1)", False), ("data:text/html,x", False)],
)
def test_only_links_to_the_web_are_shown(link: str, shown: bool) -> None:
    (found,) = mood([headline(0.0, 0.6)._replace(link=link)], NOW, 12, [], None)["headlines"]
    assert found["link"] == (link if shown else None)


def test_price_action_is_that_of_the_last_day_and_no_part_of_the_mood() -> None:
    found = mood([], NOW, 12, DAYS, None)
    assert found["mood"]["score"] is None
    assert found["price_action"]["score"] > 0.5
    assert found["price_action"]["until"] == DAYS[-1].end
    assert mood([], NOW, 12, DAYS[:5], 0.5)["price_action"] == {"score": None, "until": None}


def test_breadth_is_the_share_of_rising_minus_falling_symbols() -> None:
    columns = {"time": [1], "symbols": [10], "advancers": [6], "decliners": [2]}
    assert breadth_of(columns) == pytest.approx(0.4)
    assert breadth_of({name: [] for name in columns}) is None
