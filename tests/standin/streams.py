"""The WebSocket server: every provider's streams, and their faults."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from threading import Condition
from typing import Any, NamedTuple, Protocol
from urllib.parse import parse_qsl, urlsplit

from websockets.asyncio.server import ServerConnection, broadcast
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request as Handshake
from websockets.http11 import Response
from websockets.protocol import State

from tests.slowness import PATIENCE
from tests.standin.instrument import Instrument
from tests.standin.market import Day, Trade
from tests.standin.web import reset

SILENT_LOGGER = logging.getLogger("tests.standin.silent")
SILENT_LOGGER.propagate = False
SILENT_LOGGER.addHandler(logging.NullHandler())


class StandInConnection(NamedTuple):
    """One WebSocket handshake, refused or not: `time` by time.monotonic."""

    time: float
    provider: str


@dataclass(eq=False)
class StandInStream:
    """One open connection: the names it follows, and whether anything is still read or written."""

    provider: str
    connection: ServerConnection
    follows: set[str] = field(default_factory=set)
    is_dead: bool = False


class Dialect(Protocol):
    """The protocol of one provider's stream."""

    path: str

    def refusal(self, params: dict[str, str]) -> str | None:
        """Why a handshake with these parameters is refused with 401; None where it is not."""

    def followed_at_handshake(self, params: dict[str, str]) -> set[str]:
        """The names followed from the beginning."""

    def reply_to(self, stream: StandInStream, text: str) -> str | None:
        """Process a client's message; the reply, if any."""

    def frame(self, instrument: Instrument, name: str, trade: Trade, day: Day) -> str:
        """One trade, as it goes over the wire."""

    def ping(self) -> str | None:
        """The provider's own heartbeat beside the WebSocket's; None if it has none."""


class Streams:
    """Every open stream. Its public methods may be called from any thread and return when the deed is done."""

    def __init__(self, loop: asyncio.AbstractEventLoop, dialects: dict[str, Dialect]) -> None:
        self.connections: list[StandInConnection] = []
        self._loop = loop
        self.dialects = dialects
        self._open: set[StandInStream] = set()
        self._followers: dict[tuple[str, str], list[StandInStream]] = {}
        self._changed = Condition()
        self._outbox: deque[tuple[str, str, str]] = deque()
        self._is_silent = False
        self._closes_after_subscribe = False
        self._refusals: list[int] = []

    @property
    def subscribed(self) -> dict[str, set[str]]:
        """The names that open streams follow, by provider; as the provider calls them."""
        names: dict[str, set[str]] = {provider: set() for provider in self.dialects}
        for provider, name in list(self._followers):
            names[provider].add(name)
        return names

    def wait_until_followed(self, provider: str, *names: str) -> None:
        """Return as soon as these are followed. Raises TimeoutError where they never are."""
        with self._changed:
            if not self._changed.wait_for(lambda: set(names) <= self.subscribed[provider], PATIENCE):
                raise TimeoutError(f"{names} are not followed at {provider}, but {self.subscribed[provider]}")

    def close(self, provider: str | None = None) -> None:
        """Close every stream (of one provider) cleanly; one that does not take leave in turn is cut off."""
        self._each(provider, lambda stream: stream.connection.close())

    def abort(self, provider: str | None = None) -> None:
        """Reset every stream's TCP connection."""
        self._each(provider, _abort)

    def half_open(self, provider: str | None = None) -> None:
        """The streams open now are read and written no more, not even for a pong; TCP stays. New ones are well."""
        self._each(provider, _die)

    def silence(self, silent: bool) -> None:
        """Send no frames (True), on new streams either, while pings are answered; or send them again (False)."""
        self._is_silent = silent

    def close_after_subscribe(self, closes: bool) -> None:
        """Close a stream cleanly as soon as it asks for something."""
        self._closes_after_subscribe = closes

    def refuse_handshake(self, status: int, times: int = 1) -> None:
        """Answer the next handshakes with that HTTP status."""
        self._refusals += [status] * times

    def accept_handshakes(self) -> None:
        """Refuse no more of them."""
        self._refusals.clear()

    def send_raw(self, provider: str, text: str) -> None:
        """Send this text to every stream of the provider, whatever it is."""

        async def send(stream: StandInStream) -> None:
            broadcast(_living([stream]), text)

        self._each(provider, send)

    def ping(self, provider: str | None = None) -> None:
        """A WebSocket ping to every stream, and the provider's own heartbeat if it has one."""
        self._each(provider, self._ping)

    def publish(self, provider: str, name: str, text: str) -> None:
        """Send a frame to every stream that follows the name; soon, and in order."""
        if not self._is_silent:
            self._outbox.append((provider, name, text))
            if len(self._outbox) == 1:
                self._loop.call_soon_threadsafe(self._flush)

    def is_followed(self, provider: str, name: str) -> bool:
        """Whether any open stream follows the name."""
        return (provider, name) in self._followers

    def is_sending(self, provider: str, name: str) -> bool:
        """Whether a frame of the name would be sent now, over a connection that is read and written."""
        living = _living(self._followers.get((provider, name), ()))
        return not self._is_silent and any(connection.state is State.OPEN for connection in living)

    def check_handshake(self, connection: ServerConnection, handshake: Handshake) -> Response | None:
        """Note a handshake, and refuse it where it is to be refused."""
        provider, path, params = _address(handshake.path)
        self.connections.append(StandInConnection(time.monotonic(), provider))
        dialect = self.dialects.get(provider)
        if self._refusals:
            return connection.respond(self._refusals.pop(0), "refused\n")
        if dialect is None or not path.startswith(dialect.path):
            return connection.respond(404, "no such stream\n")
        reason = dialect.refusal(params)
        return None if reason is None else connection.respond(401, reason)

    def reset_all(self) -> None:
        """Reset every stream, from within the event loop."""
        for stream in self._open:
            reset(stream.connection.transport)

    async def serve(self, connection: ServerConnection) -> None:
        """One stream, from its handshake to its end."""
        assert connection.request is not None
        provider, _, params = _address(connection.request.path)
        dialect = self.dialects[provider]
        stream = StandInStream(provider, connection, dialect.followed_at_handshake(params))
        self._open.add(stream)
        try:
            await self._listen(stream, dialect)
        except ConnectionClosed:
            connection.transport.abort()
        finally:
            self._open.discard(stream)
            self._index()

    async def _listen(self, stream: StandInStream, dialect: Dialect) -> None:
        """Receive the client's messages until it disconnects."""
        self._index()
        async for message in stream.connection:
            reply = dialect.reply_to(stream, str(message))
            self._index()
            if reply is not None:
                await stream.connection.send(reply)
            if self._closes_after_subscribe:
                await stream.connection.close()

    def _index(self) -> None:
        """Index again who follows what: changed rarely, looked up at every frame."""
        followers: dict[tuple[str, str], list[StandInStream]] = {}
        for stream in self._open:
            for name in stream.follows:
                followers.setdefault((stream.provider, name), []).append(stream)
        with self._changed:
            self._followers = followers
            self._changed.notify_all()

    def _flush(self) -> None:
        """Send what has gathered."""
        while self._outbox:
            provider, name, text = self._outbox.popleft()
            broadcast(_living(self._followers.get((provider, name), ())), text)

    def _of(self, provider: str | None) -> list[StandInStream]:
        return [stream for stream in self._open if provider in (None, stream.provider)]

    async def _ping(self, stream: StandInStream) -> None:
        """Send both kinds of ping."""
        own = self.dialects[stream.provider].ping()
        if not stream.is_dead:
            await stream.connection.ping()
        if own is not None:
            broadcast(_living([stream]), own)

    def _each(self, provider: str | None, deed: Callable[[StandInStream], Coroutine[Any, Any, None]]) -> None:
        """Do something to every stream, in the event loop, and wait until it is done."""

        async def done() -> None:
            await asyncio.gather(*(deed(stream) for stream in self._of(provider)))

        asyncio.run_coroutine_threadsafe(done(), self._loop).result()


def _living(streams: Iterable[StandInStream]) -> list[ServerConnection]:
    """The connections that are still written to."""
    return [stream.connection for stream in streams if not stream.is_dead]


async def _abort(stream: StandInStream) -> None:
    reset(stream.connection.transport)


async def _die(stream: StandInStream) -> None:
    """Read and write no more."""
    stream.is_dead = True
    stream.connection.transport.pause_reading()


def _address(target: str) -> tuple[str, str, dict[str, str]]:
    """Provider, the path after it, and the parameters."""
    parts = urlsplit(target)
    provider, _, path = parts.path.lstrip("/").partition("/")
    return provider, path, dict(parse_qsl(parts.query))
