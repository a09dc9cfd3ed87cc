"""Which recording is replayed: a short name for the content of its files."""

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

from shared.errors import ConfigError


def digest(files: Iterable[Path]) -> str:
    """Eight hexadecimal digits that stand for these files in this order.

    A file counts with its content, its name and its folder's name, which in some recordings is the symbol.
    Raises ConfigError for a file that can't be read.
    """
    whole = hashlib.sha256()
    for file in files:
        try:
            with file.open("rb") as stream:
                content = hashlib.file_digest(stream, "sha256").hexdigest()
        except OSError as error:
            raise ConfigError(f"REPLAY_FILES: {file} can't be read: {error.strerror}.") from None
        whole.update(os.fsencode(f"{file.parent.name}/{file.name} {content}\n"))
    return whole.hexdigest()[:8]
