"""The record that made a row, as a tuple and as the bytes of a COPY."""

from datetime import UTC, datetime, timedelta
from struct import unpack

from hypothesis import given
from hypothesis import strategies as st

from shared.postgres.binary_copy import NULL
from shared.progress.provenance import PROVENANCE_COLUMNS, UNKNOWN, FoldedRecords, Provenance

Y2K = datetime(2000, 1, 1, tzinfo=UTC)
LAST_MS = 253_370_764_799_999


@given(st.integers(0, LAST_MS), st.integers(0, 2**31 - 1), st.integers(0, 2**63 - 1))
def test_both_forms_hold_the_same_record_to_the_microsecond(
    appended: int, partition: int, offset: int
) -> None:
    records = FoldedRecords(partition, {offset: appended})
    made = records.provenance(offset)
    assert (made.partition, made.offset) == (partition, offset)
    assert made.known_at is not None
    assert (made.known_at - datetime.fromtimestamp(0, UTC)) // timedelta(milliseconds=1) == appended
    *sizes_and_values, last = unpack(">iqiiiq", records.fields(offset))
    assert sizes_and_values == [8, (made.known_at - Y2K) // timedelta(microseconds=1), 4, partition, 8]
    assert last == offset


def test_a_record_whose_time_is_not_known_leaves_the_row_without_a_record() -> None:
    records = FoldedRecords(3, {})
    assert records.provenance(7) == UNKNOWN == Provenance(None, None, None)
    assert records.fields(7) == NULL * len(PROVENANCE_COLUMNS)


def test_only_alerts_that_are_delivered_count_as_published() -> None:
    time = datetime(2024, 1, 2, 15, 0, 0, 123_000, tzinfo=UTC)
    again = FoldedRecords(0, {7: 1_704_207_600_123})
    assert (again.known_at(7), again.published_at(7)) == (time, None)
    new = again._replace(delivers=True)
    assert (new.known_at(7), new.published_at(7), new.published_at(8)) == (time, time, None)
