"""Repeated bars in a file: equal ones count once; different ones are an error that the user must fix."""

import logging
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

from shared.errors import ConfigError
from shared.market.records import RecordedBar
from shared.recordings.rows import Row

log = logging.getLogger("tickstream.replay")


class Repeats:
    """Removes repeated bars from one file. `lines` holds the numbers of the repeated lines."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.lines: list[int] = []

    def without_repeats(self, rows: Iterable[Row]) -> Iterator[Row]:
        """The rows with each bar once. They must be in time order, so that bars of one slot are adjacent.

        Raises ConfigError with both lines if a slot has two different bars.
        """
        for _, together in groupby(rows, key=lambda row: row[0]):
            seen: dict[tuple[str, str], tuple[int, RecordedBar]] = {}
            for row in together:
                if not self._is_repeated(row, seen):
                    yield row

    def _is_repeated(self, row: Row, seen: dict[tuple[str, str], tuple[int, RecordedBar]]) -> bool:
        line, bar = row[2], row[3](0)
        if not isinstance(bar, RecordedBar):
            return False
        first, before = seen.setdefault((bar.symbol, bar.interval), (line, bar))
        if first == line:
            return False
        if before != bar:
            first, line = sorted((first, line))
            raise ConfigError(
                f"{self._path}, lines {first} and {line}: two different bars of {bar.symbol} start at"
                f" {bar.start.isoformat()}: keep one."
            )
        self.lines.append(line)
        return True

    def log_repeats(self) -> None:
        """Log how many bars were repeated."""
        if self.lines:
            log.warning(
                "%s: %d bars are repeated with equal numbers and count once; the first one is in line %d.",
                self._path,
                len(self.lines),
                min(self.lines),
            )
