"""Recorded files as one sequence of records, the same at every run.

The sequence. All rows of all files are merged by (time, file, line). Files count by their name and content, not
by where they lie or in which order they were given. A quote's time is its event time. A bar's is its end: it is
known when it is over, and it comes before a quote of that very instant. `position` is the running number.

The time marks. A recording carries no clock, so its marks come from event time: mark S comes before the first
quote at S or later, and behind every bar that ended at S or before. One is written for each second in which
something happened. So nothing is ever late, even where bars close without grace: a quote follows marks at or
before its own time only; a bar that ends at T follows no mark at T, and where all bars are of one length and grid
the mark before it is at its own start at the latest. A longer bar among shorter records lies behind marks past its
start, but before its own end, where its slot is still open.

Splits and dividends of LEAN's equities lie between the rows of their symbol: one that took effect before its first
row or behind its last is left out.

The end. A last mark (`end` is true) at the UTC midnight that follows, and the longest grace more, closes what is
open: by then every intraday bar is over, and so is the regular session in New York (21:00 UTC at the latest), of
the simulated exchange (22:00) and around the clock (midnight).
"""

import hashlib
import heapq
import logging
from collections import deque
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import chain, groupby
from pathlib import Path

from shared.errors import ConfigError
from shared.market.records import Record, TimeMark
from shared.recordings.csv_files import CsvFile, csv_file
from shared.recordings.digest import ENDINGS, FACTOR_FOLDER
from shared.recordings.lean import LeanFile, lean_file
from shared.recordings.rows import ORDER_LIMIT, ORDERS_A_SECOND, SOURCE, Row, is_quote
from shared.settings.setting_types import LONGEST_GRACE

DAY = 86_400

Recording = LeanFile | CsvFile

log = logging.getLogger("tickstream.replay")


def recorded(files: Iterable[Path]) -> Iterator[Record]:
    """Every record of the files, with time marks between them.

    A folder stands for all trade data below it; what else lies there is named in the log and left out.
    Raises ConfigError where a file is none of the known kinds, can't be read or holds a bad row: a bad row of a
    CSV file before the first record is given.
    """
    recordings = sorted(_expanded(files), key=lambda file: (file.name, _fingerprint(file.path)))
    if not recordings:
        raise ConfigError("None of the files to replay holds trades.")
    return _sequence(recordings)


def _expanded(files: Iterable[Path]) -> Iterator[Recording]:
    """Each file once, also where it is named twice."""
    named: dict[Path, None] = {}
    inside: dict[Path, None] = {}
    for file in files:
        if file.is_dir():
            found = (path.resolve() for path in file.rglob("*") if path.name.endswith(ENDINGS))
            inside |= dict.fromkeys(path for path in found if path.parent.name != FACTOR_FOLDER)
        else:
            named[file.resolve()] = None
    yield from (_recognised(path) for path in named)
    for path in sorted(inside.keys() - named.keys()):
        try:
            yield _recognised(path)
        except ConfigError as reason:
            log.warning("not replayed: %s", reason)


def _recognised(path: Path) -> Recording:
    """Raises ConfigError where the file is none of the known kinds."""
    if not path.is_file():
        raise ConfigError(f"{path}: there is no such file.")
    if path.suffix == ".zip":
        return lean_file(path)
    if path.name.endswith(ENDINGS):
        return csv_file(path)
    raise ConfigError(f"{path}: only .zip, .csv and .csv.gz can be replayed.")


def _fingerprint(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _merged(recordings: list[Recording]) -> Iterator[Row]:
    """All rows by (order, file, line).

    Files of one series follow each other in time, day by day, and are opened one after the other: a year of
    days needs no more memory and open files than one day.
    """
    numbered = sorted(enumerate(recordings), key=lambda item: (item[1].series, item[0]))
    told: set[Record] = set()
    series = (
        _with_actions(list(days), told) for _, days in groupby(numbered, key=lambda item: item[1].series)
    )
    return heapq.merge(*series, key=lambda row: row[:3])


def _with_actions(days: list[tuple[int, Recording]], told: set[Record]) -> Iterator[Row]:
    """The rows of one series, and among them its symbol's splits and dividends, unless another series told them."""
    number, first = days[0]
    coming = deque(enumerate(first.actions() if isinstance(first, LeanFile) else []))
    began = False
    for row in chain.from_iterable(recording.rows(place) for place, recording in days):
        while coming and coming[0][1][0] < row[0]:
            place, (order, make) = coming.popleft()
            said = make(0)
            if began and said not in told:
                told.add(said)
                yield order, number, place, make
        began = True
        yield row


def _sequence(recordings: list[Recording]) -> Iterator[Record]:
    """The rows as records, a time mark before the first of each second and one at the end."""
    position, before, marked, bars_ended = 0, 0, 0, 0
    for order, number, line, make in _merged(recordings):
        second = order // ORDERS_A_SECOND
        if is_quote(order):
            due = second
        else:
            due, bars_ended = (bars_ended if bars_ended < second else 0), second
        if due > marked:
            position, marked = position + 1, due
            yield _mark(due, position)
        position += 1
        try:
            if order < before:
                raise ValueError("its time lies before that of the row above")
            if order >= ORDER_LIMIT:
                raise ValueError("its time lies after 9998")
            yield make(position)
        except ValueError as error:
            raise ConfigError(f"{recordings[number].path}, line {line}: {error}.") from error
        before = order
    last = before // ORDERS_A_SECOND
    yield _mark(last - last % DAY + DAY + LONGEST_GRACE, position + 1, end=True)


def _mark(second: int, position: int, end: bool = False) -> TimeMark:
    time = datetime.fromtimestamp(second, UTC)
    return TimeMark(time=time, source=SOURCE, position=position, received_time=time, end=end)
