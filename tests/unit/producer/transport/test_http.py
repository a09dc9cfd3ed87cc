"""Every kind of failure of a provider, over a real connection, and the error that the caller gets."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from time import monotonic
from typing import TypeVar

import pytest

from producer.transport.http import HttpClient, Rejected
from producer.transport.rate_limits import RequestLimit
from shared.errors import NoNetwork, Refused, SourceDown, SourceError, Throttled
from tests.slowness import PATIENCE

SECRET = "k3y-that-nobody-may-see"
E = TypeVar("E", bound=SourceError)
PAGE = b"<!DOCTYPE html><html><body>Will be right back</body></html>"


@dataclass
class PreparedReply:
    """One answer of the server. It is sent once `held` is set; only `sent` bytes of it where that is a number."""

    status: int = 200
    body: bytes = b'{"price": 1.5}'
    headers: dict[str, str] = field(default_factory=dict)
    held: Event | None = None
    sent: int | None = None


class PreparedHandler(BaseHTTPRequestHandler):
    """Answers with the server's replies in turn; the last one stays."""

    server: "PreparedServer"

    def do_GET(self) -> None:
        replies = self.server.replies
        reply = replies.pop(0) if len(replies) > 1 else replies[0]
        self.server.asked.append((self.path, dict(self.headers)))
        if reply.held is not None:
            reply.held.wait(PATIENCE)
        self.send_response_only(reply.status)
        for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.body[: reply.sent])

    def log_message(self, format: str, *args: object) -> None:
        """Tests are read, not logged."""


class PreparedServer(ThreadingHTTPServer):
    """A server of prepared replies; `asked` holds the path and the headers of each request."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), PreparedHandler)
        self.replies = [PreparedReply()]
        self.asked: list[tuple[str, dict[str, str]]] = []


@pytest.fixture
def server() -> Iterator[PreparedServer]:
    server = PreparedServer()
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def client_at(address: str, timeout: float = PATIENCE) -> HttpClient:
    return HttpClient(address, RequestLimit(6000, Event().wait), timeout, secrets=(SECRET, ""))


@pytest.fixture
def client(server: PreparedServer) -> HttpClient:
    return client_at(f"http://127.0.0.1:{server.server_port}")


def error_of(kind: type[E], client: HttpClient) -> E:
    """The error of a request whose params hold the key; no error repeats it, nor what else was asked."""
    with pytest.raises(kind) as caught:
        client.get("/v1/quote", {"symbol": "AAPL", "token": SECRET})
    for text in (str(caught.value), repr(caught.value.__cause__), repr(caught.value.args)):
        assert SECRET not in text
        assert "AAPL" not in text
    assert "/v1/quote" in str(caught.value) or caught.value.retry_after is not None
    return caught.value


def test_an_answer_holds_status_headers_and_decoded_body(server: PreparedServer, client: HttpClient) -> None:
    server.replies = [PreparedReply(headers={"X-Used-Weight": "12"})]
    answer = client.get("/v1/quote", {"symbols": "BRK-B,^GSPC", "count": 2}, {"X-Key": SECRET})
    assert (answer.status, answer.headers["x-used-weight"], answer.json) == (200, "12", {"price": 1.5})
    path, headers = server.asked[0]
    assert path in ("/v1/quote?symbols=BRK-B%2C%5EGSPC&count=2", "/v1/quote?symbols=BRK-B,%5EGSPC&count=2")
    assert headers["X-Key"] == SECRET


def test_impersonation_sends_a_browsers_headers(server: PreparedServer) -> None:
    limit = RequestLimit(100, Event().wait)
    HttpClient(f"http://127.0.0.1:{server.server_port}", limit, 5.0, impersonate="chrome").get("/", {})
    assert "Chrome" in server.asked[0][1]["User-Agent"]


def test_cookies_are_kept_for_the_next_request(server: PreparedServer, client: HttpClient) -> None:
    server.replies = [PreparedReply(body=b"text", headers={"Set-Cookie": "A3=yes; Path=/"}), PreparedReply()]
    assert client.get_text(f"http://127.0.0.1:{server.server_port}/cookie") == "text"
    client.get("/", {})
    assert server.asked[1][1]["Cookie"] == "A3=yes"


@pytest.mark.parametrize(
    ("reply", "kind", "words"),
    [
        (PreparedReply(500), SourceDown, "responded with status 500"),
        (PreparedReply(502, PAGE), SourceDown, "responded with status 502"),
        (PreparedReply(503), SourceDown, "responded with status 503"),
        (PreparedReply(200, PAGE), SourceDown, "a web page instead of JSON"),
        (PreparedReply(200, b""), SourceDown, "an empty body instead of JSON"),
        (PreparedReply(200, b'{"pri'), SourceDown, "other text instead of JSON"),
        (PreparedReply(200, b'{"price": 1.5}', sent=5), SourceDown, "curl error 18"),
        (PreparedReply(401), Refused, "responded with status 401"),
        (PreparedReply(403, PAGE), Refused, "responded with status 403"),
        (PreparedReply(451), Refused, "responded with status 451"),
    ],
)
def test_a_failure_is_named_by_what_happens_next(
    server: PreparedServer, client: HttpClient, reply: PreparedReply, kind: type[SourceError], words: str
) -> None:
    server.replies = [reply]
    assert words in str(error_of(kind, client))


@pytest.mark.parametrize("status", [400, 404, 422])
def test_a_rejected_request_carries_status_and_body(
    server: PreparedServer, client: HttpClient, status: int
) -> None:
    server.replies = [PreparedReply(status, json.dumps({"error": f"no such key {SECRET}"}).encode())]
    error = error_of(Rejected, client)
    assert (error.status, error.body) == (status, {"error": "no such key ***"})


def test_a_rejected_request_carries_the_text_of_a_body_that_is_no_json(
    server: PreparedServer, client: HttpClient
) -> None:
    server.replies = [PreparedReply(404, PAGE)]
    assert error_of(Rejected, client).body == PAGE.decode()


def test_a_key_that_the_provider_repeats_is_not_in_the_answer(
    server: PreparedServer, client: HttpClient
) -> None:
    server.replies = [PreparedReply(200, f'{{"Note": "your key {SECRET}"}}'.encode())]
    assert client.get("/", {}).json == {"Note": "your key ***"}


@pytest.mark.parametrize(
    ("status", "headers", "seconds"),
    [
        (429, {"Retry-After": "80"}, 80.0),
        (418, {"Retry-After": "120"}, 120.0),
        (503, {"Retry-After": "90"}, 90.0),
        (
            429,
            {"Retry-After": "Mon, 05 Jan 2026 10:01:30 GMT", "Date": "Mon, 05 Jan 2026 10:00:00 GMT"},
            90.0,
        ),
        (429, {"Retry-After": "Mon, 05 Jan 2026 10:01:30 GMT"}, 60.0),
        (429, {"Retry-After": "soon"}, 60.0),
        (429, {"Retry-After": "-7"}, 60.0),
        (429, {"Retry-After": "9" * 400}, 86_400.0),
        (429, {}, 60.0),
    ],
)
def test_a_throttling_provider_gets_no_request_before_the_time_it_names(
    server: PreparedServer, client: HttpClient, status: int, headers: dict[str, str], seconds: float
) -> None:
    server.replies = [PreparedReply(status, headers=headers), PreparedReply()]
    began = monotonic()
    assert error_of(Throttled, client).retry_after == seconds
    again = error_of(Throttled, client).retry_after
    assert again is not None
    assert seconds - (monotonic() - began) <= again <= seconds
    assert len(server.asked) == 1


def test_a_short_pause_is_waited_for(server: PreparedServer, client: HttpClient) -> None:
    server.replies = [PreparedReply(429, headers={"Retry-After": "1"}), PreparedReply()]
    began = monotonic()
    assert error_of(Throttled, client).retry_after == 1.0
    client.get("/", {})
    assert monotonic() - began >= 1.0


def test_a_date_in_the_past_asks_for_no_pause(server: PreparedServer, client: HttpClient) -> None:
    times = {"Retry-After": "Mon, 05 Jan 2026 09:00:00 GMT", "Date": "Mon, 05 Jan 2026 10:00:00 GMT"}
    server.replies = [PreparedReply(429, headers=times), PreparedReply()]
    assert error_of(Throttled, client).retry_after == 0.0
    client.get("/", {})


def test_a_silent_provider_is_given_up_after_the_timeout(server: PreparedServer) -> None:
    held = Event()
    server.replies = [PreparedReply(held=held)]
    client = client_at(f"http://127.0.0.1:{server.server_port}", timeout=0.2)
    assert "within 0.2 s" in str(error_of(SourceDown, client))
    held.set()


def test_a_refused_connection_is_a_provider_that_is_down() -> None:
    assert "can't be reached (curl error 7)" in str(error_of(SourceDown, client_at("http://127.0.0.1:9")))


def test_a_name_that_cannot_be_resolved_is_no_network() -> None:
    assert "can't be resolved" in str(error_of(NoNetwork, client_at(f"http://{'a' * 70}.invalid")))


def test_an_address_without_a_route_is_no_network() -> None:
    assert "no route" in str(error_of(NoNetwork, client_at("http://255.255.255.255:9")))


def test_without_a_network_every_request_is_tried() -> None:
    client = client_at("http://no-such-name.invalid")
    for _ in range(7):
        assert error_of(NoNetwork, client).retry_after is None


def test_brackets_without_end_are_no_answer(server: PreparedServer, client: HttpClient) -> None:
    server.replies = [PreparedReply(body=b"[" * 200_000), PreparedReply(400, b"[" * 200_000)]
    assert "instead of JSON" in str(error_of(SourceDown, client))
    assert error_of(Rejected, client).status == 400


@pytest.mark.parametrize("body", [b'{"price": NaN}', b'{"name": "\\ud800"}'])
def test_invalid_json_is_no_answer(server: PreparedServer, client: HttpClient, body: bytes) -> None:
    server.replies = [PreparedReply(body=body)]
    assert "instead of JSON" in str(error_of(SourceDown, client))


def test_unreadable_headers_count_as_a_provider_that_is_down(
    server: PreparedServer, client: HttpClient
) -> None:
    server.replies = [PreparedReply(headers={"Set-Cookie": "name=\xff\xfe; Path=/"})]
    assert "headers" in str(error_of(SourceDown, client))


def test_after_five_failures_in_a_row_the_provider_gets_no_request_for_a_while(
    server: PreparedServer, client: HttpClient
) -> None:
    server.replies = [PreparedReply(500), PreparedReply(200, PAGE), PreparedReply(500)]
    for _ in range(5):
        assert error_of(SourceDown, client).retry_after is None
    pause = error_of(SourceDown, client).retry_after
    assert pause is not None
    assert pause > 0
    assert len(server.asked) == 5


def test_an_answer_of_any_use_ends_a_row_of_failures(server: PreparedServer, client: HttpClient) -> None:
    server.replies = [
        *([PreparedReply(500)] * 4),
        PreparedReply(404),
        *([PreparedReply(500)] * 4),
        PreparedReply(),
    ]
    for kind in (*[SourceDown] * 4, Rejected, *[SourceDown] * 4):
        error_of(kind, client)
    assert client.get("/", {}).json == {"price": 1.5}
