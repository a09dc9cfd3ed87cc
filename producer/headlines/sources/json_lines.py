"""Headlines or posts as JSON lines, from a file that another program appends to, or from an address.

A line has `symbol`, `title` (or `text`) and `published`, a time as in feeds or epoch seconds; `publisher` and `link`
may be missing:

    {"symbol": "AAPL", "text": "Loaded more $AAPL", "published": "2026-11-20T15:04:05Z", "publisher": "forum"}
"""

from codecs import BOM_UTF8
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from producer.headlines.sources.times import time_of
from producer.headlines.story import Story
from producer.transport.http import HttpClient
from shared.errors import SourceDown, Unanswered
from shared.market.listings import Listings
from shared.settings.server_types import PROJECT

EVERYTHING = "*"
NEWEST_BYTES = 1 << 20
"""Of a longer file, the last lines are read."""


class Line(msgspec.Struct):
    """A line; fields that are not here are ignored."""

    symbol: str
    title: str | None = None
    text: str | None = None
    published: str | float | None = None
    publisher: str | None = None
    link: str | None = None


_decoder = msgspec.json.Decoder(Line, strict=False)


class JsonLines:
    """All lines of one file or address; those about other symbols are left out by the reader."""

    name = "jsonl"

    def __init__(self, client: HttpClient, place: str) -> None:
        self._client, self._place = client, place

    def subjects(self, _: Listings) -> Sequence[str]:
        """One for all symbols."""
        return (EVERYTHING,)

    def stories(self, _: str) -> Sequence[Story]:
        """The stories of all lines that can be read. Raises SourceError."""
        if self._place.startswith(("http://", "https://")):
            return stories_in(self._client.get_text(self._place).encode())
        return stories_in(_end_of(PROJECT / self._place))


def stories_in(lines: bytes) -> list[Story]:
    """The stories of the lines; a line of another form is left out. Raises Unanswered if all are."""
    found, lines = [], lines.removeprefix(BOM_UTF8)
    for line in lines.splitlines():
        try:
            each = _decoder.decode(line)
        except (msgspec.DecodeError, ValueError, RecursionError):
            continue
        date = "" if each.published is None else str(each.published)
        published = _epoch_time(date) or time_of(date)
        found.append(Story(each.symbol, each.title or each.text, published, each.publisher, each.link, date))
    if lines.strip() and not found:
        raise Unanswered("No line of the headlines is JSON in UTF-8 with a symbol.")
    return found


def _epoch_time(date: str) -> datetime | None:
    """The time of a number of seconds; None if it is no number, or none of the years 1 to 9999."""
    with suppress(ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(float(date), UTC)
    return None


def _end_of(path: Path) -> bytes:
    """The last lines of a file; empty while there is no such file yet. Raises SourceDown."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - NEWEST_BYTES))
            text = file.read(NEWEST_BYTES)
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise SourceDown(f"{path} can't be read: {error.strerror}.") from error
    return text if size <= NEWEST_BYTES else text.partition(b"\n")[2]
