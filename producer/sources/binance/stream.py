"""Binance's combined stream: what it brings is changed by messages, without a new connection.

Its traps. More than five messages a second, pings and pongs among them, end the connection, and so do 24 hours. Names
of streams are in small letters, those of the trades' pairs in capitals; a pair that does not exist is subscribed to
without an error. A server that is about to be shut down says so ten minutes before.
"""

import time
from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec

from producer.sources.answers import Received
from producer.sources.binance.trades import TradeFrame, quote_of
from producer.transport.websocket import Connection
from shared.errors import SourceDown
from shared.market.records import Quote

STREAMS_AT_ONCE = 200
MESSAGE_SECONDS = 0.25
"""Between two of our messages."""
SHUTDOWN = "serverShutdown"


class BinanceMessage(msgspec.Struct, frozen=True):
    """The parts of a notice or of an error: an event's kind, or a code and its reason."""

    e: str = ""
    code: int | None = None
    msg: str = ""


class BinanceNotice(msgspec.Struct):
    """A message that is no trade. What answers a request has the `id` of that; a notice may be wrapped or not."""

    id: int | None = None
    e: str = ""
    code: int | None = None
    msg: str = ""
    data: BinanceMessage = BinanceMessage()
    event: BinanceMessage = BinanceMessage()
    error: BinanceMessage | None = None


class BinanceStream:
    """One connection, and its pairs. `wait` waits so many seconds; `traded` is told the times of trades."""

    def __init__(
        self,
        connection: Connection,
        clock: Callable[[], datetime],
        wait: Callable[[float], bool],
        traded: Callable[[float], None],
    ) -> None:
        self._connection, self._clock, self._wait, self._traded = connection, clock, wait, traded
        self._heard = connection.last_heard
        self._names: dict[str, str] = {}
        self._requests = 0
        self._may_ask_at = 0.0
        self._end: SourceDown | None = None

    def follow(self, names: Sequence[str]) -> None:
        """Subscribe to what is new and unsubscribe from what is not named any more. Raises SourceDown."""
        before, self._names = self._names, {name.upper(): name for name in names}
        self._ask("UNSUBSCRIBE", [pair for pair in before if pair not in self._names])
        self._ask("SUBSCRIBE", [pair for pair in self._names if pair not in before])

    def receive(self, seconds: float) -> Received:
        """The trades that came. Raises SourceDown, also where Binance refuses a request or is about to leave."""
        if self._end is not None:
            raise self._end
        texts = self._connection.receive_all(seconds)
        before, self._heard = self._heard, self._connection.last_heard
        now, refused, quotes = self._clock(), 0, []
        for text in texts:
            try:
                quotes += self._read(text, now)
            except (ValueError, RecursionError):  # the latter for brackets without end
                refused += self._is_useless(text)
        return Received(quotes, refused, alive=bool(texts) or self._heard > before)

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
        """The trade in a message; none where its pair is not followed any more.

        Raises ValueError where there is no trade in it, or one that can't be true.
        """
        trade = msgspec.json.decode(text, type=TradeFrame, strict=False).data
        self._traded(trade.T / 1000)
        name = self._names.get(trade.s)
        return [] if name is None else [quote_of(name, trade, now)]

    def _is_useless(self, text: str) -> bool:
        """What a message means that is no trade: nothing, unless it answers a request or says that this is the end."""
        try:
            notice = msgspec.json.decode(text, type=BinanceNotice)
        except (msgspec.DecodeError, RecursionError):
            return True
        if SHUTDOWN in (notice.e, notice.data.e, notice.event.e):
            self._end = SourceDown("Binance shuts this server down.")
        elif (error := notice.error or BinanceMessage(code=notice.code, msg=notice.msg)).code is not None:
            self._end = SourceDown(f"Binance refuses a request with code {error.code}: {error.msg[:80]}")
        return notice.id is None and self._end is None
