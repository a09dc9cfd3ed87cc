"""What the pipeline itself reports to the page: failed parts, and low disk space.

Its rows are in the table `parts`, beside the heartbeat rows; low disk space is a row named "disk".
"""

import logging
from collections.abc import Sequence
from contextlib import AbstractContextManager, closing
from threading import Event

from shared.errors import TickstreamError
from shared.files.free_space import free_space_warning
from shared.observability.heartbeat import BEAT_SECONDS
from shared.postgres.database import Connection, Cursor, connect, transaction
from shared.runtime.background import in_background
from shared.runtime.supervision import Child
from shared.settings.sections import Embedded

INSTANCE = "pipeline"
DISK = "disk"
JOIN_SECONDS = 1.0
"""Seconds to wait for the thread at the end; the database may be unavailable."""

SHOW = """
    insert into parts (part, instance, state, detail, lag, per_second, started_at, seen_at)
    values (%s, %s, %s, %s, 0, 0, now(), now())
    on conflict (part, instance) do update set state = excluded.state, detail = excluded.detail,
        seen_at = excluded.seen_at
"""
FORGET = "delete from parts where not part = any(%s) and seen_at < now() - make_interval(secs => %s)"
FORGOTTEN_AFTER = 60.0
"""Seconds without a heartbeat after which a part that is no longer started is not shown, such as delivery without an
address."""
TAKE_DOWN = "delete from parts where instance = %s and not part = any(%s)"

log = logging.getLogger("tickstream.pipeline")


def shown(dsn: str, children: Sequence[Child], embedded: Embedded) -> AbstractContextManager[None]:
    """Keep the rows up to date in a thread while this context is open; waits for an unavailable database."""
    return in_background(_Board(dsn, children, embedded).keep, "status board", JOIN_SECONDS)


class _Board:
    def __init__(self, dsn: str, children: Sequence[Child], embedded: Embedded) -> None:
        self._dsn, self._children, self._embedded = dsn, children, embedded
        self._disk = ""

    def keep(self, over: Event) -> None:
        """Update the rows until the end; reconnects after database errors."""
        while not over.is_set():
            try:
                with closing(connect(self._dsn, "pipeline")) as connection:
                    self._keep_up_to_date(connection, over)
            except TickstreamError as error:
                log.debug("the status of the pipeline could not be written: %s", error)
                self._check_disk()
                over.wait(BEAT_SECONDS)

    def _keep_up_to_date(self, connection: Connection, over: Event) -> None:
        with transaction(connection) as cursor:
            started = [child.part for child in self._children]
            cursor.execute(FORGET, ([*started, DISK], FORGOTTEN_AFTER))
        while not over.wait(BEAT_SECONDS):
            self._check_disk()
            with transaction(connection) as cursor:
                self._write(cursor)

    def _write(self, cursor: Cursor) -> None:
        rows = {child.part: ("failed", child.failure) for child in self._children if child.failure}
        if self._disk:
            rows[DISK] = ("warning", self._disk)
        cursor.execute(TAKE_DOWN, (INSTANCE, list(rows)))
        for part, (state, detail) in rows.items():
            cursor.execute(SHOW, (part, INSTANCE, state, detail))

    def _check_disk(self) -> None:
        """Check the free disk space, and log when it becomes or is no longer too little."""
        data = self._embedded.data
        folders = (data, data / "kafka" / "data", data / "postgres" / "data")
        found = free_space_warning(folders, self._embedded.free_space_warning)
        if found and not self._disk:
            log.warning("%s", found)
        elif self._disk and not found:
            log.info("There is enough free space on the disk of %s again.", data)
        self._disk = found
