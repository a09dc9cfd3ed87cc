"""Spreads of bars: which quotes count, and where they go."""

from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from analytics.engine.engine import Engine
from analytics.engine.engine_settings import EngineSettings
from shared.market.records import Interval, Quote, Record
from tests.inputs.records import bars_of, folded, kept, mark, quote, recorded_bar, restored, second, split

PROMPT = EngineSettings(grace=0.0, forecasts={})
OPENS, CLOSES = second("2024-01-03T14:30"), second("2024-01-03T21:00")
END = mark(second("2024-01-04T00:00"))
HALF, ONE, TWO = (99.75, 100.25), (99.5, 100.5), (99.0, 101.0)
"""Bids and asks with spreads of 0.5, 1 and 2 %."""


def offered(
    seconds: float,
    offers: tuple[float | None, float | None],
    price: float = 100.0,
    session: str | None = None,
) -> Quote:
    bid, ask = offers
    return replace(quote(seconds, price), bid=bid, ask=ask, session=session)


def spreads(records: Sequence[Record], interval: Interval = "1m") -> list[float | None]:
    return [bar.spread for bar in bars_of(folded(Engine(PROMPT), [*records, END]), interval)]


def test_the_last_quote_with_both_counts() -> None:
    records = [offered(OPENS, ONE), offered(OPENS + 20, TWO), quote(OPENS + 40, 100.0)]
    assert spreads([*records, offered(OPENS + 50, (100.0, None))]) == [0.02]


def test_the_last_one_by_event_time_counts_whatever_comes_first() -> None:
    assert spreads([offered(OPENS + 20, TWO), offered(OPENS + 5, ONE)]) == [0.02]


@pytest.mark.parametrize(
    "offers",
    [
        *((None, None), (99.0, None), (None, 101.0), (0.0, 101.0), (99.0, 0.0), (0.0, 0.0)),
        *((101.0, 99.0), (float("nan"), 101.0), (99.0, float("nan")), (99.0, 1e18), (99.0, float("inf"))),
    ],
)
def test_quotes_without_a_possible_bid_and_ask_in_order_leave_it_unknown(
    offers: tuple[float | None, float | None],
) -> None:
    assert spreads([offered(OPENS, offers)]) == [None]
    assert spreads([offered(OPENS, ONE), offered(OPENS + 1, offers)]) == [0.01]


def test_equal_offers_are_a_spread_of_zero() -> None:
    assert spreads([offered(OPENS, (100.0, 100.0))]) == [0.0]


def test_longer_bars_have_the_spread_of_their_last_minute_with_one() -> None:
    records = [offered(OPENS, ONE), offered(OPENS + 60, TWO), quote(OPENS + 120, 100.0)]
    assert spreads(records) == [0.01, 0.02, None]
    for interval in ("5m", "15m", "1h", "1d"):
        assert spreads(records, interval) == [0.02]


def test_a_late_quote_changes_no_spread() -> None:
    assert spreads([offered(OPENS, ONE), offered(OPENS + 60, HALF), offered(OPENS + 30, TWO)]) == [
        0.01,
        0.005,
    ]


def test_a_quote_that_is_set_aside_has_none() -> None:
    assert spreads([offered(OPENS, ONE), offered(OPENS + 1, TWO, 1e6)]) == [0.01]


def test_a_trade_out_of_sequence_has_none() -> None:
    late = replace(offered(OPENS + 5, TWO), conditions="Z")
    assert spreads([offered(OPENS, ONE), late]) == [0.01]


def test_what_is_offered_after_the_close_is_no_spread_of_the_session() -> None:
    """The price of the closing auction is reported a second after it, and counts in its last minute."""
    auction = offered(CLOSES + 1, TWO, 100.5, "regular")
    (bar,) = bars_of(folded(Engine(PROMPT), [offered(CLOSES - 5, ONE), auction, END]), "1m")
    assert (bar.close, bar.spread) == (100.5, 0.01)


def test_recorded_bars_have_none_and_replace_the_minute_of_quotes() -> None:
    given = recorded_bar(OPENS, "1m", (100.0, 101.0, 99.0, 100.0))
    assert spreads([given]) == [None]
    assert spreads([offered(OPENS, ONE), given, offered(OPENS + 30, TWO)]) == [None]
    assert spreads([offered(OPENS, ONE), given, offered(OPENS + 60, HALF)], "5m") == [0.005]


def test_a_snapshot_in_the_middle_of_a_bar_loses_nothing() -> None:
    records: list[Record] = [offered(OPENS, ONE), offered(OPENS + 20, TWO), offered(OPENS + 70, HALF)]
    records += [split(OPENS + 75, 2.0), offered(OPENS + 10, HALF), quote(OPENS + 80, 50.0), END]
    whole = Engine(PROMPT)
    expected = folded(whole, records)
    for cut in range(len(records)):
        first = Engine(PROMPT)
        found = folded(first, records[:cut])
        again = restored(kept(first), PROMPT)
        found += folded(again, records[cut:])
        assert [event.closed.bar for event in found] == [event.closed.bar for event in expected]
        assert kept(again) == kept(whole)
