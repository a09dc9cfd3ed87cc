"""Writes log lines to the console and, if one is set, to a file.

A log that can't be written stops no part. If the disk is full, lines are left out of the file; the console reports
this once, and the file gets a note once it can be written again. A closed console is ignored.
"""

import logging
import os
import sys
from contextlib import suppress
from pathlib import Path

from shared.errors import ConfigError
from shared.settings.sections import Logging

NOT_WRITTEN = (OSError, ValueError)
"""What writing to a stream raises; ValueError if it is closed."""


class Console(logging.StreamHandler):  # type: ignore[type-arg]
    """Writes to the standard error stream while that is open."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 (logging's own name)
        """Ignore errors of the stream; show mistakes in log calls as usual."""
        if not isinstance(sys.exc_info()[1], NOT_WRITTEN):
            super().handleError(record)


class LogFile(logging.Handler):
    """Appends to a file line by line, unbuffered, so that each line is either written or counted as missing.

    Raises OSError if the file can't be opened.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        self._file = path.open("ab", buffering=0)
        self._missing = 0
        self._is_torn = False

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line, or count it as missing."""
        try:
            line = self.format(record)
        except Exception:  # noqa: BLE001 (logging's own rule: a mistake in a log call is shown, not raised)
            self.handleError(record)
            return
        try:
            self._write(self._about_missing() + line)
            self._missing = 0
        except NOT_WRITTEN as error:
            self._miss(error)

    def close(self) -> None:
        """Close the file; later log lines are lost."""
        with suppress(OSError):
            self._file.close()
        super().close()

    def _about_missing(self) -> str:
        return (
            f"({self._missing} lines are missing here: the file could not be written.)\n"
            if self._missing
            else ""
        )

    def _write(self, text: str) -> None:
        begin = "\n" if self._is_torn else ""
        left = memoryview(f"{begin}{text}\n".encode("utf-8", "backslashreplace"))
        while left:
            if not (written := self._file.write(left)):
                raise OSError("nothing was written")
            left, self._is_torn = left[written:], written < len(left)

    def _miss(self, error: Exception) -> None:
        self._missing += 1
        if self._missing == 1:
            print_error(f"{self._path} can't be written ({error}): log lines are left out until it can.")


def print_error(sentence: str) -> None:
    """Print a line to the standard error stream, if there is one."""
    if sys.stderr is not None:
        with suppress(*NOT_WRITTEN):
            print(sentence, file=sys.stderr, flush=True)


def leave_console() -> None:
    """Discard what the standard error stream could not write, before the process exits: Python would try to flush it
    again, and change the exit status if that fails."""
    try:
        if sys.stderr is not None:
            sys.stderr.flush()
    except NOT_WRITTEN:
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 (for the rest of the process)


def start_logging(settings: Logging, part: str) -> logging.Logger:
    """Configure logging from the settings; returns the logger of `part`, such as `tickstream.storage`.

    Raises ConfigError if the log file can't be written.
    """
    handlers: list[logging.Handler] = [Console()]
    if settings.file_path is not None:
        try:
            settings.file_path.parent.mkdir(parents=True, exist_ok=True)
            handlers.append(LogFile(settings.file_path))
        except OSError as error:
            raise ConfigError(
                f"LOG_FILE_PATH={settings.file_path}: must be a file that can be written ({error.strerror})."
            ) from None
    logging.basicConfig(level=settings.level, format=settings.format, handlers=handlers, force=True)
    return logging.getLogger(f"tickstream.{part}")
