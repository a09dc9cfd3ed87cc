"""A symbol that is removed and added again, with or without a standby source, does not publish its last quote twice."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from producer.live.deduplication import KnownOfSymbol
from producer.live.followed import Followed
from producer.live.messages import ListingsChanged
from producer.sources.answers import HistorySlice
from shared.market.listings import Listing, Listings
from shared.market.records import Quote, RecordedBar
from tests.integration.live.live import SHARE, Live, at_work, stand_in, trade
from tests.standin import StandIn
from tests.waiting import wait_for

MINUTE = 1_795_208_400.0
"""The beginning of one."""
YAHOO, FINNHUB = Listing("yahoo", "AAPL"), Listing("finnhub", "AAPL")


def quote(second: float, price: float = 100.0, **fields: object) -> Quote:
    """A quote so many seconds after the beginning of the minute."""
    time = datetime.fromtimestamp(MINUTE + second, UTC)
    values = {
        "symbol": "AAPL",
        "source": "yahoo",
        "currency": "USD",
        "exchange": "NMS",
        "position": 0,
    } | fields
    return Quote(event_time=time, received_time=time, price=price, **values)  # type: ignore[arg-type]


def followed(known: KnownOfSymbol | None, *listings: Listing, has_history: bool = True) -> Followed:
    """A symbol that is followed from now on."""
    return Followed("AAPL", listings or (YAHOO,), known, has_history, 2.0, 0.01)


def take(symbol: Followed, given: Quote, *, polled: bool = False) -> list[Quote]:
    """What of a quote goes into the log."""
    return symbol.take(given.source, given, given.received_time.timestamp(), polled, not polled)


def live() -> Followed:
    """A symbol whose quotes go into the log as they come: the last time mark at 98 s, the last quote at 110 s."""
    symbol = followed(None)
    take(symbol, quote(1))
    symbol.past_ended(None, MINUTE + 1)
    take(symbol, quote(61))
    assert symbol.timeline.is_top_up_due(MINUTE + 70)
    symbol.past_ended(None, MINUTE + 70)
    assert take(symbol, quote(100))
    assert symbol.timeline.mark_due == MINUTE + 98
    symbol.timeline.marked(MINUTE + 98)
    assert take(symbol, quote(110, 103.0))
    return symbol


@pytest.mark.parametrize("listings", [(YAHOO,), (YAHOO, FINNHUB), (FINNHUB,)])
@pytest.mark.parametrize("polled", [True, False])
def test_symbol_followed_again_treats_the_last_quote_as_known(
    listings: tuple[Listing, ...], polled: bool
) -> None:
    """Removed and added within a minute, or given a standby: the same last trade was published again."""
    again = followed(live().known, *listings)
    logged = take(again, quote(110, 103.0, source=listings[0].source), polled=polled)
    logged += again.past_ended(None, MINUTE + 115)
    assert logged == []
    assert take(again, quote(116, 104.0, source=listings[0].source))


def test_symbol_followed_again_before_its_first_mark_treats_the_last_quote_as_known() -> None:
    """Removed and added within its first seconds."""
    symbol = followed(KnownOfSymbol(0.0), has_history=False)
    assert take(symbol, quote(1))
    again = followed(symbol.known, has_history=False)
    assert not take(again, quote(1), polled=True)
    assert take(again, quote(2), polled=True)


def test_quote_that_waited_when_its_symbol_was_removed_is_not_taken_for_published() -> None:
    """A quote that waits for history has not gone into the log."""
    symbol = followed(None)
    assert not take(symbol, quote(1))
    again = followed(symbol.known)
    take(again, quote(1))
    assert [each.price for each in again.past_ended(None, MINUTE + 5)] == [100.0]


def test_history_that_was_fetched_again_does_not_hide_what_was_published() -> None:
    """A gap's history ends before the last quote: after a restart within the gap that quote came again."""
    symbol = live()
    symbol.timeline.contact(MINUTE + 400)
    assert symbol.timeline.phase == "history"
    start = datetime.fromtimestamp(MINUTE + 60, UTC)
    bar = RecordedBar(
        symbol="AAPL", interval="1m", start=start, open=100.0, high=103.0, low=100.0, close=103.0,
        source="yahoo-history", position=0, received_time=datetime.fromtimestamp(MINUTE + 120, UTC),
    )  # fmt: skip
    assert symbol.past(HistorySlice([bar], 1, 2), MINUTE + 401) == [bar]
    again = followed(symbol.known)
    assert not take(again, quote(110, 103.0), polled=True)
    assert again.past_ended(None, MINUTE + 401) == []


def test_numbered_trade_comes_once_though_its_symbol_was_removed_in_its_first_seconds() -> None:
    """The numbers go on, also where there was no time mark yet."""
    symbol = followed(KnownOfSymbol(0.0), has_history=False)
    assert take(symbol, quote(1, size=1.0, trade_id=7))
    again = followed(symbol.known, has_history=False)
    assert not take(again, quote(1, size=1.0, trade_id=7))
    assert take(again, quote(1, size=1.0, trade_id=8))


@pytest.fixture
def standin() -> Iterator[StandIn]:
    """Every provider on 127.0.0.1."""
    with stand_in(SHARE) as standin:
        yield standin


def ways() -> list[Listings]:
    """What is followed while a symbol is removed, or given a standby."""
    return [{}, {SHARE.name: (Listing("yahoo", SHARE.name), Listing("finnhub", SHARE.name))}]


@pytest.mark.parametrize("meanwhile", ways(), ids=["removed and added", "a standby"])
def test_last_quote_is_once_in_the_log_while_a_market_at_work_changes_what_it_follows(
    standin: StandIn, meanwhile: Listings
) -> None:
    """The real threads and requests: Yahoo's answer repeats the last trade at every poll."""
    first: Listings = {SHARE.name: (Listing("yahoo", SHARE.name),)}
    known = {SHARE.name: KnownOfSymbol(datetime.now(UTC).timestamp() - 30)}
    with at_work(standin, f"yahoo:{SHARE.name}", known, FINNHUB_API_KEY="key") as market:
        standin.streams.wait_until_followed("yahoo", SHARE.name)
        made = trade(standin, SHARE.name)
        wait_for(lambda: market.has_received(made, SHARE.name))
        market.market.inbox.put(ListingsChanged(meanwhile))
        market.market.inbox.put(ListingsChanged(first))
        after = trade(standin, SHARE.name)
        wait_for(lambda: market.has_received(after, SHARE.name))
        assert times_of(market, made.price) == 1


def times_of(market: Live, price: float) -> int:
    """How often the log holds a price of the share."""
    return market.prices(SHARE.name).count(price)
