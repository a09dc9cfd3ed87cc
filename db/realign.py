"""Repair tables that differ from the log: show from which offset on they differ, and delete the rows from there on.

    python -m db.realign                    show the last common offset; change nothing
    python -m db.realign --cut              show it, ask, and delete the rows after it
    python -m db.realign --cut --yes        the same without asking

A log can lose its end, in a power cut or when an older copy of it is restored, and grow again. Parts that have read
the lost messages then stop at every start. Stop the pipeline and restore the log if you can. Otherwise cut the tables
back: quotes, dead letters, splits, dividends and deployments after the last common offset are deleted, and at the next
start of the pipeline bars, indicators, alerts and forecasts of these partitions are calculated again from the log.
Messages on the dead-letter topic stay there. Database and topic are those of .env or of --replay.
"""

import argparse
import signal
import sys
from collections.abc import Iterator
from contextlib import closing

if __name__ == "__main__":  # Ctrl-C during the imports below ends the process at once, without a traceback
    signal.signal(signal.SIGINT, signal.SIG_DFL)

from db.cutting import Cut, cut, planned_cuts, rows_to_delete
from db.divergence import Divergence, divergences
from db.migrate import migrate
from shared.errors import ConfigError, PartitionLost, TickstreamError
from shared.kafka import Log, LogReader, make_topics, open_log
from shared.postgres.database import (
    Connection,
    Cursor,
    allow_hours,
    allow_pauses,
    connect,
    make_database,
    transaction,
)
from shared.progress.offsets import claim_origin
from shared.runtime.command_line import parser_of, start
from shared.runtime.lifecycle import servers
from shared.settings.config import Config

DIFFERENT = 1
REFUSED = 3
SAME = "Log and tables agree up to the last message read."
NOTHING_READ = (
    "Nothing of this topic was read into this database. For the simulated market: TICKSTREAM_FEED=simulated."
)


def realign(config: Config, is_cut: bool, is_sure: bool) -> int:
    """Compare log and tables, and cut the tables if `is_cut`; returns the exit status, 1 if they still differ.

    `is_sure` cuts without asking. Raises Unavailable, and ConfigError if the tables can't be cut.
    """
    with servers(config) as ready:
        log = make_topics(ready.kafka.brokers, ready.topic(), ready.kafka.partitions)
        dsn = make_database(ready.postgres.dsn_for("postgres"), ready.database())
        migrate(dsn)
        print(f"topic {ready.topic()}, database {ready.database()}")
        with closing(connect(dsn, "realign")) as connection, open_log(log) as reader:
            return _realigned(connection, log, reader, is_cut, is_sure)


def _realigned(connection: Connection, log: Log, reader: LogReader, is_cut: bool, is_sure: bool) -> int:
    with transaction(connection) as cursor:
        allow_hours(cursor)
        allow_pauses(cursor)
        claim_origin(cursor, log)
        shown = list(_shown(connection, cursor, log, reader))
        different = [divergence for divergence in shown if divergence.cut]
        if not different:
            print(SAME if shown else NOTHING_READ)
            return 0
        plan = [(divergence, planned_cuts(log, reader, divergence)) for divergence in different]
        _show_rows_to_delete(cursor, different)
    if not is_cut:
        print("Nothing is changed. --cut cuts the tables back.")
        return DIFFERENT
    if not (is_sure or _is_confirmed()):
        print("Nothing is changed.")
        return DIFFERENT
    _cut(connection, log, plan)
    print("Done. Start the pipeline: it continues after the last common offset.")
    return 0


def _cut(connection: Connection, log: Log, plan: list[tuple[Divergence, list[Cut]]]) -> None:
    """Cut all partitions in one transaction. Raises ConfigError if a part is running."""
    try:
        with transaction(connection) as cursor:
            allow_hours(cursor)
            allow_pauses(cursor)
            for divergence, groups in plan:
                cut(cursor, log, divergence, groups)
    except PartitionLost as moved:
        raise ConfigError(f"{moved}. Stop the pipeline, then cut again. Nothing is cut.") from moved


def _shown(connection: Connection, cursor: Cursor, log: Log, reader: LogReader) -> Iterator[Divergence]:
    for divergence in divergences(connection, cursor, log, reader):
        _show(divergence)
        yield divergence


def _show(divergence: Divergence) -> None:
    print(f"partition {divergence.partition}: the log holds offsets {divergence.first} to {divergence.end}")
    for group in divergence.groups:
        state = "the same" if group.agrees else f"the same up to {divergence.common}, different after it"
        print(f"  {group.name} has read up to {group.at.next_offset}: {state}")


def _show_rows_to_delete(cursor: Cursor, different: list[Divergence]) -> None:
    counts = [rows_to_delete(cursor, divergence) for divergence in different]
    print("Cutting back deletes:")
    for table in counts[0]:
        print(f"  {table:<18} {sum(count[table] for count in counts):>12,} rows")
    named = ", ".join(str(divergence.partition) for divergence in different)
    print(
        f"Bars, indicators, alerts and forecasts of partition {named} are calculated again at the next start."
    )


def _is_confirmed() -> bool:
    """Ask on the terminal; without a terminal the answer is no."""
    if not sys.stdin.isatty():
        print("There is no terminal to ask on: use --yes to cut without asking.", file=sys.stderr)
        return False
    return input("Cut the tables back? Type yes: ").strip() == "yes"


def main() -> int:
    """Run the command; returns its exit status."""
    parser = parser_of(__doc__)
    parser.add_argument("--cut", action="store_true", help="cut the tables back to the last common offset")
    parser.add_argument("--yes", action="store_true", help="with --cut: cut without asking")
    try:
        arguments: argparse.Namespace = parser.parse_args()
        return realign(start("realign", arguments), arguments.cut, arguments.yes)
    except TickstreamError as error:
        print(f"realign: {error}", file=sys.stderr)
        return REFUSED


if __name__ == "__main__":
    sys.exit(main())
