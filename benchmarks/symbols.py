"""Whether a quote costs the analytics the same with ten symbols as with ten thousand.

    python -m benchmarks.symbols                    about five minutes
    python -m benchmarks.symbols --quotes 100000    a quick look

Everything runs on an embedded Kafka and PostgreSQL of its own in a temporary folder, removed at the end.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from analytics.engine.engine import Engine
from analytics.engine.symbol_state import EngineSettings
from benchmarks.market import backlog
from benchmarks.stage import Stage, say, stage
from benchmarks.tables import table
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
engine     the pure fold alone: five intervals, all indicators, alerts. CPU time.
part       the process on a backlog: reading, folding, writing, state saved. CPU time, start-up left out, which is
           the same process for one message. quotes/s is by the clock.
Each symbol has {QUOTES_A_MINUTE} quotes a minute of event time, so that as many bars close for a quote in every row.
What a symbol's first quote costs is left out; that the state of all is saved at the end is in. Aim: at most 1.5 times.
"""


class Cost(NamedTuple):
    """Of one quote, in microseconds of CPU time; memory at the peak of the part."""

    symbols: int
    engine: float
    part: float
    quotes_a_second: float
    megabytes: float

    def cells(self, first: "Cost") -> tuple[str, ...]:
        """As the table shows it, beside the first row."""
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
    """Microseconds of CPU a quote takes in the pure engine, once it knows every symbol."""
    engine = Engine(EngineSettings())
    records = backlog(symbols + quotes, symbols, QUOTES_A_MINUTE)
    _fold(engine, records, symbols)
    spent = sum(iter(lambda: _fold(engine, records, PIECE), 0.0))
    return spent / quotes * 1e6


def _fold(engine: Engine, records: Iterator[Record], count: int) -> float:
    """CPU seconds for so many records, or for what is left of them; making them does not count."""
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
    """Engine and part with so many symbols; the part meets each of them before its start-up is measured."""
    say(f"{symbols:,} symbols: the engine alone")
    engine = engine_cost(symbols, quotes)
    say(f"{symbols:,} symbols: the part")
    act, met = f"symbols-{symbols}", 2 * symbols
    paced = ("--quotes-a-minute", str(QUOTES_A_MINUTE))
    feed = stage.run(act, "benchmarks.feed", "--quotes", str(met + quotes), "--symbols", str(symbols), *paced)
    messages = json.loads(feed.printed)["messages"] - met - 1
    stage.run(act, PART, MAX_MESSAGES=str(met))
    empty = stage.run(act, PART, MAX_MESSAGES="1")
    full = stage.run(act, PART, MAX_MESSAGES=str(messages))
    cpu, seconds = full.cpu_seconds - empty.cpu_seconds, full.seconds - empty.seconds
    return Cost(symbols, engine, cpu / quotes * 1e6, quotes / seconds, full.megabytes)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quotes", type=int, default=1_000_000, help="how many a row (default: %(default)s)")
    arguments = parser.parse_args()
    with stage() as own:
        costs = [measure(own, symbols, arguments.quotes) for symbols in COUNTS]
    print(table("What a quote costs", HEADER, [cost.cells(costs[0]) for cost in costs]))
    print(FOOT)
    return 0


if __name__ == "__main__":
    sys.exit(main())
