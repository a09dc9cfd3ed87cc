"""Log and tables that differ: shows from which offset on, and deletes the rows that the log does not have.

    python -m db.realign                    shows where they begin to differ; changes nothing
    python -m db.realign --cut              shows it, asks, and deletes the rows behind it
    python -m db.realign --cut --yes        does so without asking

A log can lose its end, in a power cut or where an older copy of it is restored, and grow again. The parts that have
read the lost messages then stop at every start. Stop the pipeline and restore the log if you can; if not, cut:
quotes, dead letters, splits, dividends and changes of models behind the last common offset are deleted, and when the
pipeline starts again, bars, indicators, alerts and forecasts of these partitions are calculated again from the log.
Letters that went to the dead-letter topic stay there. Which database and topic: .env, as for every part; see --replay.
"""

import argparse
import signal
import sys
from collections.abc import Iterator
from contextlib import closing

if __name__ == "__main__":  # Ctrl-C amid the imports below ends it at once, without a traceback
    signal.signal(signal.SIGINT, signal.SIG_DFL)

from db.cutting import Cut, cut, cuts, dropped
from db.migrate import migrate
from db.parting import Parting, partings
from shared.errors import ConfigError, PartitionLost, TickstreamError
from shared.kafka import Log, LogBrowser, browse, make_topics
from shared.postgres.database import (
    Connection,
    Cursor,
    allow_hours,
    allow_pauses,
    connect,
    make_database,
    transaction,
)
from shared.runtime.command_line import parser_of, start
from shared.runtime.lifecycle import servers
from shared.runtime.offsets import claim_origin
from shared.settings.config import Config

PARTED = 1
REFUSED = 3
SAME = "Log and tables are the same up to the last message read."
NOTHING_READ = (
    "Nothing of this topic was read into this database. For a simulated market: TICKSTREAM_FEED=simulated."
)


def realign(config: Config, is_cut: bool, is_sure: bool) -> int:
    """Show where log and tables part, and cut where it is asked for; the exit status, 1 where they are apart still.

    Raises Unavailable, and ConfigError where nothing can be cut.
    """
    with servers(config) as ready:
        log = make_topics(ready.kafka.brokers, ready.topic(), ready.kafka.partitions)
        dsn = make_database(ready.postgres.dsn_for("postgres"), ready.database())
        migrate(dsn)
        print(f"topic {ready.topic()}, database {ready.database()}")
        with closing(connect(dsn, "realign")) as connection, browse(log) as browser:
            return _realigned(connection, log, browser, is_cut, is_sure)


def _realigned(connection: Connection, log: Log, browser: LogBrowser, is_cut: bool, is_sure: bool) -> int:
    with transaction(connection) as cursor:
        allow_hours(cursor)
        allow_pauses(cursor)
        claim_origin(cursor, log)
        shown = list(_shown(connection, cursor, log, browser))
        apart = [parted for parted in shown if parted.cut]
        if not apart:
            print(SAME if shown else NOTHING_READ)
            return 0
        plan = [(parted, cuts(log, browser, parted)) for parted in apart]
        _show_dropped(cursor, apart)
    if not is_cut:
        print("Nothing is changed. --cut cuts the tables back.")
        return PARTED
    if not (is_sure or _is_confirmed()):
        print("Nothing is changed.")
        return PARTED
    _cut(connection, log, plan)
    print("Done. Start the pipeline: it continues behind the last common offset.")
    return 0


def _cut(connection: Connection, log: Log, plan: list[tuple[Parting, list[Cut]]]) -> None:
    """All or nothing. Raises ConfigError where a part is at work beside us."""
    try:
        with transaction(connection) as cursor:
            allow_hours(cursor)
            allow_pauses(cursor)
            for parted, groups in plan:
                cut(cursor, log, parted, groups)
    except PartitionLost as moved:
        raise ConfigError(f"{moved}. Stop the pipeline, then cut again. Nothing is cut.") from moved


def _shown(connection: Connection, cursor: Cursor, log: Log, browser: LogBrowser) -> Iterator[Parting]:
    for parted in partings(connection, cursor, log, browser):
        _show(parted)
        yield parted


def _show(parted: Parting) -> None:
    print(f"partition {parted.partition}: the log holds offsets {parted.first} to {parted.end}")
    for group in parted.groups:
        word = "the same" if group.agrees else f"the same up to {parted.common}, different behind it"
        print(f"  {group.name} has read up to {group.at.next_offset}: {word}")


def _show_dropped(cursor: Cursor, apart: list[Parting]) -> None:
    counts = [dropped(cursor, parted) for parted in apart]
    print("Cutting back deletes:")
    for table in counts[0]:
        print(f"  {table:<18} {sum(count[table] for count in counts):>12,} rows")
    named = ", ".join(str(parted.partition) for parted in apart)
    print(
        f"Bars, indicators, alerts and forecasts of partition {named} are calculated again at the next start."
    )


def _is_confirmed() -> bool:
    """Ask on the terminal; without one the answer is no."""
    if not sys.stdin.isatty():
        print("This is no terminal, so nothing can be asked: --yes cuts without asking.", file=sys.stderr)
        return False
    return input("Cut the tables back? Type yes: ").strip() == "yes"


def main() -> int:
    """Realign what the settings name; its exit status."""
    parser = parser_of(__doc__)
    parser.add_argument("--cut", action="store_true", help="cut the tables back to the last common offset")
    parser.add_argument("--yes", action="store_true", help="with --cut: do not ask")
    try:
        arguments: argparse.Namespace = parser.parse_args()
        return realign(start("realign", arguments), arguments.cut, arguments.yes)
    except TickstreamError as error:
        print(f"realign: {error}", file=sys.stderr)
        return REFUSED


if __name__ == "__main__":
    sys.exit(main())
