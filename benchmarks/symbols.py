"""Cost of a quote in the analytics part with ten, a thousand and ten thousand symbols.

    python -m benchmarks.symbols                    takes about five minutes
    python -m benchmarks.symbols --quotes 100000    a short run

Everything runs on an embedded Kafka and PostgreSQL in a temporary folder, which is removed at the end.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from analytics.engine.engine import Engine
from analytics.engine.engine_settings import EngineSettings
from benchmarks.staging.market import backlog
from benchmarks.staging.stage import Stage, say, stage
from benchmarks.staging.tables import table
from shared.market.records import Record

COUNTS = (10, 1_000, 10_000)
QUOTES_A_MINUTE = 12
PIECE = 10_000
PART = "analytics.analytics_consumer"
HEADER = (
    "symbols",
    "engine us/quote",
    "to first row",
    "part us/quote",
    "to first row",
    "quotes/s",
    "peak MB",
)
FOOT = f"""\
engine     CPU time of the pure fold alone: five intervals, all indicators, alerts.
part       CPU time of the process on a backlog: read, fold, write, store the snapshot. The start-up, measured with the
           same process for one message, is subtracted. quotes/s is wall-clock time.
Each symbol has {QUOTES_A_MINUTE} quotes a minute of event time, so that the same number of bars closes per quote in
every row. The first quote of each symbol is left out; the snapshot of all symbols at the end is included. Target: at
most 1.5 times the first row.
"""


class Cost(NamedTuple):
    """The cost of one quote in microseconds of CPU time, and the peak memory of the part."""

    symbols: int
    engine: float
    part: float
    quotes_a_second: float
    megabytes: float

    def cells(self, first: "Cost") -> tuple[str, ...]:
        """The cells of its table row, with the ratios to the first row."""
        return (
            f"{self.symbols:,}",
            f"{self.engine:.2f}",
            f"{self.engine / first.engine:.2f}",
            f"{self.part:.2f}",
            f"{self.part / first.part:.2f}",
            f"{self.quotes_a_second:,.0f}",
            f"{self.megabytes:,.0f}",
        )


def engine_cost(symbols: int, quotes: int) -> float:
    """CPU microseconds per quote in the pure engine, after it has seen every symbol."""
    engine = Engine(EngineSettings())
    records = backlog(symbols + quotes, symbols, QUOTES_A_MINUTE)
    _fold(engine, records, symbols)
    spent = sum(iter(lambda: _fold(engine, records, PIECE), 0.0))
    return spent / quotes * 1e6


def _fold(engine: Engine, records: Iterator[Record], count: int) -> float:
    """CPU seconds to fold the next `count` records, or the remaining ones; their creation is not measured."""
    piece = list(islice(records, count))
    if not piece:
        return 0.0
    began = time.process_time()
    for offset, record in enumerate(piece):
        engine.fold(record, offset)
    engine.take_events()
    engine.changed.clear()
    return time.process_time() - began


def measure(stage: Stage, symbols: int, quotes: int) -> Cost:
    """Measure engine and part with this many symbols; the part sees every symbol before its start-up is measured."""
    say(f"{symbols:,} symbols: the engine alone")
    engine = engine_cost(symbols, quotes)
    say(f"{symbols:,} symbols: the part")
    act, met = f"symbols-{symbols}", 2 * symbols
    paced = ("--quotes-a-minute", str(QUOTES_A_MINUTE))
    producer = stage.run(
        act,
        "benchmarks.staging.quote_producer",
        "--quotes",
        str(met + quotes),
        "--symbols",
        str(symbols),
        *paced,
    )
    messages = json.loads(producer.printed)["messages"] - met - 1
    stage.run(act, PART, MAX_MESSAGES=str(met))
    empty = stage.run(act, PART, MAX_MESSAGES="1")
    full = stage.run(act, PART, MAX_MESSAGES=str(messages))
    cpu, seconds = full.cpu_seconds - empty.cpu_seconds, full.seconds - empty.seconds
    return Cost(symbols, engine, cpu / quotes * 1e6, quotes / seconds, full.megabytes)


def main() -> int:
    """Measure and print the table; returns the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quotes", type=int, default=1_000_000, help="quotes per row (default: %(default)s)")
    arguments = parser.parse_args()
    with stage() as own:
        costs = [measure(own, symbols, arguments.quotes) for symbols in COUNTS]
    print(table("Cost of a quote", HEADER, [cost.cells(costs[0]) for cost in costs]))
    print(FOOT)
    return 0


if __name__ == "__main__":
    sys.exit(main())
