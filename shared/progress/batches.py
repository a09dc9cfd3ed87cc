"""Decodes messages of one partition into batches of records and dead letters."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

from shared.errors import BadMessage
from shared.kafka import Message, partition_of
from shared.market.messages import decode
from shared.market.records import (
    AlertHandling,
    CorporateAction,
    Headline,
    Quote,
    Record,
    RecordedBar,
    RuleChange,
    TimeMark,
)
from shared.progress.offsets import OffsetStep

SYMBOLS_KNOWN = 100_000
END_OF_TIME_MS = int(datetime(9999, 1, 1, tzinfo=UTC).timestamp()) * 1_000
"""Later times, which only a topic without times of the broker may have, can't be stored."""
COUNTED_KINDS: dict[str, type[Record]] = {
    "quotes": Quote,
    "bars": RecordedBar,
    "actions": CorporateAction,
    "time_marks": TimeMark,
    "rule_changes": RuleChange,
    "handlings": AlertHandling,
    "headlines": Headline,
}
"""The kinds of records, by the name of their count in OffsetStep."""
NO_DEAD_LETTERS: Mapping[int, str] = {}


class DeadLetter(NamedTuple):
    """A message that can't be processed, and the reason."""

    message: Message
    reason: str


class Batch(NamedTuple):
    """Consecutive decoded messages of one partition: records with their offsets, and dead letters.

    `messages` are what they were decoded from, one for each offset.
    """

    partition: int
    records: list[tuple[int, Record]]
    dead: list[DeadLetter]
    step: OffsetStep
    messages: Sequence[Message]

    def appended(self, offsets: Iterable[int]) -> dict[int, int]:
        """When the broker appended the messages at these offsets, in epoch milliseconds; without those whose time is
        not known."""
        first = self.step.expected
        found = ((offset, self.messages[offset - first].timestamp) for offset in offsets)
        return {offset: appended for offset, appended in found if 0 <= appended < END_OF_TIME_MS}


def decoded(
    partition: int,
    first_offset: int,
    messages: list[Message],
    partitions: int,
    rejected: Mapping[int, str] = NO_DEAD_LETTERS,
) -> Batch:
    """Decode and count the messages from `first_offset` on; those at the offsets in `rejected` become dead letters.

    So does a message whose symbol belongs to another one of the `partitions`: the symbol would get two bars.
    """
    records: list[tuple[int, Record]] = []
    dead: list[DeadLetter] = []
    checked: set[str] = set()
    for message in messages:
        if rejected and message.offset in rejected:
            dead.append(DeadLetter(message, rejected[message.offset]))
            continue
        try:
            record = decode(message.value, message.timestamp)
            symbol = record.symbol
            if symbol is not None and symbol not in checked:
                _require_home(symbol, partition, partitions)
                checked.add(symbol)
            records.append((message.offset, record))
        except BadMessage as reason:
            dead.append(DeadLetter(message, str(reason)))
    step = OffsetStep(partition, first_offset, messages[-1].offset + 1, dead_letters=len(dead))
    _count(step, records)
    return Batch(partition, records, dead, step, messages)


def _count(step: OffsetStep, records: list[tuple[int, Record]]) -> None:
    kinds = Counter([type(record) for _, record in records])
    for name, kind in COUNTED_KINDS.items():
        setattr(step, name, kinds[kind])


@lru_cache(SYMBOLS_KNOWN)
def _home(symbol: str, partitions: int) -> int:
    """The partition of a symbol, cached: computing it in Python costs more than the rest of decoding."""
    return partition_of(symbol.encode(), partitions)


def _require_home(symbol: str, partition: int, partitions: int) -> None:
    """Raise BadMessage if the symbol belongs to another partition."""
    home = _home(symbol, partitions)
    if home != partition:
        raise BadMessage(f"in the wrong partition: {symbol} belongs to partition {home}")
