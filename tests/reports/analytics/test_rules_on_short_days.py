"""A rule that fires at most once a day fires on a day that ends early, although it is less than 24 hours after."""

from datetime import UTC, datetime

import pytest

from analytics.alerts.evaluation.firing import Firing
from analytics.alerts.language.reading import read_rule
from analytics.indicators.catalog import DEFAULTS
from tests.inputs.records import flat_bar


def outcomes(text: str, *ends: datetime) -> list[str]:
    """The outcomes at bars that end so, each of them after one at which the condition is false."""
    firing = Firing(read_rule(text, DEFAULTS))
    found = []
    for end in ends:
        bar = flat_bar(100.0)._replace(end=int(end.timestamp()))
        firing.evaluate(False, None, bar)
        found.append(str(firing.evaluate(True, None, bar)))
    return found


DAY_BEFORE = datetime(2026, 12, 23, 21, tzinfo=UTC)
CHRISTMAS_EVE = datetime(2026, 12, 24, 18, tzinfo=UTC)


@pytest.mark.parametrize("every", ["1d", "24h"])
def test_the_next_daily_bar_is_a_day_later_even_if_the_exchange_closes_early(every: str) -> None:
    text = f"close > 100 on 1d every {every}"
    assert outcomes(text, DAY_BEFORE, CHRISTMAS_EVE) == ["fired", "fired"]


def test_a_rest_of_two_days_still_lasts_two_days() -> None:
    ends = (DAY_BEFORE, CHRISTMAS_EVE, datetime(2026, 12, 28, 21, tzinfo=UTC))
    assert outcomes("close > 100 on 1d every 2d", *ends) == ["fired", "cooling down", "fired"]


def test_bars_within_a_day_rest_for_as_long_as_is_written() -> None:
    assert outcomes("close > 100 on 1h every 1d", DAY_BEFORE, CHRISTMAS_EVE) == ["fired", "cooling down"]
