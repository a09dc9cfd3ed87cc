"""Yahoo's stream: protobuf in base64 in JSON. Zeros are absent, 64-bit numbers are zig-zag, times are whole seconds."""

import base64
import json
from importlib import import_module
from typing import Any

from tests.standin.instrument import Instrument
from tests.standin.market import Day, Trade
from tests.standin.streams import StandInStream

QUOTE_TYPES = {"EQUITY": 8, "INDEX": 9, "CURRENCY": 14, "ETF": 20, "CRYPTOCURRENCY": 41}
MARKET_HOURS = {"pre": 0, "regular": 1, "post": 2, "closed": 4}
_PricingData: Any = import_module("yfinance.pricing_pb2").PricingData


class YahooStreamStandIn:
    """`{"subscribe": [names]}` adds, `{"unsubscribe": [names]}` takes away; an unknown name is silently quiet."""

    path = ""

    def refusal(self, params: dict[str, str]) -> str | None:
        """Anyone may come."""
        return None

    def followed_at_handshake(self, params: dict[str, str]) -> set[str]:
        """Nothing is followed from the beginning."""
        return set()

    def reply_to(self, stream: StandInStream, text: str) -> str | None:
        """Follow more or less; Yahoo never replies."""
        message = json.loads(text)
        stream.follows |= set(message.get("subscribe", ()))
        stream.follows -= set(message.get("unsubscribe", ()))
        return None

    def frame(self, instrument: Instrument, name: str, trade: Trade, day: Day) -> str:
        """One trade as Yahoo sends it: the day's volume so far, and the change since the day before."""
        change = trade.price - day.previous_close
        session = instrument.sessions.at(trade.time // 1000).name
        pricing = _PricingData(
            id=name,
            price=trade.price,
            time=trade.time // 1000 * 1000,
            exchange=instrument.exchange,
            quote_type=QUOTE_TYPES.get(instrument.quote_type, 8),
            market_hours=MARKET_HOURS[session],
            change_percent=100 * change / day.previous_close,
            change=change,
            price_hint=2,
            bid=trade.bid,
            ask=trade.ask,
        )
        if session == "regular":
            pricing.day_volume = int(day.volume)
        if instrument.quote_type == "CRYPTOCURRENCY":
            _add_coin_fields(pricing, instrument, trade, day)
        coded = base64.b64encode(pricing.SerializeToString()).decode()
        return f'{{"type":"pricing","message":"{coded}"}}'

    def ping(self) -> str | None:
        """Yahoo has no heartbeat of its own."""
        return None


def _add_coin_fields(pricing: Any, instrument: Instrument, trade: Trade, day: Day) -> None:
    """The fields that Yahoo gives for coins and leaves out for shares."""
    pricing.currency = instrument.currency
    pricing.day_high, pricing.day_low = day.high, day.low
    pricing.open_price, pricing.previous_close = day.open, day.previous_close
    pricing.last_size = int(trade.size)
    pricing.vol_24hr = pricing.vol_all_currencies = int(day.volume)
    pricing.from_currency = instrument.name.split("-")[0]
