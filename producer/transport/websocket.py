"""One WebSocket to a provider, opened, read and closed within known times; it never reconnects by itself."""

import errno
import logging
import socket
import time
from collections.abc import Sequence
from contextlib import suppress
from threading import Timer
from typing import Any
from urllib.parse import quote, urlsplit

from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.protocol import Event
from websockets.sync.client import ClientConnection, connect

from producer.transport.retry_after import seconds_wanted
from shared.errors import NoNetwork, Refused, SourceDown, SourceError, Throttled
from shared.settings.addresses import stays_here

OPEN_SECONDS = 10.0
PING_SECONDS = 10.0
"""Between our pings, and for the answer to each: a half-open socket is found within twice that."""
CLOSE_SECONDS = 0.5
FRAME_BYTES = 2**18
FRAMES_WAITING = 256
"""Received and not yet asked for; with more the server has to wait."""

NO_ROUTE = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN}

# The library would log the address, and with it the key, at level DEBUG; all it has to say comes as an exception.
SILENT = logging.getLogger("websockets.silent")
SILENT.setLevel(logging.CRITICAL + 1)


class _HeardConnection(ClientConnection):
    """The library's connection, that also notes when the server last spoke."""

    last_heard = 0.0

    def process_event(self, event: Event) -> None:
        # A pong answers our own ping: a server whose feed is dead sends it too.
        if not isinstance(event, Frame) or event.opcode is not Opcode.PONG:
            self.last_heard = time.monotonic()
        super().process_event(event)


class Connection:
    """An open WebSocket to `url`; none of `secrets`, parts of the address, is ever in the text of an error.

    `send` and `close` may be called while another thread waits in `receive`. The limits are this module's: a server
    that answers no ping is given up within 2 * PING_SECONDS + CLOSE_SECONDS, a frame of more than FRAME_BYTES ends
    the connection. The look-up of the host's name alone has no limit but the system's.

    Opening raises Refused for status 401, 403 and 451, Throttled for 418 and 429, NoNetwork where the name can't be
    looked up or no way leads there, else SourceDown.
    """

    def __init__(self, url: str, secrets: Sequence[str] = ()) -> None:
        self._host = urlsplit(url).hostname
        self._secrets = [text for secret in secrets if secret for text in (secret, quote(secret, safe=""))]
        try:
            self._websocket = _open(url)
        # ValueError: an address that is none; ImportError: a SOCKS proxy is set and what it takes is not installed.
        except (OSError, WebSocketException, ValueError, ImportError) as error:
            raise self._not_open(error) from None

    @property
    def last_heard(self) -> float:
        """When the last frame came that the server sent of its own, a ping among them: seconds of time.monotonic."""
        return self._websocket.last_heard

    def send(self, text: str) -> None:
        """Raises SourceDown where the connection is gone."""
        try:
            self._websocket.send(text)
        except ConnectionClosed as closed:
            raise self._gone(closed) from None

    def receive(self, seconds: float) -> str | None:
        """The next message, None where there was none in that time. What came before the end is given before it.

        Bytes that are no UTF-8 are replaced: such a message is then refused by who reads it, and ends no connection.
        Raises SourceDown where the connection is gone.
        """
        try:
            return self._websocket.recv(seconds, decode=False).decode(errors="replace")
        except TimeoutError:
            return None
        except ConnectionClosed as closed:
            raise self._gone(closed) from None

    def receive_all(self, seconds: float) -> list[str]:
        """The next message and what already waits behind it; empty where there was none in that time.

        Raises SourceDown where the connection is gone and nothing is left.
        """
        first = self.receive(seconds)
        texts = [] if first is None else [first]
        with suppress(SourceDown):  # the next call tells it; these came before
            while 0 < len(texts) < FRAMES_WAITING and (text := self.receive(0)) is not None:
                texts.append(text)
        return texts

    def close(self) -> None:
        """Close within 2 * CLOSE_SECONDS, whatever state the connection is in; never raises."""
        # A thread that hangs in a write to a socket that nobody reads holds the lock that close needs.
        last_resort = Timer(1.5 * CLOSE_SECONDS, self._cut)
        last_resort.daemon = True
        last_resort.start()
        self._websocket.close()
        last_resort.cancel()

    def _cut(self) -> None:
        with suppress(OSError):  # it is closed already
            self._websocket.socket.shutdown(socket.SHUT_RDWR)

    def _gone(self, closed: ConnectionClosed) -> SourceDown:
        if closed.rcvd is not None and closed.rcvd_then_sent is not False:
            reason = f": {closed.rcvd.reason}" if closed.rcvd.reason else ""
            return SourceDown(
                self._clean(f"{self._host} closed the stream with code {closed.rcvd.code}{reason}.")
            )
        if closed.sent is not None:
            return SourceDown(
                f"The stream of {self._host} was closed from here with code {closed.sent.code}: "
                f"{closed.sent.reason or 'no more needed'}."
            )
        return SourceDown(f"{self._host} broke the stream off (code 1006).")

    def _not_open(self, error: Exception) -> SourceError:
        if isinstance(error, InvalidStatus):
            return _judged(error.response, self._host)
        if isinstance(error, socket.gaierror):
            return NoNetwork(f"The name {self._host} can't be looked up.")
        if isinstance(error, OSError) and error.errno in NO_ROUTE:
            return NoNetwork(f"No network leads to {self._host}.")
        return SourceDown(self._clean(f"{self._host} opens no stream: {error}."))

    def _clean(self, sentence: str) -> str:
        for secret in self._secrets:
            sentence = sentence.replace(secret, "***")
        return sentence


def _staying_here(url: str) -> dict[str, Any]:
    """What keeps a stream of this machine, and the key in its address, from a proxy and from a redirect to another."""
    if not stays_here(url):
        return {}
    parts = urlsplit(url)
    return {"proxy": None, "address": (parts.hostname, parts.port or (443 if parts.scheme == "wss" else 80))}


def _open(url: str) -> _HeardConnection:
    opened = connect(
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
        create_connection=_HeardConnection,
        legacy=True,
    )
    assert isinstance(opened, _HeardConnection)
    return opened


def _judged(answer: Response, host: str | None) -> SourceError:
    """What a refused handshake means by its status; 418 is a ban for asking too often."""
    status = answer.status_code
    if status in (401, 403, 451):
        return Refused(f"{host} refuses the stream with status {status}.")
    if status in (418, 429):
        headers = ("".join(answer.headers.get_all(name)[:1]) for name in ("Retry-After", "Date"))
        seconds = seconds_wanted(*headers)
        return Throttled(f"{host} wants fewer streams opened (status {status}).", seconds)
    return SourceDown(f"{host} opens no stream: status {status}.")
