"""Hours of missed trades of Binance: all of them, once each and in order, in the memory of a few pages."""

import threading
import time
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from queue import Queue
from threading import Event

import pytest

from producer.live.messages import InboxMessage, QuotesReceived, TradesComplete
from producer.sources.registry import provider
from producer.transport.provider_clock import ProviderClock
from producer.workers.inbox import MESSAGES_WAITING
from producer.workers.quote_receiver import QuoteReceiver
from shared.settings.provider_settings import Providers
from tests.integration.live.live import COIN, OTHER
from tests.slowness import PATIENCE
from tests.standin import Market, StandIn, coins
from tests.waiting import wait_for

FIRST = 1_000_001
"""The number of the stand-in's first trade."""
MISSED = 60_000
MEMORY = 60_000_000
"""Bytes that some dozens of pages take, however many there are; a list of a million trades takes 330 million."""


@pytest.fixture(scope="module")
def market() -> Market:
    """A market in which two coins were traded for hours."""
    market = Market(time.time, coins(2))
    begin = datetime.now(UTC) - timedelta(hours=3)
    for number in range(MISSED):
        market.trade(COIN.name, 100 + number % 7, 1.0, begin + timedelta(milliseconds=100 * number))
    market.trade(OTHER.name, 10.0, 1.0, begin)
    return market


@pytest.fixture
def standin(market: Market) -> Iterator[StandIn]:
    """Every provider, with that market."""
    with StandIn(market) as standin:
        yield standin


@pytest.fixture
def inbox() -> "Queue[InboxMessage]":
    return Queue()


@pytest.fixture
def receiver(standin: StandIn, inbox: "Queue[InboxMessage]") -> Iterator[QuoteReceiver]:
    """A receiver of both, whose stream is away; the log holds none of the trades."""
    standin.streams.refuse_handshake(503, times=10_000)
    settings = {**standin.settings, "BINANCE_REQUESTS_PER_MINUTE": 100_000}
    del settings["NEWS_URL"]  # it is no setting of a provider of quotes
    binance = provider(
        "binance", Providers.model_validate(settings), ProviderClock(lambda: datetime.now(UTC)), Event()
    )
    receiver = QuoteReceiver(binance, inbox, 0.3, binance.clock.now)
    receiver.follow(("COIN1USDT", "COIN2USDT"), {"COIN1USDT": FIRST - 1, "COIN2USDT": FIRST - 1})
    yield receiver
    receiver.stop()
    receiver.join(PATIENCE)


def numbers(words: Iterator[InboxMessage], name: str) -> Iterator[int]:
    """The numbers of the trades that are passed on."""
    for word in words:
        if isinstance(word, QuotesReceived):
            yield from (quote.trade_id or 0 for quote in word.received.quotes if quote.symbol == name)


def words_until_caught_up(inbox: "Queue[InboxMessage]", name: str) -> Iterator[InboxMessage]:
    while not (isinstance(word := inbox.get(timeout=PATIENCE), TradesComplete) and name in word.names):
        yield word


def test_missed_trades_come_page_by_page_once_each_and_in_order_in_bounded_memory(
    receiver: QuoteReceiver, inbox: "Queue[InboxMessage]"
) -> None:
    """After hours of absence the whole list was gathered before the first trade was passed on."""
    tracemalloc.start()
    try:
        receiver.start()
        received = 0
        for number in numbers(words_until_caught_up(inbox, "COIN1USDT"), "COIN1USDT"):
            assert number == FIRST + received
            received += 1
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert received == MISSED
    assert peak < MEMORY


def test_log_that_takes_nothing_stops_the_fetching_after_some_pages(
    receiver: QuoteReceiver, inbox: "Queue[InboxMessage]", standin: StandIn
) -> None:
    """Nobody reads the inbox: what waits in it stays bounded, and a stop ends it between two pages."""
    receiver.start()
    wait_for(lambda: inbox.qsize() >= MESSAGES_WAITING)
    asked = len(standin.requests)
    assert asked <= MESSAGES_WAITING + 10
    receiver.stop()
    receiver.join(PATIENCE)
    wait_for(lambda: not any(thread.name.startswith("binance _keep") for thread in threading.enumerate()))
    assert len(standin.requests) <= asked + 3


def test_other_pair_is_published_while_trades_of_one_are_fetched(
    receiver: QuoteReceiver, inbox: "Queue[InboxMessage]"
) -> None:
    """Each name has its turn after a page of the other."""
    receiver.start()
    before = list(words_until_caught_up(inbox, "COIN2USDT"))
    assert list(numbers(iter(before), "COIN2USDT")) == [FIRST]
    assert len(list(numbers(iter(before), "COIN1USDT"))) < MISSED / 10
