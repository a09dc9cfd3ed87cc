"""Real receivers of messages: a web server and a mail server that answer as a test tells them."""

import json
import socket
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP as MailServer
from aiosmtpd.smtp import Envelope, Session

from shared.embedded.ports import free_port

Answer = int | str
"""A status, or what is done instead: close the connection, hang, or answer slowly."""
SLOW_SECONDS = 0.7


@dataclass
class Receiver:
    """What a receiver got and accepted, with the time of each on the monotonic clock.

    `answers` are given in order, and then `answer` for good; `retry_after` is sent with each that refuses. A message
    with an alert of `refused` always gets the answer that stands there.
    """

    url: str = ""
    answer: Answer = 200
    answers: list[Answer] = field(default_factory=list)
    retry_after: str = ""
    refused: dict[str, Answer] = field(default_factory=dict)
    subjects: list[str] = field(default_factory=list)
    bodies: list[str] = field(default_factory=list)
    payloads: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    tried_at: list[float] = field(default_factory=list)
    over: Event = field(default_factory=Event)

    def next_answer(self) -> Answer:
        """Note an attempt; returns how it is answered."""
        self.tried_at.append(time.monotonic())
        return self.answers.pop(0) if self.answers else self.answer

    def ids(self) -> Counter[str]:
        """How often each alert was accepted."""
        return Counter(alert["id"] for payload in self.payloads for alert in payload["alerts"])


def handler_of(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            payload = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            answer = receiver.next_answer()
            for alert in payload["alerts"]:
                answer = receiver.refused.get(alert["id"], answer)
            if answer == "hang":
                receiver.over.wait(60)
            if answer == "slow":
                receiver.over.wait(SLOW_SECONDS)
            if answer in ("hang", "close"):
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            status = answer if isinstance(answer, int) else 200
            if status == 200:
                receiver.payloads.append(payload)
                receiver.headers.append(dict(self.headers))
                receiver.subjects.append(payload["title"])
                receiver.bodies.append(payload["message"])
            with suppress(OSError):
                self._answer(status)

        def _answer(self, status: int) -> None:
            self.send_response(status)
            if status != 200 and receiver.retry_after:
                self.send_header("Retry-After", receiver.retry_after)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing is printed."""

    return Handler


@contextmanager
def webhook(port: int = 0) -> Iterator[Receiver]:
    """A web server; its URL is that of a route."""
    receiver = Receiver()
    server = ThreadingHTTPServer(("127.0.0.1", port), handler_of(receiver))
    server.daemon_threads = True
    receiver.url = f"json://127.0.0.1:{server.server_port}/hook"
    thread = Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield receiver
    finally:
        receiver.over.set()
        server.shutdown()
        thread.join()
        server.server_close()


class MailHandler:
    """Accepts mails, or refuses them with the status of the receiver."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver

    async def handle_DATA(self, _: MailServer, __: Session, envelope: Envelope) -> str:
        answer = self._receiver.next_answer()
        if answer != 200:
            return f"{answer} not now"
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content, policy=default)
        self._receiver.subjects.append(str(mail["Subject"]))
        self._receiver.bodies.append(mail.get_content())
        return "250 accepted"


@contextmanager
def mail_server() -> Iterator[Receiver]:
    """A mail server that asks for no login; its URL is that of a route."""
    receiver = Receiver()
    server = Controller(MailHandler(receiver), hostname="127.0.0.1", port=free_port())
    server.start()
    receiver.url = f"mailto://127.0.0.1:{server.port}/?from=desk@example.com&to=me@example.com&mode=insecure"
    try:
        yield receiver
    finally:
        server.stop()
