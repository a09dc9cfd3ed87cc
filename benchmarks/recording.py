"""Replay of a recording through the whole pipeline at full speed, with an account of every offset of its log.

    python -m benchmarks.recording FILE...        files, or folders of them

All parts run at once as their real processes, on servers of the benchmark.
"""

import argparse
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from psycopg2.extensions import make_dsn

from benchmarks.staging.stage import Stage, say, stage, until
from benchmarks.staging.tables import table
from shared.postgres.database import connect, transaction
from shared.recordings.digest import digest

ACT = "recording"
PARTS = ("consumer.consumer", "analytics.analytics_consumer")
ACCOUNT = """
    select group_id, sum(next_offset - first_offset), sum(quotes), sum(bars), sum(time_marks), sum(dead_letters)
    from progress group by group_id order by group_id desc
"""
ROWS = {
    "quotes": "select count(*) from quotes",
    "places in the log": 'select count(distinct (partition, "offset")) from quotes',
    "bars": "select count(*) from bars",
    "late": "select sum(late) from symbols",
}


def replayed(stage: Stage, files: list[Path]) -> tuple[float, str]:
    """Replay the files; returns the seconds from the first part's start to the last row, and the DSN."""
    dsn = make_dsn(stage.dsn, dbname=f"{ACT}_replay_{digest(files)}")
    settings = {"SOURCES": "replay", "REPLAY_FILES": ",".join(map(str, files)), "REPLAY_SPEED": "max"}
    began = time.monotonic()
    producer = stage.start(ACT, "producer.producer", **settings)
    parts = [stage.start(ACT, module, **settings) for module in PARTS]
    producer.ended()
    say("everything is published; waiting for the last row")
    until(lambda: _is_read(dsn), "both groups read to the end of the log")
    seconds = time.monotonic() - began
    for part in parts:
        part.stopped()
    return seconds, dsn


def _is_read(dsn: str) -> bool:
    """Whether both groups have read the last message of every partition, the time mark that ends the recording."""
    rows = _rows(dsn, "select partition, next_offset from progress")
    ends = {partition: max(offset for other, offset in rows if other == partition) for partition, _ in rows}
    still = _rows(dsn, "select count(*) from progress where updated_at > now() - interval '2 seconds'")
    return bool(rows) and still == [(0,)] and all(offset == ends[partition] for partition, offset in rows)


def _rows(dsn: str, statement: str) -> list[tuple[Any, ...]]:
    with closing(connect(dsn, "benchmark")) as connection, transaction(connection) as cursor:
        cursor.execute(statement)
        return cursor.fetchall()


def main() -> int:
    """Replay and print; returns the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    files = [file.resolve() for file in parser.parse_args().files]
    with stage() as running:
        seconds, dsn = replayed(running, files)
        account = [[str(value) for value in row] for row in _rows(dsn, ACCOUNT)]
        rows = [[name, f"{_rows(dsn, statement)[0][0]:,}"] for name, statement in ROWS.items()]
    header = ("group", "offsets", "quotes", "bars", "time marks", "dead letters")
    print(table("Every offset of the log", header, account))
    print(
        table(f"\nRows after {seconds:.1f} s, start and end of the parts included", ("table", "rows"), rows)
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
