"""The account that PostgreSQL runs as if we are root, because it refuses to run as root.

It is a user id that no user of the machine has, without groups or capabilities, and unable to gain any. It can enter
only what all users can enter, and the folders of its server.
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

from shared.embedded.postgres import account_numbers
from shared.errors import ConfigError

NUMBERS = range(60_578, 61_184)
"""User ids that distributions and systemd leave unused."""
PLACE = Path("/var/lib/tickstream")
"""Folder for files that the account can't reach at their own place, such as in a private home folder."""
REGISTER = "accounts"
"""Subfolder with a file per user id, which names the installation that uses it."""
INSTEAD = "start Tickstream as an ordinary user, or set POSTGRES_HOST to a PostgreSQL of your own."

log = logging.getLogger("tickstream")


class Account(NamedTuple):
    """A user id and a group id."""

    user: int
    group: int

    def command(self) -> list[str]:
        """The prefix of a command that runs as this account. Raises ConfigError if `setpriv` is missing."""
        if shutil.which("setpriv") is None:
            raise ConfigError(
                f"PostgreSQL does not run as root, and `setpriv` (package util-linux) is missing: {INSTEAD}"
            )
        user = [f"--reuid={self.user}", f"--regid={self.group}", "--clear-groups"]
        rights = ["--bounding-set=-all", "--inh-caps=-all", "--ambient-caps=-all", "--no-new-privs"]
        return ["setpriv", *user, *rights]


def is_needed() -> bool:
    """Whether we are root."""
    return sys.platform != "win32" and os.geteuid() == 0


def account_of(data: Path) -> Account | None:
    """The owner of a data folder; None if that is root (our user) or `nobody` (used by earlier versions)."""
    import pwd  # not on every platform

    found = data.stat()
    shared = {0, pwd.getpwnam("nobody").pw_uid}
    return None if found.st_uid in shared else Account(found.st_uid, found.st_gid)


def new_account(folder: Path) -> Account:
    """An account for the server in `folder` that no user, process or other installation uses.

    Raises ConfigError if all are taken.
    """
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
            f"PostgreSQL does not run as root, and no user id is free for its account: {INSTEAD}"
        )
    return Account(number, number)


def _taken(free: list[int], folder: Path) -> int | None:
    """Register one of the ids. If the register can't be written, a random one is used; collisions are rare."""
    try:
        return account_numbers.take(PLACE / REGISTER, free, folder)
    except OSError as error:
        log.warning("The account of PostgreSQL can't be registered in %s: %s", PLACE / REGISTER, error)
        return free[0] if free else None


def may_keep(account: Account, folder: Path) -> bool:
    """Whether the account may keep the data of the server in `folder`: no other installation uses its user id."""
    try:
        return account_numbers.keep(PLACE / REGISTER, account.user, folder)
    except OSError as error:
        log.debug("the account is not registered: %s", error)
        return True


def new_creator(folder: Path) -> Account:
    """The account that creates a data folder: `nobody`, as initdb needs a user with a name, in a separate group, so
    that other processes of `nobody` can't reach the folder. Afterwards the folder is given to its `final_owner`."""
    import pwd

    return Account(pwd.getpwnam("nobody").pw_uid, new_account(folder).group)


def final_owner(data: Path, folder: Path) -> Account:
    """The account that is to own the data of the server in `folder`: the current owner, else the account of their group
    if that is one of ours; a new one if another installation uses that id, for example if this is a copy of it."""
    group = data.stat().st_gid
    found = account_of(data) or (Account(group, group) if group in NUMBERS else new_account(folder))
    return found if may_keep(found, folder) else new_account(folder)


def reaches(account: Account, path: Path) -> bool:
    """Whether the account may enter all parent folders of a path."""
    return all(_may_enter(account, parent.stat()) for parent in path.resolve().parents)


def _may_enter(account: Account, folder: os.stat_result) -> bool:
    if folder.st_uid == account.user:
        return bool(folder.st_mode & stat.S_IXUSR)
    if folder.st_gid == account.group:
        return bool(folder.st_mode & stat.S_IXGRP)
    return bool(folder.st_mode & stat.S_IXOTH)


def grant_entry(account: Account, *folders: Path) -> None:
    """Give the account execute permission on folders of ours, which no other user may enter."""
    for folder in folders:
        os.chown(folder, -1, account.group)
        folder.chmod(stat.S_IMODE(folder.stat().st_mode) & 0o700 | stat.S_IXGRP)


def set_owner(account: Account, folder: Path) -> None:
    """Make the account the owner of a folder and everything in it, without following links."""
    for parent, folders, files in os.walk(folder):
        for name in (*folders, *files):
            os.chown(Path(parent, name), *account, follow_symlinks=False)
    os.chown(folder, *account, follow_symlinks=False)


def new_place(purpose: str) -> Path:
    """A new folder that every account can reach. Raises ConfigError if it can't be created."""
    try:
        PLACE.mkdir(mode=0o755, parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix=f"{purpose}-", dir=PLACE))
    except OSError as error:
        raise ConfigError(
            "PostgreSQL does not run as root, and its own account can't reach the project's folder: move "
            f"the project to where all users may enter, such as /opt, as {PLACE} can't be used ({error}), or {INSTEAD}"
        ) from error


def reachable(account: Account, programs: Path, version: str) -> Path:
    """A folder of programs if the account can reach it; otherwise a copy that it can reach, made once per version."""
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
