"""Finnhub: latest price and company data over HTTP, trades over a stream; both require a key."""

import msgspec

from tests.standin.answers import Answer, Request, json_answer
from tests.standin.instrument import Instrument
from tests.standin.market import Day, Market, Trade
from tests.standin.streams import StandInStream
from tests.standin.web import Headers


class FinnhubStandIn:
    """Answers as Finnhub does, for every client with the key. An unknown symbol is a quote of zeros."""

    def __init__(self, market: Market, key: str) -> None:
        self._market = market
        self._key = key

    def answer(self, request: Request, headers: Headers) -> Answer:
        """Route by the path."""
        key = request.params.get("token", headers.get("x-finnhub-token"))
        if key != self._key:
            return json_answer({"error": "Invalid API key"}, 401)
        instrument = self._market.find("finnhub", request.params.get("symbol", ""))
        if request.path == "/quote":
            return json_answer(self._quote(instrument))
        if request.path == "/stock/profile2":
            return json_answer({} if instrument is None else _profile(instrument))
        return json_answer({"error": "You don't have access to this resource."}, 403)

    def _quote(self, instrument: Instrument | None) -> dict[str, object]:
        """/quote: current, change, percent, high, low, open, previous close, time in seconds."""
        if instrument is None:
            return {"c": 0, "d": None, "dp": None, "h": 0, "l": 0, "o": 0, "pc": 0, "t": 0}
        day = self._market.day(instrument.name)
        change = day.close - day.previous_close
        return {
            "c": day.close,
            "d": round(change, 4),
            "dp": round(100 * change / day.previous_close, 4),
            "h": day.high,
            "l": day.low,
            "o": day.open,
            "pc": day.previous_close,
            "t": int(day.time),
        }


def _profile(instrument: Instrument) -> dict[str, object]:
    """/stock/profile2."""
    return {
        "country": "US",
        "currency": instrument.currency,
        "exchange": "NASDAQ NMS - GLOBAL MARKET",
        "finnhubIndustry": instrument.sector,
        "name": instrument.long_name,
        "ticker": instrument.name_at("finnhub"),
    }


class FinnhubStreamStandIn:
    """`{"type": "subscribe", "symbol": name}` adds one name, `unsubscribe` takes it away; no reply but to mistakes."""

    path = ""

    def __init__(self, market: Market, key: str) -> None:
        self._market = market
        self._key = key

    def refusal(self, params: dict[str, str]) -> str | None:
        """Without the key nobody comes in."""
        return None if params.get("token") == self._key else "Invalid API key"

    def followed_at_handshake(self, params: dict[str, str]) -> set[str]:
        """Nothing is followed from the beginning."""
        return set()

    def reply_to(self, stream: StandInStream, text: str) -> str | None:
        """Follow one more or one less."""
        message = msgspec.json.decode(text)
        name = message.get("symbol", "")
        if self._market.find("finnhub", name) is None:
            return '{"msg":"Invalid symbol","type":"error"}'
        if message.get("type") == "subscribe":
            stream.follows.add(name)
        else:
            stream.follows.discard(name)
        return None

    def frame(self, instrument: Instrument, name: str, trade: Trade, day: Day) -> str:
        """One trade in a message of its own; coins have no conditions."""
        conditions = "null" if instrument.quote_type == "CRYPTOCURRENCY" else '["1"]'
        return (
            f'{{"data":[{{"c":{conditions},"p":{trade.price!r},"s":"{name}","t":{trade.time},'
            f'"v":{trade.size:.15g}}}],"type":"trade"}}'
        )

    def ping(self) -> str | None:
        """Finnhub's own heartbeat, in JSON."""
        return '{"type":"ping"}'
