"""The stand-in's faults: each has the effect of its name, once, and no other."""

import threading
import time
from contextlib import suppress

import pytest
from curl_cffi import requests
from websockets.exceptions import ConnectionClosedError, ConnectionClosedOK, InvalidStatus
from websockets.sync.client import connect

from tests.slowness import PATIENCE
from tests.standin import Clock, Fault, Market, StandIn
from tests.unit.standin_clients import ask, chart, pricing, yahoo_stream


@pytest.mark.parametrize(
    ("fault", "status", "begins"),
    [
        (Fault.status(429, retry_after=2), 429, "Too Many"),
        (Fault.html(502), 502, "<!DOCTYPE"),
        (Fault.empty(), 200, ""),
        (Fault.slow(0.01), 200, '{"chart'),
        (Fault.malformed(), 200, '{"chart'),
        (Fault.body({"chart": None}), 200, '{"chart":null}'),
    ],
)
def test_a_fault_takes_the_place_of_one_answer(
    standin: StandIn, fault: Fault, status: int, begins: str
) -> None:
    standin.answer_with(fault, path="chart/NVDA")
    assert ask(standin, "BINANCE_URL", "/api/v3/exchangeInfo").status_code == 200
    answer = ask(standin, "YAHOO_URL", "/v8/finance/chart/NVDA")
    assert (answer.status_code, answer.text[: len(begins)]) == (status, begins)
    assert answer.headers.get("retry-after") == ("2" if status == 429 else None)
    assert chart(standin, "NVDA")["meta"]["symbol"] == "NVDA"
    assert [request.path for request in standin.requests][1:] == ["/v8/finance/chart/NVDA"] * 2


def ask_until_up(standin: StandIn) -> requests.Response:
    """The first answer there is, within seconds."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        with suppress(requests.exceptions.ConnectionError):
            return ask(standin, "YAHOO_COOKIE_URL")
    raise AssertionError("it did not come up again")


def test_a_reset_connection_gives_no_answer(standin: StandIn) -> None:
    standin.answer_with(Fault.reset())
    with pytest.raises(requests.exceptions.RequestException):
        ask(standin, "YAHOO_URL", "/v8/finance/chart/NVDA")


def test_streams_end_cleanly_or_by_a_reset(standin: StandIn) -> None:
    with yahoo_stream(standin, "NVDA") as stream:
        standin.streams.close()
        with pytest.raises(ConnectionClosedOK):
            stream.recv(PATIENCE)
    with yahoo_stream(standin, "NVDA") as stream:
        standin.streams.abort()
        with pytest.raises(ConnectionClosedError):
            stream.recv(PATIENCE)
    assert len(standin.connections) == 2


def test_a_silent_stream_still_answers_pings(standin: StandIn) -> None:
    with yahoo_stream(standin, "NVDA") as stream:
        standin.streams.silence(True)
        standin.quote("NVDA", 130.0)
        assert stream.ping().wait(PATIENCE)
        standin.streams.silence(False)
        standin.quote("NVDA", 131.0)
        assert pricing(stream.recv(PATIENCE)).price == 131.0


def test_a_half_open_stream_sends_nothing_while_a_new_one_works(standin: StandIn) -> None:
    with yahoo_stream(standin, "NVDA") as dead:
        standin.streams.half_open()
        with yahoo_stream(standin, "7203.T", "NVDA") as stream:
            standin.quote("NVDA", 130.0)
            assert pricing(stream.recv(PATIENCE)).price == 130.0
        with pytest.raises(TimeoutError):
            dead.recv(0.05)
        assert not dead.ping().wait(0.05)


def test_a_stream_can_close_as_soon_as_it_is_asked(standin: StandIn) -> None:
    standin.streams.close_after_subscribe(True)
    with connect(standin.settings["YAHOO_STREAM_URL"]) as stream:
        stream.send('{"subscribe":["NVDA"]}')
        with pytest.raises(ConnectionClosedOK):
            stream.recv(PATIENCE)


def test_raw_frames_come_as_they_are(standin: StandIn) -> None:
    with yahoo_stream(standin, "NVDA") as stream:
        standin.streams.send_raw("yahoo", '{"type":"pric')
        assert stream.recv(PATIENCE) == '{"type":"pric'


def test_a_refused_handshake_is_noted_and_the_next_one_is_well(standin: StandIn) -> None:
    standin.streams.refuse_handshake(429)
    with pytest.raises(InvalidStatus, match="429"), yahoo_stream(standin):
        pass
    with yahoo_stream(standin, "NVDA"):
        pass
    assert [connection.provider for connection in standin.connections] == ["yahoo", "yahoo"]


def test_while_it_is_down_connections_are_refused(standin: StandIn) -> None:
    with yahoo_stream(standin, "NVDA") as stream:
        standin.down()
        with pytest.raises(ConnectionClosedError):
            stream.recv(PATIENCE)
    with pytest.raises(ConnectionRefusedError), yahoo_stream(standin):
        pass
    with pytest.raises(requests.exceptions.ConnectionError):
        ask(standin, "YAHOO_URL", "/v8/finance/chart/NVDA")
    standin.up()
    assert chart(standin, "NVDA")


def test_it_comes_up_again_by_itself(standin: StandIn) -> None:
    standin.refuse(0.3)
    with pytest.raises(ConnectionRefusedError), yahoo_stream(standin):
        pass
    assert ask_until_up(standin).status_code == 404


def test_no_thread_is_left_behind(clock: Clock) -> None:
    with StandIn(Market(clock)) as standin, yahoo_stream(standin, "AAPL"):
        standin.refuse(60)
    assert not [thread for thread in threading.enumerate() if thread.name == "standin"]
