"""Where log lines go: to the console and, where one is set, to a file.

A log that can't be written ends nobody's work. On a full disk lines of the file are left out, with one line on the
console about it and one in the file once there is room again. A console that is closed is written to no more.
"""

import logging
import os
import sys
from contextlib import suppress
from pathlib import Path

from shared.errors import ConfigError
from shared.settings.sections import Logging

NOT_WRITTEN = (OSError, ValueError)
"""What a stream that can't be written raises; ValueError where it is closed."""


class Console(logging.StreamHandler):  # type: ignore[type-arg]
    """Writes to the standard error stream, as long as there is one that takes lines."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 (logging's own name)
        """Leave out what the stream does not take; a mistake in a log call is shown as ever."""
        if not isinstance(sys.exc_info()[1], NOT_WRITTEN):
            super().handleError(record)


class LogFile(logging.Handler):
    """Appends to a file, line by line without a buffer, so that a line is either written or known to be missing.

    Raises OSError where the file can't be opened.
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
        """Close the file; log lines that come later are missing."""
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
            print_error(
                f"{self._path} can't be written ({error}): log lines are left out of it until it can."
            )


def print_error(sentence: str) -> None:
    """Print a line to the standard error stream, where somebody may read it."""
    if sys.stderr is not None:
        with suppress(*NOT_WRITTEN):
            print(sentence, file=sys.stderr, flush=True)


def leave_console() -> None:
    """The process is about to end. Let go of what the standard error stream did not take: Python would try again at the
    very end, and end with another status where that fails."""
    try:
        if sys.stderr is not None:
            sys.stderr.flush()
    except NOT_WRITTEN:
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 (for the rest of the process)


def start_logging(settings: Logging, part: str) -> logging.Logger:
    """Log as the settings say from now on; gives the logger of `part`, such as `tickstream.storage`.

    Raises ConfigError where the log file can't be written.
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
