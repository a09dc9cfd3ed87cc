"""CSV of quotes and CSV of bars, plain or gzipped, with a header row; columns may stand in any order.

quotes  symbol,event_time,price and optionally size, bid, ask, day_open, day_high, day_low, previous_close,
        day_volume, currency, exchange, session
bars    symbol,start,open,high,low,close,volume and optionally interval, currency, exchange; without the column
        interval it is the smallest step between two bars of one symbol

Times are ISO 8601 with a zone, or epoch seconds or milliseconds. Other columns are not read. An empty field is
what the source did not say. A file is read and checked as a whole before its first row is given: a recording is
the user's own, so that a bad row is for the user to mend, never to be passed over.
"""

import csv
import gzip
import math
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, TextIO, cast, get_args

import msgspec

from shared.errors import ConfigError
from shared.market import EPOCH, INTERVAL_SECONDS, Quote, Record, RecordedBar, RecordedInterval, Symbol
from shared.recordings.rows import SOURCE, Row, bar_end, bar_order, quote_order

QUOTE_COLUMNS = ("symbol", "event_time", "price")
BAR_COLUMNS = ("symbol", "start", "open", "high", "low", "close", "volume")
QUOTE_AMOUNTS = ("size", "bid", "ask", "day_open", "day_high", "day_low", "previous_close", "day_volume")
QUOTE_TEXTS = ("currency", "exchange", "session")
BAR_AMOUNTS = ("open", "high", "low", "close", "volume")
BAR_TEXTS = ("currency", "exchange")
INTERVALS: tuple[RecordedInterval, ...] = get_args(RecordedInterval)
TEXT_LIMIT = 64
AMOUNT_LIMIT = 1e18
EARLIEST, MILLISECONDS_FROM, LATEST = 10**8, 10**11, 10**14
"""Epoch times count seconds below MILLISECONDS_FROM (the year 5138); a date such as 20240102 is none."""

Fields = dict[str, str]
Placed = tuple[int, Callable[[int], Record]]


@dataclass(frozen=True)
class CsvFile:
    """One file. `interval` is that of bars whose rows don't name it; None for quotes, and where they all must."""

    path: Path
    name: str
    holds_quotes: bool
    interval: RecordedInterval | None

    @property
    def series(self) -> Path:
        """Each file stands for itself."""
        return self.path

    def rows(self, number: int) -> Iterator[Row]:
        """The rows in time order; `number` is the file's place among all files of the replay.

        A file that lies in order, as one that was recorded does, is read twice and never held as a whole. Raises
        ConfigError naming file and line of the first bad row.
        """
        if all(before <= after for before, after in pairwise(row[0] for row in self._parse(number))):
            yield from self._parse(number)
        else:
            yield from sorted(self._parse(number), key=lambda row: row[:3])

    def _parse(self, number: int) -> Iterator[Row]:
        read = _quote if self.holds_quotes else partial(_bar, self.interval)
        with _opened(self.path) as text:
            for line, fields in _lines(text, self.path):
                with _named(self.path, line):
                    order, make = read(fields)
                    make(0)
                yield order, number, line, make


def csv_file(path: Path) -> CsvFile:
    """What the header says the file holds.

    Raises ConfigError where the header is neither that of quotes nor that of bars, or bars don't tell their interval.
    """
    with _opened(path) as text:
        header = _header(text)
    if set(QUOTE_COLUMNS) <= set(header):
        return CsvFile(path, path.name, True, None)
    if not set(BAR_COLUMNS) <= set(header):
        expected = f"{','.join(QUOTE_COLUMNS)} (quotes) or {','.join(BAR_COLUMNS)} (bars)"
        raise ConfigError(f"{path}: the first row must name the columns {expected}.")
    return CsvFile(path, path.name, False, None if "interval" in header else _smallest_step(path))


def _smallest_step(path: Path) -> RecordedInterval:
    """The interval of bars that don't name it. Raises ConfigError where the starts tell none."""
    starts: defaultdict[str, set[int]] = defaultdict(set)
    with _opened(path) as text:
        for line, fields in _lines(text, path):
            with _named(path, line):
                starts[fields["symbol"]].add(_microsecond("start", fields))
    steps = (after - start for times in starts.values() for start, after in pairwise(sorted(times)))
    smallest = min(steps, default=0) / 1_000_000
    for interval in INTERVALS:
        if INTERVAL_SECONDS[interval] == smallest:
            return interval
    told = f"the smallest step between two of a symbol is {smallest:g} s" if smallest else "no symbol has two"
    raise ConfigError(
        f"{path}: its bars have no column interval, and {told}; add one of {', '.join(INTERVALS)}."
    )


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


def _header(text: TextIO) -> list[str]:
    return [name.strip().lower() for name in next(csv.reader(text), [])]


def _lines(text: TextIO, path: Path) -> Iterator[tuple[int, Fields]]:
    """Line number and fields of every row that is not blank. Raises ConfigError where one has other columns."""
    header = _header(text)
    reader = csv.reader(text)
    for row in reader:
        if len(row) == len(header):
            yield reader.line_num + 1, dict(zip(header, (field.strip() for field in row), strict=True))
        elif row:
            raise ConfigError(
                f"{path}, line {reader.line_num + 1}: {len(row)} fields where the header names {len(header)}."
            )


def _quote(fields: Fields) -> Placed:
    microsecond = _microsecond("event_time", fields)
    event_time = EPOCH + timedelta(microseconds=microsecond)
    values: dict[str, Any] = {"symbol": _symbol(fields), "price": _amount("price", fields)}
    values |= {name: _amount(name, fields) for name in QUOTE_AMOUNTS if fields.get(name)}
    values |= {name: _text(name, fields) for name in QUOTE_TEXTS if fields.get(name)}
    values |= {"source": SOURCE, "event_time": event_time, "received_time": event_time}
    return quote_order(microsecond), lambda position: Quote(position=position, **values)


def _bar(interval_of_file: RecordedInterval | None, fields: Fields) -> Placed:
    interval = _interval(fields.get("interval") or interval_of_file)
    start, rest = divmod(_microsecond("start", fields), 1_000_000)
    if rest:
        raise ValueError("start is not at a whole second")
    end = bar_end(interval, start, fields.get("exchange"))
    values: dict[str, Any] = {"symbol": _symbol(fields), "interval": interval}
    values |= {name: _amount(name, fields) for name in BAR_AMOUNTS if name != "volume" or fields[name]}
    values |= {name: _text(name, fields) for name in BAR_TEXTS if fields.get(name)}
    values |= {"source": SOURCE, "start": _utc(start), "received_time": _utc(end)}
    return bar_order(end), lambda position: RecordedBar(position=position, **values)


def _utc(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)


def _interval(text: str | None) -> RecordedInterval:
    if text not in INTERVALS:
        raise ValueError(f"interval {text!r} is none of {', '.join(INTERVALS)}")
    return text


def _symbol(fields: Fields) -> str:
    return msgspec.convert(fields["symbol"], Symbol)


def _text(name: str, fields: Fields) -> str:
    if len(fields[name]) > TEXT_LIMIT:
        raise ValueError(f"{name} is longer than {TEXT_LIMIT} characters")
    return fields[name]


def _amount(name: str, fields: Fields) -> float:
    """A finite number, from 0 to the greatest that a message may hold."""
    try:
        amount = float(fields[name])
    except ValueError:
        amount = math.nan
    if not 0 <= amount <= AMOUNT_LIMIT:
        raise ValueError(f"{name} is no number from 0 to 1e18: {fields[name]!r}")
    return amount


def _microsecond(name: str, fields: Fields) -> int:
    """A time as epoch microseconds."""
    text = fields[name]
    try:
        number = Decimal(text)
    except InvalidOperation:
        return _iso_microsecond(name, text)
    if not number.is_finite() or not EARLIEST <= number < LATEST:
        raise ValueError(f"{name} {text!r} is no epoch time in seconds or milliseconds")
    return int(number * (1_000 if number >= MILLISECONDS_FROM else 1_000_000))


def _iso_microsecond(name: str, text: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{name} {text!r} is neither an ISO 8601 time nor an epoch time") from None
    if moment.tzinfo is None:
        raise ValueError(f"{name} {text!r} names no time zone: write +00:00, -05:00 or Z behind it")
    return (moment - EPOCH) // timedelta(microseconds=1)
