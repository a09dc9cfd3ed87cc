"""The stand-in as a separate process: `python -m tests.standin --port 9100 --coins 20 --rate 100`.

It prints its settings as lines of a .env, then trades at that rate in real time and executes the lines it reads:
`quote AAPL 230.5 40`, `down`, `up`, `refuse 5`, `status 429 10`, `close`, `abort`, `half_open`, `silence`, `speak`.
It ends when its input is closed. Later answers contain the trades of these commands; nothing else is printed.
"""

import argparse
import sys
import time
from collections.abc import Callable
from threading import Event, Thread

import numpy as np

from tests.standin.answers import Fault
from tests.standin.instrument import SAMPLE, coins
from tests.standin.market import Market
from tests.standin.server import StandIn

_PAUSE = 0.01
"""Seconds between two bundles of trades."""


def trade(standin: StandIn, rate: float, ended: Event) -> None:
    """`rate` trades a second, one instrument after the other, until `ended`."""
    market, random = standin.market, np.random.default_rng(standin.market.seed)
    prices = {name: market.day(name).price for name in market.instruments}
    began, done = time.monotonic(), 0
    while not ended.wait(_PAUSE):
        due = int((time.monotonic() - began) * rate)
        for number in range(done, due):
            name = list(prices)[number % len(prices)]
            instrument = market.instruments[name]
            prices[name] *= float(np.exp(random.normal(0.0, 0.0002)))
            size = round(float(random.exponential(instrument.minute_volume / 60)), instrument.size_decimals)
            smallest = 10.0**-instrument.size_decimals
            standin.quote(name, round(prices[name], instrument.decimals), max(size, smallest))
        done = due


def commands(standin: StandIn) -> dict[str, Callable[..., object]]:
    """What a line of input may begin with; the rest of it are the arguments."""
    streams = standin.streams
    return {
        "quote": lambda name, price, size="100": standin.quote(name, float(price), float(size)),
        "down": standin.down,
        "up": standin.up,
        "refuse": lambda seconds: standin.refuse(float(seconds)),
        "status": lambda status, times="1": standin.answer_with(Fault.status(int(status)), int(times)),
        "close": streams.close,
        "abort": streams.abort,
        "half_open": streams.half_open,
        "silence": lambda: streams.silence(True),
        "speak": lambda: streams.silence(False),
    }


def main() -> None:
    """Run until the input ends."""
    parser = argparse.ArgumentParser(prog="tests.standin")
    parser.add_argument("--port", type=int, default=0, help="the HTTP port; streams take the next one")
    parser.add_argument("--rate", type=float, default=0.0, help="trades a second")
    parser.add_argument("--coins", type=int, default=0, help="so many coins in place of the sample market")
    options, ended = parser.parse_args(), Event()
    instruments = coins(options.coins) or SAMPLE
    with StandIn(Market(time.time, instruments), options.port) as standin:
        sys.stdout.writelines(f"{name}={value}\n" for name, value in standin.settings.items())
        sys.stdout.flush()
        trading = Thread(target=trade, args=(standin, options.rate, ended))
        trading.start()
        try:
            for command, *arguments in filter(None, map(str.split, sys.stdin)):
                commands(standin)[command](*arguments)
        finally:
            ended.set()
            trading.join()


if __name__ == "__main__":
    main()
