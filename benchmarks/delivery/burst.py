"""Delivery of a burst of alerts to a webhook that is down: when each arrives once it is back, and what that consumes.

    python -m benchmarks.delivery.burst                        1,000 alerts, a minute of outage
    python -m benchmarks.delivery.burst --alerts 200 --down 10

The delivery part runs as a process on an embedded PostgreSQL in a temporary folder. Alerts are written to the outbox
all at once, while nothing listens at the webhook's port.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import quantiles
from typing import NamedTuple

from benchmarks.staging.part import Part
from benchmarks.staging.stage import say, until
from benchmarks.staging.tables import table
from db.migrate import migrate
from shared.embedded import lease_postgres
from shared.embedded.ports import free_port
from shared.postgres.database import connect, make_database, transaction
from shared.settings.config import KEYS, OTHER_NAMES
from tests.integration.delivery.delivery_process import states
from tests.integration.delivery.receivers import Receiver, webhook
from tests.integration.delivery.sending import to_outbox

ALERTS, DOWN_SECONDS = 1_000, 60.0
MOST = 1_000
"""More alerts than this are always sent as digests."""
LOOK_SECONDS = 0.5
WAYS = {"as digests": "5", "one by one": "1000"}
HEADER = (
    "",
    "messages",
    "arrived",
    "twice",
    "p50 s",
    "p95 s",
    "last s",
    "MB before",
    "MB down",
    "MB after",
    "CPU s",
)
FOOT = """\
p50, p95, last   seconds from the receiver's return until an alert arrived.
MB               resident memory before the burst, at most while the receiver was down, and after all arrived.
"""


class Burst(NamedTuple):
    """How many alerts, and for how many seconds their receiver is down."""

    alerts: int
    down: float


@contextmanager
def part_on(dsn: str, data: Path, port: int, above: str) -> Iterator[Part]:
    """The running delivery part, which routes to the port of this machine."""
    settings = dict.fromkeys([*KEYS, *OTHER_NAMES], "") | {
        "POSTGRES_DSN": dsn,
        "TICKSTREAM_DATA": str(data),
        "ALERT_URLS": f"json://127.0.0.1:{port}/hook",
        "ALERT_DIGEST_ABOVE": above,
        "LOG_LEVEL": "ERROR",
    }
    part = Part("delivery.delivery", (), os.environ | settings)
    try:
        yield part
    finally:
        part.abandon()


def is_running(dsn: str) -> bool:
    """Whether the part has written that it runs."""
    with closing(connect(dsn, "benchmark")) as connection, transaction(connection) as cursor:
        cursor.execute("select exists (select from parts where part = 'delivery' and state = 'running')")
        ((found,),) = cursor.fetchall()
        return bool(found)


def fill(dsn: str, alerts: int) -> None:
    """Write the alerts to the outbox."""
    with closing(connect(dsn, "benchmark")) as connection:
        to_outbox(connection, 0, alerts, at=datetime.now(UTC))


def most_while(part: Part, seconds: float) -> float:
    """The most memory of the part during this time, in megabytes."""
    most, end = 0.0, time.monotonic() + seconds
    while time.monotonic() < end:
        most = max(most, part.megabytes())
        time.sleep(LOOK_SECONDS)
    return most


def measured(way: str, dsn: str, data: Path, burst: Burst) -> tuple[str, ...]:
    """A row of the table."""
    port = free_port()
    with part_on(dsn, data, port, WAYS[way]) as part:
        until(lambda: is_running(dsn), "the part runs")
        before, cpu = part.megabytes(), part.cpu_seconds()
        say(f"{burst.alerts} alerts {way}; the receiver is down for {burst.down:g} s")
        fill(dsn, burst.alerts)
        down = most_while(part, burst.down)
        back = time.monotonic()
        with webhook(port) as receiver:
            until(lambda: states(dsn) == {"delivered": burst.alerts}, "all alerts are delivered")
            after, cpu = part.megabytes(), part.cpu_seconds() - cpu
        numbers = (before, down, after, cpu)
        return (way, *arrivals(receiver, back), *(f"{number:.1f}" for number in numbers))


def arrivals(receiver: Receiver, back: float) -> tuple[str, ...]:
    """The cells about the alerts that arrived, `back` the time of the receiver's return."""
    ids = receiver.ids()
    arrived = sorted(
        at - back
        for at, payload in zip(receiver.tried_at, receiver.payloads, strict=True)
        for _ in payload["alerts"]
    )
    cuts = quantiles(arrived, n=20)
    counts = (len(receiver.payloads), len(ids), sum(count > 1 for count in ids.values()))
    return (*map(str, counts), *(f"{seconds:.1f}" for seconds in (cuts[9], cuts[18], arrived[-1])))


def run(burst: Burst) -> str:
    """The table of both ways."""
    rows = []
    with tempfile.TemporaryDirectory(prefix="tickstream-benchmark-") as folder:
        data = Path(folder)
        with lease_postgres(data, say, free_port()) as admin:
            for number, way in enumerate(WAYS):
                dsn = make_database(admin, f"burst_{number}")
                migrate(dsn)
                rows.append(measured(way, dsn, data, burst))
    title = f"{burst.alerts} alerts to a webhook that is down for {burst.down:g} s"
    return f"{table(title, HEADER, rows)}\n\n{FOOT}"


def main() -> int:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--alerts", type=int, default=ALERTS, choices=range(2, MOST + 1), metavar="N")
    parser.add_argument("--down", type=float, default=DOWN_SECONDS, metavar="SECONDS")
    arguments = parser.parse_args()
    print(run(Burst(arguments.alerts, arguments.down)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
