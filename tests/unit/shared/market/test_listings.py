"""Symbols and providers: how SOURCES and commands are read, and what is refused."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.market.listings import PROVIDERS, Listing, listings_named, listings_of, providers_in


def test_groups_give_each_symbol_its_sources_in_their_order() -> None:
    sources = "yahoo:AAPL,MSFT;binance:BTCUSDT,BTC-USD@BTCUSDT;finnhub:AAPL"
    assert listings_of(sources, ()) == {
        "AAPL": (Listing("yahoo", "AAPL"), Listing("finnhub", "AAPL")),
        "MSFT": (Listing("yahoo", "MSFT"),),
        "BTCUSDT": (Listing("binance", "BTCUSDT"),),
        "BTC-USD": (Listing("binance", "BTCUSDT"),),
    }


def test_provider_without_symbols_takes_the_tickers() -> None:
    listings = listings_of("binance:BTCUSDT;yahoo", ("AAPL", "BTCUSDT"))
    assert listings == {
        "BTCUSDT": (Listing("binance", "BTCUSDT"), Listing("yahoo", "BTCUSDT")),
        "AAPL": (Listing("yahoo", "AAPL"),),
    }


def test_without_sources_every_ticker_is_at_yahoo() -> None:
    assert listings_of("", ("AAPL",)) == {"AAPL": (Listing("yahoo", "AAPL"),)}
    assert providers_in("") == ("yahoo",)


@pytest.mark.parametrize("alone", ["simulated", "replay"])
def test_simulated_market_and_replay_have_no_listings(alone: str) -> None:
    assert listings_of(alone, ("AAPL",)) == {}
    assert providers_in(alone) == ()


def test_symbols_are_upper_case_but_for_the_names_at_coingecko() -> None:
    assert listings_of("CoinGecko: btc-usd @ Bitcoin ; Binance:ethusdt", ()) == {
        "BTC-USD": (Listing("coingecko", "bitcoin"),),
        "ETHUSDT": (Listing("binance", "ETHUSDT"),),
    }


def test_name_at_a_provider_may_hold_a_colon() -> None:
    assert listings_of("finnhub:BTC-USD@BINANCE:BTCUSDT", ()) == {
        "BTC-USD": (Listing("finnhub", "BINANCE:BTCUSDT"),)
    }


def test_repeated_listing_counts_once() -> None:
    assert listings_of("yahoo:AAPL,aapl;yahoo:AAPL", ()) == {"AAPL": (Listing("yahoo", "AAPL"),)}


def test_providers_come_in_their_order_each_once() -> None:
    assert providers_in("finnhub:A;binance:B;finnhub:C") == ("finnhub", "binance")


def test_symbols_of_a_command_are_at_the_default_source_unless_they_name_another() -> None:
    words = ["AAPL", "yahoo:BP.L", "binance:btc-usd@btcusdt", "yahoo:BTC-USD"]
    assert listings_named(words, "finnhub") == {
        "AAPL": (Listing("finnhub", "AAPL"),),
        "BP.L": (Listing("yahoo", "BP.L"),),
        "BTC-USD": (Listing("binance", "BTCUSDT"), Listing("yahoo", "BTC-USD")),
    }


@pytest.mark.parametrize(
    "word", ["", "yahoo:", "A,B", "A;B", "@", "A@", "@A", "A@B@C", "x" * 33, "AAPL\n.", "Ä"]
)
def test_word_that_is_no_symbol_is_refused(word: str) -> None:
    with pytest.raises(ValueError, match="must name symbols as AAPL"):
        listings_named([word], "yahoo")


WRITTEN = st.text(string.ascii_letters + string.digits + ".^=-_:/&@,; ß\n", max_size=60)


@given(sources=WRITTEN | st.tuples(st.sampled_from(PROVIDERS), WRITTEN).map(":".join))
def test_whatever_is_written_gives_symbols_that_records_can_carry_or_one_sentence(sources: str) -> None:
    try:
        listings = listings_of(sources, ("AAPL",))
    except ValueError as refused:
        assert str(refused).startswith("must ")
        assert "\n" not in str(refused)
        return
    assert listings
    for symbol, places in listings.items():
        assert symbol == symbol.upper()
        assert {place.source for place in places} <= set(PROVIDERS)
        assert 1 <= len(places) <= 2
