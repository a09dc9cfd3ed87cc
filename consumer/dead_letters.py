"""Dead letters on a topic of their own, each once: the table is written first and is the truth, the topic follows it.

A dead letter carries the place it had in the log as headers. At a start the last one on the topic that the table has
too says how far the topic has followed, so what a kill kept from being published is published then, and nothing is
published twice. Where the tables are an older copy, the topic is ahead of them: what it has already is passed over.
"""

from collections import deque
from contextlib import ExitStack
from itertools import takewhile
from typing import NamedTuple

from consumer.tables import dead_letters_after, has_letter, newest_dead_letter
from shared.errors import Unavailable
from shared.kafka import DEAD_LETTER_SUFFIX, Log, LogBrowser, LogWriter, Message, browse
from shared.observability.heartbeat import beat
from shared.postgres.database import Cursor
from shared.runtime.batches import DeadLetter

FLUSH_SECONDS = 10.0
LETTERS_PER_BATCH = 500
OFFSET_HEADER, REASON_HEADER = "offset", "reason"
MAX_DIGITS = 19
"""Of an offset."""


class Published(NamedTuple):
    """A dead letter on its way to the topic."""

    partition: int
    offset: int
    reason: str
    key: bytes | None
    message: bytes | None


class DeadLetterTopic:
    """The dead-letter topic of a log; its partitions mirror those of the log."""

    def __init__(self, log: Log) -> None:
        self._log = log._replace(topic=log.topic + DEAD_LETTER_SUFFIX)
        self._writer: LogWriter | None = None
        self._waiting: list[Published] = []
        self._ahead: dict[int, deque[tuple[int, int]]] = {}
        self._browser_stack = ExitStack()
        self._browser: LogBrowser | None = None

    def resume(self, cursor: Cursor, partition: int) -> None:
        """Publish what the table has and the topic lacks, some at a time. Raises Unavailable."""
        self.forget(partition)
        last = self._followed(cursor, partition)
        while letters := dead_letters_after(cursor, partition, last, LETTERS_PER_BATCH):
            self._waiting += [Published(partition, *letter) for letter in letters]
            self.publish()
            last = letters[-1][0]

    def forget(self, partition: int) -> None:
        """Another member publishes for this partition now."""
        self._waiting = [letter for letter in self._waiting if letter.partition != partition]
        self._ahead.pop(partition, None)

    def add(self, partition: int, letters: list[DeadLetter]) -> None:
        """Take up letters whose rows are committed."""
        self._waiting += [
            Published(partition, message.offset, reason, message.key, message.value)
            for message, reason in letters
        ]

    def publish(self) -> None:
        """Send what waits. Raises Unavailable where the broker does not acknowledge it: a new start finds it again."""
        self._close_browser()
        if not self._waiting:
            return
        if self._writer is None:
            self._writer = LogWriter(self._log)
        beat()
        for letter in self._waiting:
            if self._has_already(letter):
                continue
            headers = [(OFFSET_HEADER, str(letter.offset).encode()), (REASON_HEADER, letter.reason.encode())]
            self._writer.send(letter.partition, letter.key or b"", letter.message, headers)
        if not self._writer.flush(FLUSH_SECONDS):
            raise Unavailable(f"Kafka did not take the dead letters within {FLUSH_SECONDS:.0f} s")
        self._waiting.clear()

    def close(self) -> None:
        """Close what there was need of."""
        self._close_browser()
        if self._writer is not None:
            self._writer.close()

    def _followed(self, cursor: Cursor, partition: int) -> int:
        """The offset of the last letter of the table that the topic has, -1 where it has none.

        Letters behind it that the table does not have are of a log that lost its end, or the tables are an older copy:
        these are noted.
        """
        newest, ahead = newest_dead_letter(cursor, partition), list[tuple[int, int]]()
        try:
            for message in self._open_browser().backwards(partition):
                beat()
                offset = _offset_of(message)
                if offset is None:
                    continue
                if offset <= newest and has_letter(cursor, partition, offset, message.value):
                    return offset
                ahead.append((offset, hash(message.value)))
            return -1
        finally:
            self._ahead[partition] = deque(sorted(ahead))

    def _has_already(self, letter: Published) -> bool:
        """Whether the topic is ahead and has it. Letters come in order, so what lies before it is needed no more."""
        ahead = self._ahead.get(letter.partition, deque())
        while ahead and ahead[0][0] < letter.offset:
            ahead.popleft()
        found = (letter.offset, hash(letter.message))
        return found in takewhile(lambda each: each[0] == letter.offset, ahead)

    def _open_browser(self) -> LogBrowser:
        """What looks into the topic: one for all partitions that a start gives."""
        self._browser = self._browser or self._browser_stack.enter_context(browse(self._log))
        return self._browser

    def _close_browser(self) -> None:
        self._browser = None
        self._browser_stack.close()


def _offset_of(message: Message) -> int | None:
    """The place in the log that a letter of ours says it had; None for a message of a stranger."""
    value = dict(message.headers).get(OFFSET_HEADER) or b""
    return int(value) if value.isdigit() and len(value) <= MAX_DIGITS else None
