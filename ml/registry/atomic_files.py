"""Atomic file writes: a file is complete or does not exist, whenever the writer is killed."""

import os
import tempfile
from pathlib import Path

UNFINISHED = ".part"
"""Suffix of a file while it is written."""


def write_atomically(content: bytes, path: Path) -> None:
    """Write a temporary file beside `path` and rename it. Only the user can read the file. Raises OSError, and then
    leaves no temporary file."""
    handle, name = tempfile.mkstemp(suffix=UNFINISHED, dir=path.parent)
    unfinished = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def remove_unfinished(folder: Path) -> None:
    """Remove temporary files of killed processes. Call it only while no other process writes to `folder`."""
    for path in folder.glob("*" + UNFINISHED):
        path.unlink(missing_ok=True)
