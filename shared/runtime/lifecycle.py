"""What every part needs around its work: servers, an instance name, signals, retries and a heartbeat."""

import hashlib
import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from fasteners import InterProcessLock

from shared.embedded import lease_kafka, lease_postgres
from shared.errors import ConfigError, PartitionLost, StopPart, TickstreamError, Unavailable
from shared.files.free_space import waiting_for_room
from shared.files.private_files import take_data_folder
from shared.observability.heartbeat import BEAT_SECONDS, beat, long_step, wait
from shared.postgres.database import Connection, transaction
from shared.postgres.debugging import before_connecting
from shared.runtime.backoff import MAX_RETRY_SECONDS, retry_pause
from shared.settings.config import Config
from shared.settings.sections import Errors

SLOTS = 64
PLACES = "places"
"""Folder of the instance locks, within the data folder."""
SERVER_SECONDS = 900.0
"""A server may have to be downloaded over a slow connection first, or another part may be starting it."""

log = logging.getLogger("tickstream")


@contextmanager
def servers(config: Config, *, kafka: bool = True) -> Iterator[Config]:
    """The settings with the addresses of the embedded servers, which run while this context is open.

    The debugging options are applied before the first connection to the database.
    """
    with ExitStack() as leases:
        with long_step(SERVER_SECONDS), waiting_for_room():
            config = _with_servers(config, leases, kafka=kafka)
        before_connecting(config.debugging, config.postgres.dsn_for(config.database()))
        yield config


def _with_servers(config: Config, leases: ExitStack, *, kafka: bool) -> Config:
    data = config.embedded.data
    if kafka and config.kafka.is_embedded:
        port, client = config.embedded.kafka_port, config.kafka.brokers.client
        config = config.with_kafka_at(leases.enter_context(lease_kafka(data, log.info, port, client)))
    if config.postgres.is_embedded:
        dsn = leases.enter_context(lease_postgres(data, log.info, config.embedded.postgres_port))
        config = config.with_postgres_at(dsn)
    return config


@contextmanager
def instance_name(part: str, topic: str, data: Path, slots: int = SLOTS) -> Iterator[str]:
    """A name for this instance of a part that is unique on this machine and is reused after a restart.

    It includes a hash of the data folder: two checkouts on one machine may share servers but not locks.
    Raises ConfigError if all `slots` names are taken.
    """
    take_data_folder(data)
    folder = data / PLACES
    folder.mkdir(parents=True, exist_ok=True)
    for slot in range(slots):
        lock = InterProcessLock(folder / f"{part}-{topic}-{slot}.lock")
        if lock.acquire(blocking=False):
            try:
                yield f"{socket.gethostname()}-{_short(data)}-{part}-{slot}"
            finally:
                lock.release()
            return
    raise ConfigError(f"The {part} for {topic} already runs on this machine: stop it first.")


def _short(folder: Path) -> str:
    """The first six hexadecimal digits of the hash of a folder's path."""
    return hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:6]


class Stop(threading.Event):
    """Set when the part is to end. Waiting for a server is interrupted at once; work ends between two steps."""

    def __init__(self) -> None:
        super().__init__()
        self._gentle = False

    @contextmanager
    def gently(self) -> Iterator[None]:
        """Code in this context checks the event itself, between two steps, and is not interrupted."""
        self._gentle = True
        try:
            yield
        finally:
            self._gentle = False

    def on_signal(self, *_: object) -> None:
        """Handle a signal. Raises KeyboardInterrupt at the first one, unless within `gently`."""
        first = not self.is_set()
        self.set()
        if first and not self._gentle:
            raise KeyboardInterrupt


def stop_on_signals() -> Stop:
    """An event set by SIGINT (Ctrl-C), SIGTERM and, unless ignored as under `nohup`, SIGHUP (terminal closed)."""
    stop = Stop()
    numbers = [signal.SIGINT, signal.SIGTERM]
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        numbers.append(signal.SIGHUP)
    for number in numbers:
        signal.signal(number, stop.on_signal)
    return stop


def stop_without(supervisor: int | None, stop: threading.Event) -> None:
    """Also set `stop` when the supervisor process is gone: nothing would pass on a Ctrl-C."""
    if supervisor is None:
        return

    def watch() -> None:
        while os.getppid() == supervisor and not stop.wait(BEAT_SECONDS):
            continue
        stop.set()

    threading.Thread(target=watch, name="supervisor watch", daemon=True).start()


def retry_until_stopped(
    part: str, attempt: Callable[[], None], stop: threading.Event, errors: Errors
) -> None:
    """Run `attempt` until it returns or `stop` is set; retries with jittered backoff while a server is unavailable.

    Each type of error is logged once per outage, not once per attempt.
    Raises StopPart if STOP_ON_CRITICAL_ERROR is set and more than MAX_RETRIES attempts in a row failed.
    """
    failures, logged = 0, set[type[TickstreamError]]()
    while not stop.is_set():
        began = time.monotonic()
        beat()
        try:
            with waiting_for_room():
                return attempt()
        except (Unavailable, PartitionLost) as error:
            failures = 1 if time.monotonic() - began > MAX_RETRY_SECONDS else failures + 1
            logged = logged if failures > 1 else set()
            if type(error) not in logged and not stop.is_set():
                log.warning("%s waits and tries again: %s", part, error)
            logged.add(type(error))
            if errors.stop_on_critical_error and failures > errors.max_retries:
                raise StopPart(f"{part} gave up after {errors.max_retries} tries: {error}") from error
        wait(stop, retry_pause(errors.retry_delay, failures))
    return None


BEAT = """
    insert into parts (part, instance, state, detail, lag, per_second, started_at, seen_at)
    values (%s, %s, %s, %s, %s, %s, now() - make_interval(secs => %s), now())
    on conflict (part, instance) do update set state = excluded.state, detail = excluded.detail,
        lag = excluded.lag, per_second = excluded.per_second, started_at = excluded.started_at,
        seen_at = excluded.seen_at
"""


WAIT = """
    update parts set state = 'waiting', detail = %s, per_second = 0, seen_at = now() where part = %s and instance = %s
"""


class HeartbeatRow:
    """Writes a part's heartbeat row with its status once a second; times are those of the database clock.

    `handled` counts messages since the start of a run, and begins again at 0 with the run after an outage.
    """

    def __init__(self, part: str, instance: str) -> None:
        self._key = (part, instance)
        self._started = time.monotonic()
        self._last = (0.0, 0)

    def due(self) -> bool:
        """Whether the last heartbeat is at least a second old."""
        return time.monotonic() - self._last[0] >= BEAT_SECONDS

    def write(self, connection: Connection, state: str, detail: str, lag: int, handled: int) -> float:
        """Write the heartbeat row. Returns messages/s since the last one."""
        now = time.monotonic()
        before, handled_before = self._last
        since = handled - handled_before if handled >= handled_before else handled
        per_second = since / (now - before) if before else 0.0
        self._last = (now, handled)
        with transaction(connection) as cursor:
            values = (state, detail, lag, per_second, now - self._started)
            cursor.execute(BEAT, (*self._key, *values))
        return per_second

    def write_waiting(self, connection: Connection, detail: str) -> None:
        """Write that the part waits for a server and why; its lag stays as it was known last."""
        with transaction(connection) as cursor:
            cursor.execute(WAIT, (detail, *self._key))
