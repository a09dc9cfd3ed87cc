"""Scenario: a part hangs, stopped by SIGSTOP or in a call that never returns. It is detected by its missing heartbeat
and replaced; a part that is only busy is left alone. A part that fails stops no other part."""

import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext, suppress
from threading import Event, Thread
from typing import cast

import psutil
import pytest

from dashboard.presenters.notices import warning
from dashboard.presenters.panels import part_items
from dashboard.read.rows import PartRow
from dashboard.read.snapshot import NOTHING
from producer.publishing.holder import Holder
from producer.publishing.lease import leased
from producer.publishing.publisher import Publisher, last_positions
from shared.embedded import Kafka, Postgres
from shared.errors import StopPart, Unavailable
from shared.kafka import LogWriter
from shared.kafka.clients.kafka_python.writer import PythonWriter
from shared.observability.status_board import shown
from shared.runtime import supervision as supervising
from shared.runtime.supervision import Child, supervise
from shared.settings.sections import Embedded, Errors
from tests.inputs.records import quote
from tests.integration.desk import Desk
from tests.integration.loop.pipeline_process import PARTS, PipelineProcess
from tests.slowness import PATIENCE
from tests.waiting import wait_for

QUICK = Errors(hang_seconds=5.0, retry_delay=0.0)
SIGNS = (
    "import os, signal, sys, time; from shared.observability import heartbeat as pulse; "
    "pulse.begin(int(sys.argv[-1])); "
)
ALIVE = SIGNS + "[(pulse.beat(), time.sleep(0.05)) for _ in range(100000)]"
SLEEPS = "import time; time.sleep(600)"


def child(part: str, code: str, *, records: bool = True) -> Child:
    """A part that runs this code."""
    return Child(part, ("-c", code), records=records)


@contextmanager
def supervised(children: Sequence[Child], errors: Errors = QUICK) -> Iterator[None]:
    """The children under supervision."""
    stop = Event()
    watch = Thread(target=supervise, args=(children, stop, errors))
    watch.start()
    try:
        yield
    finally:
        stop.set()
        watch.join(PATIENCE)


def pid_of(part: Child) -> int:
    """The number of its process, 0 while there is none."""
    process = part.process
    return process.pid if process is not None else 0


def test_a_part_that_is_stopped_is_killed_and_started_again() -> None:
    stopped = child("storage", SIGNS + "os.kill(os.getpid(), signal.SIGSTOP)")
    with supervised([stopped]):
        wait_for(lambda: stopped.deaths == 1)


def test_a_part_in_a_call_that_never_returns_is_found_though_its_threads_run() -> None:
    waits = child(
        "producer",
        SIGNS
        + "import socket, threading; threading.Thread(target=time.sleep, args=(600,)).start(); "
        + "s = socket.create_server(('127.0.0.1', 0)); c = socket.create_connection(s.getsockname()); c.recv(1)",
    )
    with supervised([waits]):
        wait_for(lambda: waits.deaths == 1)


def test_a_part_that_is_busy_with_a_step_known_to_take_long_is_left_alone() -> None:
    busy = child("analytics", SIGNS + "\nwith pulse.long_step(600): time.sleep(600)")
    hangs = child("trainer", SIGNS + "time.sleep(600)")
    with supervised([busy, hangs]):
        wait_for(lambda: pid_of(busy) > 0)
        first = pid_of(busy)
        wait_for(lambda: hangs.deaths == 1)
        assert (pid_of(busy), busy.deaths) == (first, 0)


def test_parts_are_not_restarted_after_their_supervisor_itself_was_stopped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(supervising, "UNWATCHED_SECONDS", 0.0)
    lives = child("storage", SIGNS + "time.sleep(600)")
    lives.look(QUICK)
    began = time.monotonic()
    while time.monotonic() - began < QUICK.hang_seconds + 1.0:
        lives.look(QUICK)
        time.sleep(0.01)
    assert lives.deaths == 0
    supervising.stop_all([lives])


def test_a_trainer_that_can_not_go_on_leaves_the_recording_parts_at_work() -> None:
    storage, trainer = child("storage", ALIVE), child("trainer", "raise SystemExit(3)", records=False)
    with supervised([storage, trainer]):
        wait_for(lambda: trainer.failure != "")
        wait_for(lambda: pid_of(storage) > 0)
        assert storage.deaths == 0
    assert trainer.process is None


def test_a_screen_that_fails_repeatedly_is_started_ever_more_rarely_while_the_others_record() -> None:
    storage, screen = child("storage", ALIVE), child("screen", "raise SystemExit(1)", records=False)
    with supervised([storage, screen], Errors(max_retries=1, retry_delay=0.01)):
        wait_for(lambda: screen.instant_deaths > 3)
        assert "screen failed" in screen.failure
        assert pid_of(storage) > 0


def test_analytics_that_can_not_go_on_keeps_nobody_from_recording_and_is_started_no_more() -> None:
    words = "sys.argv[-1] and pulse.report_failure('The log is another one.'); raise SystemExit(3)"
    storage, analytics = child("storage", ALIVE), child("analytics", SIGNS + words)
    with supervised([storage, analytics]):
        wait_for(lambda: analytics.failure == "analytics can't continue: The log is another one.")
        wait_for(lambda: pid_of(storage) > 0)


def test_pipeline_ends_where_nothing_that_records_is_left() -> None:
    children = [
        child("storage", "raise SystemExit(3)"),
        child("producer", ""),
        child("screen", SLEEPS, records=False),
    ]
    with pytest.raises(
        StopPart, match=r"Producer, storage and analytics have all stopped\. storage can't continue"
    ):
        supervise(children, Event(), QUICK)
    assert all(each.process is None or each.process.poll() is not None for each in children)


def test_the_tables_of_the_page_hold_which_part_failed_and_that_the_disk_gets_full(desk: Desk) -> None:
    failed = child("analytics", "raise SystemExit(3)")
    embedded = Embedded(data=desk.config.embedded.data, free_space_warning=10**9)
    query = "select part, state, detail from parts where instance = 'pipeline' order by part"
    dsn = desk.database()
    with supervised([failed, child("storage", ALIVE)]), shown(dsn, [failed], embedded):
        wait_for(
            lambda: [row[:2] for row in desk.rows(query)] == [("analytics", "failed"), ("disk", "warning")]
        )
        (_, _, reason), (_, _, disk) = desk.rows(query)
    assert reason == "analytics can't continue: the reason is in the log."
    assert "MB are free on the disk of" in disk
    with shown(dsn, [], Embedded(data=desk.config.embedded.data, free_space_warning=0)):
        wait_for(lambda: desk.rows(query) == [])


def test_a_failed_part_is_red_on_the_page_with_its_reason_and_so_is_little_room() -> None:
    reason = "analytics can't continue: the log is another one"
    parts = {
        "analytics": PartRow("analytics", "failed", reason, 2, 0, 0.0, 1.0),
        "disk": PartRow("disk", "warning", "Only 7 MB are free.", 1, 0, 0.0, 1.0),
    }
    item = next(item for item in part_items(parts, "reading") if item["label"] == "Analytics")
    assert item == {"label": "Analytics", "text": "failed", "tone": "bad", "title": reason}
    assert warning("reading", NOTHING._replace(parts=parts)) == f"Only 7 MB are free. {reason}."
    assert warning("reading", NOTHING) is None
    parts["disk"] = parts["disk"]._replace(age=60.0)
    assert warning("reading", NOTHING._replace(parts=parts)) == f"{reason}."


@pytest.mark.variant
def test_each_part_of_a_running_pipeline_that_is_stopped_is_replaced(
    spare_kafka: Kafka, spare_postgres: Postgres
) -> None:
    pipeline = PipelineProcess(spare_kafka, spare_postgres, {"HANG_SECONDS": "10"})
    is_served = "select count(*) from parts where part = %s and state = 'running'"
    frozen: dict[str, psutil.Process] = {}
    try:
        # A part that is stopped while it is known to be busy is detected later.
        wait_for(lambda: pipeline.is_up() and pipeline.counted(is_served, ("screen",)) == 1)
        frozen = pipeline.parts()
        assert frozen.keys() == PARTS
        for process in frozen.values():
            process.send_signal(signal.SIGSTOP)
        assert psutil.wait_procs(list(frozen.values()), timeout=PATIENCE)[1] == []
        wait_for(pipeline.is_up)
        assert {process.pid for process in pipeline.parts().values()}.isdisjoint(
            process.pid for process in frozen.values()
        )
        assert "Traceback" not in pipeline.ctrl_c()
    finally:
        pipeline.process.kill()
        for process in frozen.values():
            with suppress(psutil.NoSuchProcess):
                process.kill()
        pipeline.process.communicate(timeout=PATIENCE)


def test_a_part_of_which_one_thread_hangs_is_found_though_its_loop_runs() -> None:
    """Scenario: a thread that sends heartbeats or receives quotes hangs; the loop of the producer went on."""
    loop = "[(pulse.beat(), time.sleep(0.05)) for _ in range(100000)]"
    strand = "\ndef work():\n with pulse.strand(1.0): {}\n"
    begin = "import threading; threading.Thread(target=work, daemon=True).start(); "
    hangs = child("producer", SIGNS + strand.format("time.sleep(600)") + begin + loop)
    works = child("storage", SIGNS + strand.format(loop) + begin + loop)
    with supervised([hangs, works]):
        wait_for(lambda: pid_of(works) > 0)
        first = pid_of(works)
        wait_for(lambda: hangs.deaths == 1)
        assert (pid_of(works), works.deaths) == (first, 0)


def test_a_producer_whose_messages_are_not_sent_is_restarted_though_kafka_can_be_reached(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Scenario: the thread of the Kafka client that sends hangs; the producer waited for it without end."""
    desk.settings["KAFKA_CLIENT"] = "kafka-python"
    hangs, over = Event(), Event()

    def hang() -> None:
        hangs.set()
        over.wait(PATIENCE)

    with (
        leased(desk.log, Holder("one"), Event(), lambda _: nullcontext()) as lease,
        closing(LogWriter(desk.log)) as writer,
    ):
        assert lease is not None
        publisher = Publisher(desk.log, writer, lease, last_positions(desk.log, "test", lease))
        publisher.publish([quote(0.0, 60.0, position=1)], Event())
        with monkeypatch.context() as patch:
            patch.setattr("producer.publishing.publisher.STUCK_SECONDS", 0.5)
            sender = cast(PythonWriter, writer._client)._producer._sender
            patch.setattr(sender, "run_once", hang)
            sender.wakeup()
            assert hangs.wait(PATIENCE)
            with pytest.raises(Unavailable, match="has acknowledged nothing"):
                publisher.publish([quote(1.0, 61.0, position=2)], Event())
        over.set()
