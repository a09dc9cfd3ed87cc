"""Files that are there whole or not at all, whatever is killed while they are written."""

import os
import tempfile
from pathlib import Path

UNFINISHED = ".part"
"""How the name of a file ends while it is written."""


def write_atomically(content: bytes, path: Path) -> None:
    """Write beside `path` and rename. Only the user may read the file. Raises OSError, and leaves nothing behind."""
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
    """Remove what a killed process left. Call it only while nobody else can be writing to `folder`."""
    for path in folder.glob("*" + UNFINISHED):
        path.unlink(missing_ok=True)
