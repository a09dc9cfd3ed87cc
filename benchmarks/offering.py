"""A market of coins at the stand-in that trades at a steady rate, and a ledger of what it offered to whom.

Half of the coins are traded at Yahoo, half at Binance. No coin trades twice at one price within a second, so that a
quote of Yahoo's, which numbers nothing and gives whole seconds, can be told from every other.
"""

import random
import time
from dataclasses import replace
from threading import Event
from typing import NamedTuple

from tests.standin import Instrument, StandIn, coins

PROVIDERS = ("yahoo", "binance")
DECIMALS = 4
STEP = 0.0005
SLICE_SECONDS = 0.005

Key = tuple[str, int, float]
"""Symbol, second and price."""


class Offer(NamedTuple):
    """One trade, in epoch seconds; `was_heard` says whether a living connection was told of it."""

    provider: str
    symbol: str
    at: float
    price: float
    trade_id: int
    was_heard: bool

    @property
    def key(self) -> Key:
        """What tells it from every other trade."""
        return self.symbol, int(self.at), self.price


def instruments(count: int) -> list[Instrument]:
    """So many coins, with prices fine enough for the walk."""
    return [replace(coin, decimals=DECIMALS) for coin in coins(count)]


def sources(traded: list[Instrument]) -> str:
    """SOURCES for these: the even ones at Yahoo, the odd ones at Binance."""
    yahoo = ",".join(coin.name for coin in traded[::2])
    binance = ",".join(f"{coin.name}@{coin.names['binance']}" for coin in traded[1::2])
    return f"yahoo:{yahoo};binance:{binance}"


class Walk:
    """One coin's prices, none of them twice in a second."""

    def __init__(self, price: float, chance: random.Random) -> None:
        self._price, self._chance = price, chance
        self._second = 0
        self._used: set[float] = set()

    def next(self, second: int) -> float:
        """The next price."""
        if second != self._second:
            self._second, self._used = second, set()
        self._price *= 1 + self._chance.gauss(0.0, STEP)
        price = round(self._price, DECIMALS)
        while price in self._used:
            price = round(price + 10.0**-DECIMALS, DECIMALS)
        self._used.add(price)
        return price


class Trading:
    """Trades of all coins in turn, `rate` a second in all, until `ended`; `offers` is the ledger."""

    def __init__(self, standin: StandIn, traded: list[Instrument], rate: float, seed: int) -> None:
        self.offers: list[Offer] = []
        self._standin, self._traded, self._rate = standin, traded, rate
        self._chance = random.Random(seed)
        self._walks = {coin.name: Walk(coin.price, self._chance) for coin in traded}

    def run(self, ended: Event) -> None:
        """Trade until `ended`."""
        began = time.monotonic()
        while not ended.wait(SLICE_SECONDS):
            for _ in range(int((time.monotonic() - began) * self._rate) - len(self.offers)):
                self._trade(len(self.offers) % len(self._traded))

    def _trade(self, turn: int) -> None:
        coin, provider = self._traded[turn], PROVIDERS[turn % 2]
        price = self._walks[coin.name].next(int(time.time()))
        heard = self._standin.streams.is_heard(provider, coin.name_at(provider) or "")
        size = round(0.00001 + self._chance.expovariate(5.0), coin.size_decimals)
        trade = self._standin.quote(coin.name, price, size, providers=(provider,))
        offer = Offer(provider, coin.name, trade.time / 1000, trade.price, trade.trade_id, heard)
        self.offers.append(offer)
