"""Throughput of each part and cost of a quote, compared with the usual tutorial code.

    python -m benchmarks.throughput                    takes about five minutes
    python -m benchmarks.throughput --quotes 100000    a short run
    python -m benchmarks.throughput --set KAFKA_CLIENT=kafka-python --set FORECAST_INTERVALS=none

Everything runs on an embedded Kafka and PostgreSQL in a temporary folder, which is removed at the end.
"""

import argparse
import json
import sys
from typing import NamedTuple

from benchmarks.staging.stage import ServerCpu, Stage, say, stage, until
from benchmarks.staging.steady import Steady, steady
from benchmarks.staging.tables import table
from shared.settings.config import KEYS

QUOTES = 1_000_000
SYMBOLS = 50
START_UPS = 2
TUTORIAL_MESSAGES = 20_000
PARTS = {"storage": "consumer.consumer", "analytics": "analytics.analytics_consumer"}
HEADER = ("", "quotes/s", "target", "CPU s/million", "peak MB", "part", "PostgreSQL", "Kafka")
FOOT = """\
quotes/s        from the first quote made or read to the last one acknowledged or committed. For storage and analytics
                alone: the process from start to end, snapshot included, minus the same process for one message.
CPU s/million   user and system time of the part's processes alone, minus that of the start-up.
peak MB         resident memory of all processes of the part, start-up included.
part, PostgreSQL, Kafka   their CPU time as a fraction of one core during the measurement.
Quotes of 240 bytes, 50 symbols with one quote a second of event time each, four partitions, default settings.

Bottlenecks; the time of the Kafka client is that for a message:
producer    the Kafka client, 3 microseconds; 15 with KAFKA_CLIENT=kafka-python (a batch and a future for each message).
storage     the Kafka client, 1.4 microseconds; 6 with KAFKA_CLIENT=kafka-python (unpacking messages, in Python). The
            part waits while PostgreSQL writes the rows.
analytics   the Kafka client, as for storage; then decoding, bars, indicators and the live view.
all         two cores, shared by the parts, Kafka and PostgreSQL.
"""


class ThroughputRow(NamedTuple):
    """One measurement over `seconds`; `cpu` are the CPU seconds of the parts, `servers` those of the servers."""

    name: str
    quotes: int
    target: int | None
    seconds: float
    cpu: float
    megabytes: float
    servers: ServerCpu

    def cost(self) -> float:
        """CPU seconds of parts and servers together for a million quotes."""
        return (self.cpu + self.servers.kafka + self.servers.postgres) / self.quotes * 1e6

    def cells(self) -> tuple[str, ...]:
        """The cells of its table row."""
        shares = (self.cpu, self.servers.postgres, self.servers.kafka)
        return (
            self.name,
            f"{self.quotes / self.seconds:,.0f}",
            f"{self.target:,}" if self.target else "",
            f"{self.cpu / self.quotes * 1e6:,.1f}",
            f"{self.megabytes:,.0f}",
            *(f"{share / self.seconds:.2f}" for share in shares),
        )


def produced(stage: Stage, quotes: int) -> tuple[ThroughputRow, int]:
    """The producer alone, which creates the backlog, and the number of messages in it."""
    before = stage.server_cpu()
    usage = stage.run(
        "backlog", "benchmarks.staging.quote_producer", "--quotes", str(quotes), "--symbols", str(SYMBOLS)
    )
    report = json.loads(usage.printed)
    seconds = report["ended"] - report["began"]
    servers = _since(before, stage)
    row = ThroughputRow("producer alone", quotes, 30_000, seconds, report["cpu"], usage.megabytes, servers)
    return row, report["messages"]


def drained(stage: Stage, part: str, target: int, quotes: int, messages: int) -> ThroughputRow:
    """A consuming part on the backlog. The first start-up creates tables, the second one is subtracted."""
    for _ in range(START_UPS):
        empty = stage.run("backlog", PARTS[part], MAX_MESSAGES="1")
    before = stage.server_cpu()
    usage = stage.run("backlog", PARTS[part], MAX_MESSAGES=str(messages - START_UPS))
    seconds, cpu = usage.seconds - empty.seconds, usage.cpu_seconds - empty.cpu_seconds
    return ThroughputRow(
        f"{part} alone", quotes, target, seconds, cpu, usage.megabytes, _since(before, stage)
    )


def together(stage: Stage, quotes: int) -> ThroughputRow:
    """Producer, storage and analytics at once."""
    stage.prepare("together")
    parts = [stage.start("together", module) for module in PARTS.values()]
    until(
        lambda: _progress(stage, "together")[0] == len(PARTS) * 4, "the partitions are assigned to the parts"
    )
    cpu, before = [part.cpu_seconds() for part in parts], stage.server_cpu()
    producer = stage.run(
        "together", "benchmarks.staging.quote_producer", "--quotes", str(quotes), "--symbols", str(SYMBOLS)
    )
    report = json.loads(producer.printed)
    until(lambda: _progress(stage, "together")[1] == len(PARTS) * report["messages"], "the log is read")
    servers = _since(before, stage)
    used = sum(part.cpu_seconds() for part in parts) - sum(cpu)
    ended = stage.row(
        "together", "select max(extract(epoch from pg_xact_commit_timestamp(xmin)))::float from progress"
    )[0]
    megabytes = producer.megabytes + sum(part.stopped().megabytes for part in parts)
    seconds = ended - report["began"]
    return ThroughputRow(
        "all three at once", quotes, 20_000, seconds, used + report["cpu"], megabytes, servers
    )


def tutorial(stage: Stage, kind: str, messages: int) -> ThroughputRow:
    """The usual tutorial code on the first messages of the backlog."""
    before = stage.server_cpu()
    usage = stage.run("backlog", "benchmarks.staging.tutorial", kind, "--messages", str(messages))
    report = json.loads(usage.printed)
    seconds = report["ended"] - report["began"]
    name = {"storage": "one commit per message", "indicators": "pandas per message"}[kind]
    return ThroughputRow(
        f"tutorial: {name}", messages, None, seconds, report["cpu"], usage.megabytes, _since(before, stage)
    )


def _since(before: ServerCpu, stage: Stage) -> ServerCpu:
    now = stage.server_cpu()
    return ServerCpu(now.kafka - before.kafka, now.postgres - before.postgres)


def _progress(stage: Stage, act: str) -> tuple[int, int]:
    """The number of assigned partitions over all groups, and of messages read in them."""
    taken_up, done = stage.row(act, "select count(*), coalesce(sum(next_offset), 0)::bigint from progress")
    return taken_up, done


def measure(stage: Stage, quotes: int) -> tuple[list[ThroughputRow], Steady]:
    """Measure every row of the table, and the steady rate."""
    say(f"producer: {quotes:,} quotes")
    producer, messages = produced(stage, quotes)
    say("storage alone")
    rows = [producer, drained(stage, "storage", 80_000, quotes, messages)]
    say("analytics alone")
    rows.append(drained(stage, "analytics", 40_000, quotes, messages))
    say("all three at once")
    rows.append(together(stage, quotes))
    for kind in ("storage", "indicators"):
        say(f"tutorial code: {kind}")
        rows.append(tutorial(stage, kind, min(quotes, TUTORIAL_MESSAGES)))
    say("steady rate")
    return rows, steady(stage)


def measure_and_print(quotes: int, **settings: str) -> list[ThroughputRow]:
    """Measure with these settings and print the table; returns its rows."""
    with stage(**settings) as own:
        rows, latency = measure(own, quotes)
    print(table("Throughput", HEADER, [row.cells() for row in rows]))
    print(FOOT)
    print(latency.sentence())
    return rows


def main() -> int:
    """Measure and print the table; returns the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quotes", type=int, default=QUOTES, help="number of quotes (default: %(default)s)")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        type=_setting,
        metavar="KEY=VALUE",
        help="a setting of all parts",
    )
    arguments = parser.parse_args()
    measure_and_print(arguments.quotes, **dict(arguments.set))
    return 0


def _setting(text: str) -> tuple[str, str]:
    key, separator, value = text.partition("=")
    if not separator or key not in KEYS:
        raise argparse.ArgumentTypeError(f"{text!r} is not KEY=VALUE with a key of .env.example")
    return key, value


if __name__ == "__main__":
    sys.exit(main())
