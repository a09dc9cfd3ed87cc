"""Which recording is replayed: a short name for the content of its files."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from shared.errors import ConfigError

ENDINGS = (".zip", ".csv", ".csv.gz")
"""What a recording's name ends with."""


def digest(files: Iterable[Path]) -> str:
    """Eight hexadecimal digits that stand for these files, in whatever order; a folder stands for those below it.

    A file counts with its content, its name and its folder's name, which in some recordings is the symbol.
    Raises ConfigError for a file that can't be read.
    """
    lines = {_line(file) for path in files for file in (_inside(path) if path.is_dir() else [path])}
    return hashlib.sha256("".join(sorted(lines)).encode()).hexdigest()[:8]


def _inside(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.name.endswith(ENDINGS)]


def _line(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            content = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise ConfigError(f"REPLAY_FILES: {file} can't be read: {error.strerror}.") from None
    return f"{file.parent.name}/{file.name} {content}\n"
