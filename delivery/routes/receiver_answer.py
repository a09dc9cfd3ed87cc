"""What a receiver answers while a message is sent.

apprise answers with a boolean. Every service of it that uses HTTP calls `requests.post` or `requests.request`, which
make a `requests.Session` for each call; and an error that a service catches, of HTTP or of a mail server, is the one
in `sys.exc_info()` while it logs that it failed. So a session of our own notes status and Retry-After, and a handler
of its log notes the error. Neither the texts of these logs nor those of the errors go further: they contain addresses
with their secrets.

The session follows no redirect by which the message would get lost or its secrets would reach another host: `requests`
repeats a POST that is answered with 301 or 302 as a GET, whose answer shows nothing about the message.

The body of an answer is of no interest beyond its beginning. One that is endless must not fill the memory, and one
that takes for ever must not make an accepted message look like one that was not, which would be sent again.
"""

import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from email.utils import formatdate
from io import BytesIO
from typing import Any
from urllib.parse import urljoin, urlsplit

import msgspec
import requests
import urllib3
from requests import sessions
from requests.adapters import HTTPAdapter

LIBRARIES = (
    "apprise",
    "urllib3",
    "requests",
    "requests_oauthlib",
    "oauthlib",
    "charset_normalizer",
    "markdown",
)
"""The loggers of apprise and of what it imports; some write whole URLs."""
READING = ("GET", "HEAD")
LOSING = (301, 302)
"""Redirects after which a message would be asked for instead of sent."""
ANSWERED_ELSEWHERE = 303
"""The message was taken; only the page to show after it is somewhere else."""
TOO_MANY = 429
HARMLESS = ("User-Agent", "Accept", "Accept-Encoding", "Connection")
"""The headers that another host may see; those of an address may have secrets of any name."""
MOST_BYTES = 1 << 20
"""Of the body of an answer, uncompressed."""
PIECE = 1 << 14
BODY_SECONDS = 2.0
"""How long the body may take after the status."""


@dataclass
class ReceiverAnswer:
    """`status` and `retry_after` are those of the last answer by HTTP, `date` its time at the receiver; `error` is the
    first one that the service caught."""

    status: int | None = None
    retry_after: str = ""
    date: str = ""
    error: BaseException | None = None


class _Parameters(msgspec.Struct):
    retry_after: float | None = None


class _BodyWithPause(msgspec.Struct):
    """The pause in the body of an answer: that of Discord and, within `parameters`, that of Telegram, in seconds."""

    retry_after: float | None = None
    parameters: _Parameters = msgspec.field(default_factory=_Parameters)


_current: ContextVar[ReceiverAnswer | None] = ContextVar("answer", default=None)


class BriefAdapter(HTTPAdapter):
    """Reads the beginning of the body of each answer, and closes the connection."""

    def send(
        self, request: requests.PreparedRequest, stream: bool = False, *others: Any, **options: Any
    ) -> requests.Response:
        """Send a request; the answer has what came of its body within the limits, unless `stream` is wanted."""
        response = super().send(request, True, *others, **options)
        if not stream:
            whole = response.raw
            response.raw = BytesIO(_beginning(whole))
            whole.close()
        return response


def _beginning(body: urllib3.HTTPResponse) -> bytes:
    """The first bytes of a body. If it breaks off, what came before; the status shows what became of the message."""
    found, until = bytearray(), time.monotonic() + BODY_SECONDS
    with suppress(urllib3.exceptions.HTTPError, OSError):
        while len(found) < MOST_BYTES and time.monotonic() < until:
            piece = body.read1(PIECE, decode_content=True)
            if not piece:
                break
            found += piece
    return bytes(found[:MOST_BYTES])


class NotingSession(requests.Session):
    """A session that notes each answer to a request of its thread, and loses no message by a redirect."""

    def __init__(self) -> None:
        super().__init__()
        for scheme in ("https://", "http://"):
            self.mount(scheme, BriefAdapter())

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        """Send a request, and note the answer."""
        response = super().send(request, **options)
        if (answer := _current.get()) is not None:
            answer.status = response.status_code
            answer.retry_after = response.headers.get("Retry-After", "") or _pause_in_body(response)
            answer.date = response.headers.get("Date", "") or formatdate(usegmt=True)
        return response

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """Where a redirect is followed to; None to take the redirect as the answer."""
        target = super().get_redirect_target(resp)
        is_message = resp.request.method not in READING and resp.status_code != ANSWERED_ELSEWHERE
        if target is None or not is_message:
            return target
        is_lost = resp.status_code in LOSING or not _is_same_host(str(resp.url), target)
        return None if is_lost else target

    def rebuild_auth(self, prepared_request: requests.PreparedRequest, response: requests.Response) -> None:
        """Remove the headers of an address from a request that a redirect leads to another host."""
        super().rebuild_auth(prepared_request, response)
        if not _is_same_host(str(response.request.url), str(prepared_request.url)):
            for name in [name for name in prepared_request.headers if name not in HARMLESS]:
                del prepared_request.headers[name]


def _is_same_host(url: str, target: str) -> bool:
    """Whether an address leads to the same host, and not from an encrypted to an unencrypted connection."""
    one, other = urlsplit(url), urlsplit(urljoin(url, target))
    return one.hostname == other.hostname and (one.scheme == other.scheme or other.scheme == "https")


def _pause_in_body(response: requests.Response) -> str:
    """The pause that is in the body of a refusal, as a header would have it; empty if there is none."""
    if response.status_code != TOO_MANY:
        return ""
    try:
        body = msgspec.json.decode(response.content, type=_BodyWithPause)
    except (msgspec.DecodeError, RecursionError):
        return ""
    pause = body.retry_after or body.parameters.retry_after
    return "" if pause is None else str(pause)


class _NotingHandler(logging.Handler):
    """Notes errors, and drops the text of the log line."""

    def emit(self, _: logging.LogRecord) -> None:
        answer, error = _current.get(), sys.exc_info()[1]
        if answer is not None and answer.error is None:
            answer.error = error


def note_answers() -> None:
    """Note answers and errors from now on, and keep the lines of the libraries out of every log."""
    sessions.Session = NotingSession  # type: ignore[misc] # the name that requests' functions look up
    handler = _NotingHandler()
    for name in LIBRARIES:
        library = logging.getLogger(name)
        library.handlers, library.propagate = [handler], False
    logging.getLogger("apprise").setLevel(logging.DEBUG)


@contextmanager
def answer_noted() -> Iterator[ReceiverAnswer]:
    """What is answered to this thread while the context is open."""
    answer = ReceiverAnswer()
    token = _current.set(answer)
    try:
        yield answer
    finally:
        _current.reset(token)
