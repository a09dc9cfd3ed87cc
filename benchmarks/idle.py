"""Consumption of a quiet desk: CPU time and memory of every part while ten simulated symbols trade and a page is open.

    python -m benchmarks.idle                  two minutes, after some three minutes for the start
    python -m benchmarks.idle --seconds 30     a short run

`start_pipeline.py` runs with embedded servers in a temporary folder, which is removed at the end. It is measured once
histories, searches and first trainings are done and their processes have ended. A headless Chromium shows the page; it
is not counted.
"""

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import NamedTuple, get_args

from playwright.sync_api import expect, sync_playwright

from benchmarks.staging.consumption import NOTHING, STARTED_BY, Consumed, by_part
from benchmarks.staging.stage import say, until
from benchmarks.staging.tables import table
from benchmarks.start import CHROMIUMS, FLAGS, is_served, running, settings_in
from shared.embedded import kafka_in, postgres_in
from shared.embedded.daemon import EmbeddedServer, find
from shared.postgres.database import connect, transaction
from shared.settings.brokers import ClientChoice
from shared.settings.config import load

SECONDS = 120.0
SAMPLE_SECONDS = 10.0
QUIET_SAMPLES = 3
QUIET_CORES = 0.75
"""A history, a search or a training takes a whole core."""
SMALL_LAG = 50
READ = "select coalesce(sum(next_offset), 0)::bigint from progress"
PARTS = "select count(*), coalesce(max(lag), 0)::bigint from parts where state in ('running', 'publishing')"
WORKERS = set(STARTED_BY.values())
CONSUMERS = 2
"""Parts that read the log: each message is counted by both."""
FOOT = """\
cores    CPU time of all processes as a fraction of one core, user and system.
MB       proportional set size; memory shared by several processes is divided among them.
"""


class ConsumptionSample(NamedTuple):
    """The consumption of each part at a time in seconds, and the number of messages read from the log by then."""

    at: float
    parts: Mapping[str, Consumed]
    messages: int

    @property
    def cpu(self) -> float:
        """CPU seconds of all parts."""
        return sum(part.cpu for part in self.parts.values())

    @property
    def workers(self) -> set[str]:
        """The workers that run now; those that have ended keep their CPU time and have no memory."""
        return {name for name in WORKERS & self.parts.keys() if self.parts[name].megabytes}


class ObservedPipeline:
    """The running pipeline, observed from outside."""

    def __init__(self, settings: dict[str, str], supervisor: int) -> None:
        data = Path(settings["TICKSTREAM_DATA"])
        self._supervisor = supervisor
        self._kafka = kafka_in(data, int(settings["EMBEDDED_KAFKA_PORT"]))
        self._postgres = postgres_in(data, int(settings["EMBEDDED_POSTGRES_PORT"]))
        self._database = load(None, settings).database()

    def sample(self) -> ConsumptionSample:
        """The consumption of every part so far."""
        at = time.monotonic()
        servers = {"Kafka": _pid(self._kafka), "PostgreSQL": _pid(self._postgres)}
        parts = by_part(self._supervisor, servers)
        return ConsumptionSample(at, parts, self._row(READ)[0] // CONSUMERS)

    def has_lag(self) -> bool:
        """Whether a part that reads or writes the log is behind it."""
        return self._row(PARTS)[1] > SMALL_LAG

    def _row(self, statement: str) -> tuple[int, ...]:
        dsn = f"{self._postgres.dsn(self._postgres.port)} dbname={self._database}"
        with closing(connect(dsn, "benchmark")) as connection, transaction(connection) as cursor:
            cursor.execute(statement)
            (row,) = cursor.fetchall()
            return tuple(int(value) for value in row)


def _pid(server: EmbeddedServer) -> int:
    record = find(server)
    assert record is not None, "the pipeline keeps it running"
    return record.pid


def cores(before: ConsumptionSample, after: ConsumptionSample) -> float:
    """The fraction of one core between two samples."""
    return (after.cpu - before.cpu) / (after.at - before.at)


def quiet_check(pipeline: ObservedPipeline) -> Callable[[], bool]:
    """A condition: the desk had little to do for QUIET_SAMPLES times SAMPLE_SECONDS. Each call takes SAMPLE_SECONDS."""
    quiet = 0

    def is_quiet() -> bool:
        nonlocal quiet
        before = pipeline.sample()
        time.sleep(SAMPLE_SECONDS)
        after = pipeline.sample()
        is_calm = cores(before, after) < QUIET_CORES and not pipeline.has_lag() and not after.workers
        quiet = quiet + 1 if is_calm else 0
        return quiet >= QUIET_SAMPLES

    return is_quiet


class QuietDesk(NamedTuple):
    """The samples before and after the measurement of a quiet desk."""

    before: ConsumptionSample
    after: ConsumptionSample

    @property
    def cores(self) -> float:
        """The fraction of one core of all parts together."""
        return cores(self.before, self.after)

    def rows(self) -> list[tuple[str, str, str]]:
        """The rows of the table, the costliest part first, and their sum."""
        seconds, earlier = self.after.at - self.before.at, self.before.parts
        found = [
            (name, (part.cpu - earlier.get(name, NOTHING).cpu) / seconds, part.megabytes)
            for name, part in self.after.parts.items()
        ]
        total = ("all", sum(row[1] for row in found), sum(row[2] for row in found))
        ordered = [*sorted(found, key=lambda row: -row[1]), total]
        return [(name, f"{share:.3f}", f"{megabytes:,.0f}") for name, share, megabytes in ordered]

    def table(self) -> str:
        """The table of all parts."""
        a_second = (self.after.messages - self.before.messages) / (self.after.at - self.before.at)
        title = f"Quiet desk: ten simulated symbols, {a_second:.0f} messages/s, one page open; {os.cpu_count()} cores"
        return table(title, ("part", "cores", "MB"), self.rows())


def measured(settings: dict[str, str], chromium: str, seconds: float) -> QuietDesk:
    """Start everything, wait until it is quiet, and measure."""
    address = f"http://127.0.0.1:{settings['DASHBOARD_PORT']}"
    with running(settings) as pipeline, sync_playwright() as playwright:
        until(lambda: is_served(address), "the page is served")
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        page = browser.new_page()
        page.goto(address)
        expect(page.locator("#last")).not_to_have_text("–", timeout=60_000)
        observed = ObservedPipeline(settings, pipeline.process.pid)
        say("the page shows quotes; waiting until histories, searches and trainings are done")
        until(quiet_check(observed), "the desk is quiet")
        say(f"measuring for {seconds:.0f} s")
        before = observed.sample()
        time.sleep(seconds)
        after = observed.sample()
        browser.close()
    return QuietDesk(before, after)


def quiet_desk(seconds: float, client: ClientChoice = "auto") -> QuietDesk | None:
    """Measure in a temporary folder; None, with a sentence, without a Chromium."""
    chromium = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if chromium is None:
        say(f"No Chromium found on the PATH ({', '.join(CHROMIUMS)}): the quiet desk is not measured.")
        return None
    with tempfile.TemporaryDirectory(prefix="tickstream-benchmark-") as folder:
        return measured(settings_in(Path(folder)) | {"KAFKA_CLIENT": client}, chromium, seconds)


def main() -> int:
    """Measure and print the table; returns the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=SECONDS, help="(default: %(default)s)")
    parser.add_argument(
        "--client", choices=get_args(ClientChoice), default="auto", help="of Kafka (default: %(default)s)"
    )
    options = parser.parse_args()
    found = quiet_desk(options.seconds, options.client)
    if found is not None:
        print(found.table())
        print(FOOT)
    return 0


if __name__ == "__main__":
    sys.exit(main())
