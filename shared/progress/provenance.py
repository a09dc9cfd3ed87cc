"""Which record of the log made a row: when the broker appended it, its partition and its offset."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from struct import Struct
from typing import NamedTuple

from shared.postgres.binary_copy import NULL, microseconds

PROVENANCE_COLUMNS = ("known_at", "partition", "offset")
EPOCH = datetime.fromtimestamp(0, UTC)
_FIELDS = Struct(">iqiiiq")


class Provenance(NamedTuple):
    """The record that made a row, in the order of PROVENANCE_COLUMNS; None where it is not known."""

    known_at: datetime | None
    partition: int | None
    offset: int | None


UNKNOWN = Provenance(None, None, None)


class FoldedRecords(NamedTuple):
    """The records of a partition that rows were made from. `appended` is when the broker appended them, in epoch
    milliseconds by their offsets; a record whose time is not known is missing.

    `delivers` is whether their alerts are posted for delivery; those of records that were folded before are not.
    """

    partition: int
    appended: Mapping[int, int]
    delivers: bool = False

    def known_at(self, offset: int) -> datetime | None:
        """When the record at an offset was appended; None if that is not known."""
        appended = self.appended.get(offset)
        return None if appended is None else EPOCH + timedelta(milliseconds=appended)

    def published_at(self, offset: int) -> datetime | None:
        """When an alert that the record at an offset caused was published; None if it is not delivered."""
        return self.known_at(offset) if self.delivers else None

    def provenance(self, offset: int) -> Provenance:
        """The record at an offset, as a row has it."""
        known_at = self.known_at(offset)
        return UNKNOWN if known_at is None else Provenance(known_at, self.partition, offset)

    def fields(self, offset: int) -> bytes:
        """The same in the binary format of COPY."""
        appended = self.appended.get(offset)
        if appended is None:
            return NULL * len(PROVENANCE_COLUMNS)
        return _FIELDS.pack(8, microseconds(0) + 1_000 * appended, 4, self.partition, 8, offset)
