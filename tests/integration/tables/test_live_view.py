"""The live view follows the fold, also after a kill."""

from contextlib import closing
from datetime import UTC, datetime, timedelta

from analytics.engine.engine_settings import EngineSettings
from analytics.runtime.partition import SNAPSHOT_MESSAGES
from analytics.runtime.processor import Analysis
from analytics.runtime.publishing import SYMBOLS_AT_ONCE
from shared.market.records import Quote
from shared.postgres.database import Connection, connect, transaction
from shared.progress.batches import Batch
from shared.progress.offsets import GroupOnTopic, OffsetStep, advance, begin
from tests.integration.desk import Desk
from tests.unit.quick_search import pooled

NOON = datetime(2024, 1, 2, 17, 0, tzinfo=UTC)
READING = GroupOnTopic("group", "topic")
SYMBOLS = SYMBOLS_AT_ONCE + 50


def quote(number: int) -> Quote:
    """All symbols in turns, all in one minute."""
    time = NOON + timedelta(milliseconds=number)
    return Quote(
        symbol=f"S{number % SYMBOLS}",
        event_time=time,
        price=10.0,
        source="test",
        position=number,
        received_time=time,
    )


def taken_up(connection: Connection) -> Analysis:
    """The fold of a part that has just started."""
    analysis = Analysis(READING, EngineSettings(), pooled())
    with transaction(connection) as cursor:
        analysis.resume(cursor, 0, begin(cursor, READING, 0, 0))
    return analysis


def test_a_symbol_in_the_snapshot_that_a_kill_kept_off_the_screen_is_shown_after_the_start(
    desk: Desk,
) -> None:
    count = SNAPSHOT_MESSAGES
    batch = Batch(
        0,
        [(n, quote(n)) for n in range(count)],
        [],
        OffsetStep(0, expected=0, reached=count, quotes=count),
        [],
    )
    with closing(connect(desk.database(), "analytics")) as connection:
        killed = taken_up(connection)
        killed.fold(batch)
        with transaction(connection) as cursor:
            advance(cursor, READING, [batch.step])
            killed.write(cursor)
        killed.between_commits(connection)
        assert desk.rows("select count(*) from symbols") == [(SYMBOLS_AT_ONCE,)]
        while desk.rows("select next_offset from partition_snapshots") != [(count,)]:
            killed.between_commits(connection)
        # As after a kill right after the first of these pauses; the view of the others may have been written since.
        desk.rows("delete from symbols where symbol > 'S2' returning true")
        desk.rows("delete from open_bars where symbol > 'S2' returning true")
        taken_up(connection).finish(connection)
    assert desk.rows("select count(*), sum(quotes) from symbols") == [(SYMBOLS, count)]
    assert desk.rows("select sum(quotes) from open_bars where interval = '1m'") == [(count,)]
