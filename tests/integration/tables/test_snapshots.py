"""A large snapshot is written in slices between steps, and shows one moment all the same."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from analytics.engine.engine_settings import EngineSettings
from analytics.runtime.partition import SNAPSHOT_MESSAGES
from analytics.runtime.processor import Analysis
from analytics.runtime.snapshots import MIN_SYMBOLS_A_SLICE
from analytics.store.snapshot_tables import FoldSnapshot, load_snapshot
from shared.market.records import Quote, Record
from shared.postgres.database import Connection, connect, transaction
from shared.progress.batches import Batch
from shared.progress.offsets import GroupOnTopic, OffsetStep, advance, begin
from tests.integration.desk import Desk
from tests.unit.quick_search import pooled

NOON = datetime(2024, 1, 2, 17, 0, tzinfo=UTC)
SLICED, AT_ONCE = (GroupOnTopic(group, "topic") for group in ("sliced", "at once"))
SYMBOLS = 3 * MIN_SYMBOLS_A_SLICE - 5
FIRST = 10
DUE = FIRST + SNAPSHOT_MESSAGES
END = DUE + SYMBOLS


def quote(number: int) -> Quote:
    """All symbols in turns, all in one minute."""
    time = NOON + timedelta(milliseconds=number)
    return Quote(
        symbol=f"S{number % SYMBOLS:02}",
        event_time=time,
        price=10.0 + number / 1e4,
        source="test",
        position=number,
        received_time=time,
    )


def batch(first: int, end: int, partition: int = 0) -> Batch:
    records: list[tuple[int, Record]] = [(number, quote(number)) for number in range(first, end)]
    return Batch(
        partition, records, [], OffsetStep(partition, expected=first, reached=end, quotes=end - first), []
    )


class AnalyticsMember:
    """A process of the part, up to its kill."""

    def __init__(self, connection: Connection, reading: GroupOnTopic) -> None:
        self._connection, self._reading = connection, reading
        self._analysis = Analysis(reading, EngineSettings(), pooled())
        with transaction(connection) as cursor:
            self.written = begin(cursor, reading, 0, 0)
            first = self._analysis.resume(cursor, 0, self.written)
        if first < self.written:
            self._analysis.refold(batch(first, self.written))

    def write(self, end: int) -> None:
        step = batch(self.written, end)
        self._analysis.fold(step)
        with transaction(self._connection) as cursor:
            advance(cursor, self._reading, [step.step])
            self._analysis.write(cursor)
        self.written = end

    def between_commits(self) -> None:
        self._analysis.between_commits(self._connection)

    def finish(self) -> None:
        self._analysis.finish(self._connection)

    def snapshot(self) -> FoldSnapshot:
        with transaction(self._connection) as cursor:
            found = load_snapshot(cursor, self._reading, 0)
        assert found is not None
        return found


@pytest.fixture
def connection(desk: Desk) -> Iterator[Connection]:
    with closing(connect(desk.database(), "analytics")) as found:
        yield found


def at_once(connection: Connection, end: int) -> FoldSnapshot:
    """The snapshot of a member that ends at this offset."""
    member = AnalyticsMember(connection, AT_ONCE)
    member.write(end)
    member.finish()
    return member.snapshot()


def begun(connection: Connection) -> AnalyticsMember:
    """A member that has written the first slice of a snapshot and then processed more records."""
    member = AnalyticsMember(connection, SLICED)
    member.write(FIRST)
    member.between_commits()
    assert member.snapshot().next_offset == FIRST, "the first one is complete at once"
    member.write(DUE)
    member.between_commits()
    member.write(END)
    assert member.snapshot().next_offset == FIRST, "the second one takes several slices"
    return member


def test_snapshot_in_slices_shows_the_moment_when_it_began(connection: Connection) -> None:
    member = begun(connection)
    while member.snapshot().next_offset == FIRST:
        member.between_commits()
    assert member.snapshot() == at_once(connection, DUE)


def test_after_a_kill_between_two_slices_the_snapshot_before_is_continued(connection: Connection) -> None:
    before = begun(connection).snapshot()
    assert before.symbols.keys() == {f"S{number:02}" for number in range(FIRST)}
    again = AnalyticsMember(connection, SLICED)
    again.finish()
    assert again.snapshot() == at_once(connection, END)


def test_a_snapshot_at_the_end_replaces_the_one_that_was_being_written(connection: Connection) -> None:
    member = begun(connection)
    member.finish()
    assert member.snapshot() == at_once(connection, END)
    with connection.cursor() as cursor:
        cursor.execute(
            "select count(*), count(distinct symbol) from symbol_snapshots where group_id = 'sliced'"
        )
        assert cursor.fetchall() == [(SYMBOLS, SYMBOLS)], "older states are deleted"


def test_every_partition_gets_its_snapshots_while_all_are_due_at_every_step(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Scenario: a long history was read; after a kill two of four partitions were read again from the beginning."""
    monkeypatch.setattr("analytics.runtime.partition.SNAPSHOT_MESSAGES", 1)
    monkeypatch.setattr("analytics.runtime.partition.SNAPSHOT_MESSAGES_A_SYMBOL", 0)
    analysis, partitions = Analysis(SLICED, EngineSettings(), pooled()), range(3)
    with transaction(connection) as cursor:
        for number in partitions:
            analysis.resume(cursor, number, begin(cursor, SLICED, number, 0))
    for first in range(0, 12 * SYMBOLS, SYMBOLS):
        steps = [batch(first, first + SYMBOLS, number) for number in partitions]
        for step in steps:
            analysis.fold(step)
        with transaction(connection) as cursor:
            advance(cursor, SLICED, [step.step for step in steps])
            analysis.write(cursor)
        analysis.between_commits(connection)
    with transaction(connection) as cursor:
        found = [load_snapshot(cursor, SLICED, number) for number in partitions]
    assert all(each is not None and each.next_offset > SYMBOLS for each in found)
