"""Yahoo outside the regular session: session values are stored only with prices of that session."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from producer.live.deduplication import Deduplicator
from producer.sources.yahoo.quotes import read
from tests.reports.quotes.new_york_quotes import LATER, LONDON, polled, second, sizes, streamed


@pytest.mark.real_data
def test_recorded_row_of_early_trading_makes_no_trade_of_yesterdays_volume(real_data: Path) -> None:
    """Recorded answer of 2025-02-24 04:34 in New York, state PRE: Friday's 53,197,431 shares became one trade."""
    path = real_data / "providers/yahoo_finance/v10_quoteSummary/quoteSummary-all-AAPL.json"
    body = json.loads(path.read_text())
    row = body.get("response", {}).get("bodyJson", body)["quoteSummary"]["result"][0]["price"]
    early = read([row], ["AAPL"], LATER).quotes[0]
    assert (early.price, early.session, early.day_volume) == (245.24, "pre", None)
    assert (early.day_open, early.day_high, early.day_low) == (None, None, None)
    assert early.previous_close == 245.55
    assert early.price / 245.55 - 1 == pytest.approx(row["preMarketChangePercent"], abs=1e-6)
    closing = read([row | {"preMarketPrice": None}], ["AAPL"], LATER).quotes[0]
    opening = row | {"regularMarketTime": 1740407402, "regularMarketVolume": 1_200_000}
    assert sizes([closing, early, read([opening], ["AAPL"], LATER).quotes[0]]) == [None, None, 1_200_000]


def test_polls_from_the_close_to_the_next_opening_give_the_volumes_that_were_traded() -> None:
    """Polls of a share at 15:59, after the close, before the next opening, and after it."""
    closed = {"regularMarketTime": second(19, 16, 0)}
    rows: list[dict[str, Any]] = [
        {"regularMarketTime": second(19, 15, 59), "regularMarketVolume": 44_900_000},
        closed,
        {**closed, "postMarketPrice": 270.5, "postMarketTime": second(19, 16, 5)},
        {**closed, "postMarketPrice": 270.6, "postMarketTime": second(19, 19, 59)},
        {**closed, "preMarketPrice": 271.0, "preMarketTime": second(20, 4, 0)},
        {**closed, "preMarketPrice": 271.1, "preMarketTime": second(20, 4, 5)},
        {"regularMarketTime": second(20, 9, 30, 2), "regularMarketVolume": 1_200_000},
        {"regularMarketTime": second(20, 9, 31), "regularMarketVolume": 1_500_000},
    ]
    assert sizes(polled(**row) for row in rows) == [
        *(None, 100_000, None, None, None, None, 1_200_000, 300_000)
    ]


def test_change_before_and_after_the_session_is_counted_from_its_close() -> None:
    """Yahoo counts preMarketChangePercent and postMarketChangePercent from regularMarketPrice."""
    closed = {"regularMarketTime": second(19, 16, 0)}
    assert polled(**closed).previous_close == 266.0
    assert polled(**closed, postMarketPrice=271.0, postMarketTime=second(19, 17, 0)).previous_close == 270.0
    assert polled(**closed, preMarketPrice=271.0, preMarketTime=second(20, 5, 0)).previous_close == 270.0


def test_first_volume_of_a_session_counts_if_its_beginning_was_observed() -> None:
    """A producer that starts in early trading receives the opening: its volume is not of an unknown past."""
    closed = {"regularMarketTime": second(19, 16, 0)}
    early = polled(**closed, preMarketPrice=271.0, preMarketTime=second(20, 9, 0))
    opening = polled(regularMarketTime=second(20, 9, 30, 2), regularMarketVolume=1_200_000)
    assert sizes([early, opening]) == [None, 1_200_000]
    assert sizes([opening]) == [None]


def test_total_of_the_day_before_received_at_the_opening_is_no_trade() -> None:
    """A price of the new session that still comes with yesterday's volume."""
    rows = [
        polled(regularMarketTime=second(19, 16, 0)),
        polled(regularMarketTime=second(20, 9, 30, 1)),
        polled(regularMarketTime=second(20, 9, 30, 9), regularMarketVolume=1_200_000),
    ]
    assert sizes(rows) == [None, None, 1_200_000]


def test_closing_auction_after_the_session_belongs_to_the_day_that_ended() -> None:
    """London's session ends at 16:30, its closing auction at 16:35: the whole day's volume became one trade."""
    rows = [
        polled(
            exchange="LSE", regularMarketTime=second(19, hour, minute, 0, LONDON), regularMarketVolume=volume
        )
        for hour, minute, volume in ((16, 29, 4_000_000), (16, 35, 5_000_000))
    ]
    opening = polled(
        exchange="LSE", regularMarketTime=second(20, 8, 0, 5, LONDON), regularMarketVolume=70_000
    )
    assert sizes([*rows, opening]) == [None, 1_000_000, 70_000]


def test_frames_outside_the_session_carry_no_field_of_the_session() -> None:
    """Frames of the stream whose market hours are before (absent, as 0 is), after, extended and overnight."""
    fields = {"day_volume": 45_000_000, "open_price": 268.0, "day_high": 271.0, "previous_close": 266.0}
    time = second(19, 17, 0) * 1000
    for hours in (0, 2, 3, 4):
        quote = streamed(time=time, market_hours=hours, bid=270.4, **fields)
        assert (quote.day_volume, quote.day_open, quote.day_high, quote.previous_close) == (None,) * 4
        assert quote.bid == 270.4
    regular = streamed(time=second(19, 15, 0) * 1000, market_hours=1, **fields)
    assert (regular.day_volume, regular.day_open, regular.previous_close) == (45_000_000, 268.0, 266.0)


def test_streamed_frames_from_the_close_to_the_next_opening_give_the_volumes_that_were_traded() -> None:
    """The stream over a night, with yesterday's total beside prices of early trading."""
    frames = [
        streamed(time=second(19, 15, 59) * 1000, market_hours=1, day_volume=44_000_000),
        streamed(time=second(19, 16, 5) * 1000, market_hours=2, day_volume=45_000_000),
        streamed(time=second(20, 4, 5) * 1000, day_volume=45_000_000),
        streamed(time=second(20, 9, 30, 1) * 1000, market_hours=1, day_volume=1_200_000),
    ]
    assert sizes(frames, is_polled=False) == [None, None, None, 1_200_000]


def test_streamed_quote_after_the_session_takes_the_close_of_a_poll() -> None:
    """The reference of the change is that of the same session: not the one of the hours before."""
    deduplicator = Deduplicator("AAPL", None)
    deduplicator.learn(polled(regularMarketTime=second(19, 15, 59)))
    regular = deduplicator.admit(streamed(time=second(19, 15, 59, 30) * 1000, market_hours=1), polled=False)
    assert regular is not None
    assert (regular.previous_close, regular.day_open) == (266.0, 268.0)
    unknown = deduplicator.admit(streamed(time=second(19, 16, 1) * 1000, market_hours=2), polled=False)
    assert unknown is not None
    assert unknown.previous_close is None
    closed = {"regularMarketTime": second(19, 16, 0)}
    deduplicator.learn(polled(**closed, postMarketPrice=270.5, postMarketTime=second(19, 16, 2)))
    after = deduplicator.admit(streamed(time=second(19, 16, 3) * 1000, market_hours=2), polled=False)
    assert after is not None
    assert (after.previous_close, after.day_open) == (270.0, None)
    early = {"preMarketPrice": 271.0, "preMarketTime": second(20, 4, 0)}
    deduplicator.learn(polled(**closed, **early))
    opening = deduplicator.admit(streamed(time=second(20, 9, 30) * 1000, market_hours=1), polled=False)
    assert opening is not None
    assert opening.previous_close == 270.0


@pytest.mark.parametrize(
    "beside",
    [
        {"preMarketPrice": float("nan")},
        {"preMarketPrice": -1.0},
        {"preMarketPrice": "271"},
        {"preMarketTime": second(20, 4, 0) * 1000},
        {"preMarketTime": int((LATER + timedelta(hours=1)).timestamp())},
        {"preMarketTime": None},
    ],
)
def test_price_before_the_session_that_makes_no_sense_costs_no_price_of_the_session(
    beside: dict[str, Any],
) -> None:
    """One field of a row must not take the others with it."""
    early = {"preMarketPrice": 271.0, "preMarketTime": second(20, 4, 0)}
    quote = polled(regularMarketTime=second(19, 16, 0), **early | beside)
    assert (quote.price, quote.session, quote.day_volume) == (270.0, "regular", 45_000_000)


def test_newest_price_of_the_night_has_no_size_and_no_figures_of_the_session() -> None:
    """Reported to yahoo-finance2 and yfinance. From 20:00 to 04:00 another place is open."""
    closed = {
        "regularMarketTime": second(19, 16, 0),
        "postMarketPrice": 270.5,
        "postMarketTime": second(19, 19, 59),
    }
    night = {"overnightMarketPrice": 272.25, "overnightMarketTime": second(20, 1, 12)}
    offers = {"bid": 270.4, "ask": 270.6, "marketState": "OVERNIGHT"}
    quote = polled(**closed, **night, **offers)
    assert (quote.price, quote.session, quote.event_time.timestamp()) == (
        272.25,
        "overnight",
        second(20, 1, 12),
    )
    assert (quote.size, quote.day_volume, quote.day_open, quote.day_high, quote.day_low) == (None,) * 5
    assert (quote.bid, quote.ask) == (None, None)
    assert quote.previous_close == 270.0
    early = polled(**closed, **night, preMarketPrice=271.0, preMarketTime=second(20, 4, 0), bid=270.9)
    assert (early.price, early.session, early.bid) == (271.0, "pre", 270.9)


@pytest.mark.parametrize(
    "night",
    [
        {"overnightMarketPrice": 272.25},
        {"overnightMarketPrice": 272.25, "overnightMarketTime": second(19, 3, 0)},
        {
            "overnightMarketPrice": 272.25,
            "overnightMarketTime": int((LATER + timedelta(hours=1)).timestamp()),
        },
        {"overnightMarketPrice": 0.0, "overnightMarketTime": second(20, 1, 12)},
        {"overnightMarketPrice": {"raw": 272.25}, "overnightMarketTime": {"raw": second(20, 1, 12)}},
    ],
)
def test_price_of_the_night_that_is_not_newest_or_makes_no_sense_costs_no_other(
    night: dict[str, Any],
) -> None:
    """Scenario: last night's price stands beside that of the session."""
    quote = polled(regularMarketTime=second(19, 16, 0), **night)
    assert (quote.price, quote.session, quote.day_volume) == (270.0, "regular", 45_000_000)


def test_polls_over_a_night_give_the_volumes_that_were_traded() -> None:
    """Scenario: the opening's volume counts from nothing, also after prices of the night."""
    closed = {"regularMarketTime": second(19, 16, 0)}
    rows: list[dict[str, Any]] = [
        closed,
        {**closed, "overnightMarketPrice": 272.25, "overnightMarketTime": second(19, 21, 0)},
        {**closed, "overnightMarketPrice": 272.5, "overnightMarketTime": second(20, 3, 0)},
        {"regularMarketTime": second(20, 9, 30, 2), "regularMarketVolume": 1_200_000},
    ]
    assert sizes(polled(**row) for row in rows) == [None, None, None, 1_200_000]
