"""Which producer's records count, decided by the log alone.

Each run of a producer has an epoch, a number higher than all before it. Each record carries this number, and the
offset at which the producer means to begin in the partition: the end of the log when it had read everything before.
An epoch begins only with a record that lies exactly at that offset; so no record lies between what the producer had
read and what it published first. From there on, records of any other epoch are set aside, until a higher epoch begins.
So nothing counts twice, whatever is sent by a producer that was frozen, or by one that knows of no other.
"""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol


class Carrier(Protocol):
    """A message with the epoch that it may carry, at its place in the log."""

    offset: int
    value: bytes | None


class Epoch(NamedTuple):
    """One run of a producer in one partition: its number, and the offset at which it means to begin."""

    number: int
    begin: int


class Began(NamedTuple):
    """From `offset` on the records of this epoch count."""

    offset: int
    epoch: Epoch


NO_EPOCH = Epoch(0, 0)
"""Of records that carry none: older producers, and messages put into the log by hand."""

_FIELD = b',"epoch":"'
_LONGEST = len(_FIELD) + 48
_STAMP = re.compile(rb',"epoch":"(\d{1,18})@(\d{1,18})"\}')


def stamp(epoch: Epoch) -> bytes:
    """The end of a JSON object with the epoch as its last field, in place of its last brace."""
    return b',"epoch":"%d@%d"}' % epoch


def epoch_of(value: bytes | None) -> Epoch:
    """The epoch that a message carries, NO_EPOCH where it carries none."""
    at = -1 if value is None else value.rfind(_FIELD, -_LONGEST)
    found = None if value is None or at < 0 else _STAMP.fullmatch(value, at)
    return NO_EPOCH if found is None else Epoch(int(found[1]), int(found[2]))


class Succession:
    """The epochs of one partition in the order of the log: messages of the epoch `current` count now.

    A reader that began at the offset `since` can't see an epoch begin below it: there a higher one is believed.
    """

    def __init__(self, current: Epoch, since: int) -> None:
        self.current, self._since = current, since

    def follow(self, messages: Sequence[Carrier]) -> tuple[dict[int, str], list[Began]]:
        """Of consecutive messages: the reason why one is set aside, by its offset; and the epochs that begin."""
        aside: dict[int, str] = {}
        began: list[Began] = []
        for message in self._strangers(messages):
            epoch = epoch_of(message.value)
            if epoch == self.current:
                continue
            if self._begins(epoch, message.offset):
                self.current = epoch
                began.append(Began(message.offset, epoch))
            else:
                aside[message.offset] = self._reason(epoch)
        return aside, began

    def _strangers(self, messages: Sequence[Carrier]) -> Sequence[Carrier]:
        """No message where all are of the current epoch, else all. Only the end of each is looked at: this is quick."""
        values = [message.value for message in messages]
        found: list[bytes | None]
        if self.current == NO_EPOCH:
            found = [value for value in values if value is not None and value.rfind(_FIELD, -_LONGEST) >= 0]
        else:
            usual = stamp(self.current)
            found = [value for value in values if value is None or not value.endswith(usual)]
        return messages if found else ()

    def _begins(self, epoch: Epoch, offset: int) -> bool:
        return epoch.number > self.current.number and (epoch.begin == offset or epoch.begin < self._since)

    def _reason(self, epoch: Epoch) -> str:
        if epoch == NO_EPOCH:
            return f"from an older producer: it carries no epoch, and epoch {self.current.number} has begun"
        if epoch.number <= self.current.number:
            return f"from an older producer: epoch {epoch.number}, but epoch {self.current.number} has begun"
        return (
            f"from a producer that did not know all before it: epoch {epoch.number} was to begin at offset "
            f"{epoch.begin}, where another record lies"
        )


class EarlierEpochs:
    """The epochs before that of a producer, as far back as they are known: which records of the log's end count.

    `by_partition` lists them in order; NO_EPOCH stands first where the beginning of the log is known.
    """

    def __init__(self, by_partition: Mapping[int, Sequence[Epoch]]) -> None:
        self._by_partition = by_partition

    def counts(self, partition: int, message: Carrier) -> bool:
        """Whether a message counts, or was set aside. Before the first epoch that is known, every message counts."""
        for epoch in reversed(self._by_partition.get(partition, ())):
            if epoch.begin <= message.offset:
                return epoch_of(message.value) == epoch
        return True
