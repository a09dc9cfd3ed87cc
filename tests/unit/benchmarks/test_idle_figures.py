"""The benchmark of a quiet desk: which process is which part, and the table."""

import subprocess
import sys

from benchmarks.idle import Look, Quiet
from benchmarks.staging.consumption import Consumed, by_part, part_of
from start_pipeline import PARTS

SLEEPING = "import sys; sys.stdin.read()"
STARTING = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', '{SLEEPING}', 'ml.trainer']); {SLEEPING}"


def test_every_part_of_the_pipeline_is_known_by_its_command() -> None:
    assert all(part_of([sys.executable, *command]) for command in PARTS.values())
    assert part_of(["java", "kafka.Kafka"]) is None


def test_processes_are_counted_once_and_under_their_part() -> None:
    pipeline = subprocess.Popen([sys.executable, "-c", STARTING], stdin=subprocess.PIPE)
    try:
        found: dict[str, Consumed] = {}
        while "trainer" not in found:
            found = by_part(pipeline.pid, {})
    finally:
        pipeline.communicate(b"")
    assert set(found) == {"supervisor", "trainer"}
    assert found["supervisor"].megabytes > 1.0


def test_table_shows_the_costliest_part_first_and_the_sum() -> None:
    before = Look(100.0, {"page": Consumed(5.0, 90.0), "Kafka": Consumed(2.0, 190.0)}, 0)
    after = Look(
        120.0,
        {"page": Consumed(6.0, 100.0), "Kafka": Consumed(5.0, 200.0), "training": Consumed(1.0, 50.0)},
        0,
    )
    assert Quiet(before, after).rows() == [
        ("Kafka", "0.150", "200"),
        ("page", "0.050", "100"),
        ("training", "0.050", "50"),
        ("all", "0.250", "350"),
    ]
