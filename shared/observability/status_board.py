"""What the pipeline itself shows on the page: parts that have failed, and a disk that gets full.

Its rows are in `parts`, beside the signs that parts give of themselves; a full disk is a row of the name "disk".
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from threading import Event, Thread

from shared.errors import TickstreamError
from shared.files.free_space import free_space_warning
from shared.observability.heartbeat import BEAT_SECONDS
from shared.postgres.database import Connection, Cursor, connect, transaction
from shared.runtime.supervision import Child
from shared.settings.sections import Embedded

INSTANCE = "pipeline"
DISK = "disk"
LONGEST_FAREWELL = 1.0
"""Seconds that the end waits for a database that may be away."""

SHOW = """
    insert into parts (part, instance, state, detail, lag, per_second, started_at, seen_at)
    values (%s, %s, %s, %s, 0, 0, now(), now())
    on conflict (part, instance) do update set state = excluded.state, detail = excluded.detail,
        seen_at = excluded.seen_at
"""
TAKE_DOWN = "delete from parts where instance = %s and not part = any(%s)"

log = logging.getLogger("tickstream.pipeline")


@contextmanager
def shown(dsn: str, children: Sequence[Child], embedded: Embedded) -> Iterator[None]:
    """A thread that keeps the rows up to date while this is open. A database that is away is waited for."""
    board = _Board(dsn, children, embedded)
    keeper = Thread(target=board.keep, name="status board", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        board.over.set()
        keeper.join(LONGEST_FAREWELL)


class _Board:
    def __init__(self, dsn: str, children: Sequence[Child], embedded: Embedded) -> None:
        self._dsn, self._children, self._embedded = dsn, children, embedded
        self._disk = ""
        self.over = Event()

    def keep(self) -> None:
        """Until the end, whatever happens to the database."""
        while not self.over.is_set():
            try:
                with closing(connect(self._dsn, "pipeline")) as connection:
                    self._keep_up_to_date(connection)
            except TickstreamError as error:
                log.debug("the state of the pipeline is not written: %s", error)
                self._look_at_disk()
                self.over.wait(BEAT_SECONDS)

    def _keep_up_to_date(self, connection: Connection) -> None:
        while not self.over.wait(BEAT_SECONDS):
            self._look_at_disk()
            with transaction(connection) as cursor:
                self._write(cursor)

    def _write(self, cursor: Cursor) -> None:
        rows = {child.part: ("failed", child.failure) for child in self._children if child.failure}
        if self._disk:
            rows[DISK] = ("warning", self._disk)
        cursor.execute(TAKE_DOWN, (INSTANCE, list(rows)))
        for part, (state, detail) in rows.items():
            cursor.execute(SHOW, (part, INSTANCE, state, detail))

    def _look_at_disk(self) -> None:
        """Note how much room there is, and log where that begins or ends to be too little."""
        data = self._embedded.data
        folders = (data, data / "kafka" / "data", data / "postgres" / "data")
        found = free_space_warning(folders, self._embedded.free_space_warning)
        if found and not self._disk:
            log.warning("%s", found)
        elif self._disk and not found:
            log.info("There is enough room on the disk of %s again.", data)
        self._disk = found
