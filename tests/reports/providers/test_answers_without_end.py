"""Scenario: a provider, or a server in its place, sends an endless answer: a body without end, one that unpacks to a
thousand times its size, headers by the megabyte, circular redirects, a byte now and then. None of these fills the
memory or delays another request."""

import gzip
import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

import pytest

from producer.transport.http import MAX_MEGABYTES, HttpClient
from producer.transport.rate_limits import RequestLimit
from shared.errors import SourceDown, Unanswered, Unavailable
from shared.files import downloads
from tests.slowness import PATIENCE

MEGABYTE = 1 << 20
MOST_SENT = 8 * MAX_MEGABYTES
"""So that a client which takes everything fails the test, and not the machine."""
Answer = Callable[[BaseHTTPRequestHandler], None]


def endless(handler: BaseHTTPRequestHandler) -> None:
    """A body of which no end is announced, as fast as it is taken."""
    handler.send_response_only(200)
    handler.send_header("Connection", "close")
    handler.end_headers()
    for _ in range(MOST_SENT):
        handler.wfile.write(b" " * MEGABYTE)


def bomb(handler: BaseHTTPRequestHandler) -> None:
    """A small body that unpacks to a large one."""
    packed = gzip.compress(b"[" * (2 * MAX_MEGABYTES * MEGABYTE), 1)
    handler.send_response_only(200)
    handler.send_header("Content-Encoding", "gzip")
    handler.send_header("Content-Length", str(len(packed)))
    handler.end_headers()
    handler.wfile.write(packed)


def flood_of_headers(handler: BaseHTTPRequestHandler) -> None:
    """Headers without end."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    for number in range(MOST_SENT):
        handler.wfile.write(b"".join(b"X-%d: %s\r\n" % (number, b"x" * 1000) for _ in range(1000)))


def circle(handler: BaseHTTPRequestHandler) -> None:
    """Leads to itself."""
    handler.send_response_only(302)
    handler.send_header("Location", handler.path)
    handler.send_header("Content-Length", "0")
    handler.end_headers()


def drop_by_drop(handler: BaseHTTPRequestHandler) -> None:
    """A byte now and then, so that the connection is never silent for long."""
    handler.send_response_only(200)
    handler.send_header("Content-Length", str(MEGABYTE))
    handler.end_headers()
    for _ in range(200):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.05)


@contextmanager
def provider(answer: Answer) -> Iterator[str]:
    """The address of a server that answers so, but for /well."""

    class EndlessHandler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.startswith("/well"):
                self.send_response_only(200)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"[]")
                return
            with suppress(ConnectionError):
                answer(self)

        def log_message(self, format: str, *args: object) -> None:
            """Tests are read, not logged."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), EndlessHandler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def client_at(address: str, timeout: float) -> HttpClient:
    """The client of every provider."""
    return HttpClient(address, RequestLimit(6000, Event().wait), timeout)


@pytest.mark.parametrize(
    ("answer", "words", "timeout"),
    [
        (endless, f"more than {MAX_MEGABYTES} MB", PATIENCE),
        (bomb, f"more than {MAX_MEGABYTES} MB", PATIENCE),
        (flood_of_headers, "can't be reached", PATIENCE),
        (circle, "can't be reached", PATIENCE),
        (drop_by_drop, "did not respond within 0.5 s", 0.5),
    ],
)
def test_an_endless_answer_is_given_up_and_the_next_request_is_answered(
    answer: Answer, words: str, timeout: float
) -> None:
    with provider(answer) as address:
        client = client_at(address, timeout)
        with pytest.raises(SourceDown, match=words):
            client.get("/quote", {})
        with pytest.raises(SourceDown, match=words):
            client.get_text(f"{address}/cookie")
        assert client_at(address, PATIENCE).get("/well", {}).json == []


def test_an_endless_body_fails_its_own_request_alone() -> None:
    with provider(endless) as address:
        client = client_at(address, PATIENCE)
        for _ in range(5):
            with pytest.raises(Unanswered, match="more than"):
                client.get("/quote", {"symbol": "AAPL"})
        assert client.get("/well", {}).json == []


def test_an_endless_file_is_refused() -> None:
    with provider(endless) as address, pytest.raises(Unavailable, match="more than"):
        downloads.fetch(f"{address}/kafka.jar", hashlib.sha256(b"the jar").hexdigest())
