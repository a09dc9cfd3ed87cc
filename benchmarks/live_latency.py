"""Latency of a live quote from the received frame to Kafka's acknowledgement, at a thousand quotes a second.

    python -m benchmarks.live_latency                 Yahoo and Binance, a minute each

The producer's classes run in this process, on an embedded Kafka and PostgreSQL of the benchmark; the provider is a
stand-in on 127.0.0.1 in a separate process.
"""

import argparse
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from threading import Event, Thread
from typing import NamedTuple

import numpy as np

from benchmarks.staging.live.desk import LiveDesk
from benchmarks.staging.live.offering import PROVIDERS, instruments, sources
from benchmarks.staging.part import PROJECT, STOP_SECONDS
from benchmarks.staging.stage import Stage, say, stage, until
from benchmarks.staging.tables import table
from producer.live_wiring import live_market
from producer.publishing.lease import Lease
from producer.publishing.publisher import NOTHING, Publisher
from producer.workers.live_market import LiveMarket
from shared.kafka import Log, LogWriter
from shared.kafka.clients.calls import Receipt
from shared.market.records import Quote, Record
from shared.progress.epochs import EarlierEpochs

SYMBOLS = 20
LAST_SETTING = "FINNHUB_API_KEY"
MINUTE = 60.0
BACKFILL_SECONDS = 15.0
"""Seconds of the minute after the first one until the history of every symbol is joined with its live quotes."""
TARGET_MS = 50.0
FOOT = f"""\
ordered        from the receipt of the frame (received_time) until the publisher gets the quote.
acknowledged   from the receipt of the frame until Kafka's acknowledgement. Target: p99 below {TARGET_MS:.0f} ms.
CPU            of the producer's process, all threads, as a fraction of one core.
Measured after the backfill of every symbol: before that, once at each start, the quotes of one minute wait for its end.
"""


class Note(NamedTuple):
    """When a quote was received, given to the publisher, and acknowledged; epoch seconds."""

    received: float
    ordered: float
    acknowledged: float


class NotingWriter(LogWriter):
    """A writer that records when each quote is acknowledged, as seen when the next record comes."""

    def __init__(self, log: Log) -> None:
        super().__init__(log)
        self.notes: list[Note] = []
        self._quote: Quote | None = None
        self._under_way: deque[tuple[float, float, Receipt]] = deque()

    def watched(self, records: Iterable[Record]) -> Iterator[Record]:
        """The same records; each is sent before the next is requested."""
        for record in records:
            self._note_acknowledged()
            self._quote = record if isinstance(record, Quote) else None
            yield record

    def send(
        self,
        partition: int,
        key: bytes | None,
        value: bytes | None,
        headers: list[tuple[str, bytes]] | None = None,
    ) -> None:
        """Send, and remember when."""
        super().send(partition, key, value, headers)
        if self._quote is not None:
            received, ordered = self._quote.received_time.timestamp(), time.time()
            self._under_way.append((received, ordered, self._client.receipt()))

    def _note_acknowledged(self) -> None:
        while self._under_way and self._under_way[0][2].is_done():
            received, ordered, _ = self._under_way.popleft()
            self.notes.append(Note(received, ordered, time.time()))


class Measured(NamedTuple):
    """The measurement of one provider: quotes, their latencies in milliseconds, and the fraction of a core."""

    provider: str
    quotes_a_second: float
    ordered: Sequence[float]
    acknowledged: Sequence[float]
    cores: float

    def cells(self) -> list[str]:
        """The cells of its table row."""
        spreads = (f"{value:.1f}" for value in (*_spread(self.ordered), *_spread(self.acknowledged)))
        return [self.provider, f"{self.quotes_a_second:,.0f}", *spreads, f"{self.cores:.2f}"]


def _spread(milliseconds: Sequence[float]) -> list[float]:
    return [float(value) for value in np.percentile(milliseconds, [50, 99, 100])]


@contextmanager
def offered(provider: str, rate: float) -> Iterator[dict[str, str]]:
    """The settings of a stand-in that trades in a separate process while the context is open."""
    command = [sys.executable, "-m", "benchmarks.staging.live.offering", "--provider", provider]
    command += ["--symbols", str(SYMBOLS), "--rate", str(rate)]
    process = subprocess.Popen(command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield dict(_settings(process))
    finally:
        process.communicate(timeout=STOP_SECONDS)


def _settings(process: "subprocess.Popen[str]") -> Iterator[tuple[str, str]]:
    assert process.stdout is not None, "it is a pipe"
    for line in process.stdout:
        name, _, value = line.strip().partition("=")
        yield name, value
        if name == LAST_SETTING:
            return


def measured(own: Stage, provider: str, rate: float, seconds: float) -> Measured:
    """Measure the coins of one provider for `seconds` after their histories are loaded."""
    with offered(provider, rate) as settings:
        quick = {"YAHOO_REQUESTS_PER_MINUTE": "6000", "BINANCE_REQUESTS_PER_MINUTE": "6000"}
        followed = sources(instruments(SYMBOLS), (provider,))
        desk = LiveDesk(own, f"latency-{provider}", {**settings, **quick, "SOURCES": followed})
        say(f"{provider}: loading histories")
        return _followed(desk, provider, seconds)


def _followed(desk: LiveDesk, provider: str, seconds: float) -> Measured:
    positions, stop = dict.fromkeys(range(desk.log.partitions), NOTHING), Event()
    lease = Lease(1, dict.fromkeys(positions, 0), EarlierEpochs({}))
    with (
        closing(NotingWriter(desk.log)) as writer,
        live_market(desk.config, desk.log, lease, stop) as (market, _),
    ):
        publisher = Publisher(desk.log, writer, lease, positions)
        thread = Thread(target=publisher.publish, args=(writer.watched(market.records(stop)), stop))
        thread.start()
        try:
            until(lambda: _is_settled(market), "every symbol is live")
            time.sleep(MINUTE - time.time() % MINUTE + BACKFILL_SECONDS)
            say(f"{provider}: measuring for {seconds:.0f} s")
            began, cpu = time.time(), time.process_time()
            time.sleep(seconds)
            ended, cpu = time.time(), time.process_time() - cpu
        finally:
            stop.set()
            thread.join()
    return _measured(
        provider, [note for note in writer.notes if began <= note.received < ended], ended - began, cpu
    )


def _measured(provider: str, notes: Sequence[Note], seconds: float, cpu: float) -> Measured:
    return Measured(
        provider,
        len(notes) / seconds,
        [1000 * (note.ordered - note.received) for note in notes],
        [1000 * (note.acknowledged - note.received) for note in notes],
        cpu / seconds,
    )


def _is_settled(market: LiveMarket) -> bool:
    return bool(market.quality) and all(row.state == "live" for row in market.quality)


def main() -> int:
    """Measure and print the table; returns the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rate", type=float, default=1_000.0, help="quotes a second (default: %(default)s)")
    parser.add_argument(
        "--seconds", type=float, default=60.0, help="seconds for each provider (default: %(default)s)"
    )
    options = parser.parse_args()
    with stage() as own:
        found = [measured(own, provider, options.rate, options.seconds) for provider in PROVIDERS]
    header = ("", "quotes/s", "ordered ms: p50", "p99", "max", "acknowledged ms: p50", "p99", "max", "CPU")
    print(table("Latency of a live quote, from its frame to Kafka", header, [one.cells() for one in found]))
    print(FOOT)
    return 0


if __name__ == "__main__":
    sys.exit(main())
