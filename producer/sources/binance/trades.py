"""Aggregate trades: what one order took at one price, numbered by pair without gaps."""

from datetime import datetime, timedelta
from typing import Annotated, Literal

import msgspec

from shared.market.records import EPOCH, Position, Quote
from shared.market.side_fields import size_or_none

SOURCE = "binance"

Milliseconds = Annotated[int, msgspec.Meta(ge=0, lt=253_402_300_800_000)]


class BinanceTrade(msgspec.Struct):
    """An aggregate trade as it comes: its number, price, size (which counts where it can be true) and time in
    milliseconds UTC.

    A stream says the pair and what kind of event it is, an answer to a request neither.
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
    """Its number in the order of the pair's trades."""
    return trade.a


def quote_of(name: str, trade: BinanceTrade, now: datetime) -> Quote:
    """The trade as a quote. Raises ValueError where it can't be true.

    There are numbers without a trade: their price is zero.
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
