"""Recorded files as one deterministic sequence of records.

Sequence: all rows of all files are merged by (time, file, line). Files are ordered by name and content, not by their
location or the order in which they were given. The time of a quote is its event time. The time of a bar is its end,
when it becomes known; it precedes a quote of the same instant. `position` is a running number.

Time marks: a recording has no clock, so its marks come from event time. Mark S precedes the first quote at S or later
and follows all bars that ended at S or before. There is one mark for each second with records. So no record is late,
even if bars close without grace: a quote follows only marks at or before its own time. A bar that ends at T follows no
mark at T; if all bars have one length and grid, the mark before it is at its own start at the latest. A longer bar
among shorter records may follow marks after its start, but before its end, while its slot is still open.

Splits and dividends of LEAN's equities are inserted between the rows of their symbol; those before its first row or
after its last one are omitted.

End: a final mark (`end` is true) at the next UTC midnight plus the longest grace closes everything that is open. By
then all intraday bars have ended, and so have the regular session in New York (21:00 UTC at the latest), that of the
simulated exchange (22:00) and the 24/7 day (midnight).
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
from shared.settings.setting_types import MAX_GRACE

DAY = 86_400

Recording = LeanFile | CsvFile

log = logging.getLogger("tickstream.replay")


def recorded(files: Iterable[Path]) -> Iterator[Record]:
    """All records of the files, with time marks between them.

    A folder means all trade data below it; other files in it are logged and skipped.
    Raises ConfigError if a file has an unknown format, can't be read or has a bad row; for a bad row of a CSV file,
    before the first record is returned.
    """
    recordings = sorted(_expanded(files), key=lambda file: (file.name, _fingerprint(file.path)))
    if not recordings:
        raise ConfigError("None of the files to replay holds trades.")
    return _sequence(recordings)


def _expanded(files: Iterable[Path]) -> Iterator[Recording]:
    """Each file once, even if it is given twice."""
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
    """Recognize a file. Raises ConfigError if its format is unknown."""
    if not path.is_file():
        raise ConfigError(f"{path}: file not found.")
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

    The files of one series are consecutive in time and are opened one after the other: a year of daily files needs no
    more memory and open files than one day.
    """
    numbered = sorted(enumerate(recordings), key=lambda item: (item[1].series, item[0]))
    provided: set[Record] = set()
    series = (
        _with_actions(list(days), provided) for _, days in groupby(numbered, key=lambda item: item[1].series)
    )
    return heapq.merge(*series, key=lambda row: row[:3])


def _with_actions(days: list[tuple[int, Recording]], provided: set[Record]) -> Iterator[Row]:
    """The rows of one series with its symbol's splits and dividends, unless another series provided them."""
    number, first = days[0]
    coming = deque(enumerate(first.actions() if isinstance(first, LeanFile) else []))
    began = False
    for row in chain.from_iterable(recording.rows(place) for place, recording in days):
        while coming and coming[0][1][0] < row[0]:
            place, (order, make) = coming.popleft()
            action = make(0)
            if began and action not in provided:
                provided.add(action)
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
                raise ValueError("its time is before that of the previous row")
            if order >= ORDER_LIMIT:
                raise ValueError("its time is after 9998")
            yield make(position)
        except ValueError as error:
            raise ConfigError(f"{recordings[number].path}, line {line}: {error}.") from error
        before = order
    last = before // ORDERS_A_SECOND
    yield _mark(last - last % DAY + DAY + MAX_GRACE, position + 1, end=True)


def _mark(second: int, position: int, end: bool = False) -> TimeMark:
    time = datetime.fromtimestamp(second, UTC)
    return TimeMark(time=time, source=SOURCE, position=position, received_time=time, end=end)
