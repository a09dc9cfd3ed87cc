"""Messages arrive where receivers redirect, refuse one of several, ask for odd pauses, or limit the lines of a mail."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from delivery.plan.next_message import OutgoingMessage
from delivery.plan.texts import TextSettings, single
from delivery.routes.results import SendingResult
from delivery.routes.route import Route, open_routes
from shared.embedded.ports import free_port
from shared.settings.delivery_settings import BODY, SUBJECT
from tests.unit.delivery.alerts import ALERT, NOON


def sent(route: Route, subject: str = SUBJECT) -> SendingResult:
    """What becomes of a message about one alert."""
    text = single(ALERT, TextSettings(subject, BODY, "UTC", is_simulated=False), NOON, route.limit)
    return route.send(OutgoingMessage(ALERT.id, (ALERT,), text))


@dataclass
class Web:
    """A web server that answers /hook so, and everything else with 200."""

    status: int
    headers: dict[str, str]
    body: bytes = b""
    url: str = ""
    asked: list[str] = field(default_factory=list)


@contextmanager
def web(status: int, headers: dict[str, str], body: bytes = b"") -> Iterator[Web]:
    served = Web(status, headers, body)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            served.asked.append(f"{self.command} {self.headers['Host'].partition(':')[0]}{self.path}")
            is_hook = self.path == "/hook"
            self.send_response_only(served.status if is_hook else 200)
            for name, value in served.headers.items() if is_hook else ():
                self.send_header(name, value.replace("PORT", str(server.server_port)))
            self.send_header("Content-Length", str(len(served.body)))
            self.end_headers()
            self.wfile.write(served.body)

        do_GET = do_POST

        def log_message(self, *_: object) -> None:
            """Nothing is printed."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served.url = f"json://127.0.0.1:{server.server_port}/hook?+X-Token=T0psecret"
    thread = Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(
    ("status", "location"),
    [
        (301, "/elsewhere"),
        (302, "/login"),
        (307, "http://localhost:PORT/elsewhere"),
        (308, "http://localhost:PORT/elsewhere"),
    ],
)
def test_a_redirect_that_loses_the_message_or_leads_to_another_host_is_a_refusal(
    status: int, location: str
) -> None:
    with web(status, {"Location": location}) as server:
        (route,) = open_routes([server.url], "UTC", 5.0)
        result = sent(route)
    assert server.asked == ["POST 127.0.0.1/hook"]
    assert not result.is_delivered and "write the address that it redirects to" in result.words
    assert result.retry_after == 300.0


@pytest.mark.parametrize("status", [307, 308])
def test_a_redirect_within_the_host_that_keeps_the_message_is_followed(status: int) -> None:
    with web(status, {"Location": "/new"}) as server:
        (route,) = open_routes([server.url], "UTC", 5.0)
        assert sent(route).is_delivered
    assert server.asked == ["POST 127.0.0.1/hook", "POST 127.0.0.1/new"]


@pytest.mark.parametrize(
    ("headers", "body", "seconds"),
    [
        ({"Retry-After": "1.5"}, b"", 1.5),
        ({"Retry-After": "0.503"}, b"", 0.503),
        ({"Retry-After": "2814, 2"}, b"", 2_814.0),
        ({"Retry-After": "60s"}, b"", None),
        ({"Retry-After": "-5"}, b"", None),
        ({"Retry-After": "Fri, 01 Jan 2100 00:00:00 GMT"}, b"", 86_400.0),
        ({}, b'{"ok": false, "parameters": {"retry_after": 35}}', 35.0),
        ({}, b'{"message": "rate limited", "retry_after": 64.57}', 64.57),
        ({"Retry-After": "7"}, b'{"retry_after": 64.57}', 7.0),
        ({}, b'{"retry_after": "soon"}', None),
        ({}, b"[" * 10_000, None),
    ],
)
def test_a_pause_is_heard_in_whatever_form_it_is_asked_for(
    headers: dict[str, str], body: bytes, seconds: float | None
) -> None:
    with web(429, headers, body) as server:
        (route,) = open_routes([server.url], "UTC", 5.0)
        assert sent(route).retry_after == seconds


class Mailbox:
    """Takes mails for everybody but `unknown@example.com`."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, bytes]] = []

    async def handle_RCPT(
        self, _: SMTP, __: Session, envelope: Envelope, address: str, ___: list[str]
    ) -> str:
        if address == "unknown@example.com":
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _: SMTP, __: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        self.taken += [(address, envelope.content) for address in envelope.rcpt_tos]
        return "250 OK"


@contextmanager
def mail_routes(receivers: str) -> Iterator[tuple[list[Route], Mailbox]]:
    mailbox = Mailbox()
    server = Controller(mailbox, hostname="127.0.0.1", port=free_port())
    server.start()
    address = f"mailto://127.0.0.1:{server.port}/?from=desk@example.com&mode=insecure&{receivers}"
    try:
        yield open_routes([address], "UTC", 5.0), mailbox
    finally:
        server.stop()


@pytest.mark.parametrize(
    "receivers",
    [
        "to=me@example.com,unknown@example.com",
        "to=me@example.com&cc=unknown@example.com",
        "to=me@example.com&bcc=unknown@example.com",
    ],
)
def test_a_receiver_who_is_refused_makes_no_other_get_the_message_again(receivers: str) -> None:
    with mail_routes(receivers) as (routes, mailbox):
        assert [route.number for route in routes] == [1, 1]
        assert [sent(route).words for route in routes] == [
            "delivered",
            "refused with status 550 of the mail server",
        ]
    assert [address for address, _ in mailbox.taken] == ["me@example.com"]


def test_topics_of_one_address_are_sent_to_separately() -> None:
    first, second = open_routes(["ntfy://127.0.0.1:9/one/two"], "UTC", 5.0)
    assert [first.label, second.label] == ["ntfy://127.0.0.1", "ntfy://127.0.0.1 2"]


@pytest.mark.parametrize("letters", ["Внимание ", "警报", "🚀", "é"])
def test_a_subject_of_any_letters_fits_into_a_line_of_a_mail(letters: str) -> None:
    with mail_routes("to=me@example.com") as (routes, mailbox):
        assert sent(routes[0], letters * 90 + "{symbol}").is_delivered
    ((_, mail),) = mailbox.taken
    assert max(map(len, mail.splitlines())) <= 998
    assert message_from_bytes(mail)["Auto-Submitted"] == "auto-generated"
