"""Symbols that are added, removed and changed, and two sources of one symbol: which records and alerts result."""

from dataclasses import replace
from queue import Empty

import pytest

from producer.live.messages import ListingsChanged
from producer.live.quality.finding import Finding
from shared.market.listings import Listing, Listings
from tests.integration.live.live import (
    BINANCE,
    COIN,
    OTHER,
    SHARE,
    YAHOO,
    Live,
    at_work,
    has_every_trade,
    has_in_order,
    prices_never_offered,
    seen,
    stand_in,
    trade,
    trades,
)
from tests.slowness import PATIENCE
from tests.standin import StandIn
from tests.waiting import wait_for

STALE = "producer.live.failover.STALE_SECONDS"
BOTH = f"{BINANCE};{YAHOO}"


def found(live: Live, kind: str, is_raised: bool) -> Finding:
    """The next finding of this kind. Fails if it never comes, or is the opposite."""
    findings: list[Finding] = []

    def is_there() -> bool:
        try:
            findings.append(live.market.findings.get_nowait())
        except Empty:
            return False
        return findings[-1].kind == kind

    wait_for(is_there)
    assert findings[-1].is_raised == is_raised
    return findings[-1]


def _without(standin: StandIn, name: str) -> None:
    """The provider knows this no more."""
    instruments = standin.market.instruments
    instruments[name] = replace(instruments[name], names={"yahoo": "", "binance": "", "finnhub": ""})


@pytest.mark.parametrize("source", ["yahoo", "binance"])
def test_delisted_symbol_alone_is_reported_and_comes_back(standin: StandIn, source: str) -> None:
    listings = {"yahoo": f"{YAHOO},{OTHER.name}", "binance": f"{BINANCE},{OTHER.name}@COIN2USDT"}[source]
    standin.streams.refuse_handshake(503, times=1000)
    with at_work(standin, listings, seen(COIN.name, OTHER.name)) as live:
        for name in (COIN.name, OTHER.name):
            live.wait_until_reported("provider down", "live", name)
        listed = standin.market.instruments[COIN.name]
        _without(standin, COIN.name)
        live.wait_until_reported("unknown symbol", "waiting")
        finding = found(live, "delisted", True)
        assert (finding.symbol, source in finding.detail) == (COIN.name, True)
        before = len(live.quotes(OTHER.name))
        wait_for(lambda: bool(trade(standin, OTHER.name)) and len(live.quotes(OTHER.name)) > before)
        standin.market.instruments[COIN.name] = listed
        before = len(live.quotes())
        wait_for(lambda: bool(trade(standin)) and len(live.quotes()) > before)
        found(live, "delisted", False)
        live.wait_until_reported("provider down", "live")


@pytest.mark.parametrize("source", ["yahoo", "binance"])
def test_unknown_symbol_keeps_no_other_from_its_quotes(standin: StandIn, source: str) -> None:
    listings = {"yahoo": f"{YAHOO},NONE", "binance": f"{BINANCE},NONE"}[source]
    with at_work(standin, listings, seen(COIN.name, "NONE")) as live:
        live.wait_until_reported("unknown symbol", symbol="NONE")
        wait_for(live.is_streaming)
        assert len(standin.connections) == 1


def test_change_of_currency_is_raised_and_cleared_and_no_price_in_the_other_one_comes_through() -> None:
    with stand_in(SHARE) as standin, at_work(standin, f"yahoo:{SHARE.name}", seen(SHARE.name)) as live:
        standin.streams.wait_until_followed("yahoo", SHARE.name)
        first = trade(standin, SHARE.name)
        wait_for(lambda: live.has_received(first, SHARE.name))
        standin.market.instruments[SHARE.name] = replace(SHARE, currency="EUR")
        standin.streams.close()
        finding = found(live, "currency", True)
        assert "EUR" in finding.detail
        foreign = trades(standin, 3, SHARE.name)
        standin.market.instruments[SHARE.name] = SHARE
        standin.streams.close()
        found(live, "currency", False)
        # The last one is the price of the share still, when the first currency is back.
        assert not {made.price for made in foreign[:-1]} & set(live.prices(SHARE.name))
        wait_for(lambda: live.is_streaming(SHARE.name))


def test_symbols_come_and_go_while_others_stream_on(standin: StandIn) -> None:
    with at_work(standin, BINANCE, seen(COIN.name, OTHER.name)) as live:
        live.wait_until_streaming("binance")
        both: Listings = {
            COIN.name: (Listing("binance", "COIN1USDT"),),
            OTHER.name: (Listing("binance", "COIN2USDT"),),
        }
        live.market.inbox.put(ListingsChanged(both))
        standin.streams.wait_until_followed("binance", "COIN1USDT", "COIN2USDT")
        made = trades(standin, 3, OTHER.name)
        wait_for(lambda: has_in_order(live, made, OTHER.name))
        live.market.inbox.put(ListingsChanged({COIN.name: both[COIN.name]}))
        wait_for(lambda: standin.streams.subscribed["binance"] == {"COIN1USDT"})
        trades(standin, 3, OTHER.name)
        live.market.inbox.put(ListingsChanged(both))
        standin.streams.wait_until_followed("binance", "COIN1USDT", "COIN2USDT")
        trade(standin, OTHER.name)
        trade(standin)
        wait_for(lambda: has_every_trade(live) and has_every_trade(live, OTHER.name))
        assert len(standin.connections) == 1


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A source is steady after half a second; none is stale until a test wants one to be."""
    monkeypatch.setattr(STALE, PATIENCE)
    monkeypatch.setattr("producer.live.failover.STEADY_SECONDS", 0.5)


@pytest.mark.usefixtures("impatient")
def test_standby_replaces_a_silent_source_until_it_is_back(
    standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    with at_work(standin, BOTH, seen()) as live:
        live.wait_until_streaming("binance", "yahoo")
        wait_for(lambda: bool(trade(standin)) and {quote.source for quote in live.quotes()} == {"binance"})
        monkeypatch.setattr(STALE, 1.0)
        finding = _until_found(live, standin, ("yahoo",), True)
        assert finding.detail == "yahoo replaces binance"
        wait_for(lambda: _comes_from(live, "yahoo", ("yahoo",)) and _sources(live) == ("yahoo", "binance"))
        _until_found(live, standin, ("yahoo", "binance"), False)
        wait_for(lambda: _comes_from(live, "binance", ("yahoo", "binance")))
        numbers = [quote.trade_id for quote in live.quotes() if quote.trade_id is not None]
        assert numbers == sorted(set(numbers))
        assert prices_never_offered(live) == set()


def _comes_from(live: Live, source: str, providers: tuple[str, ...]) -> bool:
    """Whether the last quote is of this source, while these stream."""
    trade(live.standin, providers=providers)
    return live.quotes()[-1].source == source


def _sources(live: Live) -> tuple[str | None, str | None]:
    """The active source and the standby."""
    row = live.row()
    return (None, None) if row is None else (row.source, row.standby)


def _until_found(live: Live, standin: StandIn, providers: tuple[str, ...], is_raised: bool) -> Finding:
    """The change of the active source, while these stream. A source is stale for once where nothing had a turn."""
    findings: list[Finding] = []

    def is_there() -> bool:
        trade(standin, providers=providers)
        try:
            findings.append(live.market.findings.get_nowait())
        except Empty:
            return False
        return (findings[-1].kind, findings[-1].is_raised) == ("failover", is_raised)

    wait_for(is_there)
    return findings[-1]


@pytest.mark.usefixtures("impatient")
def test_sources_that_disagree_raise_an_alert_that_agreement_clears(standin: StandIn) -> None:
    with at_work(standin, BOTH, seen()) as live:
        live.wait_until_streaming("binance", "yahoo")

        def finding_at_prices(binance: float, yahoo: float, is_raised: bool) -> Finding:
            findings: list[Finding] = []

            def is_there() -> bool:
                standin.quote(COIN.name, binance, providers=("binance",))
                standin.quote(COIN.name, yahoo, providers=("yahoo",))
                if not live.market.findings.empty():
                    findings.append(live.market.findings.get())
                return bool(findings) and findings[-1].kind == "disagreement"

            wait_for(is_there)
            assert findings[-1].is_raised == is_raised
            return findings[-1]

        raised = finding_at_prices(100.0, 110.0, True)
        assert raised.value == pytest.approx(10 / 110)
        assert raised.threshold == 0.01
        finding_at_prices(100.0, 100.0, False)
