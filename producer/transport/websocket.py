"""A WebSocket to a provider, with time limits for opening, reading and closing; it does not reconnect by itself."""

import errno
import logging
import socket
from collections.abc import Sequence
from contextlib import suppress
from threading import Timer
from typing import Any
from urllib.parse import quote, urlsplit

from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.http11 import Response
from websockets.sync.client import ClientConnection, connect

from shared.errors import NoNetwork, Refused, SourceDown, SourceError, Throttled
from shared.runtime.retry_after import seconds_wanted
from shared.settings.addresses import stays_here

OPEN_SECONDS = 10.0
PING_SECONDS = 10.0
"""Interval of our pings, and time limit of each response: a half-open socket is detected within twice that."""
CLOSE_SECONDS = 0.5
FRAME_BYTES = 2**18
FRAMES_WAITING = 256
"""Limit of received but unread frames; then the server has to wait."""

NO_ROUTE = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN}

# At level DEBUG the library would log the URL with the key; its errors are raised as exceptions anyway.
SILENT = logging.getLogger("websockets.silent")
SILENT.setLevel(logging.CRITICAL + 1)


class Connection:
    """An open WebSocket to `url`; error texts never contain `secrets`, which are parts of the URL.

    `send` and `close` may be called while another thread waits in `receive`. A server that does not respond to pings is
    disconnected within 2 * PING_SECONDS + CLOSE_SECONDS; a frame of more than FRAME_BYTES ends the connection. Only the
    lookup of the host name has no time limit but the system's.

    Opening raises Refused for status 401, 403 and 451, Throttled for 418 and 429, NoNetwork if the host name can't be
    resolved or there is no route, else SourceDown.
    """

    def __init__(self, url: str, secrets: Sequence[str] = ()) -> None:
        self._host = urlsplit(url).hostname
        self._secrets = [text for secret in secrets if secret for text in (secret, quote(secret, safe=""))]
        try:
            self._websocket = _open(url)
        # ValueError: an invalid URL; ImportError: a SOCKS proxy is set but its package is not installed.
        except (OSError, WebSocketException, ValueError, ImportError) as error:
            raise self._not_open(error) from None

    def send(self, text: str) -> None:
        """Send a message. Raises SourceDown if the connection is lost."""
        try:
            self._websocket.send(text)
        except ConnectionClosed as closed:
            raise self._gone(closed) from None

    def receive(self, seconds: float) -> str | None:
        """The next message, None if there is none in that time. Messages received before the end are returned first.

        Invalid UTF-8 is replaced: such a message is then rejected by its parser, without ending the connection.
        Raises SourceDown if the connection is lost.
        """
        try:
            return self._websocket.recv(seconds, decode=False).decode(errors="replace")
        except TimeoutError:
            return None
        except ConnectionClosed as closed:
            raise self._gone(closed) from None

    def receive_all(self, seconds: float) -> list[str]:
        """The next message and those already received after it; empty if there is none in that time.

        Raises SourceDown if the connection is lost and no message is left.
        """
        first = self.receive(seconds)
        texts = [] if first is None else [first]
        with suppress(SourceDown):  # the next call raises it; these messages were received before
            while 0 < len(texts) < FRAMES_WAITING and (text := self.receive(0)) is not None:
                texts.append(text)
        return texts

    def close(self) -> None:
        """Close within 2 * CLOSE_SECONDS, in any state of the connection; never raises."""
        # A thread blocked in a write to a socket that is not read holds the lock that close needs.
        last_resort = Timer(1.5 * CLOSE_SECONDS, self._cut)
        last_resort.daemon = True
        last_resort.start()
        self._websocket.close()
        last_resort.cancel()

    def _cut(self) -> None:
        with suppress(OSError):  # already closed
            self._websocket.socket.shutdown(socket.SHUT_RDWR)

    def _gone(self, closed: ConnectionClosed) -> SourceDown:
        if closed.rcvd is not None and closed.rcvd_then_sent is not False:
            reason = f": {closed.rcvd.reason}" if closed.rcvd.reason else ""
            return SourceDown(
                self._clean(f"{self._host} closed the stream with code {closed.rcvd.code}{reason}.")
            )
        if closed.sent is not None:
            return SourceDown(
                f"The stream of {self._host} was closed by this side with code {closed.sent.code}: "
                f"{closed.sent.reason or 'no longer needed'}."
            )
        return SourceDown(f"{self._host} dropped the stream (code 1006).")

    def _not_open(self, error: Exception) -> SourceError:
        if isinstance(error, InvalidStatus):
            return _handshake_error(error.response, self._host)
        if isinstance(error, socket.gaierror):
            return NoNetwork(f"The host name {self._host} can't be resolved.")
        if isinstance(error, OSError) and error.errno in NO_ROUTE:
            return NoNetwork(f"There is no route to {self._host}.")
        return SourceDown(self._clean(f"The stream of {self._host} could not be opened: {error}."))

    def _clean(self, sentence: str) -> str:
        for secret in self._secrets:
            sentence = sentence.replace(secret, "***")
        return sentence


def _staying_here(url: str) -> dict[str, Any]:
    """Options that keep a stream on this machine, with the key in its URL, from using a proxy or a redirect."""
    if not stays_here(url):
        return {}
    parts = urlsplit(url)
    return {"proxy": None, "address": (parts.hostname, parts.port or (443 if parts.scheme == "wss" else 80))}


def _open(url: str) -> ClientConnection:
    return connect(
        url,
        **_staying_here(url),
        compression=None,
        open_timeout=OPEN_SECONDS,
        ping_interval=PING_SECONDS,
        ping_timeout=PING_SECONDS,
        close_timeout=CLOSE_SECONDS,
        max_size=FRAME_BYTES,
        max_queue=FRAMES_WAITING,
        logger=SILENT,
        legacy=True,
    )


def _handshake_error(answer: Response, host: str | None) -> SourceError:
    """The error for a failed handshake by its status; 418 is a ban for too many requests."""
    status = answer.status_code
    if status in (401, 403, 451):
        return Refused(f"{host} rejects the stream with status {status}.")
    if status in (418, 429):
        headers = ("".join(answer.headers.get_all(name)[:1]) for name in ("Retry-After", "Date"))
        seconds = seconds_wanted(*headers)
        return Throttled(f"{host} limits the opening of streams (status {status}).", seconds)
    return SourceDown(f"The stream of {host} could not be opened: status {status}.")
