"""Publishes dead letters to a topic of their own, each one once. The table is written first and is the reference; the
topic follows it.

Each published dead letter carries its offset in the log as a header. At start, the last dead letter of the topic that
is also in the table shows how far the topic has followed. Letters that a kill left unpublished are then published, and
none is published twice. If the tables are an older copy, the topic is ahead of them; letters that it already has are
skipped.

A compressed message may be larger than the topic accepts. Such a letter is published without key and message, with the
digest of the message in place of them; the table has it whole.
"""

from collections import deque
from contextlib import ExitStack
from hashlib import sha256
from itertools import takewhile
from typing import NamedTuple

from consumer.tables import dead_letters_after, has_letter, has_letter_of, newest_dead_letter
from shared.errors import Unavailable
from shared.kafka import (
    DEAD_LETTER_BYTES,
    DEAD_LETTER_SUFFIX,
    Log,
    LogReader,
    LogWriter,
    Message,
    open_log,
)
from shared.observability.heartbeat import beat
from shared.postgres.database import Cursor
from shared.progress.batches import DeadLetter

FLUSH_SECONDS = 10.0
LETTERS_PER_BATCH = 500
LETTER_BYTES = DEAD_LETTER_BYTES - 64 * 1024
"""Most that key and message of a published letter may have together; the rest is for headers and the batch."""
OFFSET_HEADER, REASON_HEADER, DIGEST_HEADER = "offset", "reason", "sha256"
MAX_DIGITS = 19
"""Digits of an offset."""


class Published(NamedTuple):
    """A dead letter to be published. `digest` is that of a message that is too large for the topic, else None."""

    partition: int
    offset: int
    reason: str
    key: bytes | None
    message: bytes | None
    digest: bytes | None

    @property
    def identity(self) -> tuple[int, int]:
        """By which the letter is found again in the topic."""
        return self.offset, hash(self.digest or self.message)


class DeadLetterTopic:
    """The dead-letter topic of a log. Its partitions correspond to those of the log."""

    def __init__(self, log: Log) -> None:
        self._log = log._replace(topic=log.topic + DEAD_LETTER_SUFFIX)
        self._writer: LogWriter | None = None
        self._waiting: list[Published] = []
        self._ahead: dict[int, deque[tuple[int, int]]] = {}
        self._opened = ExitStack()
        self._reader: LogReader | None = None

    def resume(self, cursor: Cursor, partition: int) -> None:
        """Publish, in batches, the letters that the table has and the topic lacks. Raises Unavailable."""
        self.forget(partition)
        last = self._followed(cursor, partition)
        while letters := dead_letters_after(cursor, partition, last, LETTERS_PER_BATCH):
            self._waiting += [_fitting(partition, *letter) for letter in letters]
            self.publish()
            last = letters[-1][0]

    def forget(self, partition: int) -> None:
        """Drop a partition that another member of the group now publishes."""
        self._waiting = [letter for letter in self._waiting if letter.partition != partition]
        self._ahead.pop(partition, None)

    def add(self, partition: int, letters: list[DeadLetter]) -> None:
        """Queue letters whose rows are committed."""
        self._waiting += [
            _fitting(partition, message.offset, reason, message.key, message.value)
            for message, reason in letters
        ]

    def publish(self) -> None:
        """Send the queued letters. Raises Unavailable if the broker does not acknowledge them; the next start sends
        them again."""
        self._close_reader()
        if not self._waiting:
            return
        if self._writer is None:
            self._writer = LogWriter(self._log)
        beat()
        for letter in self._waiting:
            if self._has_already(letter):
                continue
            headers = [(OFFSET_HEADER, str(letter.offset).encode()), (REASON_HEADER, letter.reason.encode())]
            if letter.digest is not None:
                headers.append((DIGEST_HEADER, letter.digest))
            self._writer.send(letter.partition, letter.key or b"", letter.message, headers)
        if not self._writer.flush(FLUSH_SECONDS):
            raise Unavailable(f"Kafka did not acknowledge the dead letters within {FLUSH_SECONDS:.0f} s")
        self._waiting.clear()

    def close(self) -> None:
        """Close the reader and the writer, if they were opened."""
        self._close_reader()
        if self._writer is not None:
            self._writer.close()

    def _followed(self, cursor: Cursor, partition: int) -> int:
        """The offset of the last letter of the table that the topic has, -1 if it has none.

        Later letters of the topic that are not in the table come from a log that lost its end, or the tables are an
        older copy. They are recorded in `_ahead`.
        """
        newest, ahead = newest_dead_letter(cursor, partition), list[tuple[int, int]]()
        try:
            for message in self._open_reader().backwards(partition):
                beat()
                offset = _offset_of(message)
                if offset is None:
                    continue
                if offset <= newest and _is_stored(cursor, partition, offset, message):
                    return offset
                ahead.append((offset, hash(_digest_of(message) or message.value)))
            return -1
        finally:
            self._ahead[partition] = deque(sorted(ahead))

    def _has_already(self, letter: Published) -> bool:
        """Whether the topic is ahead of the table and already has the letter. Letters come in order of offset, so
        entries below its offset are discarded."""
        ahead = self._ahead.get(letter.partition, deque())
        while ahead and ahead[0][0] < letter.offset:
            ahead.popleft()
        return letter.identity in takewhile(lambda each: each[0] == letter.offset, ahead)

    def _open_reader(self) -> LogReader:
        """The reader of the topic, shared by all partitions that are gained at a start."""
        self._reader = self._reader or self._opened.enter_context(open_log(self._log))
        return self._reader

    def _close_reader(self) -> None:
        self._reader = None
        self._opened.close()


def _fitting(partition: int, offset: int, reason: str, key: bytes | None, message: bytes | None) -> Published:
    """The letter as the topic accepts it."""
    if len(key or b"") + len(message or b"") <= LETTER_BYTES:
        return Published(partition, offset, reason, key, message, None)
    digest = sha256(message or b"").hexdigest().encode()
    return Published(partition, offset, reason, None, None, digest)


def _is_stored(cursor: Cursor, partition: int, offset: int, message: Message) -> bool:
    """Whether the table has the message of the topic as the letter of that offset."""
    digest = _digest_of(message)
    if digest is None:
        return has_letter(cursor, partition, offset, message.value)
    return has_letter_of(cursor, partition, offset, digest)


def _digest_of(message: Message) -> bytes | None:
    """The digest of a letter that was too large for the topic; None if it is there whole."""
    return dict(message.headers).get(DIGEST_HEADER)


def _offset_of(message: Message) -> int | None:
    """The offset that one of our letters carries in its header; None for a message of another origin."""
    value = dict(message.headers).get(OFFSET_HEADER) or b""
    return int(value) if value.isdigit() and len(value) <= MAX_DIGITS else None
