"""The position of the loop in the log, and the detection of another log."""

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from shared.consumer_loop.bookmark import Bookmark, LogPartition
from shared.errors import StopPart
from shared.kafka import Message
from shared.progress.epochs import NO_EPOCH, EpochTracker
from shared.progress.fingerprints import fingerprint

PARTITION = LogPartition("stock-prices", 1)


@dataclass
class BookmarkMessage:
    """A message as the log gives it."""

    offset: int
    value: bytes | None = b"10.0"
    timestamp: int = 1_700_000_000_000
    key: bytes | None = b"AAA"
    headers: Sequence[tuple[str, bytes]] = ()


def stored(first: int, end: int) -> list[Message]:
    """Consecutive messages."""
    return [BookmarkMessage(offset, b"%d" % offset) for offset in range(first, end)]


def bookmark(written: int, folded: int, last: str | None) -> Bookmark:
    """One that is taken up."""
    return Bookmark(PARTITION, written, folded, last, EpochTracker(NO_EPOCH, 0))


def offsets(pair: tuple[list[Message], list[Message]]) -> tuple[list[int], list[int]]:
    """The offsets of written and of new messages."""
    written, new = pair
    return [message.offset for message in written], [message.offset for message in new]


@pytest.mark.parametrize(
    "other",
    [
        BookmarkMessage(9, b"11.0"),
        BookmarkMessage(9, None),
        BookmarkMessage(9, key=None),
        BookmarkMessage(9, key=b""),
        BookmarkMessage(9, b"A10.0", key=b"AA"),
        BookmarkMessage(9, timestamp=1_700_000_000_001),
    ],
)
def test_messages_that_differ_in_anything_have_other_fingerprints(other: BookmarkMessage) -> None:
    assert fingerprint(other) != fingerprint(BookmarkMessage(9))
    assert fingerprint(BookmarkMessage(8)) == fingerprint(BookmarkMessage(9))


def test_messages_are_taken_in_order_and_once() -> None:
    mark = bookmark(10, 10, fingerprint(stored(9, 10)[0]))
    assert offsets(mark.take(stored(10, 12))) == ([], [10, 11])
    assert mark.position == 12
    with pytest.raises(StopPart, match="holds no message at offset 12 and continues at 11"):
        mark.take(stored(11, 14))


def test_the_last_message_written_is_compared() -> None:
    mark = bookmark(10, 10, fingerprint(stored(9, 10)[0]))
    mark.compare(stored(9, 10)[0])
    mark.take(stored(10, 12))
    mark.move(12, fingerprint(stored(11, 12)[0]))
    mark.compare(stored(11, 12)[0])


def test_another_message_in_its_place_stops_the_part() -> None:
    mark = bookmark(10, 10, fingerprint(BookmarkMessage(9, b"another")))
    with pytest.raises(
        StopPart,
        match=r"partition 1 of topic stock-prices up to offset 10.*message at offset 9 is a different one now",
    ):
        mark.compare(stored(9, 10)[0])


def test_what_a_snapshot_lacks_is_folded_again() -> None:
    mark = bookmark(10, 6, fingerprint(stored(9, 10)[0]))
    assert offsets(mark.take(stored(6, 8))) == ([6, 7], [])
    assert offsets(mark.take(stored(8, 11))) == ([8, 9], [10])


def test_a_last_message_that_retention_removed_is_no_other_log() -> None:
    mark = bookmark(10, 10, fingerprint(BookmarkMessage(9)))
    mark.explain_missing(10, 12)
    assert not mark.has_fingerprint, "the next message stored gives it"
    assert offsets(mark.take(stored(10, 12))) == ([], [10, 11])


@pytest.mark.parametrize(
    ("first", "end", "found"),
    [(0, 9, "it reaches from 0 to 9"), (0, 12, "it holds no message at offset 9")],
)
def test_a_last_message_that_is_gone_otherwise_stops_the_part(first: int, end: int, found: str) -> None:
    mark = bookmark(10, 10, fingerprint(BookmarkMessage(9)))
    with pytest.raises(StopPart, match=found):
        mark.explain_missing(first, end)


def test_messages_gone_that_a_snapshot_lacks_stop_the_part() -> None:
    mark = bookmark(10, 6, fingerprint(BookmarkMessage(9)))
    with pytest.raises(StopPart, match="continues at 10"):
        mark.take(stored(10, 12))
