"""What armed rules cost analytics from the log to the tables, its servers included.

    python -m benchmarks.rules.analytics_cost                       50 rules, five pairs of half a million quotes
    python -m benchmarks.rules.analytics_cost --rules 200 --pairs 3

Each pair reads the same quotes without rules and with them, in turn, so that a busy machine slows both alike.
Everything runs on an embedded Kafka and PostgreSQL in a temporary folder.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from statistics import median
from typing import NamedTuple

from benchmarks.staging.stage import Stage, say, stage
from benchmarks.staging.tables import table

MODULE = "analytics.analytics_consumer"
SYMBOLS = 50
START_UPS = 2
"""The first one creates the tables; the cost of the second one is subtracted."""
HEADER = ("rules", "part, CPU s/million", "with servers", "more than without", "alerts")
FOOT = f"""\
CPU seconds for a million quotes, less those of a start, medians over the pairs. {SYMBOLS} symbols with sixty quotes a
minute of event time, default settings. More: median of the differences within the pairs, servers included, with the
least and the greatest of them. Rules on minutes, of six shapes (benchmarks/staging/rules.py).
"""


class Drain(NamedTuple):
    """CPU seconds for a million quotes of one run: the part alone, and with its servers."""

    part: float
    total: float
    alerts: int


def drained(on: Stage, act: str, rules: int, quotes: int) -> Drain:
    """Write a backlog, then let analytics read it."""
    numbers = {"--quotes": quotes, "--symbols": SYMBOLS, "--rules": rules}
    arguments = [str(each) for pair in numbers.items() for each in pair]
    messages = json.loads(on.run(act, "benchmarks.staging.quote_producer", *arguments).printed)["messages"]
    for _ in range(START_UPS):
        start = on.run(act, MODULE, MAX_MESSAGES="1")
    before = on.server_cpu()
    usage = on.run(act, MODULE, MAX_MESSAGES=str(messages - START_UPS))
    after = on.server_cpu()
    part = usage.cpu_seconds - start.cpu_seconds
    total = part + after.kafka - before.kafka + after.postgres - before.postgres
    (alerts,) = on.row(act, "select count(*) from alerts")
    return Drain(part / quotes * 1e6, total / quotes * 1e6, alerts)


def measured(on: Stage, rules: int, pairs: int, quotes: int) -> list[tuple[Drain, Drain]]:
    """The runs without and with rules; every second pair begins with the latter."""
    found = []
    for number in range(pairs):
        say(f"pair {number + 1} of {pairs}")
        counts = (0, rules) if number % 2 == 0 else (rules, 0)
        first, second = (drained(on, f"rules_{count}_{number}", count, quotes) for count in counts)
        found.append((first, second) if number % 2 == 0 else (second, first))
    return found


def rows(rules: int, pairs: list[tuple[Drain, Drain]]) -> list[tuple[str, ...]]:
    """The lines of the table."""
    more = [with_rules.total / without.total - 1.0 for without, with_rules in pairs]
    range_of_more = f"{median(more):+.1%} ({min(more):+.1%} to {max(more):+.1%})"
    without, with_rules = zip(*pairs, strict=True)
    return [_row("0", without, ""), _row(str(rules), with_rules, range_of_more)]


def _row(rules: str, runs: Sequence[Drain], more: str) -> tuple[str, ...]:
    medians = (median(each.part for each in runs), median(each.total for each in runs))
    alerts = median(each.alerts for each in runs)
    return (rules, *(f"{cost:.2f}" for cost in medians), more, f"{alerts:,.0f}")


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rules", type=int, default=50, help="(default: %(default)s)")
    parser.add_argument("--pairs", type=int, default=5, help="(default: %(default)s)")
    parser.add_argument("--quotes", type=int, default=500_000, help="in each run (default: %(default)s)")
    options = parser.parse_args()
    with stage() as on:
        pairs = measured(on, options.rules, options.pairs, options.quotes)
    print(table("What rules cost analytics", HEADER, rows(options.rules, pairs)))
    print(FOOT)
    return 0


if __name__ == "__main__":
    sys.exit(main())
