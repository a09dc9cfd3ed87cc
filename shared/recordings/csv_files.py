"""CSV of quotes and CSV of bars, plain or gzipped, with a header row; columns may stand in any order.

quotes  symbol,event_time,price and optionally size, bid, ask, day_open, day_high, day_low, previous_close,
        day_volume, currency, exchange, session
bars    symbol,start,open,high,low,close,volume and optionally interval, currency, exchange; without the column
        interval it is, symbol by symbol, the smallest step between two bars

Times are ISO 8601 with a zone, or epoch seconds, milliseconds, microseconds (as in Binance's archive since 2025) or
nanoseconds. Other columns are not read. An empty field is what the source did not say. A file is read and checked as a
whole before its first row is given: a recording is the user's own, so that a bad row is for the user to mend, never to
be passed over.
"""

import csv
import gzip
import zlib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TextIO, cast

from shared.errors import ConfigError
from shared.market.records import RecordedInterval
from shared.market.side_fields import QUOTE_FIGURES
from shared.recordings.csv_fields import (
    BAR_TEXTS,
    QUOTE_TEXTS,
    Fields,
    bar_of,
    microsecond_of,
    quote_of,
)
from shared.recordings.intervals import Start, intervals_of
from shared.recordings.repeats import Repeats
from shared.recordings.rows import Row

QUOTE_COLUMNS = ("symbol", "event_time", "price")
BAR_COLUMNS = ("symbol", "start", "open", "high", "low", "close", "volume")
READ = frozenset((*QUOTE_COLUMNS, *QUOTE_FIGURES, *QUOTE_TEXTS, *BAR_COLUMNS, *BAR_TEXTS, "interval"))
"""Every column that is read of one kind of file or the other."""


@dataclass(frozen=True)
class CsvFile:
    """One file. `intervals` are those of the symbols of bars whose rows don't name one."""

    path: Path
    name: str
    holds_quotes: bool
    intervals: Mapping[str, RecordedInterval]

    @property
    def series(self) -> Path:
        """Each file stands for itself."""
        return self.path

    def rows(self, number: int) -> Iterator[Row]:
        """The rows in time order; `number` is the file's place among all files of the replay.

        A file that lies in order, as one that was recorded does, is read twice and never held as a whole. A bar that
        stands there again with equal numbers is one bar, which is logged. Raises ConfigError naming file and line of
        the first bad row, and both lines where a slot has two bars that differ.
        """
        if self._is_in_order(number):
            rows = self._parse(number)
        else:
            rows = iter(sorted(self._parse(number), key=lambda row: row[:3]))
        if self.holds_quotes:
            yield from rows
            return
        repeats = Repeats(self.path)
        yield from repeats.left_out(rows)
        repeats.tell()

    def _is_in_order(self, number: int) -> bool:
        """Whether the rows lie in order of time; then all of them are checked."""
        rows = self._parse(number)
        if not self.holds_quotes:
            rows = Repeats(self.path).left_out(rows)
        return all(before <= after for before, after in pairwise(row[0] for row in rows))

    def _parse(self, number: int) -> Iterator[Row]:
        read = quote_of if self.holds_quotes else partial(bar_of, self.intervals)
        with _opened(self.path) as text:
            for line, fields in _lines(text, self.path):
                with _named(self.path, line):
                    order, make = read(fields)
                    make(0)
                yield order, number, line, make


def csv_file(path: Path) -> CsvFile:
    """What the header says the file holds.

    Raises ConfigError where the header is neither that of quotes nor that of bars, or names a column twice, or where
    bars don't tell their interval.
    """
    with _opened(path) as text:
        header = _header(text, path)
    if set(QUOTE_COLUMNS) <= set(header):
        return CsvFile(path, path.name, True, {})
    if not set(BAR_COLUMNS) <= set(header):
        expected = f"{','.join(QUOTE_COLUMNS)} (quotes) or {','.join(BAR_COLUMNS)} (bars)"
        raise ConfigError(f"{path}: the first row must name the columns {expected}.")
    return CsvFile(path, path.name, False, {} if "interval" in header else _intervals(path))


def _intervals(path: Path) -> dict[str, RecordedInterval]:
    """The interval of each symbol's bars. Raises ConfigError where their starts tell none, or two."""
    starts: defaultdict[str, list[Start]] = defaultdict(list)
    with _opened(path) as text:
        for line, fields in _lines(text, path):
            with _named(path, line):
                starts[fields["symbol"]].append(Start(line, microsecond_of("start", fields)))
    try:
        return intervals_of(starts)
    except ValueError as error:
        raise ConfigError(f"{path}: {error}.") from error


@contextmanager
def _named(path: Path, line: int) -> Iterator[None]:
    """What is wrong with a row, with its file and line. Raises ConfigError."""
    try:
        yield
    except (ValueError, OverflowError) as error:
        raise ConfigError(f"{path}, line {line}: {error}.") from error


@contextmanager
def _opened(path: Path) -> Iterator[TextIO]:
    """The file's text. Raises ConfigError where it can't be read, here or while it is read on."""
    try:
        with _text_of(path) as text:
            yield text
    except (OSError, EOFError, zlib.error, UnicodeDecodeError, csv.Error) as error:
        raise ConfigError(f"{path} can't be read: {error}.") from error


def _text_of(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return cast(TextIO, gzip.open(path, "rt", encoding="utf-8-sig", newline=""))
    return path.open(encoding="utf-8-sig", newline="")


def _header(text: TextIO, path: Path) -> list[str]:
    """The names of the columns, whatever their case and the blanks in them. Raises ConfigError where one that is read
    comes twice."""
    written = next(csv.reader(text), [])
    names = ["_".join(name.replace("-", " ").lower().split()) for name in written]
    for place, name in enumerate(names):
        first = names.index(name)
        if name in READ and first < place:
            raise ConfigError(
                f"{path}, line 1: the columns {written[first].strip()!r} and {written[place].strip()!r} have one name:"
                " rename or remove one of them."
            )
    return names


def _lines(text: TextIO, path: Path) -> Iterator[tuple[int, Fields]]:
    """Line number and fields of every row that is not blank. Raises ConfigError where one has other columns."""
    header = _header(text, path)
    reader = csv.reader(text)
    for row in reader:
        if len(row) == len(header):
            yield reader.line_num + 1, dict(zip(header, (field.strip() for field in row), strict=True))
        elif row:
            raise ConfigError(
                f"{path}, line {reader.line_num + 1}: {len(row)} fields where the header names {len(header)}."
            )
