"""Answers that are late, wrong or missing: reported while it lasts, and requested again until they are right."""

from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest

from tests.integration.live.live import (
    BINANCE,
    BREAKER_SECONDS,
    NEVER,
    YAHOO,
    Live,
    at_work,
    has_every_trade,
    prices_never_offered,
    seen,
    trade,
    trades,
)
from tests.standin import Fault, StandIn
from tests.waiting import wait_for

FAULTS: dict[str, tuple[Fault, str]] = {
    "401": (Fault.status(401), "refused"),
    "403": (Fault.status(403), "refused"),
    "404": (Fault.status(404), "provider down"),
    "422": (Fault.status(422), "provider down"),
    "429": (Fault.status(429, retry_after=1), "throttled"),
    "500": (Fault.status(500), "provider down"),
    "503": (Fault.status(503), "provider down"),
    "a page for people": (Fault.html(), "provider down"),
    "nothing": (Fault.empty(), "provider down"),
    "half an answer": (Fault.malformed(), "provider down"),
    "an answer to another question": (Fault.body({"a": [1, None]}), "provider down"),
    "a reset": (Fault.reset(), "provider down"),
    "a late answer": (Fault.slow(1.5), "provider down"),
}
QUESTIONS = {"yahoo": "v7/finance/quote", "binance": "aggTrades"}


@pytest.fixture(params=["yahoo", "binance"])
def source(request: pytest.FixtureRequest) -> str:
    """Each provider that can be asked for a coin."""
    return str(request.param)


def listing(source: str) -> str:
    return {"yahoo": YAHOO, "binance": BINANCE}[source]


def is_asked(live: Live) -> Callable[[], bool]:
    """Whether one of the trades made at every check comes by polling."""
    before = len(live.quotes())
    return lambda: trade(live.standin).size > 0 and len(live.quotes()) > before


@pytest.fixture
def time_limit() -> str:
    """Seconds that an answer may take."""
    return NEVER


@pytest.fixture
def polling(standin: StandIn, source: str, time_limit: str) -> Iterator[Live]:
    """A market whose stream can't be opened, so that it asks."""
    standin.streams.refuse_handshake(503, times=1000)
    with at_work(standin, listing(source), seen(), HTTP_TIMEOUT=time_limit) as live:
        live.wait_until_reported("provider down", "live")
        yield live


@pytest.mark.parametrize(
    ("fault", "time_limit"), [(fault, "1" if fault == "a late answer" else NEVER) for fault in FAULTS]
)
def test_wrong_answer_is_reported_and_requested_again(
    polling: Live, standin: StandIn, source: str, fault: str
) -> None:
    wrong, cause = FAULTS[fault]
    if source == "yahoo" and cause == "refused":
        cause = "provider down"  # Yahoo knows no keys: whom it turns away it may serve again later
    standin.answer_with(wrong, times=None, path=QUESTIONS[source])
    wait_for(lambda: polling.is_reported(cause) and not _names_the_stream(polling))
    trades(standin, 3)
    standin.answer_normally()
    wait_for(is_asked(polling))
    wait_for(lambda: polling.is_reported("provider down") and _names_the_stream(polling))
    assert prices_never_offered(polling) == set()
    if source == "binance":
        wait_for(lambda: has_every_trade(polling))


def test_provider_that_fails_five_times_in_a_row_gets_no_request_for_a_while(
    polling: Live, standin: StandIn, source: str
) -> None:
    standin.answer_with(Fault.status(500), times=None, path=QUESTIONS[source])
    wait_for(lambda: "in a row" in _detail(polling))
    standin.answer_normally()
    wait_for(is_asked(polling))
    asked = [request.time for request in standin.requests if QUESTIONS[source] in request.path]
    assert max(later - earlier for earlier, later in pairwise(asked)) >= BREAKER_SECONDS / 2, "or up to twice"
    wait_for(lambda: _names_the_stream(polling))


def _names_the_stream(live: Live) -> bool:
    """Whether the only fault is that no stream can be opened."""
    return "could not be opened" in _detail(live)


def _detail(live: Live) -> str:
    row = live.row()
    return "" if row is None else row.detail


def test_expired_crumb_is_replaced_without_a_report(standin: StandIn) -> None:
    standin.streams.refuse_handshake(503, times=1000)
    with at_work(standin, YAHOO, seen()) as live:
        live.wait_until_reported("provider down", "live")
        standin.yahoo.expire()
        wait_for(is_asked(live))
        assert not live.is_reported("refused")


def test_unreachable_provider_is_reported_and_quotes_come_back(standin: StandIn, source: str) -> None:
    with at_work(standin, listing(source), seen()) as live:
        live.wait_until_streaming(source)
        before = trade(standin)
        wait_for(lambda: live.has_received(before))
        standin.down()
        trades(standin, 3)
        live.wait_until_reported("provider down")
        row = live.row()
        assert row is not None
        assert row.next_try_at is not None
        standin.up()
        wait_for(live.is_streaming)
        assert prices_never_offered(live) == set()
        if source == "binance":
            wait_for(lambda: has_every_trade(live))


def test_stream_is_opened_as_soon_as_an_unreachable_provider_answers_again(
    standin: StandIn, source: str
) -> None:
    names = ("FIRST_PAUSE", "MAX_PAUSE")
    pauses = {f"producer.workers.quote_receiver.{name}": 86_400.0 for name in names}
    with at_work(standin, listing(source), seen(), waits=pauses) as live:
        live.wait_until_streaming(source)
        standin.down()
        live.wait_until_reported("provider down")
        wait_for(lambda: "could not be opened" not in _detail(live))
        standin.up()
        wait_for(live.is_streaming)


def test_missing_stream_is_replaced_by_polling_until_it_is_back(standin: StandIn, source: str) -> None:
    with at_work(standin, listing(source), seen()) as live:
        live.wait_until_streaming(source)
        standin.streams.refuse_handshake(503, times=1000)
        standin.streams.close()
        live.wait_until_reported("provider down", "live" if live.quotes() else "")
        for _ in range(2):
            wait_for(is_asked(live))
        standin.streams.accept_handshakes()
        wait_for(live.is_streaming)
        asked = [request for request in standin.requests if QUESTIONS[source] in request.path]
        assert len(asked) >= 3
        assert prices_never_offered(live) == set()


HISTORY = {"yahoo": "v8/finance/chart", "binance": "klines"}


@pytest.mark.parametrize("fault", ["429", "500", "a page for people", "nothing", "half an answer"])
def test_history_that_fails_is_reported_and_fetched_again(standin: StandIn, source: str, fault: str) -> None:
    wrong, cause = FAULTS[fault]
    standin.answer_with(wrong, times=None, path=HISTORY[source])
    with at_work(standin, listing(source), seen()) as live:
        live.wait_until_reported(cause, "history")
        wait_for(lambda: bool(standin.streams.subscribed[source]))
        made = trade(standin)
        assert not live.has_received(made)
        standin.answer_normally()
        wait_for(lambda: live.has_received(made))
        live.wait_until_reported("")
        starts = [bar.start for bar in live.bars()]
        assert starts == sorted(set(starts))
        assert prices_never_offered(live) == set()


def test_answer_without_bars_lets_live_quotes_through(standin: StandIn) -> None:
    standin.answer_with(Fault.status(422), times=1, path=HISTORY["yahoo"])
    with at_work(standin, YAHOO, seen()) as live:
        live.wait_until_streaming("yahoo")
        made = trade(standin)
        wait_for(lambda: live.has_received(made))
