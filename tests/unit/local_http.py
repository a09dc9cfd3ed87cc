"""A server on 127.0.0.1 that gives a provider's answers to the real client."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit


class Reply(NamedTuple):
    """What to answer: a text, bytes, or an object that is sent as JSON."""

    body: object
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()


class Asked(NamedTuple):
    """A request; the body is that of a POST."""

    path: str
    params: dict[str, str]
    body: str = ""


class Local:
    """Where the server is, what it was asked, with which headers, and what it answers, which may be changed at any
    time."""

    def __init__(self, answer: Callable[[Asked], Reply]) -> None:
        self.answer = answer
        self.asked: list[Asked] = []
        self.headers: list[dict[str, str]] = []
        self.url = ""


def _sent(body: object) -> bytes:
    if isinstance(body, bytes):
        return body
    return (body if isinstance(body, str) else json.dumps(body)).encode()


@contextmanager
def answering(answer: Callable[[Asked], Reply]) -> Iterator[Local]:
    """A running server; every request is answered by `answer`."""
    local = Local(answer)

    class LocalHandler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers["Content-Length"] or 0)).decode()
            asked = Asked(parts.path, dict(parse_qsl(parts.query)), body)
            local.asked.append(asked)
            local.headers.append(dict(self.headers))
            reply = local.answer(asked)
            answer = _sent(reply.body)
            self.send_response(reply.status)
            for name, value in (*reply.headers, ("Content-Length", str(len(answer)))):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer)

        do_POST = do_GET

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), LocalHandler)
    local.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield local
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
