"""Aggregate trades: the fills of one order at one price, numbered by pair without gaps."""

from datetime import datetime, timedelta
from typing import Annotated, Literal

import msgspec

from shared.market.records import EPOCH, Position, Quote
from shared.market.side_fields import size_or_none

SOURCE = "binance"

Milliseconds = Annotated[int, msgspec.Meta(ge=0, lt=253_402_300_800_000)]


class BinanceTrade(msgspec.Struct):
    """An aggregate trade as received: number, price, size (used if valid) and time in milliseconds UTC.

    In a stream it also has the pair and the event type; in a response to a request it has neither.
    """

    a: Position
    p: float
    q: float | None
    T: Milliseconds
    s: str = ""
    e: Literal["aggTrade"] = "aggTrade"


class TradeFrame(msgspec.Struct):
    """A message of a combined stream."""

    data: BinanceTrade


def number_of(trade: BinanceTrade) -> int:
    """The trade's number within its pair."""
    return trade.a


def quote_of_trade(name: str, trade: BinanceTrade, now: datetime) -> Quote:
    """The trade as a quote. Raises ValueError if it is invalid.

    Some numbers have no trade: their price is zero.
    """
    return Quote(
        symbol=name,
        event_time=EPOCH + timedelta(milliseconds=trade.T),
        price=trade.p,
        size=size_or_none(trade.q),
        trade_id=trade.a,
        source=SOURCE,
        position=0,
        received_time=now,
    )
