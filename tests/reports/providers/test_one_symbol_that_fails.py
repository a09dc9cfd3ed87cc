"""One symbol that fails at a provider, for a while or permanently, does not delay quotes and histories of the
others."""

import time
from datetime import UTC, datetime
from queue import Queue
from threading import Event
from types import SimpleNamespace

import pytest

from producer.live.messages import HistoryDelayed, HistoryEnded, HistoryReceived, HistoryRequest, InboxMessage
from producer.sources.registry import provider
from producer.transport.provider_clock import ProviderClock
from producer.workers.history_worker import HistoryWorker
from shared.settings.provider_settings import Providers
from tests.integration.live.live import (
    BINANCE,
    COIN,
    OTHER,
    YAHOO,
    Live,
    at_work,
    has_every_trade,
    prices_never_offered,
    seen,
    trade,
    trades,
)
from tests.slowness import PATIENCE
from tests.standin import Fault, StandIn
from tests.unit.local_http import Reply, answering
from tests.waiting import wait_for

CHART = f"v8/finance/chart/{COIN.name}"
DUPLICATE_KEY = {
    "finance": {"result": None, "error": {"code": "Internal Server Error", "description": "Duplicate"}}
}


LONG_AFTER = 86_400.0
"""Seconds between two gaps."""
IMPATIENT = {
    "producer.workers.history_worker.PAUSE_SECONDS": 0.1,
    "producer.workers.history_worker.PAST_PATIENCE_SECONDS": 1.0,
    "producer.workers.history_worker.PATIENCE_SECONDS": 1.0,
    "producer.live.look_back.FIRST_LOOK_SECONDS": 1.0,
}
"""A history is given up after a second, and asked for again a second later."""


def comes_at_its_pace(live: Live, symbol: str, polls: int) -> bool:
    """Whether quotes come by so many polls, more often than once in half a minute; where they are kept waiting it is
    once a minute. Yahoo gives times in seconds: two of one second are one."""
    seconds = 0.0
    for _ in range(polls):
        before = len(live.quotes(symbol))
        is_new = lambda before=before: bool(trade(live.standin, symbol)) and len(live.quotes(symbol)) > before  # noqa: E731
        seconds += wait_for(is_new)
    return seconds < 30.0 * polls


@pytest.mark.parametrize("has_gap", [False, True], ids=["a first start", "a gap"])
def test_chart_that_always_answers_500_delays_no_other_symbol(standin: StandIn, has_gap: bool) -> None:
    """Reported to yfinance: one symbol's chart always answered 500, and all others got a quote a minute."""
    standin.answer_with(Fault.body(DUPLICATE_KEY, 500), times=None, path=CHART)
    standin.streams.refuse_handshake(503, times=1000)
    pauses = {"producer.workers.history_worker.PAUSE_SECONDS": 1.0}
    known = seen(COIN.name, OTHER.name) if has_gap else {}
    with at_work(standin, f"{YAHOO},{OTHER.name}", known, waits=pauses) as live:
        wait_for(lambda: live.is_reported("provider down", "history"))
        wait_for(lambda: live.is_reported("provider down", "live", OTHER.name))
        assert comes_at_its_pace(live, OTHER.name, 3)
        row = live.row()
        assert row is not None
        assert CHART in row.detail
        asked = [request.time for request in standin.requests if CHART in request.path]
        assert len(asked) <= 5, "the pauses between tries grow"


def test_history_that_is_not_to_be_had_is_given_up_with_its_cause_and_had_again_later(
    standin: StandIn,
) -> None:
    """The symbol itself goes on without its history, which is reported until the chart answers again."""
    standin.answer_with(Fault.body(DUPLICATE_KEY, 500), times=None, path=CHART)
    with at_work(standin, f"{YAHOO},{OTHER.name}", waits=IMPATIENT) as live:
        wait_for(lambda: live.is_reported("no history", "live"))
        row = live.row()
        assert row is not None
        assert row.detail.startswith("its history can't be loaded: ")
        assert row.next_try_at is not None
        assert row.gaps == 1
        made = trade(standin)
        wait_for(lambda: live.has_received(made))
        assert live.bars() == []
        standin.answer_normally()
        live.wait_until_reported("", "live")
        assert prices_never_offered(live) == set()


def test_later_gap_has_its_own_patience() -> None:
    """After an outage that was given up, one hiccup cost a later gap its history although a second try would do."""
    replies = [Reply("", 500)]
    nothing = Reply({"chart": {"result": None, "error": None}})
    passed = 0.0

    def clock() -> float:
        return time.monotonic() + passed

    with (
        pytest.MonkeyPatch.context() as patch,
        answering(lambda _: replies.pop() if replies else nothing) as local,
    ):
        patch.setattr("producer.workers.history_worker.PAUSE_SECONDS", 0.1)
        patch.setattr("producer.workers.history_worker.PATIENCE_SECONDS", 0.5)
        patch.setattr(
            "producer.workers.history_worker.time", SimpleNamespace(time=time.time, monotonic=clock)
        )
        yahoo = provider(
            "yahoo",
            Providers.model_validate({"YAHOO_URL": local.url}),
            ProviderClock(lambda: datetime.now(UTC)),
            Event(),
        )
        inbox: Queue[InboxMessage] = Queue()
        worker = HistoryWorker(yahoo, inbox)
        replies += [Reply("", 500)] * 100
        worker.start()
        try:
            worker.request(HistoryRequest("A", "A", time.time() - 300))
            assert isinstance(_last(inbox), HistoryEnded)
            passed = LONG_AFTER
            patch.setattr("producer.workers.history_worker.PATIENCE_SECONDS", LONG_AFTER / 2)
            replies[:] = [Reply("", 500)]
            nothing = Reply(_empty_chart())
            worker.request(HistoryRequest("B", "B", time.time() - 300))
            assert isinstance(inbox.get(timeout=PATIENCE), HistoryDelayed)
            assert isinstance(inbox.get(timeout=PATIENCE), HistoryReceived)
            ended = inbox.get(timeout=PATIENCE)
            assert isinstance(ended, HistoryEnded)
            assert ended.error is None
        finally:
            worker.stop()
            worker.join(PATIENCE)


def _empty_chart() -> object:
    meta = {"exchangeTimezoneName": "UTC"}
    return {"chart": {"result": [{"meta": meta, "indicators": {"quote": [{}]}}], "error": None}}


def _last(inbox: "Queue[InboxMessage]") -> InboxMessage:
    """The first word that is no delay."""
    while isinstance(word := inbox.get(timeout=PATIENCE), HistoryDelayed):
        pass
    return word


def test_pair_whose_trades_are_not_to_be_had_keeps_no_other_from_its_quotes(standin: StandIn) -> None:
    """The same at Binance, which is asked a pair at a time: the first pair's 500 ended the whole poll."""
    standin.streams.refuse_handshake(503, times=1000)
    listings = f"{BINANCE},{OTHER.name}@COIN2USDT"
    with at_work(standin, listings, seen(COIN.name, OTHER.name)) as live:
        for name in (COIN.name, OTHER.name):
            live.wait_until_reported("provider down", "live", name)
        standin.answer_with(Fault.status(500), times=None, path="aggTrades?symbol=COIN1USDT")
        trades(standin, 5)
        assert comes_at_its_pace(live, OTHER.name, 5)
        standin.answer_normally()
        wait_for(lambda: has_every_trade(live))
        assert has_every_trade(live, OTHER.name)


def test_pair_whose_missed_trades_are_unavailable_delays_no_other_of_the_stream(standin: StandIn) -> None:
    """Its frames wait for what was missed before them; the frames of the others do not."""
    listings = f"{BINANCE},{OTHER.name}@COIN2USDT"
    with at_work(standin, listings, seen(COIN.name, OTHER.name)) as live:
        live.wait_until_streaming("binance")
        wait_for(lambda: live.is_streaming() and live.is_streaming(OTHER.name))
        standin.answer_with(Fault.status(500), times=None, path="aggTrades?symbol=COIN1USDT")
        missed = trade(standin, providers=())
        waiting = trades(standin, 5)
        assert comes_at_its_pace(live, OTHER.name, 5)
        assert not any(live.has_received(made) for made in (missed, *waiting))
        standin.answer_normally()
        wait_for(lambda: has_every_trade(live))
        assert has_every_trade(live, OTHER.name)
        assert len(standin.connections) == 1


@pytest.mark.parametrize("named", [{"usd": None, "last_updated_at": None}, {}, None, {"usd": -1}])
def test_coin_that_is_named_without_a_price_hides_none_that_has_vanished(
    standin: StandIn, named: object
) -> None:
    """One answer that was refused switched "unknown symbol" off for all: a coin that vanished was never reported."""
    answer = Fault.body({"coin1": named})
    standin.answer_with(answer, times=None, path="simple/price")
    with at_work(
        standin, f"coingecko:{COIN.name}@coin1,{OTHER.name}@coin2", COINGECKO_REQUESTS_PER_MINUTE="100000"
    ) as live:
        live.wait_until_reported("unknown symbol", symbol=OTHER.name)
        row = live.row()
        assert row is not None
        assert (row.cause, row.detail) == (
            "stream silent",
            f"coingecko knows {COIN.name}, but sends no valid price",
        )


def test_row_of_yahoo_that_makes_no_sense_hides_no_symbol_that_has_vanished(standin: StandIn) -> None:
    """The same at Yahoo; a row of null beside them costs nobody anything."""
    standin.streams.refuse_handshake(503, times=1000)
    row = {"symbol": COIN.name, "regularMarketPrice": "much", "regularMarketTime": 7}
    answer = Fault.body({"quoteResponse": {"result": [None, row], "error": None}})
    standin.answer_with(answer, times=None, path="v7/finance/quote")
    with at_work(standin, f"{YAHOO},{OTHER.name}", seen(COIN.name, OTHER.name)) as live:
        live.wait_until_reported("unknown symbol", symbol=OTHER.name)
        assert not live.is_reported("unknown symbol")
