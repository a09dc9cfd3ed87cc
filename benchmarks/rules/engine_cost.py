"""What armed rules cost for each quote in the pure engine.

    python -m benchmarks.rules.engine_cost                     takes about two minutes
    python -m benchmarks.rules.engine_cost --quotes 60000      a short run

Needs no server. Several engines fold the same quotes side by side, a piece of them in turn, so that a busy machine
slows all of them alike.
"""

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from statistics import median

from analytics.engine.engine import Engine
from analytics.engine.engine_settings import EngineSettings
from benchmarks.staging.market import backlog
from benchmarks.staging.rules import rule_changes
from benchmarks.staging.tables import table
from shared.market.records import Record

SYMBOLS = 50
QUOTES_A_MINUTE = 12
PIECE = 3_000
"""Quotes that an engine folds before it is the next one's turn: five minutes of event time."""
CASES = {
    "no rules": (0, ""),
    "50 rules on all symbols": (50, ""),
    "1,000 rules that concern other symbols": (1_000, "OTHER: "),
}
"""How many rules there are, and their scope."""
HEADER = ("", "us/quote", "more than without", "in percent", "5th to 95th percentile")
FOOT = f"""\
us/quote   CPU time of the pure fold: five intervals, all indicators, thresholds; no forecasts. Median over all pieces.
more       Median of the differences to the engine without rules on the same piece of {PIECE:,} quotes, in us a quote.
{SYMBOLS} symbols, {QUOTES_A_MINUTE} quotes a minute. Rules on minutes, of six shapes (benchmarks/staging/rules.py).
"""


def measured(quotes: int) -> list[list[float]]:
    """CPU microseconds a quote, for each piece a list with those of every case."""
    engines = [_armed(count, scope) for count, scope in CASES.values()]
    records = backlog(SYMBOLS + quotes, SYMBOLS, QUOTES_A_MINUTE)
    _fold(engines, list(islice(records, SYMBOLS + 1)))
    found = []
    for number, piece in enumerate(_pieces(records)):
        first = number % len(engines)
        costs = _fold([*engines[first:], *engines[:first]], piece)
        found.append([*costs[len(engines) - first :], *costs[: len(engines) - first]])
    return found


def _armed(count: int, scope: str) -> Engine:
    engine = Engine(EngineSettings())
    for offset, (_, change) in enumerate(rule_changes(count, 1, scope)):
        engine.fold(change, offset)
    return engine


def _pieces(records: Iterator[Record]) -> Iterator[list[Record]]:
    while len(piece := list(islice(records, PIECE))) == PIECE:
        yield piece


def _fold(engines: Sequence[Engine], piece: Sequence[Record]) -> list[float]:
    """The cost in each engine, in microseconds a record."""
    costs = []
    for engine in engines:
        began = time.process_time()
        for offset, record in enumerate(piece):
            engine.fold(record, offset)
        engine.take_events()
        engine.changed.clear()
        costs.append((time.process_time() - began) / len(piece) * 1e6)
    return costs


def _row(name: str, costs: Sequence[float], without: Sequence[float]) -> tuple[str, ...]:
    more = sorted(cost - other for cost, other in zip(costs, without, strict=True))
    share = median(more) / median(without)
    low, high = more[len(more) // 20], more[len(more) - 1 - len(more) // 20]
    return (
        name,
        f"{median(costs):.2f}",
        f"{median(more):+.2f}",
        f"{share:+.1%}",
        f"{low:+.2f} to {high:+.2f}",
    )


def main() -> int:
    """Measure and print the table; returns the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--quotes", type=int, default=600_000, help="quotes in each engine (default: %(default)s)"
    )
    costs = list(zip(*measured(parser.parse_args().quotes), strict=True))
    print(
        table(
            "Rules in the engine", HEADER, [_row(*each, costs[0]) for each in zip(CASES, costs, strict=True)]
        )
    )
    print(FOOT)
    return 0


if __name__ == "__main__":
    sys.exit(main())
