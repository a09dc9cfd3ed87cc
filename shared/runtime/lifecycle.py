"""What every part does around its work: servers, a place of its own, signals, retries, a sign of life."""

import hashlib
import logging
import os
import random
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
from shared.settings.config import Config
from shared.settings.sections import Errors

LONGEST_WAIT = 10.0
SLOTS = 64
PLACES = "places"
"""The folder of the locks, in the data folder."""
SERVER_SECONDS = 900.0
"""A server that starts may be fetched over a slow line first, or wait for another part that starts it."""

log = logging.getLogger("tickstream")


@contextmanager
def servers(config: Config, *, kafka: bool = True) -> Iterator[Config]:
    """The settings with the addresses of the embedded servers, which run as long as this is open.

    Nothing has connected to the database yet when the debugging aids are asked.
    """
    with ExitStack() as leases:
        with long_step(SERVER_SECONDS), waiting_for_room():
            config = _with_servers(config, leases, kafka=kafka)
        before_connecting(config.debugging, config.postgres.dsn_for(config.database()))
        yield config


def _with_servers(config: Config, leases: ExitStack, *, kafka: bool) -> Config:
    data = config.embedded.data
    if kafka and config.kafka.is_embedded:
        bootstrap = leases.enter_context(lease_kafka(data, log.info, config.embedded.kafka_port))
        config = config.with_kafka_at(bootstrap)
    if config.postgres.is_embedded:
        dsn = leases.enter_context(lease_postgres(data, log.info, config.embedded.postgres_port))
        config = config.with_postgres_at(dsn)
    return config


@contextmanager
def place(part: str, topic: str, data: Path, slots: int = SLOTS) -> Iterator[str]:
    """A name for this instance of a part that no other on this machine has, and that a restart gets again.

    The data folder is part of it: two checkouts on one machine share servers at times, and neither knows the other's
    locks. Raises ConfigError where all are taken.
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
    """Six hexadecimal digits that stand for a folder."""
    return hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:6]


class Stop(threading.Event):
    """Set when the part is to end. What waits for a server is broken off at once, the work itself ends gently."""

    def __init__(self) -> None:
        super().__init__()
        self._gentle = False

    @contextmanager
    def gently(self) -> Iterator[None]:
        """What runs inside looks at the event by itself, between two steps."""
        self._gentle = True
        try:
            yield
        finally:
            self._gentle = False

    def hear(self, *_: object) -> None:
        """A signal came. Raises KeyboardInterrupt at the first one where nobody looks at the event."""
        first = not self.is_set()
        self.set()
        if first and not self._gentle:
            raise KeyboardInterrupt


def stop_on_signals() -> Stop:
    """What SIGINT (Ctrl-C), SIGTERM and, unless `nohup` has it ignored, SIGHUP (the terminal is closed) set."""
    stop = Stop()
    numbers = [signal.SIGINT, signal.SIGTERM]
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        numbers.append(signal.SIGHUP)
    for number in numbers:
        signal.signal(number, stop.hear)
    return stop


def stop_without(supervisor: int | None, stop: threading.Event) -> None:
    """Set `stop` too when the process that started this one is gone: nobody is left to pass a Ctrl-C on."""
    if supervisor is None:
        return

    def watch() -> None:
        while os.getppid() == supervisor and not stop.wait(BEAT_SECONDS):
            continue
        stop.set()

    threading.Thread(target=watch, name="supervisor watch", daemon=True).start()


def keep_trying(part: str, attempt: Callable[[], None], stop: threading.Event, errors: Errors) -> None:
    """Run `attempt` until it returns or `stop` is set; a server that is away is waited for with jittered backoff.

    What it waits for is logged once, not once a try; a full disk too, where that comes to light later.
    Raises StopPart where STOP_ON_CRITICAL_ERROR is set and MAX_RETRIES tries in a row failed.
    """
    failures, logged = 0, set[type[TickstreamError]]()
    while not stop.is_set():
        began = time.monotonic()
        beat()
        try:
            with waiting_for_room():
                return attempt()
        except (Unavailable, PartitionLost) as error:
            failures = 1 if time.monotonic() - began > LONGEST_WAIT else failures + 1
            logged = logged if failures > 1 else set()
            if type(error) not in logged and not stop.is_set():
                log.warning("%s waits and tries again: %s", part, error)
            logged.add(type(error))
            if errors.stop_on_critical_error and failures > errors.max_retries:
                raise StopPart(f"{part} gave up after {errors.max_retries} tries: {error}") from error
        wait(stop, pause(errors.retry_delay, failures))
    return None


def pause(base: float, failures: int) -> float:
    """Seconds to wait: doubled at each failure up to a limit, jittered so that parts don't come back in step."""
    longest: float = min(LONGEST_WAIT, base * 2.0 ** min(failures - 1, 10))
    return longest * random.uniform(0.5, 1.0)  # noqa: S311 (no secret hangs on it)


BEAT = """
    insert into parts (part, instance, state, detail, lag, per_second, started_at, seen_at)
    values (%s, %s, %s, %s, %s, %s, now() - make_interval(secs => %s), now())
    on conflict (part, instance) do update set state = excluded.state, detail = excluded.detail,
        lag = excluded.lag, per_second = excluded.per_second, started_at = excluded.started_at,
        seen_at = excluded.seen_at
"""


class SignOfLife:
    """Tells the screen once a second that a part lives, and how it fares; times are the database's own."""

    def __init__(self, part: str, instance: str) -> None:
        self._key = (part, instance)
        self._started = time.monotonic()
        self._last = (0.0, 0)

    def due(self) -> bool:
        """Whether the last sign is a second old."""
        return time.monotonic() - self._last[0] >= BEAT_SECONDS

    def give(self, connection: Connection, state: str, detail: str, lag: int, handled: int) -> float:
        """Write the sign; `handled` counts messages since the start. Answers messages a second since the last."""
        now = time.monotonic()
        before, handled_before = self._last
        per_second = (handled - handled_before) / (now - before) if before else 0.0
        self._last = (now, handled)
        with transaction(connection) as cursor:
            values = (state, detail, lag, per_second, now - self._started)
            cursor.execute(BEAT, (*self._key, *values))
        return per_second
