"""What is heard from a receiver while a message is sent.

apprise answers with a boolean. Every service of it that uses HTTP calls `requests.post` or `requests.request`, which
make a `requests.Session` for each call; and an error that a service catches, of HTTP or of a mail server, is the one
in `sys.exc_info()` while it logs that it failed. So a session of our own notes status and Retry-After, and a handler
of its log notes the error. The session follows no redirect by which the message would get lost or its secrets would
reach another host: `requests` repeats a POST that is answered with 301 or 302 as a GET, whose answer says nothing about
the message. Neither the texts of these logs nor those of the errors go further: they contain addresses
with their secrets.
"""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from email.utils import formatdate
from typing import Any
from urllib.parse import urljoin, urlsplit

import msgspec
import requests
from requests import sessions

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


class _Told(msgspec.Struct):
    """The pause in the body of an answer: that of Discord and, within `parameters`, that of Telegram, in seconds."""

    retry_after: float | None = None
    parameters: _Parameters = msgspec.field(default_factory=_Parameters)


_current: ContextVar[ReceiverAnswer | None] = ContextVar("answer", default=None)


class NotingSession(requests.Session):
    """A session that notes each answer to a request of its thread, and loses no message by a redirect."""

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        """Send a request, and note the answer."""
        response = super().send(request, **options)
        if (heard := _current.get()) is not None:
            heard.status = response.status_code
            heard.retry_after = response.headers.get("Retry-After", "") or _pause_told(response)
            heard.date = response.headers.get("Date", "") or formatdate(usegmt=True)
        return response

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """Where a redirect is followed to; None to take the redirect as the answer."""
        target = super().get_redirect_target(resp)
        is_message = resp.request.method not in READING and resp.status_code != ANSWERED_ELSEWHERE
        if target is None or not is_message:
            return target
        is_lost = resp.status_code in LOSING or not _is_same_host(str(resp.url), target)
        return None if is_lost else target


def _is_same_host(url: str, target: str) -> bool:
    """Whether an address leads to the same host, and not from an encrypted to an unencrypted connection."""
    one, other = urlsplit(url), urlsplit(urljoin(url, target))
    return one.hostname == other.hostname and (one.scheme == other.scheme or other.scheme == "https")


def _pause_told(response: requests.Response) -> str:
    """The pause that is in the body of a refusal, as a header would have it; empty if there is none."""
    if response.status_code != TOO_MANY:
        return ""
    try:
        told = msgspec.json.decode(response.content, type=_Told)
    except (msgspec.DecodeError, RecursionError):
        return ""
    pause = told.retry_after or told.parameters.retry_after
    return "" if pause is None else str(pause)


class _NotingHandler(logging.Handler):
    """Notes errors, and drops the text of the log line."""

    def emit(self, _: logging.LogRecord) -> None:
        heard, error = _current.get(), sys.exc_info()[1]
        if heard is not None and heard.error is None:
            heard.error = error


def listen() -> None:
    """Note answers and errors from now on, and keep the lines of the libraries out of every log."""
    sessions.Session = NotingSession  # type: ignore[misc] # the name that requests' functions look up
    handler = _NotingHandler()
    for name in LIBRARIES:
        library = logging.getLogger(name)
        library.handlers, library.propagate = [handler], False
    logging.getLogger("apprise").setLevel(logging.DEBUG)


@contextmanager
def hearing() -> Iterator[ReceiverAnswer]:
    """What this thread hears while the context is open."""
    heard = ReceiverAnswer()
    token = _current.set(heard)
    try:
        yield heard
    finally:
        _current.reset(token)
