"""A steady rate of quotes: latency from quote to row, and the CPU load of the parts."""

import json
from typing import NamedTuple

from benchmarks.staging.stage import Stage, until

ACT = "steady"
RATE, SECONDS = 1_000, 20
SETTLING_SECONDS = 1.0
PARTS = {"storage": "consumer.consumer", "analytics": "analytics.analytics_consumer"}
LATENCY = """
    select percentile_cont(array[0.5, 0.99, 1]) within group (order by
        1000 * extract(epoch from pg_xact_commit_timestamp(xmin) - received_time)::float)
    from quotes where received_time >= to_timestamp(%s)
"""


class Steady(NamedTuple):
    """Milliseconds from the creation of a quote to the commit of its row, and each part's fraction of a core."""

    median: float
    p99: float
    longest: float
    cores: dict[str, float]

    def sentence(self) -> str:
        """The result as printed."""
        shares = ", ".join(f"{part} {share:.2f}" for part, share in self.cores.items())
        return (
            f"At a steady {RATE:,} quotes/s for {SECONDS} s, all parts running: source to committed row "
            f"p50 {self.median:.0f} ms, p99 {self.p99:.0f} ms (target 50), longest {self.longest:.0f} ms.\n"
            f"Fraction of a core: {shares} (target for storage 0.15)."
        )


def steady(stage: Stage) -> Steady:
    """Publish 1,000 quotes per second for 20 s; the first second is left out, because it creates the day's table."""
    stage.prepare(ACT)
    parts = {name: stage.start(ACT, module) for name, module in PARTS.items()}
    until(lambda: _count(stage, "progress") == len(PARTS) * 4, "the partitions are assigned to the parts")
    cpu, servers = {name: part.cpu_seconds() for name, part in parts.items()}, stage.server_cpu()
    producer = stage.run(
        ACT, "benchmarks.staging.quote_producer", "--quotes", str(RATE * SECONDS), "--rate", str(RATE)
    )
    report = json.loads(producer.printed)
    seconds = report["ended"] - report["began"]
    after = stage.server_cpu()
    cores = {"producer": report["cpu"] / seconds}
    cores |= {name: (part.cpu_seconds() - cpu[name]) / seconds for name, part in parts.items()}
    cores |= {
        "PostgreSQL": (after.postgres - servers.postgres) / seconds,
        "Kafka": (after.kafka - servers.kafka) / seconds,
    }
    until(lambda: _count(stage, "quotes") == RATE * SECONDS, "every quote is stored")
    ((median, p99, longest),) = stage.row(ACT, LATENCY, report["began"] + SETTLING_SECONDS)
    for part in parts.values():
        part.stopped()
    return Steady(median, p99, longest, cores)


def _count(stage: Stage, table: str) -> int:
    return int(stage.row(ACT, f"select count(*) from {table}")[0])
