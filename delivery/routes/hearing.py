"""What is heard from a receiver while a message is sent.

apprise answers with a boolean. Every service of it that uses HTTP calls `requests.post` or `requests.request`, which
make a `requests.Session` for each call; and an error that a service catches, of HTTP or of a mail server, is the one
in `sys.exc_info()` while it logs that it failed. So a session of our own notes status and Retry-After, and a handler
of its log notes the error. Neither the texts of these logs nor those of the errors go further: they contain addresses
with their secrets.
"""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

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


@dataclass
class ReceiverAnswer:
    """`status` and `retry_after` are those of the last answer by HTTP, `date` its time at the receiver; `error` is the
    first one that the service caught."""

    status: int | None = None
    retry_after: str = ""
    date: str = ""
    error: BaseException | None = None


_current: ContextVar[ReceiverAnswer | None] = ContextVar("answer", default=None)


class NotingSession(requests.Session):
    """A session that notes each answer to a request of its thread."""

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        """Send a request, and note the answer."""
        response = super().send(request, **options)
        if (heard := _current.get()) is not None:
            heard.status = response.status_code
            heard.retry_after = response.headers.get("Retry-After", "")
            heard.date = response.headers.get("Date", "")
        return response


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
