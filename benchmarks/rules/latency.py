"""How soon an alert is stored after the quote that closed its bar, with many armed rules on many symbols.

    python -m benchmarks.rules.latency                       200 rules on 500 symbols, five minutes at 1,000 quotes/s
    python -m benchmarks.rules.latency --rules 50 --seconds 200
    python -m benchmarks.rules.latency --rules 40 --symbols 50 --receiver

First without rules, but with the thresholds of the settings on every bar of a minute, then with the rules, and then, if
asked for, with the delivery part as well, whose receiver is down all the time. Everything runs on an embedded Kafka and
PostgreSQL in a temporary folder.
"""

import argparse
import json
import sys
from typing import NamedTuple

from benchmarks.staging.part import Part
from benchmarks.staging.stage import Stage, say, stage, until
from benchmarks.staging.tables import table
from shared.embedded.ports import free_port

MODULE = "analytics.analytics_consumer"
STORAGE = "consumer.consumer"
DELIVERY = "delivery.delivery"
RATE = 1_000
HISTORY = 60
"""Minutes of two quotes a symbol, from which the values of the rules begin."""
SETTLING_SECONDS = 150.0
"""Arming so many rules takes a while, in which alerts come late: those of later bars are measured."""
SETTINGS = {"ALERT_INTERVALS": "1m", "VOLUME_CHANGE_THRESHOLD": "1.5", "FORECAST_INTERVALS": "none"}
ALERTS = """
    with given as materialized (select partition, "offset", received_time from quotes)
    select count(*), count(q.received_time), percentile_cont(array[0.5, 0.99, 1]) within group (order by
        1000 * extract(epoch from pg_xact_commit_timestamp(a.xmin) - q.received_time)::float)
    from alerts a left join given q using (partition, "offset") where a.event_time >= to_timestamp(%s)
"""
CAUGHT_UP = """
    select coalesce(max(extract(epoch from pg_xact_commit_timestamp(xmin)))::float - %s, 0) from rule_changes
"""
HEADER = (
    "rules",
    "armed after s",
    "alerts",
    "closed by a quote",
    "p50 ms",
    "p99 ms",
    "longest ms",
    "analytics, core",
    "storage, core",
)


class Load(NamedTuple):
    """How many rules on how many symbols, and for how many seconds."""

    rules: int
    symbols: int
    seconds: int


def measured(on: Stage, load: Load, *, is_delivered: bool = False) -> tuple[str, ...]:
    """A line of the table. The latency is that of alerts whose bar was closed by a quote and not by a time mark."""
    act = f"rules_{load.rules}_{'delivered' if is_delivered else 'shown'}"
    on.prepare(act)
    say(f"{load.rules} rules on {load.symbols} symbols, {load.seconds} s at {RATE:,} quotes/s")
    parts = [on.start(act, module) for module in (MODULE, STORAGE)]
    others = [on.start(act, DELIVERY, ALERT_URLS=f"json://127.0.0.1:{free_port()}/")] if is_delivered else []
    until(lambda: on.row(act, "select count(*) from progress") == (8,), "the partitions are assigned")
    began, cores = _published(on, act, load, parts)
    for part in parts + others:
        part.stopped()
    name = f"{load.rules}, receiver down" if is_delivered else f"{load.rules}"
    return (name, *_of_alerts(on, act, began), *(f"{share:.2f}" for share in cores))


def _published(on: Stage, act: str, load: Load, parts: list[Part]) -> tuple[float, list[float]]:
    """When the first quote was made, and the cores that the parts used until the last one. All quotes are stored."""
    before = [part.cpu_seconds() for part in parts]
    numbers = {"--quotes": RATE * load.seconds, "--rate": RATE, "--symbols": load.symbols}
    numbers |= {"--rules": load.rules, "--history": HISTORY}
    arguments = [str(each) for pair in numbers.items() for each in pair]
    report = json.loads(on.run(act, "benchmarks.staging.quote_producer", *arguments).printed)
    cores = [
        (part.cpu_seconds() - start) / (report["ended"] - report["began"])
        for part, start in zip(parts, before, strict=True)
    ]
    quotes = RATE * load.seconds + 2 * HISTORY * load.symbols
    until(lambda: on.row(act, "select count(*) from quotes") == (quotes,), "every quote is stored")
    return report["began"], cores


def _of_alerts(on: Stage, act: str, began: float) -> tuple[str, ...]:
    """How long arming took, the numbers of alerts, and their latency."""
    (armed_after,) = on.row(act, CAUGHT_UP, began)
    alerts, timed, latency = on.row(act, ALERTS, began + SETTLING_SECONDS)
    shown = [f"{each:,.0f}" for each in latency or ()] or ["", "", ""]
    return (f"{armed_after:,.0f}", f"{alerts:,}", f"{timed:,}", *shown)


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rules", type=int, default=200)
    parser.add_argument("--symbols", type=int, default=500)
    parser.add_argument("--seconds", type=int, default=300)
    parser.add_argument("--receiver", action="store_true", help="also with alerts to a receiver that is down")
    options = parser.parse_args()
    load = Load(options.rules, options.symbols, options.seconds)
    with stage(**SETTINGS) as on:
        lines = [measured(on, load._replace(rules=0)), measured(on, load)]
        if options.receiver:
            lines.append(measured(on, load, is_delivered=True))
    print(table("From the quote to the committed alert", HEADER, lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
