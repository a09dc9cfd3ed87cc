"""Figures over many symbols whose days or returns were compared wrongly."""

from datetime import UTC, datetime

import numpy as np
import pytest

from analytics.cross_section.closes import Close, bar_time, in_new_shares, side_by_side
from analytics.cross_section.correlation import betas, correlations
from analytics.cross_section.moves import Move, PricedBar, PricedSeries, moves_between
from shared.calendars.calendars import calendar_of
from shared.market.splits import SplitAt

DAYS = 90


def noon(exchange: str, day: int) -> int:
    """Noon of a day in November 2026 at an exchange; the 2nd is a Monday."""
    return int(datetime(2026, 11, day, 12, tzinfo=calendar_of(exchange).zone).timestamp())


@pytest.mark.parametrize(
    "exchange", ["CMX", "CME", "NYM", "CBT", "NYB", "NMS", "LSE", "JPX", "NZE", "CCY", "24/7"]
)
@pytest.mark.parametrize("day", [2, 5, 6])
def test_day_of_futures_that_begins_on_the_evening_before_is_that_of_its_end(exchange: str, day: int) -> None:
    """Reported to backtesting.py (#1041), pandas_market_calendars (#180) and Vibe-Trading (#158). Gold's Monday begins
    on Sunday evening: dated by its start, each of its days was compared with the day before of a share."""
    session = calendar_of(exchange).at(noon(exchange, day))
    date = datetime(2026, 11, day, tzinfo=UTC)
    assert bar_time("1d", session.day_start, session.day_end) == date.timestamp()


def test_special_day_has_its_own_date() -> None:
    """Mumbai's Saturday, which is in no calendar, begins at its midnight."""
    start = int(datetime(2026, 11, 7, tzinfo=calendar_of("NSI").zone).timestamp())
    assert bar_time("1d", start, start + 86_400) == datetime(2026, 11, 7, tzinfo=UTC).timestamp()


@pytest.mark.parametrize("growth", [1.0, 1.0001, 1.01])
def test_returns_that_are_all_equal_have_no_correlation(growth: float) -> None:
    """Reported to pandas (#37448, #67023), numpy (#32446) and polars (#29344): the correlation of constant numbers was
    that of their rounding. A fund that grows by the same share each day has such returns."""
    chance = np.random.default_rng(3)
    walk = 100.0 * np.exp(np.cumsum(chance.normal(0.0, 0.01, DAYS)))
    columns = {
        "FUND": {day: float(10.0 * growth**day) for day in range(DAYS)},
        "SHARE": {day: float(walk[day]) for day in range(DAYS)},
    }
    table = side_by_side(columns)
    assert np.isnan(correlations(table, 60).values[0]).all()
    assert all(np.isnan(beta.beta) for beta in betas(table, "FUND", 60))
    (fund, _) = betas(table, "SHARE", 60)
    assert (fund.beta, np.isnan(fund.correlation)) == (0.0, True)


def test_price_that_stands_still_over_a_split_stands_still() -> None:
    """A third of 0.15 is not 0.05 in binary."""
    closes = in_new_shares(
        [Close(day, 0.15 if day < 40 else 0.05) for day in range(DAYS)], [SplitAt(40, 3.0)]
    )
    assert len({close for _, close in closes}) == 2, "the rounding is there"
    chance = np.random.default_rng(3)
    other = {day: float(price) for day, price in enumerate(100.0 + chance.normal(0.0, 1.0, DAYS))}
    found = correlations(side_by_side({"A": dict(closes), "B": other}), 80)
    assert np.isnan(found.values[0]).all()
    bars = [PricedBar(start, start + 1, close, close) for start, close in ((39, 0.15), (40, 0.05))]
    for average in (0.05, 0.15 / 3.0):
        two = [bars[0], bars[1]._replace(average=average)]
        moves = moves_between("1h", PricedSeries(two, [SplitAt(40, 3.0)]), None, 60, 40, 41)
        assert list(moves.values()) == [Move(0, False)]
