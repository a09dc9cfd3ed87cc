"""Show what became of alerts that were to be delivered.

    python -m delivery list                     the latest, on each route
    python -m delivery list --state waiting     those that wait; or delivered, handled, given-up
    python -m delivery list --limit 100

An alert waits until its route has delivered it, or is given up after ALERT_GIVE_UP_HOURS. Handled are those that were
snoozed or acknowledged before. Routes are named without their secrets. Exit status: 0; 1 if the command failed; 2 if an
argument can't be read.
"""

import argparse
import sys
from collections.abc import Sequence
from contextlib import closing

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from delivery.store.outbox_tables import ListedAttempt, listed
from shared.postgres.database import connect, transaction
from shared.runtime.command_line import configured, program, run_command
from shared.runtime.lifecycle import servers

STATES = {"waiting": "waiting", "delivered": "delivered", "handled": "handled", "given-up": "given up"}
LISTED = 30
COLUMNS = ("state", "route", "alert", "bar ended (UTC)", "attempts", "ended (UTC)", "reason")
MIN_TABLE_WIDTH = 160
"""Columns of the terminal below which routes and times in the list would be cut."""


def table_of(found: Sequence[ListedAttempt]) -> Table:
    """The deliveries as a table."""
    table = Table(*COLUMNS)
    for each in found:
        table.add_row(*map(escape, _cells(each)))
    return table


def _cells(each: ListedAttempt) -> tuple[str, ...]:
    ended = "" if each.ended_at is None else f"{each.ended_at:%Y-%m-%d %H:%M:%S}"
    alert = f"{each.symbol} {each.interval} {each.rule}"
    bar = f"{each.event_time:%Y-%m-%d %H:%M}"
    return (each.state, each.route, alert, bar, str(each.attempts), ended, each.reason)


def show(state: str | None, limit: int) -> None:
    """Print the latest deliveries. Raises Unavailable."""
    config = configured("delivery", {})
    with servers(config, kafka=False) as ready:
        dsn = ready.postgres.dsn_for(ready.database())
        with closing(connect(dsn, "delivery list")) as connection, transaction(connection) as cursor:
            found = listed(cursor, state, limit)
    if found:
        console = Console()
        Console(width=max(console.width, MIN_TABLE_WIDTH)).print(table_of(found))
    else:
        print("No alert was to be delivered yet." if state is None else f"None is {state}.")


def main() -> int:
    """Run the command; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog=program(), description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", choices=("list",))
    parser.add_argument("--state", choices=tuple(STATES), help="only those in this state")
    parser.add_argument("--limit", type=int, default=LISTED, help=f"how many at most; {LISTED}")
    arguments = parser.parse_args()
    if arguments.limit < 1:
        parser.error("--limit must be at least 1")
    return run_command("delivery", lambda: show(STATES.get(arguments.state), arguments.limit))


if __name__ == "__main__":
    sys.exit(main())
