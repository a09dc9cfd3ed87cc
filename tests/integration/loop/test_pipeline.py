"""start_pipeline.py from its user's point of view: one command starts everything, Ctrl-C stops everything."""

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator

import psutil
import pytest

from shared.embedded import Kafka, Postgres
from shared.errors import StopPart
from shared.runtime.supervision import Child, supervise
from shared.settings.sections import Errors
from tests.integration.desk import PROJECT
from tests.integration.loop.pipeline_process import PARTS, PipelineProcess
from tests.slowness import PATIENCE
from tests.waiting import wait_for


@pytest.fixture
def pipeline(spare_kafka: Kafka, spare_postgres: Postgres) -> Iterator[PipelineProcess]:
    """The pipeline, every part of it at work."""
    pipeline = PipelineProcess(spare_kafka, spare_postgres)
    wait_for(pipeline.is_up)
    yield pipeline
    pipeline.process.kill()
    pipeline.process.communicate(timeout=PATIENCE)


def test_ctrl_c_stops_every_part_and_server(pipeline: PipelineProcess) -> None:
    everything = pipeline.everything()
    assert len(everything) == 7
    errors = pipeline.ctrl_c()
    assert pipeline.process.returncode == 0
    assert "Traceback" not in errors
    assert psutil.wait_procs(everything, timeout=PATIENCE)[1] == []


def test_ctrl_c_during_the_first_imports_of_the_parts_prints_no_traceback(
    spare_kafka: Kafka, spare_postgres: Postgres
) -> None:
    pipeline = PipelineProcess(spare_kafka, spare_postgres)
    wait_for(lambda: len(pipeline.parts()) == len(PARTS))
    errors = pipeline.ctrl_c()
    assert (pipeline.process.returncode, errors) == (0, "")


def test_ctrl_c_during_the_first_imports_of_the_pipeline_prints_no_traceback() -> None:
    command = [sys.executable, "-X", "importtime", "start_pipeline.py"]
    with subprocess.Popen(command, cwd=PROJECT, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        next(line for line in process.stderr if line.endswith(" pydantic_core\n"))
        process.send_signal(signal.SIGINT)
        errors = process.stderr.read()
    assert "start_pipeline" not in errors
    assert "Traceback" not in errors


def test_a_killed_part_is_started_again_and_a_killed_pipeline_leaves_no_process(
    pipeline: PipelineProcess,
) -> None:
    for part in PARTS:
        killed = pipeline.parts()[part]
        killed.kill()
        wait_for(lambda part=part, killed=killed: part in (now := pipeline.parts()) and now[part] != killed)  # type: ignore[misc]
    wait_for(pipeline.is_up)
    everything = pipeline.everything()
    pipeline.process.kill()
    assert psutil.wait_procs(everything, timeout=PATIENCE)[1] == []


def test_a_part_that_fails_repeatedly_at_its_start_ends_the_pipeline_with_a_sentence() -> None:
    broken = Child("storage", ("-c", "raise SystemExit(1)"))
    with pytest.raises(StopPart, match="storage failed 3 times within 5 s of its start, last with status 1"):
        supervise([broken], threading.Event(), Errors(max_retries=2, retry_delay=0.01))


def test_parts_that_record_end_the_screen_too_where_none_of_them_can_go_on() -> None:
    children = [
        Child("screen", ("-c", "import time; time.sleep(600)"), records=False),
        Child("storage", ("-c", "raise SystemExit(3)")),
    ]
    with pytest.raises(StopPart, match="storage can't continue"):
        supervise(children, threading.Event(), Errors())
    assert all(child.process is None or child.process.poll() is not None for child in children)


@pytest.mark.variant
def test_a_second_pipeline_of_the_same_feed_is_refused_with_a_sentence(
    spare_kafka: Kafka, spare_postgres: Postgres
) -> None:
    first = PipelineProcess(spare_kafka, spare_postgres)
    try:
        wait_for(lambda: bool(first.parts()))  # it has the feed
        second = PipelineProcess(spare_kafka, spare_postgres)
        _, errors = second.process.communicate(timeout=PATIENCE)
        assert second.process.returncode == 1
        assert "already runs on this machine" in errors
    finally:
        first.process.send_signal(signal.SIGINT)
        first.process.communicate(timeout=PATIENCE)
