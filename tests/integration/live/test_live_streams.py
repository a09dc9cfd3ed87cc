"""Streams that end, break, go silent or send invalid frames: detected, reported, opened again, and nothing is lost."""

import time
from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest

from tests.integration.live.live import (
    BINANCE,
    COIN,
    FIRST_PAUSE,
    NEVER,
    YAHOO,
    Live,
    at_work,
    has_every_trade,
    has_in_order,
    prices_never_offered,
    seen,
    trade,
    trades,
)
from tests.standin import StandIn
from tests.waiting import wait_for

SOON = "3"
"""Seconds after which a stream is silent, in the tests of that: longer than the others of the machine take."""

Fault = Callable[[StandIn], None]
ENDS: dict[str, tuple[Fault, str]] = {
    "closed": (lambda standin: standin.streams.close(), "provider down"),
    "aborted": (lambda standin: standin.streams.abort(), "provider down"),
    "half-open": (lambda standin: standin.streams.half_open(), "stream silent"),
}
GARBAGE = (
    "",
    "{",
    "[]",
    "null",
    "0",
    '"text"',
    '{"data":null}',
    '{"type":"pricing","message":"AAAA"}',
    "\x00",
)
UNKNOWN = ('{"type":"news","message":"x"}', '{"e":"kline","data":{"e":"kline"}}', '{"result":null,"id":7}')


@pytest.fixture(params=["yahoo", "binance"])
def source(request: pytest.FixtureRequest) -> str:
    """Each provider that streams a coin."""
    return str(request.param)


@pytest.fixture
def silence() -> str:
    """Seconds after which a stream is silent."""
    return NEVER


@pytest.fixture
def live(standin: StandIn, source: str, silence: str) -> Iterator[Live]:
    """A market that streams the coin from that provider, which answers no poll until it is to."""
    listing = {"yahoo": YAHOO, "binance": BINANCE}[source]
    with at_work(standin, listing, seen(), STREAM_SILENCE=silence) as live:
        live.wait_until_streaming(source)
        wait_until_open(live, source)
        live.end_polls()
        yield live


def wait_until_open(live: Live, source: str) -> None:
    """Return when trades come over the stream of this provider."""
    name = COIN.name_at(source)
    assert name is not None
    wait_for(lambda: live.is_streaming() and live.standin.streams.is_sending(source, name))


def connections(standin: StandIn) -> list[float]:
    return [connected.time for connected in standin.connections]


@pytest.mark.parametrize(("end", "silence"), [("closed", NEVER), ("aborted", NEVER), ("half-open", SOON)])
def test_stream_that_ends_is_reported_and_opened_again_and_loses_nothing(
    live: Live, standin: StandIn, source: str, end: str
) -> None:
    fault, cause = ENDS[end]
    before = trades(standin, 5)
    wait_for(lambda: has_in_order(live, before))
    reports = len(live.market.reports)
    standin.answer_normally()
    fault(standin)
    meanwhile = trades(standin, 5)
    live.wait_until_reported_once(cause, reports)
    wait_until_open(live, source)
    live.end_polls()
    after = trades(standin, 5)
    wait_for(lambda: has_in_order(live, [*before, *after]))
    assert prices_never_offered(live) == set()
    # A stream that is soon called silent may be opened once more where this machine stands still meanwhile.
    assert len(connections(standin)) == 2 or (end == "half-open" and len(connections(standin)) > 2)
    if source == "binance":
        wait_for(lambda: has_in_order(live, [*before, *meanwhile, *after]))
        assert has_every_trade(live)


@pytest.mark.parametrize("silence", [SOON])
def test_stream_that_sends_nothing_while_the_market_is_open_is_opened_again(
    live: Live, standin: StandIn, source: str
) -> None:
    standin.answer_normally()
    standin.streams.silence(True)
    live.wait_until_reported("stream silent")
    received = len(live.quotes())
    wait_for(lambda: trade(standin).price > 0 and len(live.quotes()) > received)
    standin.streams.silence(False)
    wait_for(live.is_streaming)
    assert prices_never_offered(live) == set()
    if source == "binance":
        wait_for(lambda: has_every_trade(live))


def test_stream_that_closes_after_every_subscription_is_reopened_with_pauses(
    live: Live, standin: StandIn
) -> None:
    standin.answer_normally()
    standin.streams.close_after_subscribe(True)
    closed = time.monotonic()
    standin.streams.close()
    wait_for(lambda: len(connections(standin)) >= 3)
    _, second, third = connections(standin)[:3]
    assert second - closed >= FIRST_PAUSE
    assert third - second >= 2 * FIRST_PAUSE
    live.wait_until_reported("provider down")
    standin.streams.close_after_subscribe(False)
    wait_for(live.is_streaming)


def test_pauses_between_tries_grow_no_longer_than_the_longest(standin: StandIn, source: str) -> None:
    waits = {
        "producer.workers.quote_receiver.FIRST_PAUSE": 0.025,
        "producer.workers.quote_receiver.MAX_PAUSE": 0.1,
    }
    standin.streams.refuse_handshake(503, times=24)  # with pauses that always double it would be days
    with at_work(standin, {"yahoo": YAHOO, "binance": BINANCE}[source], seen(), waits=waits) as live:
        wait_for(lambda: len(connections(standin)) >= 25)
        assert all(later - earlier >= 0.1 for earlier, later in list(pairwise(connections(standin)))[3:])
        live.wait_until_streaming(source)


def test_frames_that_make_no_sense_are_counted_and_end_no_stream(
    live: Live, standin: StandIn, source: str
) -> None:
    sent = []
    for text in (*GARBAGE, *UNKNOWN):
        standin.streams.send_raw(source, text)
        sent.append(trade(standin))
    wait_for(lambda: has_in_order(live, sent))
    wait_for(lambda: (row := live.row()) is not None and row.refused >= len(GARBAGE) - 2)
    assert len(connections(standin)) == 1
    assert prices_never_offered(live) == set()


def test_frame_cut_in_half_costs_no_numbered_trade(live: Live, standin: StandIn, source: str) -> None:
    lost = trade(standin, providers=())
    dialect = standin.streams.dialects[source]
    name = COIN.name_at(source)
    assert name is not None
    whole = dialect.frame(COIN, name, lost, standin.market.day(COIN.name))
    standin.streams.send_raw(source, whole[: len(whole) // 2])
    after = trade(standin)
    wait_for(lambda: live.has_received(after))
    assert live.has_received(lost) == (source == "binance")
    assert len(connections(standin)) == 1


def test_frame_too_long_to_be_read_ends_the_stream_and_it_is_opened_again(
    live: Live, standin: StandIn, source: str
) -> None:
    reports = len(live.market.reports)
    standin.answer_normally()
    standin.streams.send_raw(source, "x" * 2**20)
    live.wait_until_reported_once("provider down", reports)
    wait_for(live.is_streaming)
