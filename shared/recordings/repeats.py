"""Bars that stand in a file twice: equal ones are one bar, different ones are for the user to mend."""

import logging
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

from shared.errors import ConfigError
from shared.market.records import RecordedBar
from shared.recordings.rows import Row

log = logging.getLogger("tickstream.replay")


class Repeats:
    """What is left out of one file. `lines` are those that repeat an earlier one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.lines: list[int] = []

    def left_out(self, rows: Iterable[Row]) -> Iterator[Row]:
        """The rows, each bar once; they lie in order of time, so that bars of one slot follow each other.

        Raises ConfigError naming both lines where a slot has two bars that differ.
        """
        for _, together in groupby(rows, key=lambda row: row[0]):
            told: dict[tuple[str, str], tuple[int, RecordedBar]] = {}
            for row in together:
                if not self._is_repeated(row, told):
                    yield row

    def _is_repeated(self, row: Row, told: dict[tuple[str, str], tuple[int, RecordedBar]]) -> bool:
        line, bar = row[2], row[3](0)
        if not isinstance(bar, RecordedBar):
            return False
        first, before = told.setdefault((bar.symbol, bar.interval), (line, bar))
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

    def tell(self) -> None:
        """Log what was left out."""
        if self.lines:
            log.warning(
                "%s: %d of its bars stand there twice with equal numbers, and count once; the first in line %d.",
                *(self._path, len(self.lines), min(self.lines)),
            )
