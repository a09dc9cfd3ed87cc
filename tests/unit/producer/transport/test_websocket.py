"""Streams that end in every possible way."""

import logging
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from statistics import median
from threading import Event, Thread

import pytest
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection

from producer.transport import websocket as connection_module
from producer.transport.websocket import Connection
from shared.errors import NoNetwork, Refused, SourceDown, SourceError, Throttled
from tests.slowness import PATIENCE, slowness
from tests.unit.local_stream import cut, half_open, serving, until_closed

KEY = "a key/of+mine"
KEY_IN_URL = "a%20key%2Fof%2Bmine"
CLOSED_WITHIN = 1.5
"""Seconds on a free machine."""
MEASUREMENTS = 3


def test_messages_come_in_order_and_a_wait_without_any_gives_none() -> None:
    def two(server: ServerConnection) -> None:
        server.send("one")
        server.send(b"tw\xff")
        until_closed(server)

    with serving(two) as url:
        stream = Connection(url)
        assert [stream.receive(PATIENCE), stream.receive(PATIENCE), stream.receive(0.01)] == [
            "one",
            "tw\ufffd",
            None,
        ]
        stream.close()


def test_sent_message_arrives() -> None:
    def echo(server: ServerConnection) -> None:
        server.send(server.recv())
        until_closed(server)

    with serving(echo) as url:
        stream = Connection(url)
        stream.send('{"ask":1}')
        assert stream.receive(PATIENCE) == '{"ask":1}'
        stream.close()


def test_a_clean_close_is_reported_with_its_code_after_the_last_message() -> None:
    def leave(server: ServerConnection) -> None:
        server.send("last")
        server.close(1012, f"back soon, {KEY}")

    with serving(leave) as url:
        stream = Connection(url, secrets=(KEY,))
        assert stream.receive(PATIENCE) == "last"
        with pytest.raises(
            SourceDown, match=r"127\.0\.0\.1 closed the stream with code 1012: back soon, \*\*\*"
        ):
            stream.receive(PATIENCE)
        with pytest.raises(SourceDown, match="code 1012"):
            stream.send("more")
        stream.close()


def test_an_abort_is_reported() -> None:
    with serving(cut) as url:
        stream = Connection(url)
        with pytest.raises(SourceDown, match="dropped the stream"):
            stream.receive(PATIENCE)
        stream.close()


def test_a_half_open_connection_is_found_by_unanswered_pings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_module, "PING_SECONDS", 0.1)
    with half_open() as url:
        stream = Connection(url)
        with pytest.raises(SourceDown, match="keepalive ping timeout"):
            stream.receive(PATIENCE)
        stream.close()


def seconds_to_close(stream: Connection) -> float:
    """How long it takes to close the stream."""
    started = time.monotonic()
    stream.close()
    return time.monotonic() - started


def usual(measured: Callable[[], float]) -> float:
    """The median of some measurements at the same time: the machine may stand still for a moment."""
    with ThreadPoolExecutor(MEASUREMENTS) as pool:
        return median([each.result() for each in [pool.submit(measured) for _ in range(MEASUREMENTS)]])


def seconds_to_close_a_half_open_connection() -> float:
    with half_open() as url:
        return seconds_to_close(Connection(url))


def test_closing_a_half_open_connection_takes_no_more_than_a_second_and_a_half() -> None:
    assert usual(seconds_to_close_a_half_open_connection) < CLOSED_WITHIN * slowness()


def seconds_to_free_a_writer() -> float:
    """How long it takes to close a stream, and with it to free a thread that hangs in a write."""
    with half_open() as url:
        stream = Connection(url)
        ended = Event()

        def send_too_much() -> None:
            try:
                while True:
                    stream.send("x" * 2**20)
            except SourceDown:
                ended.set()

        writer = Thread(target=send_too_much)
        writer.start()
        assert not ended.wait(0.2)
        seconds = seconds_to_close(stream)
        writer.join(PATIENCE)
        assert ended.is_set()
    return seconds


def test_closing_frees_a_thread_that_hangs_in_a_write_within_a_second_and_a_half() -> None:
    assert usual(seconds_to_free_a_writer) < CLOSED_WITHIN * slowness()


def test_closing_frees_a_thread_that_waits_for_a_message() -> None:
    with serving(until_closed) as url:
        stream = Connection(url)
        errors: list[SourceError] = []

        def wait() -> None:
            try:
                stream.receive(PATIENCE)
            except SourceDown as error:
                errors.append(error)

        reader = Thread(target=wait)
        reader.start()
        stream.close()
        reader.join(PATIENCE)
        assert len(errors) == 1


def test_a_frame_over_the_limit_ends_the_connection() -> None:
    def flood(server: ServerConnection) -> None:
        server.send("x" * (connection_module.FRAME_BYTES + 1))
        until_closed(server)

    with serving(flood) as url:
        stream = Connection(url)
        with pytest.raises(SourceDown, match="code 1009"):
            stream.receive(PATIENCE)
        stream.close()


def test_a_silent_server_that_answers_pings_is_not_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_module, "PING_SECONDS", 3.0)
    go_on = Event()

    def send_when_released(server: ServerConnection) -> None:
        go_on.wait(PATIENCE)
        server.ping().wait(PATIENCE)
        server.send("pinged")
        until_closed(server)

    with serving(send_when_released) as url:
        stream = Connection(url)
        # Without a pong the connection would be given up after twice the interval; it is long for a busy machine.
        assert stream.receive(2.5 * connection_module.PING_SECONDS) is None
        go_on.set()
        assert stream.receive(PATIENCE) == "pinged"
        stream.close()


@pytest.mark.parametrize(
    ("status", "retry_after", "error", "seconds"),
    [
        (401, None, Refused, None),
        (403, None, Refused, None),
        (451, None, Refused, None),
        (429, "17", Throttled, 17.0),
        (429, "soon", Throttled, None),
        (418, "120", Throttled, 120.0),
        (429, "9" * 400, Throttled, 86_400.0),
        (503, "5", SourceDown, None),
        (200, None, SourceDown, None),
    ],
)
def test_error_of_a_refused_handshake_names_what_to_do_next(
    status: int, retry_after: str | None, error: type[SourceError], seconds: float | None
) -> None:
    def refuse(server: ServerConnection, request: Request) -> Response:
        response = server.respond(status, KEY)
        if retry_after is not None:
            response.headers["Retry-After"] = retry_after
        return response

    with serving(until_closed, refuse) as url, pytest.raises(error, match=str(status)) as refusal:
        Connection(f"{url}/?token={KEY_IN_URL}", secrets=(KEY,))
    assert type(refusal.value) is error
    assert refusal.value.retry_after == seconds


def test_a_server_without_the_websocket_protocol_is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_module, "OPEN_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        port = deaf.getsockname()[1]
        with pytest.raises(SourceDown, match="timed out"):
            Connection(f"ws://127.0.0.1:{port}")
    with pytest.raises(SourceDown, match="refused"):
        Connection(f"ws://127.0.0.1:{port}")


def test_a_name_that_cannot_be_looked_up_is_no_network() -> None:
    with pytest.raises(NoNetwork, match=r"nowhere\.invalid"):
        Connection("ws://nowhere.invalid")


def test_no_key_is_in_an_error_or_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with serving(cut) as url:
        stream = Connection(f"{url}/?token={KEY_IN_URL}", secrets=(KEY,))
        with pytest.raises(SourceDown):
            stream.receive(PATIENCE)
        stream.close()
    with pytest.raises(SourceDown) as refusal:
        Connection(f"ws://127.0.0.1:port/?token={KEY_IN_URL}", secrets=(KEY, ""))
    with pytest.raises(SourceDown) as not_http:
        Connection(f"http://127.0.0.1:1/?token={KEY_IN_URL}", secrets=(KEY, ""))
    texts = [str(refusal.value), str(not_http.value)]
    texts += [record.getMessage() for record in caplog.records if record.name != "websockets.server"]
    assert not [text for text in texts if KEY in text or KEY_IN_URL in text]
    assert "***" in str(not_http.value)
