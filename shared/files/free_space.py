"""Room on the disk: watched, and waited for where there is none."""

import errno
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from shared.errors import NoRoom

MEGABYTE = 1 << 20
LEAST_MEGABYTES = 64
"""A server is not started with less: it would fail in the midst of its work, again and again."""
NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


def free_megabytes(folder: Path) -> int:
    """What is free for us on the disk of a folder, or of the nearest one above it that is there."""
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free // MEGABYTE


def free_space_warning(folders: Sequence[Path], least: int) -> str:
    """A sentence for the user where fewer than `least` megabytes are free for one of the folders, which may be links to
    other disks; empty where there is enough."""
    free, folder = min((free_megabytes(folder), folder) for folder in folders)
    if free >= least:
        return ""
    return (
        f"Only {free} MB are free on the disk of {folder}: make room. When it is full, everything waits, and "
        "continues by itself once there is room."
    )


def require_room(folder: Path, name: str) -> None:
    """Raises NoRoom where the disk has too little room for a server to be started."""
    free = free_megabytes(folder)
    if free < LEAST_MEGABYTES:
        raise NoRoom(
            f"{name} is not started: only {free} MB are free on the disk of {folder}, and it needs "
            f"{LEAST_MEGABYTES}. Make room; it is then started by itself."
        )


@contextmanager
def waiting_for_room() -> Iterator[None]:
    """Names the error of a full disk by what happens next: NoRoom."""
    try:
        yield
    except OSError as error:
        if error.errno in NO_ROOM:
            where = f" ({error.filename})" if error.filename else ""
            raise NoRoom(f"The disk is full{where}: make room, then it continues by itself") from error
        raise
