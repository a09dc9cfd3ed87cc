"""CSV of quotes and CSV of bars, plain or gzipped, with a header row; columns may be in any order.

quotes  symbol,event_time,price and optionally size, bid, ask, day_open, day_high, day_low, previous_close,
        day_volume, currency, exchange, session, conditions
bars    symbol,start,open,high,low,close,volume and optionally interval, currency, exchange; without an interval
        column, the interval of each symbol is the smallest step between two of its bars

Times are ISO 8601 with a zone, or epoch seconds, milliseconds, microseconds (as in Binance's archive since 2025) or
nanoseconds. Conditions are codes of `shared.market.trade_conditions`, such as FI or "@ FI". Other columns are ignored.
An empty field is a missing value. A file is read and checked completely before its first row is returned: bad rows are
not skipped, because the recording is the user's own and the user can fix them.
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
    CONDITIONS,
    QUOTE_TEXTS,
    Fields,
    microsecond_of,
    placed_bar,
    placed_quote,
)
from shared.recordings.intervals import Start, intervals_of
from shared.recordings.repeats import Repeats
from shared.recordings.rows import Row

QUOTE_COLUMNS = ("symbol", "event_time", "price")
BAR_COLUMNS = ("symbol", "start", "open", "high", "low", "close", "volume")
READ = frozenset(
    (*QUOTE_COLUMNS, *QUOTE_FIGURES, *QUOTE_TEXTS, CONDITIONS, *BAR_COLUMNS, *BAR_TEXTS, "interval")
)
"""All columns that are read from either kind of file."""


@dataclass(frozen=True)
class CsvFile:
    """One file. `intervals` holds the interval of each symbol, if the bars have no interval column."""

    path: Path
    name: str
    holds_quotes: bool
    intervals: Mapping[str, RecordedInterval]

    @property
    def series(self) -> Path:
        """Each file is a series of its own."""
        return self.path

    def rows(self, number: int) -> Iterator[Row]:
        """The rows in time order; `number` is the file's index among all files of the replay.

        A file already in time order is read twice and never held in memory completely. A bar that is repeated with
        equal numbers counts once, and is logged. Raises ConfigError with file and line of the first bad row, or with
        both lines if two different bars have the same start.
        """
        if self._is_in_order(number):
            rows = self._parse(number)
        else:
            rows = iter(sorted(self._parse(number), key=lambda row: row[:3]))
        if self.holds_quotes:
            yield from rows
            return
        repeats = Repeats(self.path)
        yield from repeats.without_repeats(rows)
        repeats.log_repeats()

    def _is_in_order(self, number: int) -> bool:
        """Whether the rows are in time order; if so, all of them have been checked."""
        rows = self._parse(number)
        if not self.holds_quotes:
            rows = Repeats(self.path).without_repeats(rows)
        return all(before <= after for before, after in pairwise(row[0] for row in rows))

    def _parse(self, number: int) -> Iterator[Row]:
        read = placed_quote if self.holds_quotes else partial(placed_bar, self.intervals)
        with _opened(self.path) as text:
            for line, fields in _lines(text, self.path):
                with _named(self.path, line):
                    order, make = read(fields)
                    make(0)
                yield order, number, line, make


def csv_file(path: Path) -> CsvFile:
    """Recognize a file by its header.

    Raises ConfigError if the header is neither that of quotes nor that of bars, or repeats a column, or if the interval
    of bars can't be determined.
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
    """The interval of each symbol's bars. Raises ConfigError if their starts show none, or two."""
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
    """Turn errors of a row into ConfigError with its file and line."""
    try:
        yield
    except (ValueError, OverflowError) as error:
        raise ConfigError(f"{path}, line {line}: {error}.") from error


@contextmanager
def _opened(path: Path) -> Iterator[TextIO]:
    """Open the file as text. Raises ConfigError if it can't be read, now or later."""
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
    """The normalised column names (lower case, underscores). Raises ConfigError if one that is read occurs twice."""
    written = next(csv.reader(text), [])
    names = ["_".join(name.replace("-", " ").lower().split()) for name in written]
    for place, name in enumerate(names):
        first = names.index(name)
        if name in READ and first < place:
            raise ConfigError(
                f"{path}, line 1: the columns {written[first].strip()!r} and {written[place].strip()!r} have the same"
                " name: rename or remove one of them."
            )
    return names


def _lines(text: TextIO, path: Path) -> Iterator[tuple[int, Fields]]:
    """Line number and fields of all non-blank rows. Raises ConfigError if a row has another number of fields."""
    header = _header(text, path)
    reader = csv.reader(text)
    for row in reader:
        if len(row) == len(header):
            yield reader.line_num + 1, dict(zip(header, (field.strip() for field in row), strict=True))
        elif row:
            raise ConfigError(
                f"{path}, line {reader.line_num + 1}: {len(row)} fields, but the header has {len(header)}."
            )
