"""The benchmark of a quiet desk: which process is which part, and the table."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import pytest

from benchmarks.idle import ConsumptionSample, QuietDesk
from benchmarks.staging.consumption import NOTHING, Consumed, by_part, of_process, part_of
from start_pipeline import PARTS
from tests.waiting import wait_for

SLEEPING = "import sys; sys.stdin.read()"
STARTING = "import subprocess, sys; {how}([sys.executable, '-c', {child!r}, {name!r}]); " + SLEEPING
BURNING = "import time; [0 for _ in iter(lambda: time.process_time() < 0.3, False)]"


def test_every_part_of_the_pipeline_is_known_by_its_command() -> None:
    known = {name: part_of([sys.executable, *command]) for name, command in PARTS.items()}
    assert known == {name: name for name in PARTS} | {"screen": "page"}
    assert part_of(["java", "kafka.Kafka"]) is None


@contextmanager
def pipeline(trainer: str) -> Iterator[int]:
    """A process that has started a trainer, which runs this program."""
    command = STARTING.format(how="subprocess.Popen", child=trainer, name="ml.trainer")
    with subprocess.Popen([sys.executable, "-c", command], stdin=subprocess.PIPE) as process:
        yield process.pid
        process.communicate(b"")


def test_processes_are_counted_once_and_under_their_part() -> None:
    trainer = STARTING.format(how="subprocess.Popen", child=SLEEPING, name="a training")
    with pipeline(trainer) as pid:
        wait_for(lambda: len(by_part(pid, {})) == 3)
        first = psutil.Process(pid)
        processes = [first, *first.children(recursive=True)]
        wait_for(lambda: psutil.Process(processes[-1].pid).cmdline()[-1:] == ["a training"])
        found, each = by_part(pid, {}), [of_process(process).megabytes for process in processes]
    assert list(found) == ["supervisor", "trainer", "training"]
    assert [row.megabytes for row in found.values()] == pytest.approx(each, rel=0.5)


def test_processor_time_of_a_process_that_has_ended_stays_with_its_part() -> None:
    trainer = STARTING.format(how="subprocess.run", child=BURNING, name="a training")
    with pipeline(trainer) as pid:
        wait_for(lambda: by_part(pid, {}).get("training", NOTHING).cpu > 0.2)
        wait_for(lambda: len(psutil.Process(pid).children(recursive=True)) == 1)
        assert by_part(pid, {})["training"].cpu > 0.2


def test_table_shows_the_costliest_part_first_and_the_sum() -> None:
    before = ConsumptionSample(100.0, {"page": Consumed(5.0, 90.0), "Kafka": Consumed(2.0, 190.0)}, 0)
    after = ConsumptionSample(
        120.0,
        {"page": Consumed(6.0, 100.0), "Kafka": Consumed(5.0, 200.0), "training": Consumed(1.0, 50.0)},
        0,
    )
    assert QuietDesk(before, after).rows() == [
        ("Kafka", "0.150", "200"),
        ("page", "0.050", "100"),
        ("training", "0.050", "50"),
        ("all", "0.250", "350"),
    ]


def test_worker_that_has_ended_does_not_run_though_its_time_counts() -> None:
    """The desk was never quiet: a search that had ended kept its CPU time, and counted as one that runs."""
    ended = {
        "order search": Consumed(12.0, 0.0),
        "training": Consumed(1.0, 200.0),
        "page": Consumed(5.0, 90.0),
    }
    assert ConsumptionSample(100.0, ended, 0).workers == {"training"}
