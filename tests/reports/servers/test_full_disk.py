"""Scenario: the disk fills up under PostgreSQL and other files. Parts wait and report it; when there is space again
they continue. That nothing is lost or stored twice then, a chaos run shows: see tests/integration/loop/test_kill.py."""

import errno
import os
import subprocess
import sys
from pathlib import Path
from threading import Event

import pytest

from shared.embedded import ensure, postgres_in
from shared.embedded.lease import release
from shared.embedded.ports import free_port
from shared.errors import NoRoom
from shared.files.free_space import MIN_MEGABYTES, free_megabytes, free_space_warning, require_room
from shared.observability.logs import start_logging
from shared.postgres.database import connect, transaction
from shared.runtime.lifecycle import retry_until_stopped
from shared.runtime.supervision import EXIT_STOP
from shared.settings.sections import Errors, Logging
from tests.integration.desk import PROJECT
from tests.integration.servers.server_user import silent
from tests.slowness import PATIENCE
from tests.small_disk import DISK_MEGABYTES, MEGABYTE, SmallDisk

LINES = 1000


def test_a_table_that_can_not_grow_is_a_reason_to_wait_and_takes_rows_again_later(
    small_disk: SmallDisk,
) -> None:
    server = postgres_in(small_disk.folder / "data", free_port())
    dsn = server.dsn(ensure(server, silent).port)
    try:
        connection = connect(dsn, "test")
        with transaction(connection) as cursor:
            cursor.execute("create table rows (text text)")
        small_disk.fill()
        with pytest.raises(NoRoom, match="free some space"):
            for _ in range(100):
                with transaction(connection) as cursor:
                    cursor.execute("insert into rows select repeat('x', 1000) from generate_series(1, 1000)")
        small_disk.make_room()
        connection.close()
        connection = connect(server.dsn(ensure(server, silent).port), "test")
        with transaction(connection) as cursor:
            cursor.execute("insert into rows values ('there is room')")
        connection.close()
    finally:
        release(server, silent, now=True)


def test_a_server_is_not_started_on_a_full_disk_again_and_again(small_disk: SmallDisk) -> None:
    small_disk.fill()
    server = postgres_in(small_disk.folder / "data", free_port())
    with pytest.raises(NoRoom, match="PostgreSQL is not started: only 0 MB are free"):
        ensure(server, silent)
    small_disk.make_room()
    require_room(small_disk.folder, "PostgreSQL")
    assert MIN_MEGABYTES < free_megabytes(small_disk.folder) <= DISK_MEGABYTES


def test_little_free_space_is_warned_about_before_it_is_used_up(
    small_disk: SmallDisk, tmp_path: Path
) -> None:
    data = small_disk.folder / "not" / "made" / "yet"
    assert f"MB are free on the disk of {data}" in free_space_warning([data], DISK_MEGABYTES + 1)
    assert free_space_warning([data], DISK_MEGABYTES // 2) == ""
    assert free_space_warning([data], 0) == ""
    linked = tmp_path / "data"
    linked.symlink_to(small_disk.folder)
    assert f"disk of {linked}:" in free_space_warning([tmp_path, linked], DISK_MEGABYTES + 1)


def test_a_file_of_the_pipeline_without_room_is_waited_for(
    small_disk: SmallDisk, caplog: pytest.LogCaptureFixture
) -> None:
    small_disk.fill()
    written = small_disk.folder / "snapshot"
    tries = 0

    def attempt() -> None:
        nonlocal tries
        tries += 1
        if tries == 3:
            small_disk.make_room()
        written.write_bytes(os.urandom(MEGABYTE))

    retry_until_stopped("trainer", attempt, Event(), Errors(retry_delay=0.0))
    assert tries == 3
    assert written.stat().st_size == MEGABYTE
    assert [
        line for line in caplog.messages if "trainer waits and tries again: The disk is full" in line
    ] == [*caplog.messages]


@pytest.mark.usefixtures("logging_restored")
def test_log_file_on_a_full_disk_counts_the_lines_it_lacks_and_stops_no_part(
    small_disk: SmallDisk, capsys: pytest.CaptureFixture[str]
) -> None:
    """Scenario: every log line gave a traceback of logging's own on the console, without end."""
    path = small_disk.folder / "desk.log"
    log = start_logging(Logging(format="%(message)s", file_path=path), "storage")
    log.info("before")
    small_disk.fill()
    for number in range(LINES):
        log.info("line %d %s", number, "x" * 100)
    small_disk.make_room()
    log.info("after")
    printed = capsys.readouterr().err.splitlines()
    assert [line for line in printed if not line.startswith("line ")] == [
        "before",
        f"{path} can't be written ([Errno 28] No space left on device): log lines are left out until it can.",
        "after",
    ]
    first, *kept, missing, last = path.read_text().splitlines()
    whole = sum(line in printed for line in kept)
    assert (first, last) == ("before", "after")
    assert missing == f"({LINES - whole} lines are missing here: the file could not be written.)"


CLOSED = """
import logging, sys
from shared.runtime.command_line import run_part
from shared.errors import StopPart
def run(config, stop):
    for _ in range(1000):
        logging.getLogger("tickstream").warning("nobody reads this %s", "x" * 100)
    raise StopPart("for good")
{}
sys.argv[1:] = []
sys.exit(run_part("storage", "", run))
"""


@pytest.mark.parametrize("close", ["", "sys.stderr.close()", "sys.stderr = None"])
def test_part_whose_console_is_closed_goes_on_and_keeps_its_exit_status(close: str) -> None:
    """Scenario: the terminal or the pipe that took the log is gone."""
    ours, theirs = os.pipe()
    os.close(ours)
    command = [sys.executable, "-c", CLOSED.format(close)]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, stderr=theirs, text=True) as part:
        os.close(theirs)
        assert part.communicate(timeout=PATIENCE)[0] == ""
    assert part.returncode == EXIT_STOP


def test_any_other_error_of_a_file_is_no_reason_to_wait() -> None:
    def attempt() -> None:
        raise OSError(errno.EACCES, "no access")

    with pytest.raises(PermissionError):
        retry_until_stopped("trainer", attempt, Event(), Errors(retry_delay=0.0))
