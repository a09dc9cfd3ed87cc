"""The budget of CPU time: what a million quotes cost at each stage, servers included, and what a quiet desk costs.

    python -m benchmarks.budget            measure, and fail where something is 15 % over its budget
    python -m benchmarks.budget --write    measure, and make that the new budget, on purpose

The budget is the file `budget.json` beside this module. It holds the CPU seconds that a fixed computation took on the
machine on which it was measured: on a slower machine the budget is larger, and on a quicker one smaller. Its costs are
those of confluent-kafka, the default Kafka client: kafka-python exceeds them.
"""

import argparse
import sys
import time
from pathlib import Path
from typing import NamedTuple

import msgspec

from benchmarks.idle import FOOT, quiet_desk
from benchmarks.idle import SECONDS as QUIET_SECONDS
from benchmarks.staging.tables import table
from benchmarks.throughput import QUOTES, measure_and_print

FILE = Path(__file__).with_name("budget.json")
TOLERANCE = 0.15
QUIET_DESK = "quiet desk: cores"
COUNTED = ("producer alone", "storage alone", "analytics alone", "all three at once")
"""The stages with a budget; the others are code to compare with."""
ROUNDS, RUNS = 300_000, 7


class Budget(msgspec.Struct, frozen=True):
    """CPU seconds of the fixed computation, and costs by stage: CPU seconds for a million quotes, or cores."""

    reference: float
    costs: dict[str, float]


class BudgetRow(NamedTuple):
    """A stage with its cost and its budget on this machine."""

    stage: str
    cost: float
    budget: float

    @property
    def excess(self) -> float:
        """By what fraction the cost exceeds the budget; negative below it."""
        return self.cost / self.budget - 1.0

    @property
    def is_over(self) -> bool:
        """Whether that is more than measurements vary."""
        return self.excess > TOLERANCE

    def cells(self) -> tuple[str, ...]:
        """The cells of its table row."""
        verdict = "over budget" if self.is_over else ""
        return self.stage, f"{self.cost:.3g}", f"{self.budget:.3g}", f"{self.excess:+.0%}", verdict


def compared(found: Budget, allowed: Budget) -> list[BudgetRow]:
    """The stages of both, with the budget converted to the machine of `found`."""
    pace = found.reference / allowed.reference
    return [
        BudgetRow(stage, cost, allowed.costs[stage] * pace)
        for stage, cost in found.costs.items()
        if stage in allowed.costs
    ]


def reference() -> float:
    """CPU seconds of a fixed computation in plain Python: the least of some runs, because others only disturb."""
    return min(_computed() for _ in range(RUNS))


def _computed() -> float:
    began, numbers = time.process_time(), dict[str, int]()
    for turn in range(ROUNDS):
        key = f"{turn % 997}"
        numbers[key] = numbers.get(key, 0) + turn
    return time.process_time() - began


def measured(quotes: int, seconds: float) -> Budget:
    """Measure everything and print its tables."""
    before = reference()
    costs = {row.name: row.cost() for row in measure_and_print(quotes) if row.name in COUNTED}
    quiet = quiet_desk(seconds)
    if quiet is not None:
        print(f"\n{quiet.table()}\n{FOOT}")
        costs[QUIET_DESK] = quiet.cores
    return Budget((before + reference()) / 2, costs)


def read(path: Path) -> Budget:
    """The budget in a file."""
    return msgspec.json.decode(path.read_bytes(), type=Budget)


def write(path: Path, found: Budget, before: Budget) -> None:
    """Write the costs that were found as the new budget; stages that were not measured keep that of `before`."""
    pace = found.reference / before.reference
    costs = {stage: cost * pace for stage, cost in before.costs.items()} | found.costs
    rounded = {stage: float(f"{cost:.3g}") for stage, cost in costs.items()}
    text = msgspec.json.encode(Budget(round(found.reference, 4), rounded))
    path.write_bytes(msgspec.json.format(text, indent=2) + b"\n")


def main() -> int:
    """Measure and compare; returns the exit status, 1 if something is over its budget."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quotes", type=int, default=QUOTES, help="number of quotes (default: %(default)s)")
    parser.add_argument(
        "--seconds", type=float, default=QUIET_SECONDS, help="of the quiet desk (default: %(default)s)"
    )
    parser.add_argument("--write", action="store_true", help="make the measured costs the new budget")
    options = parser.parse_args()
    found = measured(options.quotes, options.seconds)
    if options.write:
        write(FILE, found, read(FILE))
        return 0
    rows = compared(found, read(FILE))
    title = f"CPU seconds for a million quotes, with servers, and budget (at most {TOLERANCE:.0%} over it)"
    print(table(title, ("", "measured", "budget", "difference", ""), [row.cells() for row in rows]))
    return int(any(row.is_over for row in rows))


if __name__ == "__main__":
    sys.exit(main())
