"""Files and folders that other users of this machine can't read."""

import os
import stat
import sys
from pathlib import Path

from shared.errors import ConfigError


def write_secret(path: Path, text: str) -> None:
    """Write a file that other users can't read, atomically."""
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    new.touch(0o600, exist_ok=False)
    new.write_text(text, "ascii")
    new.replace(path)


OWN_FOLDERS = {"calendars", "kafka", "logs", "lost+found", "models", "places", "postgres"}


def take_data_folder(folder: Path) -> None:
    """Create the data folder, or use an existing one, and close it to other users.

    Raises ConfigError if that would close a folder that is not ours, such as /opt or a home folder.
    """
    is_open = (
        folder.is_dir() and sys.platform != "win32" and folder.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)
    )
    if is_open and not _is_marked(folder):
        others = sorted(
            each.name for each in folder.iterdir() if each.is_dir() and each.name not in OWN_FOLDERS
        )
        if others:
            raise ConfigError(
                f"{folder} holds {others[0]}, which is not Tickstream's, and other users may enter it: choose a "
                "separate folder below it with TICKSTREAM_DATA."
            )
    make_private(folder)


def _is_marked(folder: Path) -> bool:
    """Whether the folder was used by an earlier start."""
    return any((folder / mark).exists() for mark in ("places", "kafka/start.lock", "postgres/start.lock"))


def make_private(folder: Path) -> None:
    """Create a folder, or use an existing one, and close it to other users.

    As root, an existing execute permission of its group is kept: see `shared.embedded.postgres.account`. Raises
    ConfigError if the folder is shared by all users, such as /tmp.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if sys.platform == "win32":
        return
    found = folder.stat()
    mode = stat.S_IMODE(found.st_mode)
    if mode & stat.S_ISVTX:
        raise ConfigError(
            f"{folder} is shared by all users: choose a separate folder below it with TICKSTREAM_DATA."
        )
    allowed = mode & (0o710 if os.geteuid() == 0 else 0o700)
    if mode != allowed and found.st_uid == os.geteuid():
        folder.chmod(allowed)
