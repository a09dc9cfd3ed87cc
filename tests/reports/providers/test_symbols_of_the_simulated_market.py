"""Symbols are added and removed while the simulated market replaces live quotes, and live quotes follow."""

from contextlib import closing
from copy import copy
from datetime import UTC, datetime, timedelta

import pytest
from psycopg2.extensions import make_dsn

from producer.live_offer import take_over
from producer.reporting.simulated_symbols import MarketMembership, read_requests
from producer.sources.simulated import SimulatedMarket
from producer.store.tables import read_listings
from producer.symbols import parser, run
from shared.market.listings import Listing, listings_of
from shared.market.records import EPOCH
from shared.postgres.database import connect, transaction
from shared.runtime.lifecycle import Stop
from shared.settings.config import Config, load
from tests.inputs.simulated_market import MINUTE, NOW, SYMBOLS, live, quotes_of
from tests.integration.desk import Desk, printed

TICKERS = {"TICKERS": "AAPL,MSFT"}


def minute_of(moment: datetime) -> int:
    """Minutes since 1970."""
    return (moment - EPOCH) // MINUTE


def command(config: Config, *words: str) -> int:
    """The exit status of `python -m producer.symbols`."""
    return run(config, parser().parse_args(words), Stop())


def test_symbol_that_joins_has_quotes_from_its_minute_on_and_the_others_stay_as_they_are() -> None:
    """Report: `symbols add` was refused in the simulated market, although it worked according to the README."""
    market, alone = SimulatedMarket(SYMBOLS, 7), SimulatedMarket(SYMBOLS, 7)
    until = NOW + 3 * MINUTE
    assert market.join("NVDA", minute_of(NOW) + 1)
    records = list(market.quotes(NOW, until))
    joined = quotes_of(records, "NVDA")
    assert minute_of(joined[0].event_time) == minute_of(NOW) + 1
    assert [record for record in records if record.symbol != "NVDA"] == list(alone.quotes(NOW, until))
    assert {quote.exchange for quote in joined} == {"SIMULATED"}


def test_rebuilt_market_goes_on_with_the_symbols_that_joined() -> None:
    """Scenario: the producer is killed after a symbol has joined."""
    joins, stopped = minute_of(NOW) + 1, NOW + 3 * MINUTE
    market = SimulatedMarket(SYMBOLS, 7)
    assert market.join("NVDA", joins)
    begun = list(market.quotes(NOW - MINUTE, NOW))[-1].position
    lived = live(market, begun, NOW, stopped)
    for killed in (len(lived) // 3, len(lived) // 2):
        again = SimulatedMarket(SYMBOLS, 7)
        assert again.join("NVDA", joins)
        assert live(again, lived[killed].position, NOW, stopped) == lived[killed + 1 :]


def test_symbol_does_not_join_a_minute_that_is_already_published() -> None:
    """Scenario: the database took so long to write down the minute that it has begun."""
    market = SimulatedMarket(SYMBOLS, 7)
    list(market.quotes(NOW, NOW + MINUTE))
    assert not market.join("NVDA", minute_of(NOW))
    assert market.join("NVDA", minute_of(NOW) + 5)


def test_symbol_that_left_gives_nothing_more_until_it_joins_again() -> None:
    """Scenario: a symbol is removed from the simulated market."""
    market = SimulatedMarket(SYMBOLS, 7)
    begun = list(market.quotes(NOW - MINUTE, NOW))[-1].position
    market.leave(["XYZ"])
    assert quotes_of(live(market, begun, NOW, NOW + MINUTE), "XYZ") == []
    assert market.join("XYZ", minute_of(NOW) + 3)
    assert quotes_of(live(market, begun, NOW, NOW + 5 * MINUTE), "XYZ") != []


def test_symbol_that_was_added_joins_and_the_minute_is_kept_before_its_first_quote(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    """Report: `symbols add` was refused in the simulated market, although it worked according to the README."""
    desk.settings |= TICKERS
    desk.database()
    assert command(desk.config, "add", "NVDA", "binance:BTCUSDT") == 0
    assert "NVDA joins the simulated market within two minutes" in printed(capsys)
    market = SimulatedMarket(("AAPL", "MSFT"), 7)
    with closing(connect(desk.database(), "test")) as connection:
        MarketMembership(market).apply_requests(connection)
    kept = {each.symbol: each.joined_at for each in read_requests(desk.config)}
    assert kept.keys() == {"NVDA", "BTCUSDT"}
    joined = kept["NVDA"]
    assert joined is not None and timedelta(0) < joined - datetime.now(UTC) <= timedelta(minutes=2)
    again = SimulatedMarket(("AAPL", "MSFT"), 7)
    MarketMembership(again).begin(read_requests(desk.config))
    for each in (market, again):
        quotes = list(each.quotes(joined - MINUTE, joined + MINUTE))
        assert minute_of(quotes_of(quotes, "NVDA")[0].event_time) == minute_of(joined)


def test_symbol_of_the_market_does_not_join_again(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    """Scenario: a symbol of TICKERS is added again, then with another source for later."""
    desk.settings |= TICKERS
    desk.database()
    assert command(desk.config, "add", "AAPL") == 0
    assert "AAPL is already followed" in printed(capsys)
    assert command(desk.config, "add", "binance:AAPL") == 0
    assert [each.joined_at for each in read_requests(desk.config)] == [EPOCH]


def test_command_finds_the_simulated_market_that_replaces_live_quotes(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    """Report: in the fallback the command printed that the live feed had not run yet."""
    desk.settings |= TICKERS
    desk.database()
    fallback = load(None, desk.settings | {"SOURCES": ""})
    assert fallback.feed == "live"
    assert command(fallback, "add", "NVDA") == 0
    assert "instead of live quotes" in printed(capsys)
    assert command(fallback, "remove", "MSFT") == 0
    assert command(fallback, "list") == 0
    assert "NVDA yahoo" in printed(capsys)


def test_what_was_added_and_removed_counts_for_live_quotes_after_the_switch(desk: Desk) -> None:
    """Scenario: symbols are chosen in the simulated market, then the page switches to live quotes."""
    desk.settings |= TICKERS
    simulated = desk.database()
    assert command(desk.config, "add", "NVDA") == 0
    assert command(desk.config, "remove", "MSFT") == 0
    other = copy(desk)
    other.settings = desk.settings | {"POSTGRES_DSN": make_dsn(simulated, dbname="switched")}
    take_over(simulated, other.database())
    with closing(connect(other.database(), "test")) as connection, transaction(connection) as cursor:
        watched = read_listings(cursor, listings_of("", ("AAPL", "MSFT")))
    assert watched == {"AAPL": (Listing("yahoo", "AAPL"),), "NVDA": (Listing("yahoo", "NVDA"),)}
