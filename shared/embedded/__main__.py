"""Command line for the embedded servers: python -m shared.embedded up|down|status."""

import argparse
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from shared.embedded import Kafka, Postgres, kafka_in, postgres_in
from shared.embedded.daemon import find
from shared.embedded.lease import in_use_now, is_kept, keep, release
from shared.embedded.ports import HOST
from shared.errors import ConfigError, TickstreamError
from shared.settings.config import Config, load

LESSON = """\
Tickstream starts these servers automatically if KAFKA_BOOTSTRAP_SERVERS or POSTGRES_HOST
is empty, and stops them when its last part ends. This command controls them by hand:

  python -m shared.embedded up       start both and keep them running until "down"
  python -m shared.embedded status   show address, use, data folder and disk usage
  python -m shared.embedded down     stop both, unless they are in use

The data stay in the data folder; to delete them, delete that folder while nothing runs.
To query the database of the configured feed while it runs:

  PGPASSWORD=$(cat {data}/postgres/password) psql -h 127.0.0.1 -p {port} -U postgres {database}

Kafka needs a login too; its own tools read it from a file:

  kafka-topics.sh --bootstrap-server 127.0.0.1:{kafka_port} --command-config {data}/kafka/client.properties --list
"""


def main() -> int:
    """Run the command; returns the exit code: 0 for success, 1 for failure, with the reason on standard error."""
    try:
        options = parse(load())
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    servers = (kafka_in(options.data, options.kafka_port), postgres_in(options.data, options.postgres_port))
    command: Callable[[Kafka | Postgres], int] = {
        "up": up,
        "down": lambda server: down(server, options.now),
        "status": status,
    }[options.command]
    with ThreadPoolExecutor(len(servers)) as pool:
        return max(pool.map(lambda server: attempt(command, server), servers))


def parse(config: Config) -> argparse.Namespace:
    """Parse the command line; defaults come from the settings."""
    own = config.embedded
    lesson = LESSON.format(
        data=own.data, port=own.postgres_port, database=config.database(), kafka_port=own.kafka_port
    )
    parser = argparse.ArgumentParser(
        prog="python -m shared.embedded",
        description="The embedded Kafka and PostgreSQL, for a machine that has neither.",
        epilog=lesson,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", choices=["up", "down", "status"])
    parser.add_argument("--data", type=Path, default=own.data, help="data folder (default: %(default)s)")
    parser.add_argument(
        "--kafka-port", type=int, default=own.kafka_port, help="port for up (default: %(default)s)"
    )
    parser.add_argument(
        "--postgres-port", type=int, default=own.postgres_port, help="likewise (default: %(default)s)"
    )
    parser.add_argument("--now", action="store_true", help="with down: stop them even if they are in use")
    return parser.parse_args()


def attempt(command: Callable[[Kafka | Postgres], int], server: Kafka | Postgres) -> int:
    """Run a command on one server; an error is printed and returns exit code 1."""
    try:
        return command(server)
    except (TickstreamError, PermissionError) as error:
        sys.stderr.write(f"{server.name}: {error}\n")
        return 1


def notify(sentence: str) -> None:
    """Print a whole line at once, as two threads print."""
    sys.stdout.write(sentence + "\n")
    sys.stdout.flush()


def up(server: Kafka | Postgres) -> int:
    """Start a server and keep it running."""
    record = keep(server, notify)
    notify(f"{server.name} {server.version} is up on {HOST}:{record.port} (pid {record.pid}).")
    return 0


def down(server: Kafka | Postgres, now: bool) -> int:
    """Stop a server unless it is in use."""
    if release(server, notify, now):
        notify(f"{server.name} is down.")
        return 0
    sys.stderr.write(f"{server.name} is in use and stops with its last user; --now stops it at once.\n")
    return 1


def status(server: Kafka | Postgres) -> int:
    """Print the status of a server. The exit code is always 0."""
    megabytes = disk_space(server.folder) / 1e6
    place = f"{server.folder} ({megabytes:.0f} MB)"
    record = find(server) if server.folder.is_dir() else None
    if record is None:
        notify(f"{server.name} {server.version}: not running, data in {place}")
        return 0
    users = {True: "in use", False: "no users", None: "starting or stopping"}[in_use_now(server)]
    kept = ", kept until down" if is_kept(server) else ""
    where = f"{HOST}:{record.port}, pid {record.pid}, {users}{kept}"
    notify(f"{server.name} {server.version}: running on {where}, data in {place}")
    notify(f"  {server.login_hint(record.port)}")
    return 0


def disk_space(folder: Path) -> int:
    """Bytes that a folder uses on disk (Kafka's files are sparse), including the targets of links in it."""
    sizes = []
    linked = [path.resolve() for path in folder.glob("*") if path.is_symlink()]
    for path in (each for place in (folder, *linked) for each in place.rglob("*")):
        try:
            found = path.lstat()
        except FileNotFoundError:  # deleted since it was listed
            continue
        sizes.append(getattr(found, "st_blocks", found.st_size // 512) * 512)
    return sum(sizes)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("Interrupted. Servers already started keep running; see status.")
