"""A log of the previous version with a long history is folded again: its cost, and the progress that is reported."""

import json
from typing import Any

import pytest
from psycopg2.extras import execute_values

from analytics.engine.events import Event
from analytics.runtime import partition
from analytics.store.replacing import OVERLAPPING, replace_events
from shared.postgres.database import Connection, Cursor, transaction
from shared.progress.provenance import FoldedRecords
from tests.integration.fold_runs import OLD, fold, log_of

MADE, STORED = 1_000, 50_000


def examined(plan: dict[str, Any]) -> int:
    """How many rows PostgreSQL looked at, in every step of a plan."""
    names = "Actual Rows", "Rows Removed by Filter", "Rows Removed by Join Filter"
    rows = sum(plan.get(name, 0) for name in names) * plan["Actual Loops"]
    return int(rows) + sum(examined(step) for step in plan.get("Plans", ()))


def test_time_to_rebuild_a_bar_does_not_grow_with_its_series(
    databases: tuple[Connection, Connection],
) -> None:
    """Scenario: four days of minutes took a minute a partition, and a year's would have taken hours: each page of
    1,000 bars was compared with every bar of its series."""
    with transaction(databases[0]) as cursor:
        cursor.execute(
            """insert into bars (symbol, interval, start, "end", open, high, low, close, volume, quotes, session,
                source) select 'ACME', '1m', start, start + interval '1 minute', 1, 1, 1, 1, 1, 1, date '2024-01-01',
                'test'
            from generate_series(timestamptz '2024-01-01Z', timestamptz '2024-01-01Z' + %s * interval '1 minute',
                interval '1 minute') start""",
            (STORED,),
        )
        cursor.execute(
            """select symbol, interval, start, "end", interval '1 minute' from bars order by start desc limit %s""",
            (MADE,),
        )
        made = cursor.fetchall()
        explained = "explain (analyze, format json) " + OVERLAPPING
        ((found,),) = execute_values(cursor, explained, made, page_size=MADE, fetch=True)
        plan = found if isinstance(found, list) else json.loads(found)
    assert examined(plan[0]["Plan"]) < 10 * MADE


def test_heartbeats_are_sent_while_rebuilt_values_are_written(
    databases: tuple[Connection, Connection], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Scenario: on a busy machine the part was killed during that write, which was undone, and again after a restart:
    four times before the page was up to date."""
    connection, log = databases[0], log_of(180)
    fold(connection, OLD, log, len(log), killed=False)
    with transaction(connection) as cursor:
        cursor.execute("update partition_snapshots set state = jsonb_set(state::jsonb, '{version}', '8')")
    done: list[str] = []

    def noting_write(cursor: Cursor, records: FoldedRecords, events: list[Event]) -> None:
        done.append("write")
        replace_events(cursor, records, events)

    monkeypatch.setattr(partition, "REPLACED_BATCH", 50)
    monkeypatch.setattr(partition, "beat", lambda: done.append("sign"))
    monkeypatch.setattr(partition, "replace_events", noting_write)
    fold(connection, OLD, log, len(log), killed=False)
    writes = [place for place, step in enumerate(done) if step == "write"]
    assert len(writes) > 3
    assert all(done[place - 1] == "sign" for place in writes)
