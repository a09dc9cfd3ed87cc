"""A market of coins at the stand-in that trades at a steady rate, with a list of every offered trade.

    python -m benchmarks.staging.live.offering --provider yahoo --symbols 20 --rate 1000    as a separate process

Each coin is traded at one provider. No coin trades twice at one price within a second, so that each quote of Yahoo,
which has no trade numbers and gives whole seconds, is unique. The process prints its settings, one per line, and ends
when its input is closed.
"""

import argparse
import random
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from threading import Event, Thread
from typing import NamedTuple

from tests.standin import Instrument, Market, StandIn, coins

PROVIDERS = ("yahoo", "binance")
DECIMALS = 4
SEED = 7
STEP = 0.0005
SLICE_SECONDS = 0.005

Key = tuple[str, int, float]
"""Symbol, second and price."""


class Offer(NamedTuple):
    """One trade at `at`, epoch seconds; `was_sent`: it was sent over an open connection."""

    provider: str
    symbol: str
    at: float
    price: float
    trade_id: int
    was_sent: bool

    @property
    def key(self) -> Key:
        """The key by which the trade is found in the tables; unique."""
        return self.symbol, int(self.at), self.price


def instruments(count: int) -> list[Instrument]:
    """`count` coins with enough decimals for the random walk."""
    return [replace(coin, decimals=DECIMALS) for coin in coins(count)]


def sources(traded: list[Instrument], providers: tuple[str, ...] = PROVIDERS) -> str:
    """The value of SOURCES for these coins, which are assigned to the providers in turn."""
    groups = (
        f"{provider}:"
        + ",".join(f"{coin.name}@{coin.name_at(provider)}" for coin in traded[turn :: len(providers)])
        for turn, provider in enumerate(providers)
    )
    return ";".join(groups)


class PriceWalk:
    """The prices of one coin; no price occurs twice in a second."""

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
    """Trades of all coins in turn, `rate` a second in total; `offers` lists them."""

    def __init__(
        self,
        standin: StandIn,
        traded: list[Instrument],
        rate: float,
        seed: int,
        providers: tuple[str, ...] = PROVIDERS,
    ) -> None:
        self.offers: list[Offer] = []
        self._standin, self._traded, self._rate, self._providers = standin, traded, rate, providers
        self._chance = random.Random(seed)
        self._walks = {coin.name: PriceWalk(coin.price, self._chance) for coin in traded}

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Trade while the context is open."""
        ended = Event()
        thread = Thread(target=self._run, args=(ended,))
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def _run(self, ended: Event) -> None:
        began = time.monotonic()
        while not ended.wait(SLICE_SECONDS):
            for _ in range(int((time.monotonic() - began) * self._rate) - len(self.offers)):
                self._trade(len(self.offers) % len(self._traded))

    def _trade(self, turn: int) -> None:
        coin, provider = self._traded[turn], self._providers[turn % len(self._providers)]
        now = datetime.now(UTC)
        now = now.replace(
            microsecond=now.microsecond // 1000 * 1000
        )  # event times of trades have milliseconds
        price = self._walks[coin.name].next(int(now.timestamp()))
        was_sent = self._standin.streams.is_sending(provider, coin.name_at(provider) or "")
        size = round(0.00001 + self._chance.expovariate(5.0), coin.size_decimals)
        trade = self._standin.quote(coin.name, price, size, now, providers=(provider,))
        offer = Offer(provider, coin.name, trade.time / 1000, trade.price, trade.trade_id, was_sent)
        self.offers.append(offer)


def main() -> int:
    """Trade until the input is closed; returns the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--provider", choices=PROVIDERS, required=True)
    parser.add_argument("--symbols", type=int, required=True)
    parser.add_argument("--rate", type=float, required=True)
    options = parser.parse_args()
    traded = instruments(options.symbols)
    with StandIn(Market(time.time, traded)) as standin:
        sys.stdout.writelines(f"{name}={value}\n" for name, value in standin.settings.items())
        sys.stdout.flush()
        with Trading(standin, traded, options.rate, SEED, (options.provider,)).at_work():
            sys.stdin.read()
    return 0


if __name__ == "__main__":
    sys.exit(main())
