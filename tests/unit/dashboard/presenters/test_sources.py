"""The page's texts about its sources and about missing quotes."""

from typing import Any

from dashboard.presenters.alerts import data_alert_item
from dashboard.presenters.notices import banner, switch
from dashboard.presenters.sources import (
    failed_over,
    history_progress,
    quote_status,
    sources_in_use,
)
from dashboard.read.rows import DataAlertRow, DataQualityRow, OfferRow
from dashboard.read.snapshot import NOTHING

LIVE = DataQualityRow("AAA", "yahoo", None, "live", "", "", None, None, 30, 30)
FAILOVER = DataAlertRow("AAA", "failover", 100.0, None, None, None, "finnhub replaces yahoo")


def text_for(**fields: Any) -> str:
    """The text about a symbol with this quote status."""
    return quote_status(LIVE._replace(**fields), is_failed_over=False).text


def test_symbol_that_is_live_names_its_source() -> None:
    assert text_for() == "Live from Yahoo"
    assert text_for(source="alphavantage") == "Live from Alpha Vantage"
    assert text_for(detail="yahoo has no trades at the moment") == "Yahoo has no trades at the moment"


def test_closed_market_counts_down_to_its_opening() -> None:
    found = quote_status(
        LIVE._replace(state="closed", cause="market closed", opens_at=500.0), is_failed_over=False
    )
    assert found == ("Market closed, opens in {left}", "Market closed, opening now", 500.0)
    assert text_for(state="closed", cause="market closed") == "Market closed"


def test_each_cause_has_its_sentence_with_the_next_try() -> None:
    tries: dict[str, Any] = {"state": "stale", "next_try_at": 12.0}
    assert text_for(cause="throttled", **tries) == "Throttled by Yahoo, retrying in {left}"
    assert text_for(cause="provider down", **tries) == "Yahoo is down, retrying in {left}"
    assert text_for(cause="no network", **tries) == "No network, retrying in {left}"
    silent = "yahoo responds, but has no new quote"
    assert (
        text_for(state="stale", cause="stream silent", detail=silent)
        == "Yahoo responds, but has no new quote"
    )
    assert (
        text_for(state="stale", cause="refused", detail="no key is set") == "Refused by Yahoo: No key is set"
    )
    assert text_for(state="waiting", cause="unknown symbol") == "Yahoo has no symbol AAA"
    assert text_for(state="waiting", cause="producer silent") == "The producer is not responding"
    assert text_for(state="waiting") == "Waiting for quotes from Yahoo"


def test_problem_is_shown_for_a_symbol_whose_history_is_not_loaded_yet() -> None:
    assert text_for(state="history", history_done=3) == "Loading history from Yahoo"
    assert text_for(state="history", cause="throttled") == "Throttled by Yahoo"


def test_silent_stream_of_a_symbol_that_is_polled_is_no_outage() -> None:
    assert text_for(cause="stream silent") == "Stream silent, polling Yahoo instead"
    assert (
        text_for(cause="provider down", next_try_at=9.0)
        == "Stream not connected, polling Yahoo instead, retrying in {left}"
    )


def test_standby_in_use_is_shown_in_place_of_the_primary_source() -> None:
    row = LIVE._replace(source="finnhub", standby="yahoo")
    cleared = FAILOVER._replace(cleared_at=200.0)
    assert quote_status(row, "AAA" in failed_over([FAILOVER])).text == "Finnhub replaces Yahoo"
    assert quote_status(row, "AAA" in failed_over([cleared])).text == "Live from Finnhub"


def test_sources_are_named_the_busiest_first_and_not_all_of_many() -> None:
    rows = [LIVE, LIVE, LIVE._replace(source="binance")]
    assert sources_in_use(rows) == ("Live · Yahoo, Binance", "Yahoo: 2 symbols\nBinance: 1 symbol")
    more = [*rows, LIVE._replace(source="finnhub"), LIVE._replace(source="coingecko")]
    assert sources_in_use(more)[0] == "Live · Yahoo, Binance, 2 more"
    assert sources_in_use([]) == ("Live", "")


def test_history_is_counted_over_all_symbols_until_all_is_there() -> None:
    assert history_progress([LIVE, LIVE._replace(history_done=12)]) == (42, 60)
    assert history_progress([LIVE, LIVE]) is None
    assert history_progress([]) is None


def test_alert_about_the_data_has_its_own_words_and_its_end() -> None:
    row = DataAlertRow("AAA", "disagreement", 100.0, None, 0.0143, 0.01, "yahoo and finnhub differ")
    item = data_alert_item(row, "UTC")
    assert (item["interval"], item["text"]) == (
        "Sources disagree",
        "Yahoo and Finnhub differ by 1.4\u00a0%",
    )
    assert data_alert_item(FAILOVER, "UTC")["text"] == "Finnhub replaces Yahoo"
    assert data_alert_item(FAILOVER._replace(kind="delisted", detail=""), "UTC")["text"] == "No longer traded"
    rows = DataAlertRow("AAA", "left out", 100.0, None, 2.0, None, "history: rows are skipped")
    assert data_alert_item(rows, "UTC")["text"] == "History: rows are skipped (2 in total)"
    doubts = rows._replace(kind="doubtful", detail="history: bars are skipped")
    assert data_alert_item(doubts, "UTC")["text"] == "History: bars are skipped (2 bars)"
    assert data_alert_item(doubts._replace(value=1.0), "UTC")["text"] == "History: bars are skipped (1 bar)"
    assert data_alert_item(doubts._replace(value=None), "UTC")["text"] == "History: bars are skipped"
    over = data_alert_item(row._replace(cleared_at=150.0), "UTC")
    assert (over["tone"], over["cleared"], over["key"]) == ("over", 150.0, item["key"])


def test_simulated_market_shows_why_it_replaces_the_live_one_and_that_live_is_available() -> None:
    offer = OfferRow("yahoo", "no network", is_reachable=False, is_accepted=False)
    away = NOTHING._replace(offer=offer)
    there = NOTHING._replace(offer=offer._replace(is_reachable=True))
    asked = NOTHING._replace(offer=offer._replace(is_reachable=True, is_accepted=True))
    assert banner("simulated", away) == (
        "Yahoo is unavailable: no network. This page shows simulated data, not real prices."
    )
    assert str(banner("simulated", there)).startswith("Yahoo is available now.")
    assert [switch(reading) for reading in (NOTHING, away, there, asked)] == [
        None,
        None,
        "offered",
        "accepted",
    ]
