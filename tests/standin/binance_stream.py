"""Binance's combined stream, with aggregate trades only."""

import msgspec

from tests.standin.binance import text
from tests.standin.instrument import Instrument
from tests.standin.market import Day, Trade
from tests.standin.streams import StandInStream

_KIND = "@aggTrade"


class BinanceStreamStandIn:
    """`/stream?streams=btcusdt@aggTrade/…`, and SUBSCRIBE and UNSUBSCRIBE messages with an `id` each."""

    path = "stream"

    def refusal(self, params: dict[str, str]) -> str | None:
        """Anyone may come."""
        return None

    def followed_at_handshake(self, params: dict[str, str]) -> set[str]:
        """The streams named in the address."""
        return _names(params.get("streams", "").split("/"))

    def reply_to(self, stream: StandInStream, text: str) -> str | None:
        """Subscribe or unsubscribe, and confirm it."""
        message = msgspec.json.decode(text)
        names = _names(message.get("params", ()))
        if message.get("method") == "SUBSCRIBE":
            stream.follows |= names
        elif message.get("method") == "UNSUBSCRIBE":
            stream.follows -= names
        else:
            refused = {
                "error": {"code": 2, "msg": "Invalid request: unknown method"},
                "id": message.get("id"),
            }
            return msgspec.json.encode(refused).decode()
        return msgspec.json.encode({"result": None, "id": message.get("id")}).decode()

    def frame(self, instrument: Instrument, name: str, trade: Trade, day: Day) -> str:
        """One trade in the combined stream's envelope."""
        return (
            f'{{"stream":"{name.lower()}{_KIND}","data":{{"e":"aggTrade","E":{trade.time},"s":"{name}",'
            f'"a":{trade.trade_id},"p":"{text(trade.price)}","q":"{text(trade.size)}","f":{trade.trade_id},'
            f'"l":{trade.trade_id},"T":{trade.time},"m":false,"M":true}}}}'
        )

    def ping(self) -> str | None:
        """Binance pings as WebSocket does."""
        return None


def _names(streams: list[str]) -> set[str]:
    """The symbols of the streams of aggregated trades among these."""
    return {stream.removesuffix(_KIND).upper() for stream in streams if stream.endswith(_KIND)}
