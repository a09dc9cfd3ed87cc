"""Receivers that send a message elsewhere, or answer with a body that has no end."""

import gzip
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

import pytest

from delivery.plan.next_message import OutgoingMessage
from delivery.plan.texts import MessageText
from delivery.routes.receiver_answer import BODY_SECONDS, MOST_BYTES, NotingSession
from delivery.routes.results import SendingResult
from delivery.routes.route import open_routes
from tests.slowness import slowness
from tests.unit.delivery.alerts import ALERT
from tests.unit.local_http import Local, Reply, answering

MESSAGE = OutgoingMessage("key", (ALERT,), MessageText("subject", "body"))
BOMB = gzip.compress(bytes(50 * MOST_BYTES))


def sent_to(local: Local, options: str = "") -> SendingResult:
    (route,) = open_routes([f"{local.url.replace('http', 'json')}/hook?+X-Key=secret{options}"], "UTC", 20.0)
    return route.send(MESSAGE)


@pytest.fixture
def elsewhere() -> Iterator[Local]:
    with answering(lambda _: Reply("a page")) as local:
        yield local


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_a_refusal_and_sends_nothing_elsewhere(elsewhere: Local, status: int) -> None:
    headers = (("Location", elsewhere.url.replace("127.0.0.1", "localhost")),)
    with answering(lambda _: Reply("", status, headers)) as local:
        result = sent_to(local)
    assert not result.is_delivered
    assert not elsewhere.asked


def test_a_page_of_another_host_is_asked_for_without_the_headers_of_the_address(elsewhere: Local) -> None:
    place = (("Location", elsewhere.url.replace("127.0.0.1", "localhost")),)
    with answering(lambda _: Reply("", 303, place)) as local:
        assert sent_to(local).is_delivered
    (headers,) = elsewhere.headers
    assert {name.lower() for name in headers} <= {
        "host",
        "user-agent",
        "accept",
        "accept-encoding",
        "connection",
    }


@contextmanager
def speaking(body: Iterator[bytes], *headers: tuple[str, str]) -> Iterator[Local]:
    """A receiver that accepts a message, and then sends a body until nobody listens."""
    over = Event()

    class Speaker(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            for header in headers:
                self.send_header(*header)
            self.end_headers()
            with suppress(OSError):
                for piece in body:
                    if over.is_set():
                        return
                    self.wfile.write(piece)

        def log_message(self, *_: object) -> None:
            """Nothing is printed."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Speaker)
    local = Local(lambda _: Reply(""))
    local.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield local
    finally:
        over.set()
        server.shutdown()
        server.server_close()
        thread.join()


def pieces(piece: bytes, pause: float = 0.0) -> Iterator[bytes]:
    while True:
        yield piece
        time.sleep(pause)


@pytest.mark.parametrize("pause", [0.0, 0.05])
def test_an_endless_answer_to_an_accepted_message_ends(pause: float) -> None:
    began = time.monotonic()
    with speaking(pieces(b"x" * (1 << 16 if not pause else 1), pause)) as local:
        assert sent_to(local).is_delivered
    assert time.monotonic() - began < (BODY_SECONDS + 3) * slowness()


def test_an_answer_that_breaks_off_was_an_answer() -> None:
    with speaking(iter([b"x"]), ("Content-Length", "100")) as local:
        assert sent_to(local).is_delivered


def test_a_compressed_answer_is_unpacked_up_to_the_limit() -> None:
    with speaking(iter([BOMB]), ("Content-Encoding", "gzip"), ("Content-Length", str(len(BOMB)))) as local:
        assert len(NotingSession().post(local.url, data="x", timeout=20).content) == MOST_BYTES
