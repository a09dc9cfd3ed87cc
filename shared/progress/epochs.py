"""Which producer's records are valid, decided by the log alone (fencing).

Each run of a producer has an epoch, a number higher than all previous ones. Each record carries this number and the
offset at which the producer intends to begin in the partition: the end of the log once it had read everything before.
An epoch begins only with a record at exactly that offset, so no record lies between what the producer had read and
what it published first. From then on, records of other epochs become dead letters until a higher epoch begins.
So nothing counts twice, even if a producer resumes after being frozen or does not know of another producer.
"""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol


class EpochMessage(Protocol):
    """A message of the log, which may carry an epoch."""

    offset: int
    value: bytes | None


class Epoch(NamedTuple):
    """One run of a producer in one partition: its number, and the offset at which it intends to begin."""

    number: int
    begin: int


class EpochStart(NamedTuple):
    """The start of an epoch: its records are valid from `offset` on."""

    offset: int
    epoch: Epoch


NO_EPOCH = Epoch(0, 0)
"""The epoch of records that carry none: from older producers, or added to the log by hand."""

_FIELD = b',"epoch":"'
_LONGEST = len(_FIELD) + 48
_STAMP = re.compile(rb',"epoch":"(\d{1,18})@(\d{1,18})"\}')


def stamp(epoch: Epoch) -> bytes:
    """The epoch as the last field of a JSON object; it replaces the closing brace."""
    return b',"epoch":"%d@%d"}' % epoch


def epoch_of(value: bytes | None) -> Epoch:
    """The epoch that a message carries, NO_EPOCH if it carries none."""
    at = -1 if value is None else value.rfind(_FIELD, -_LONGEST)
    found = None if value is None or at < 0 else _STAMP.fullmatch(value, at)
    return NO_EPOCH if found is None else Epoch(int(found[1]), int(found[2]))


class EpochTracker:
    """Tracks the epochs of one partition in log order: messages of the epoch `current` are valid.

    A reader that began at the offset `since` can't see an epoch begin below it, so it accepts a higher epoch that
    claims to begin there.
    """

    def __init__(self, current: Epoch, since: int) -> None:
        self.current, self._since = current, since

    def follow(self, messages: Sequence[EpochMessage]) -> tuple[dict[int, str], list[EpochStart]]:
        """Process consecutive messages: returns reasons of invalid ones by offset, and the epochs that begin."""
        rejected: dict[int, str] = {}
        began: list[EpochStart] = []
        for message in self._unless_all_current(messages):
            epoch = epoch_of(message.value)
            if epoch == self.current:
                continue
            if self._begins(epoch, message.offset):
                self.current = epoch
                began.append(EpochStart(message.offset, epoch))
            else:
                rejected[message.offset] = self._reason(epoch)
        return rejected, began

    def _unless_all_current(self, messages: Sequence[EpochMessage]) -> Sequence[EpochMessage]:
        """No message if all have the current epoch, else all. Checks only the end of each value, which is fast."""
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
    """The known epochs before that of a producer; they decide which records at the end of the log are valid.

    `by_partition` lists them in order, with NO_EPOCH first if the beginning of the log is known.
    """

    def __init__(self, by_partition: Mapping[int, Sequence[Epoch]]) -> None:
        self._by_partition = by_partition

    def counts(self, partition: int, message: EpochMessage) -> bool:
        """Whether a message is valid. Before the first known epoch, every message is."""
        for epoch in reversed(self._by_partition.get(partition, ())):
            if epoch.begin <= message.offset:
                return epoch_of(message.value) == epoch
        return True
