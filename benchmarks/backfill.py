"""Duration of the backfill of ten symbols from Yahoo through Kafka into bars, with and without the default rate limit.

    python -m benchmarks.backfill

Each history has two years of days, 60 days of quarter-hours and a week of minutes of a coin, which trades around the
clock. All parts run as their real processes on an embedded Kafka and PostgreSQL of the benchmark; Yahoo is a stand-in
on 127.0.0.1 in this process.
"""

import argparse
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import NamedTuple

from benchmarks.staging.live.desk import LiveDesk
from benchmarks.staging.live.offering import instruments, sources
from benchmarks.staging.stage import Stage, say, stage, until
from benchmarks.staging.tables import table
from shared.market.records import RecordedBar
from tests.standin import Market, StandIn

SYMBOLS = 10
RUNS = 3
LIMITS = {"default": "", "raised to 6,000": "6000"}
PARTS = ("producer.producer", "consumer.consumer", "analytics.analytics_consumer")
CHART = "/v8/finance/chart/"
YOUNGEST_SECONDS = 300.0
"""Bars that ended less than this before the start are left out: they wait for quotes to close them."""
COMMITTED = """
    select extract(epoch from max(pg_xact_commit_timestamp(xmin)))::float, count(*)
    from bars where "end" < to_timestamp(%s)
"""
HEADER = (
    "rate limit",
    "charts",
    "records",
    "in the log s",
    "records/s",
    "bars of all intervals",
    "in bars s",
    "records/s",
)
FOOT = """\
charts       chart requests: three for each symbol, and one more if a minute ended meanwhile. Requests for cookie, crumb
             and companies are under the same rate limit.
in the log   time from the first chart request until the last bar of the histories is in the log.
in bars      time from the same moment until the last bar of any interval is committed in PostgreSQL.
"""


class Filled(NamedTuple):
    """One run: counts, and seconds since the first chart request."""

    requests: float
    records: float
    in_log: float
    in_bars: float
    bars: float


def filled(own: Stage, standin: StandIn, name: str, limit: str) -> Filled:
    """Load all histories into a new topic and database."""
    settings = {"YAHOO_REQUESTS_PER_MINUTE": limit, "SOURCES": sources(instruments(SYMBOLS), ("yahoo",))}
    desk = LiveDesk(own, name, standin.settings | settings | {"LOG_LEVEL": "ERROR"})
    already, began = len(standin.requests), time.time()
    offset = began - time.monotonic()
    parts = [desk.start(module) for module in PARTS]
    until(lambda: _has_history(desk), "every history is published")
    until(lambda: _is_read(desk), "storage and analytics have read it all")
    committed, stored = desk.rows(COMMITTED, began - YOUNGEST_SECONDS)[0]
    charts = [request for request in standin.requests[already:] if request.path.startswith(CHART)]
    bars = [
        taken
        for taken, record in desk.records_since(began)
        if isinstance(record, RecordedBar) and record.start.timestamp() < began - YOUNGEST_SECONDS
    ]
    for part in parts:
        part.stopped()
    first = charts[0].time + offset
    return Filled(len(charts), len(bars), max(bars) - first, committed - first, stored)


def _has_history(desk: LiveDesk) -> bool:
    done = "select count(*) from data_quality where history_total > 0 and history_done = history_total"
    return desk.count(done) == SYMBOLS


def _is_read(desk: LiveDesk) -> bool:
    rows = desk.rows("select sum(next_offset - first_offset) from progress group by group_id")
    published = desk.published()
    return len(rows) == 2 and all(row == (published,) for row in rows)


def medians(runs: list[Filled]) -> Filled:
    """The median of each figure."""
    return Filled(*(median(figures) for figures in zip(*runs, strict=True)))


def cells(limit: str, one: Filled) -> list[str]:
    """The cells of its table row."""
    figures: list[Callable[[Filled], str]] = [
        lambda run: f"{run.requests:.0f}",
        lambda run: f"{run.records:,.0f}",
        lambda run: f"{run.in_log:.1f}",
        lambda run: f"{run.records / run.in_log:,.0f}",
        lambda run: f"{run.bars:,.0f}",
        lambda run: f"{run.in_bars:.1f}",
        lambda run: f"{run.records / run.in_bars:,.0f}",
    ]
    return [limit, *(figure(one) for figure in figures)]


def main() -> int:
    """Measure and print the table; returns the exit status."""
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args()
    rows = []
    with StandIn(Market(time.time, instruments(SYMBOLS))) as standin, stage() as own:
        for place, (title, limit) in enumerate(LIMITS.items()):
            say(f"rate limit: {title}")
            runs = [filled(own, standin, f"backfill-{place}-{run}", limit) for run in range(RUNS)]
            rows.append(cells(title, medians(runs)))
    print(table(f"Backfill of {SYMBOLS} symbols, medians of {RUNS} runs", HEADER, rows))
    print(FOOT)
    return 0


if __name__ == "__main__":
    sys.exit(main())
