"""The account that PostgreSQL runs as where we are root, as whom it refuses to run: its own, without any right.

A user number that no user of the machine has, no groups, no capabilities, and none to be had from any program. It
enters what everybody may enter, and the folders of its server.
"""

import logging
import os
import random
import shutil
import stat
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import psutil

from shared.embedded import account_numbers
from shared.errors import ConfigError

NUMBERS = range(60_578, 61_184)
"""Of users, those that distributions and systemd leave unused."""
PLACE = Path("/var/lib/tickstream")
"""For what the account can't reach where it is, such as below a home that only its owner may enter."""
REGISTER = "accounts"
"""The folder in it that names the installation of each number."""
INSTEAD = "start Tickstream as an ordinary user, or set POSTGRES_HOST to a PostgreSQL of your own."

log = logging.getLogger("tickstream")


class Account(NamedTuple):
    """The number of a user and that of its group."""

    user: int
    group: int

    def command(self) -> list[str]:
        """What precedes a command so that it runs as this account. Raises ConfigError where it can't be had."""
        if shutil.which("setpriv") is None:
            raise ConfigError(
                f"PostgreSQL does not run as root, and `setpriv` (package util-linux) is not here: {INSTEAD}"
            )
        user = [f"--reuid={self.user}", f"--regid={self.group}", "--clear-groups"]
        rights = ["--bounding-set=-all", "--inh-caps=-all", "--ambient-caps=-all", "--no-new-privs"]
        return ["setpriv", *user, *rights]


def is_needed() -> bool:
    """Whether we are root."""
    return sys.platform != "win32" and os.geteuid() == 0


def account_of(data: Path) -> Account | None:
    """Who owns a data folder, None where that is root, as whom we run, or `nobody`, as versions before had it."""
    import pwd  # not on every platform

    found = data.stat()
    shared = {0, pwd.getpwnam("nobody").pw_uid}
    return None if found.st_uid in shared else Account(found.st_uid, found.st_gid)


def new_account(folder: Path) -> Account:
    """One for the server in `folder`, that no user has, no process runs as and no other installation was given. Raises
    ConfigError where all are taken."""
    import grp
    import pwd

    taken = {entry.pw_uid for entry in pwd.getpwall()} | {entry.gr_gid for entry in grp.getgrall()}
    for process in psutil.process_iter(["uids"]):
        taken.update(process.info["uids"] or ())
    free = sorted({*NUMBERS} - taken)
    random.shuffle(free)
    number = _taken(free, folder)
    if number is None:
        raise ConfigError(
            f"PostgreSQL does not run as root, and no number is free for its account: {INSTEAD}"
        )
    return Account(number, number)


def _taken(free: list[int], folder: Path) -> int | None:
    """One of the numbers, written down. Where nothing can be, chance has to do, and two rarely get the same."""
    try:
        return account_numbers.take(PLACE / REGISTER, free, folder)
    except OSError as error:
        log.warning("The account of PostgreSQL can't be written down in %s: %s", PLACE / REGISTER, error)
        return free[0] if free else None


def may_keep(account: Account, folder: Path) -> bool:
    """Whether the data of the server in `folder` may stay the account's: no other installation has its number."""
    try:
        return account_numbers.keep(PLACE / REGISTER, account.user, folder)
    except OSError as error:
        log.debug("no number is written down: %s", error)
        return True


def new_maker(folder: Path) -> Account:
    """Who makes a data folder: `nobody`, as the program for that asks for a user with a name, in a group of its own, so
    that no other `nobody` reaches the folder. Afterwards the folder goes to its `heir`."""
    import pwd

    return Account(pwd.getpwnam("nobody").pw_uid, new_account(folder).group)


def heir(data: Path, folder: Path) -> Account:
    """Who is to own the data of the server in `folder`: who owns them, else the account of their group where that is
    one's own; a new one where another installation has that number, as one has of which this is a copy."""
    group = data.stat().st_gid
    found = account_of(data) or (Account(group, group) if group in NUMBERS else new_account(folder))
    return found if may_keep(found, folder) else new_account(folder)


def reaches(account: Account, path: Path) -> bool:
    """Whether the account may enter every folder that leads to a path."""
    return all(_may_enter(account, parent.stat()) for parent in path.resolve().parents)


def _may_enter(account: Account, folder: os.stat_result) -> bool:
    if folder.st_uid == account.user:
        return bool(folder.st_mode & stat.S_IXUSR)
    if folder.st_gid == account.group:
        return bool(folder.st_mode & stat.S_IXGRP)
    return bool(folder.st_mode & stat.S_IXOTH)


def let_enter(account: Account, *folders: Path) -> None:
    """Let the account pass through folders of ours, and nobody else but us."""
    for folder in folders:
        os.chown(folder, -1, account.group)
        folder.chmod(stat.S_IMODE(folder.stat().st_mode) & 0o700 | stat.S_IXGRP)


def give(account: Account, folder: Path) -> None:
    """Let the account own a folder and everything in it; what a link leads to is not given."""
    for parent, folders, files in os.walk(folder):
        for name in (*folders, *files):
            os.chown(Path(parent, name), *account, follow_symlinks=False)
    os.chown(folder, *account, follow_symlinks=False)


def new_place(purpose: str) -> Path:
    """A new folder that every account can reach. Raises ConfigError where there can be none."""
    try:
        PLACE.mkdir(mode=0o755, parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix=f"{purpose}-", dir=PLACE))
    except OSError as error:
        raise ConfigError(
            "PostgreSQL does not run as root, and an account of its own can't reach the project's folder: move "
            f"the project to where everybody may enter, such as /opt, as {PLACE} can't be had ({error}), or {INSTEAD}"
        ) from error


def reachable(account: Account, programs: Path, version: str) -> Path:
    """A folder of programs where the account reaches it; otherwise a copy that it does reach, made once a version."""
    probe = programs / "bin" / "postgres"
    if reaches(account, probe) and probe.stat().st_mode & stat.S_IXOTH:
        return programs
    copy = PLACE / f"programs-{version}"
    if not copy.exists():
        new = new_place("new")
        shutil.copytree(programs, new / "programs", symlinks=True)
        for path in (new / "programs", *(new / "programs").rglob("*")):
            if not path.is_symlink():
                mode = path.stat().st_mode
                path.chmod(0o755 if mode & stat.S_IXUSR else 0o644)
        (new / "programs").replace(copy)
        new.rmdir()
    return copy
