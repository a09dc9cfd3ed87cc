"""Checks free disk space, and reports a full disk as NoRoom."""

import errno
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from shared.errors import NoRoom

MEGABYTE = 1 << 20
MIN_MEGABYTES = 64
"""A server is not started with less: it would fail repeatedly during its work."""
NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


def free_megabytes(folder: Path) -> int:
    """The free megabytes on the disk of a folder, or of its nearest existing parent."""
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free // MEGABYTE


def free_space_warning(folders: Sequence[Path], least: int) -> str:
    """A warning for the user if fewer than `least` megabytes are free for one of the folders, which may be links to
    other disks; empty if there is enough space."""
    free, folder = min((free_megabytes(folder), folder) for folder in folders)
    if free >= least:
        return ""
    return (
        f"Only {free} MB are free on the disk of {folder}: free some space. When it is full, all parts wait and "
        "continue automatically once there is space."
    )


def require_room(folder: Path, name: str) -> None:
    """Raise NoRoom if the disk has too little space to start a server."""
    free = free_megabytes(folder)
    if free < MIN_MEGABYTES:
        raise NoRoom(
            f"{name} is not started: only {free} MB are free on the disk of {folder}, and it needs "
            f"{MIN_MEGABYTES}. Free some space; it is then started automatically."
        )


@contextmanager
def waiting_for_room() -> Iterator[None]:
    """Turn the error of a full disk into NoRoom."""
    try:
        yield
    except OSError as error:
        if error.errno in NO_ROOM:
            where = f" ({error.filename})" if error.filename else ""
            raise NoRoom(
                f"The disk is full{where}: free some space, then it continues automatically"
            ) from error
        raise
