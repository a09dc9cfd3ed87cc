"""Files and folders that nobody else of this machine can read."""

import os
import stat
import sys
from pathlib import Path

from shared.errors import ConfigError


def write_secret(path: Path, text: str) -> None:
    """Write a file that nobody else can read, whole or not at all."""
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    new.touch(0o600, exist_ok=False)
    new.write_text(text, "ascii")
    new.replace(path)


OWN_FOLDERS = {"kafka", "logs", "lost+found", "models", "places", "postgres"}


def take_data_folder(folder: Path) -> None:
    """Make the folder of all that we keep, or take it, so that nobody else can enter it.

    Raises ConfigError where that would shut others out of what is not ours, such as /opt or a home.
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
                f"{folder} holds {others[0]}, which is not ours, and others may enter it: choose a folder of its own "
                "below it with TICKSTREAM_DATA."
            )
    make_private(folder)


def _is_marked(folder: Path) -> bool:
    """Whether an earlier start has left something."""
    return any((folder / mark).exists() for mark in ("places", "kafka/start.lock", "postgres/start.lock"))


def make_private(folder: Path) -> None:
    """Make a folder, or take the one that is there, so that nobody else can enter it.

    As root its group may still pass through, if it could: see `shared.embedded.account`. Raises ConfigError where the
    folder is everybody's, such as /tmp.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if sys.platform == "win32":
        return
    found = folder.stat()
    mode = stat.S_IMODE(found.st_mode)
    if mode & stat.S_ISVTX:
        raise ConfigError(
            f"{folder} is for everybody: choose a folder of its own below it with TICKSTREAM_DATA."
        )
    allowed = mode & (0o710 if os.geteuid() == 0 else 0o700)
    if mode != allowed and found.st_uid == os.geteuid():
        folder.chmod(allowed)
