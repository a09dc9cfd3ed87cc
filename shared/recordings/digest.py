"""A short name for a recording, derived from the content of its files."""

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

from shared.errors import ConfigError

ENDINGS = (".zip", ".csv", ".csv.gz")
"""File name endings of recordings."""
FACTOR_FOLDER = "factor_files"
LEAN_EQUITY = re.compile(
    r"(?P<market>.*/equity/usa)/(?:tick|second|minute|hour|daily)/(?P<symbol>[^/_]+)(?:/[^/]+|_trade)?\.zip"
)


def digest(files: Iterable[Path]) -> str:
    """Eight hexadecimal digits that identify these files, in any order; a folder means all files below it.

    They depend on each file's content, its name, its folder's name (in some recordings the symbol) and its factor file.
    Raises ConfigError for a file that can't be read.
    """
    named = {file for path in files for file in (_inside(path) if path.is_dir() else [path])}
    factors = {found for file in named if (found := factor_file(file)) is not None}
    lines = {_line(file) for file in named | factors}
    return hashlib.sha256("".join(sorted(lines)).encode()).hexdigest()[:8]


def factor_file(path: Path) -> Path | None:
    """LEAN's file of splits and dividends for the symbol of this zip; None if there is none."""
    found = LEAN_EQUITY.fullmatch(path.resolve().as_posix())
    if found is None:
        return None
    beside = Path(found["market"]) / FACTOR_FOLDER / f"{found['symbol']}.csv"
    return beside if beside.is_file() else None


def _inside(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.name.endswith(ENDINGS)]


def _line(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            content = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise ConfigError(f"REPLAY_FILES: {file} can't be read: {error.strerror}.") from None
    return f"{file.parent.name}/{file.name} {content}\n"
