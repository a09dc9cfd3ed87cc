"""Binance's combined stream, whose subscriptions are changed by messages, without a new connection.

Pitfalls: more than five messages a second, including pings and pongs, end the connection, and so do 24 hours. Stream
names are in lower case, pairs in trades in upper case; subscribing to an unknown pair returns no error. A server sends
a notice ten minutes before its shutdown.
"""

import time
from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec

from producer.sources.answers import Received
from producer.sources.binance.trades import TradeFrame, quote_of_trade
from producer.transport.websocket import Connection
from shared.errors import SourceDown
from shared.market.records import Quote

STREAMS_AT_ONCE = 200
MESSAGE_SECONDS = 0.25
"""Minimum interval of our messages."""
SHUTDOWN = "serverShutdown"


class BinanceMessage(msgspec.Struct, frozen=True):
    """Part of a notice or error: an event type, or a code with its reason."""

    e: str = ""
    code: int | None = None
    msg: str = ""


class BinanceNotice(msgspec.Struct):
    """A message other than a trade. A response has the `id` of its request; a notice may be wrapped or not."""

    id: int | None = None
    e: str = ""
    code: int | None = None
    msg: str = ""
    data: BinanceMessage = BinanceMessage()
    event: BinanceMessage = BinanceMessage()
    error: BinanceMessage | None = None


class BinanceStream:
    """A connection and its pairs. `wait` waits so many seconds; `traded` receives the times of trades."""

    def __init__(
        self,
        connection: Connection,
        clock: Callable[[], datetime],
        wait: Callable[[float], bool],
        traded: Callable[[float], None],
    ) -> None:
        self._connection, self._clock, self._wait, self._traded = connection, clock, wait, traded
        self._names: dict[str, str] = {}
        self._requests = 0
        self._may_ask_at = 0.0
        self._end: SourceDown | None = None

    def follow(self, names: Sequence[str]) -> None:
        """Subscribe to new names and unsubscribe from missing ones. Raises SourceDown."""
        before, self._names = self._names, {name.upper(): name for name in names}
        self._ask("UNSUBSCRIBE", [pair for pair in before if pair not in self._names])
        self._ask("SUBSCRIBE", [pair for pair in self._names if pair not in before])

    def receive(self, seconds: float) -> Received:
        """The trades received. Raises SourceDown, also if Binance rejects a request or announces a shutdown."""
        if self._end is not None:
            raise self._end
        texts = self._connection.receive_all(seconds)
        now, refused, quotes = self._clock(), 0, []
        for text in texts:
            try:
                quotes += self._read(text, now)
            except (ValueError, RecursionError):  # the latter for deeply nested brackets
                refused += self._is_useless(text)
        return Received(quotes, refused)

    def close(self) -> None:
        """Close at once; never raises."""
        self._connection.close()

    def _ask(self, method: str, pairs: Sequence[str]) -> None:
        for start in range(0, len(pairs), STREAMS_AT_ONCE):
            self._wait(max(0.0, self._may_ask_at - time.monotonic()))
            self._may_ask_at = time.monotonic() + MESSAGE_SECONDS
            self._requests += 1
            streams = [f"{pair.lower()}@aggTrade" for pair in pairs[start : start + STREAMS_AT_ONCE]]
            request = {"method": method, "params": streams, "id": self._requests}
            self._connection.send(msgspec.json.encode(request).decode())

    def _read(self, text: str, now: datetime) -> list[Quote]:
        """The trade in a message; empty if its pair is no longer subscribed.

        Raises ValueError if it contains no valid trade.
        """
        trade = msgspec.json.decode(text, type=TradeFrame, strict=False).data
        self._traded(trade.T / 1000)
        name = self._names.get(trade.s)
        return [] if name is None else [quote_of_trade(name, trade, now)]

    def _is_useless(self, text: str) -> bool:
        """Handle a message other than a trade; returns whether it is neither a response nor the end of the stream."""
        try:
            notice = msgspec.json.decode(text, type=BinanceNotice)
        except (msgspec.DecodeError, RecursionError):
            return True
        if SHUTDOWN in (notice.e, notice.data.e, notice.event.e):
            self._end = SourceDown("Binance is shutting down this server.")
        elif (error := notice.error or BinanceMessage(code=notice.code, msg=notice.msg)).code is not None:
            self._end = SourceDown(f"Binance rejects a request with code {error.code}: {error.msg[:80]}")
        return notice.id is None and self._end is None
