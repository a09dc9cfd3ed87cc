"""Polling of 500 symbols at Yahoo while its stream is refused: how often, and that no rate limit is exceeded.

    python -m benchmarks.polling                 three minutes each with limits of 100 and 20 requests per minute

The producer runs as its real process on an embedded Kafka and PostgreSQL of the benchmark; Yahoo is a stand-in on
127.0.0.1 in this process. Histories and companies of all symbols are requested meanwhile, as at any first start.
"""

import argparse
import sys
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from benchmarks.staging.live.desk import LiveDesk
from benchmarks.staging.live.offering import SEED, Trading, instruments, sources
from benchmarks.staging.stage import Stage, say, stage, until
from benchmarks.staging.tables import table
from tests.standin import Market, Request, StandIn

SYMBOLS = 500
SYMBOLS_A_REQUEST = 100
POLL_INTERVAL = 10
LIMITS = (100, 20)
WINDOW = 60.0
RATE = 100.0
REFUSED_HANDSHAKES = 1_000
QUOTES = "/v7/finance/quote"
KINDS = {"/v7/": "quotes", "/v8/": "histories", "/v10/": "companies"}
HEADER = (
    "limit/minute",
    "in each minute",
    "quotes",
    "histories",
    "companies",
    "session",
    "most in 60 s",
    "rounds",
    "s between: p50",
    "max",
    "quotes/round",
)
FOOT = f"""\
requests       as counted by the server; one request for quotes is for {SYMBOLS_A_REQUEST} symbols.
most           in any 60 s.
rounds         polls of all {SYMBOLS} symbols; the interval is set to {POLL_INTERVAL} s.
quotes         new quotes per round; every symbol trades every {SYMBOLS / RATE:.0f} s.
"""


class Polled(NamedTuple):
    """The counts of server and producer with one limit; `starts` are the starts of rounds, in seconds."""

    limit: int
    minutes: list[int]
    kinds: Counter[str]
    most: int
    starts: list[float]
    quotes: int

    def cells(self) -> list[str]:
        """The cells of its table row."""
        kinds = [str(self.kinds[kind]) for kind in ("quotes", "histories", "companies", "session")]
        apart = np.diff(self.starts) if len(self.starts) > 1 else np.array([np.nan])
        return [
            str(self.limit),
            " ".join(map(str, self.minutes)),
            *kinds,
            str(self.most),
            str(len(self.starts)),
            f"{np.median(apart):.1f}",
            f"{np.max(apart):.1f}",
            f"{self.quotes / max(1, len(self.starts)):,.0f}",
        ]


def most_in_a_window(times: Sequence[float], window: float = WINDOW) -> int:
    """The largest number of these rising times within any `window` seconds."""
    return max((bisect_left(times, first + window) - place for place, first in enumerate(times)), default=0)


def kind_of(request: Request) -> str:
    """The kind of a request."""
    return next((kind for start, kind in KINDS.items() if request.path.startswith(start)), "session")


def polled(own: Stage, limit: int, seconds: float) -> Polled:
    """Let the producer poll for `seconds`."""
    traded = instruments(SYMBOLS)
    with StandIn(Market(time.time, traded)) as standin:
        standin.streams.refuse_handshake(503, REFUSED_HANDSHAKES)
        with Trading(standin, traded, RATE, SEED, ("yahoo",)).at_work():
            return _asked(own, standin, limit, seconds)


def _asked(own: Stage, standin: StandIn, limit: int, seconds: float) -> Polled:
    limits = {"YAHOO_REQUESTS_PER_MINUTE": str(limit), "POLL_INTERVAL": str(POLL_INTERVAL)}
    followed = {"SOURCES": sources(instruments(SYMBOLS), ("yahoo",)), "LOG_LEVEL": "ERROR"}
    desk = LiveDesk(own, f"polling-{limit}", standin.settings | limits | followed)
    producer = desk.start("producer.producer")
    until(lambda: bool(standin.requests), "the first request")
    say(f"at most {limit} requests a minute, for {seconds:.0f} s")
    began = standin.requests[0].time
    time.sleep(max(0.0, began + seconds - time.monotonic()))
    requests = [request for request in standin.requests if request.time < began + seconds]
    quotes = desk.count("select sum(quotes) from data_quality")
    producer.stopped()
    times = [request.time for request in requests]
    polls = [request.time - began for request in requests if request.path == QUOTES]
    minutes = Counter(int((moment - began) // WINDOW) for moment in times)
    return Polled(
        limit,
        [minutes[number] for number in sorted(minutes)],
        Counter(map(kind_of, requests)),
        most_in_a_window(times),
        polls[:: SYMBOLS // SYMBOLS_A_REQUEST],
        quotes,
    )


def main() -> int:
    """Measure and print the table; returns the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--seconds", type=float, default=180.0, help="seconds for each limit (default: %(default)s)"
    )
    options = parser.parse_args()
    with stage() as own:
        found = [polled(own, limit, options.seconds) for limit in LIMITS]
    print(table(f"Polling Yahoo for {SYMBOLS} symbols", HEADER, [one.cells() for one in found]))
    print(FOOT)
    return 0


if __name__ == "__main__":
    sys.exit(main())
