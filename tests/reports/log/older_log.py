"""A Kafka whose data folder is replaced by an older copy, as after a restore or a power cut."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shared.embedded import Kafka, kill
from shared.embedded.lease import ensure, lease, release
from tests.integration.desk import Desk
from tests.integration.servers.server_user import silent


class OlderLog:
    """The broker, and the copy of its data that was made last."""

    def __init__(self, kafka: Kafka, copy: Path) -> None:
        self._kafka, self._copy = kafka, copy

    def copy(self) -> None:
        """Stop the broker, copy its data, and start it again."""
        release(self._kafka, silent, now=True)
        shutil.copytree(self._data, self._copy)
        ensure(self._kafka, silent)

    def restore(self) -> None:
        """Kill the broker and start it again with the older data."""
        kill(self._kafka)
        shutil.rmtree(self._data)
        shutil.copytree(self._copy, self._data)
        ensure(self._kafka, silent)

    @property
    def _data(self) -> Path:
        return self._kafka.folder / "data"


@contextmanager
def older_log(kafka: Kafka, copy: Path) -> Iterator[OlderLog]:
    """A broker that runs while this is open."""
    with lease(kafka, silent):
        yield OlderLog(kafka, copy)


def desk_at(kafka: Kafka, dsn: str, data: Path, name: str) -> Desk:
    """A desk on this broker."""
    return Desk(kafka.clients(kafka.port), dsn, data, name)
